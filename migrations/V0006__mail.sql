-- Outgoing mail: bulk sends, and one row for each mail until long after it is sent.

CREATE TABLE mail_runs (
    id          uuid PRIMARY KEY,
    election_id uuid NOT NULL REFERENCES elections (id) ON DELETE RESTRICT,
    kind        text NOT NULL CHECK (kind IN ('invitation', 'reminder', 'results')),
    audience    text NOT NULL CHECK (audience IN ('not_invited', 'not_voted', 'everyone')),
    after       bigint NOT NULL DEFAULT 0,
    up_to       bigint NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz
);
CREATE INDEX mail_runs_unfinished ON mail_runs (id) WHERE finished_at IS NULL;
CREATE INDEX mail_runs_election ON mail_runs (election_id);
COMMENT ON TABLE mail_runs IS 'Bulk sends that an organiser asked for. Links are issued and mails queued in chunks along the roll, so a run goes on after a crash and can be stopped.';
COMMENT ON COLUMN mail_runs.after IS 'The last voter number that was dealt with.';
COMMENT ON COLUMN mail_runs.up_to IS 'The last voter number of the roll when the run was asked for.';

CREATE TABLE mail_outbox (
    election_id      uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    id               uuid NOT NULL DEFAULT gen_random_uuid(),
    kind             text NOT NULL CHECK (kind IN ('invitation', 'reminder', 'results', 'specimen', 'verify_email', 'already_registered')),
    voter_id         uuid,
    account_id       uuid REFERENCES accounts (id) ON DELETE CASCADE,
    account_token_id uuid REFERENCES account_tokens (id) ON DELETE CASCADE,
    state            text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sending', 'sent', 'failed')),
    attempts         integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    queued_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    error            text,
    finished_at      timestamptz,
    PRIMARY KEY (election_id, id),
    FOREIGN KEY (election_id, voter_id) REFERENCES voters (election_id, id) ON DELETE CASCADE,
    CONSTRAINT to_a_voter_or_an_account CHECK (num_nonnulls(voter_id, account_id) = 1)
) WITH (fillfactor = 70);
CREATE INDEX mail_outbox_due ON mail_outbox (due_at) WHERE state IN ('queued', 'sending');
CREATE INDEX mail_outbox_voter ON mail_outbox (election_id, voter_id);
COMMENT ON TABLE mail_outbox IS 'Mails to be sent or sent. Holds ids only: the mailer derives the link when it sends. Its id is the Message-ID, so a repeat is recognised.';
COMMENT ON COLUMN mail_outbox.election_id IS 'The nil id where a mail belongs to no election.';
COMMENT ON COLUMN mail_outbox.due_at IS 'When to try next; while sending, when the attempt counts as lost.';
COMMENT ON COLUMN mail_outbox.error IS 'What the last attempt met, in the server''s words.';

GRANT SELECT, INSERT, UPDATE (after, finished_at) ON mail_runs TO uvote_app;
GRANT SELECT, INSERT, DELETE, UPDATE (state, attempts, due_at, error, finished_at) ON mail_outbox TO uvote_app;
