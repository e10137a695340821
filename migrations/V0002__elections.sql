-- Elections, what is voted on, and the head row that holds an election's live state.

CREATE TABLE elections (
    id                  uuid PRIMARY KEY,
    organisation_id     uuid NOT NULL REFERENCES organisations (id) ON DELETE RESTRICT,
    created_by          uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    title               text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description         text CHECK (length(description) <= 10000),
    contact_email       text CHECK (length(contact_email) <= 254),
    time_zone           text CHECK (length(time_zone) <= 64),
    link_lifetime_hours integer NOT NULL DEFAULT 168 CHECK (link_lifetime_hours BETWEEN 1 AND 8784),
    invitation_message  text CHECK (length(invitation_message) <= 5000),
    tally_visibility    text NOT NULL DEFAULT 'after_close' CHECK (tally_visibility IN ('after_close', 'organisers', 'everyone')),
    publication         text NOT NULL DEFAULT 'at_close' CHECK (publication IN ('at_close', 'manual')),
    dispute_days        integer NOT NULL DEFAULT 30 CHECK (dispute_days BETWEEN 0 AND 3660),
    created_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    activated_at        timestamptz
);
CREATE INDEX elections_organisation ON elections (organisation_id, id);
COMMENT ON TABLE elections IS 'What an organiser says about an election. Its live state is in election_heads.';
COMMENT ON COLUMN elections.time_zone IS 'IANA name of the zone in which the organiser thinks; stored times are absolute.';
COMMENT ON COLUMN elections.link_lifetime_hours IS 'Hours a link lives after the later of its issue and the opening.';
COMMENT ON COLUMN elections.tally_visibility IS 'Who may see the running tally; fixed when the election opens.';
COMMENT ON COLUMN elections.dispute_days IS 'Days after the close until the sealing key is destroyed.';

CREATE TABLE election_heads (
    election_id    uuid PRIMARY KEY REFERENCES elections (id) ON DELETE RESTRICT,
    status         text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'scheduled', 'active', 'closed', 'archived')),
    opens_at       timestamptz,
    closes_at      timestamptz,
    closed_at      timestamptz,
    published_at   timestamptz,
    deleted_at     timestamptz,
    count_state    text NOT NULL DEFAULT 'none' CHECK (count_state IN ('none', 'counting', 'matched', 'disputed')),
    eligible       bigint NOT NULL DEFAULT 0 CHECK (eligible >= 0),
    position       bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
    head_hash      bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (octet_length(head_hash) = 32),
    sealed_running bytea,
    revision       bigint NOT NULL DEFAULT 1 CHECK (revision > 0),
    CONSTRAINT no_more_ballots_than_voters CHECK (position <= eligible),
    CONSTRAINT closes_after_it_opens CHECK (closes_at > opens_at),
    CONSTRAINT open_means_sealed CHECK (status IN ('draft', 'archived') OR sealed_running IS NOT NULL),
    CONSTRAINT over_means_closed CHECK ((status IN ('closed', 'archived')) = (closed_at IS NOT NULL)),
    CONSTRAINT counted_when_over CHECK ((status IN ('closed', 'archived')) = (count_state <> 'none')),
    CONSTRAINT deleted_without_ballots CHECK (deleted_at IS NULL OR position = 0),
    CONSTRAINT published_when_matched CHECK (published_at IS NULL OR count_state = 'matched')
) WITH (fillfactor = 50);
CREATE INDEX election_heads_due ON election_heads (status) WHERE status IN ('scheduled', 'active', 'closed');
COMMENT ON TABLE election_heads IS 'The live state of each election. Whoever changes any of it, the roll or tokens in bulk locks this row first; the lock serialises an election across processes.';
COMMENT ON COLUMN election_heads.position IS 'Ballots in the chain; moved by the insert trigger of ballots alone.';
COMMENT ON COLUMN election_heads.head_hash IS 'Hash of the last ballot; moved by the insert trigger of ballots alone.';
COMMENT ON COLUMN election_heads.eligible IS 'Voters on the roll; moved by the triggers of voters alone.';
COMMENT ON COLUMN election_heads.sealed_running IS 'The running tally, sealed under the election''s key.';
COMMENT ON COLUMN election_heads.count_state IS 'Whether the recount after the close agreed with the running tally.';
COMMENT ON COLUMN election_heads.deleted_at IS 'Soft deletion, possible only without ballots.';
COMMENT ON COLUMN election_heads.revision IS 'Grows with every change of this row; live frames carry it.';

CREATE TABLE election_keys (
    election_id uuid NOT NULL REFERENCES elections (id) ON DELETE RESTRICT,
    purpose     text NOT NULL CHECK (purpose IN ('seal', 'link')),
    wrapped     bytea NOT NULL,
    PRIMARY KEY (election_id, purpose)
);
COMMENT ON TABLE election_keys IS 'Random keys of each election, wrapped by the master key. The link key is deleted at the close, the sealing key after the dispute window.';

CREATE TABLE contests (
    id              uuid PRIMARY KEY,
    election_id     uuid NOT NULL REFERENCES elections (id) ON DELETE RESTRICT,
    title           text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description     text CHECK (length(description) <= 10000),
    method          text NOT NULL DEFAULT 'plurality' CHECK (method IN ('plurality')),
    seats           integer NOT NULL DEFAULT 1 CHECK (seats BETWEEN 1 AND 1000),
    allow_blank     boolean NOT NULL DEFAULT true,
    candidate_order text NOT NULL DEFAULT 'as_listed' CHECK (candidate_order IN ('as_listed', 'random')),
    display_order   integer NOT NULL DEFAULT 0,
    UNIQUE (election_id, id)
);
COMMENT ON TABLE contests IS 'The questions on the ballot.';
COMMENT ON COLUMN contests.seats IS 'How many are elected, and how many candidates a voter may mark.';

