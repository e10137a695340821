-- Bulk sends go along the roll in the order of the voters' ids. Those are random, so the order of
-- entry touches all of three indexes with every chunk, while that of the ids touches one stretch of
-- each. A send is two runs, each over half of the ids, which advance side by side. A run under way
-- starts anew: whoever has a mail already is not meant again.

ALTER TABLE mail_runs DROP COLUMN after;
ALTER TABLE mail_runs
    ADD COLUMN after uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN until uuid NOT NULL DEFAULT 'ffffffff-ffff-ffff-ffff-ffffffffffff';
COMMENT ON COLUMN mail_runs.after IS 'The last voter, in the order of ids, who was dealt with, or the id before the first.';
COMMENT ON COLUMN mail_runs.until IS 'The last id that the run goes to.';
COMMENT ON COLUMN mail_runs.up_to IS 'The last voter number of the roll when the run was asked for: who came later is not meant.';
GRANT UPDATE (after) ON mail_runs TO uvote_app;