CREATE TABLE candidates (
    id            uuid PRIMARY KEY,
    election_id   uuid NOT NULL,
    contest_id    uuid NOT NULL,
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description   text CHECK (length(description) <= 10000),
    photo_id      uuid,
    display_order integer NOT NULL DEFAULT 0,
    FOREIGN KEY (election_id, contest_id) REFERENCES contests (election_id, id) ON DELETE CASCADE
);
CREATE INDEX candidates_contest ON candidates (election_id, contest_id);
COMMENT ON TABLE candidates IS 'Who or what stands in a contest.';
COMMENT ON COLUMN candidates.photo_id IS 'The stored photo, if there is one.';

-- What voters vote on never changes once an election has left its draft.
CREATE FUNCTION refuse_change_of_frozen_contest() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    frozen boolean := false;
BEGIN
    -- An update may take a row out of one election into another, so both sides count.
    IF TG_OP <> 'INSERT' THEN
        frozen := NOT EXISTS (SELECT FROM election_heads WHERE election_id = OLD.election_id AND status = 'draft');
    END IF;
    IF TG_OP <> 'DELETE' THEN
        frozen := frozen OR NOT EXISTS (SELECT FROM election_heads WHERE election_id = NEW.election_id AND status = 'draft');
    END IF;
    IF frozen THEN
        RAISE EXCEPTION 'contests and candidates are frozen once an election has left its draft'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON contests
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_frozen_contest();
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON candidates
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_frozen_contest();
ALTER TABLE contests ENABLE ALWAYS TRIGGER frozen;
ALTER TABLE candidates ENABLE ALWAYS TRIGGER frozen;

-- A trigger of ballots or voters calls an update of the head at depth 2; anything shallower is
-- somebody writing to the head directly.
CREATE FUNCTION guard_head() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF pg_trigger_depth() < 2 AND (NEW.position, NEW.head_hash, NEW.eligible)
        IS DISTINCT FROM (OLD.position, OLD.head_hash, OLD.eligible) THEN
        RAISE EXCEPTION 'position, head_hash and eligible follow ballots and voters alone'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('draft', 'scheduled'), ('draft', 'active'), ('scheduled', 'active'),
        ('active', 'closed'), ('closed', 'archived')) THEN
        RAISE EXCEPTION 'an election does not go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.election_id <> OLD.election_id THEN
        RAISE EXCEPTION 'a head belongs to its election for good' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.count_state <> OLD.count_state AND (OLD.count_state, NEW.count_state) NOT IN (
        ('none', 'counting'), ('counting', 'matched'), ('counting', 'disputed'), ('disputed', 'matched')) THEN
        RAISE EXCEPTION 'a count does not go from % to %', OLD.count_state, NEW.count_state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'archived' AND NEW.count_state <> 'matched' THEN
        RAISE EXCEPTION 'only a counted election can be archived' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at)
        OR (OLD.published_at IS NOT NULL AND NEW.published_at IS DISTINCT FROM OLD.published_at) THEN
        RAISE EXCEPTION 'a close and a publication are final' USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON election_heads FOR EACH ROW EXECUTE FUNCTION guard_head();
ALTER TABLE election_heads ENABLE ALWAYS TRIGGER guard;

CREATE FUNCTION refuse_removal() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: its rows are kept for good', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER kept BEFORE DELETE ON election_heads FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON election_heads FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
ALTER TABLE election_heads ENABLE ALWAYS TRIGGER kept;
ALTER TABLE election_heads ENABLE ALWAYS TRIGGER kept_whole;
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON election_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
ALTER TABLE election_keys ENABLE ALWAYS TRIGGER kept_whole;

-- What voters were promised when the election opened.
CREATE FUNCTION refuse_change_of_promise() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM election_heads WHERE election_id = OLD.id AND status = 'draft') THEN
        RAISE EXCEPTION 'who sees what and when is fixed once an election has left its draft'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER promised BEFORE UPDATE ON elections FOR EACH ROW
    WHEN ((NEW.organisation_id, NEW.tally_visibility, NEW.publication, NEW.link_lifetime_hours, NEW.dispute_days)
        IS DISTINCT FROM (OLD.organisation_id, OLD.tally_visibility, OLD.publication, OLD.link_lifetime_hours, OLD.dispute_days))
    EXECUTE FUNCTION refuse_change_of_promise();
ALTER TABLE elections ENABLE ALWAYS TRIGGER promised;

-- Without its keys an open election could not be counted.
CREATE FUNCTION refuse_early_loss_of_key() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM election_heads WHERE election_id = OLD.election_id AND status NOT IN ('closed', 'archived')) THEN
        RAISE EXCEPTION 'the keys of an election are kept until it is closed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER kept_until_close BEFORE DELETE ON election_keys FOR EACH ROW EXECUTE FUNCTION refuse_early_loss_of_key();
ALTER TABLE election_keys ENABLE ALWAYS TRIGGER kept_until_close;

GRANT SELECT, INSERT, UPDATE (title, description, contact_email, time_zone, link_lifetime_hours, invitation_message,
    tally_visibility, publication, activated_at) ON elections TO uvote_app;
GRANT SELECT, INSERT (election_id, opens_at, closes_at),
    UPDATE (status, opens_at, closes_at, closed_at, published_at, deleted_at, count_state, sealed_running) ON election_heads TO uvote_app;
GRANT SELECT, INSERT, DELETE, UPDATE (wrapped) ON election_keys TO uvote_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON contests, candidates TO uvote_app;
