-- Ballots: sealed, chained, and never changed.

CREATE TABLE ballots (
    election_id   uuid NOT NULL,
    position      bigint NOT NULL CHECK (position > 0),
    sealed        bytea NOT NULL,
    retry_mac     bytea NOT NULL CHECK (octet_length(retry_mac) = 32),
    ballot_hash   bytea NOT NULL CHECK (octet_length(ballot_hash) = 32),
    previous_hash bytea NOT NULL CHECK (octet_length(previous_hash) = 32),
    PRIMARY KEY (election_id, position),
    CONSTRAINT one_ballot_a_request UNIQUE (election_id, retry_mac)
);
CREATE INDEX ballots_hash ON ballots (ballot_hash);
COMMENT ON TABLE ballots IS 'The ballots of each election as one hash chain. Holds no time and no voter. The chain trigger demands a head row for every insert, so a foreign key would only cost.';
COMMENT ON COLUMN ballots.sealed IS 'Nonce, ciphertext and tag under the election''s sealing key.';
COMMENT ON COLUMN ballots.retry_mac IS 'HMAC(key, token hash, nonce, marks): finds the ballot of a repeated request.';
COMMENT ON COLUMN ballots.ballot_hash IS 'sha256("uvote.ballot.v1", election, position, sealed, previous): the receipt.';

-- Recomputes every new link from the head, and moves the head. Ballots that do not follow on from
-- the head, or whose hash is not theirs, or whose election is not active, fail the statement.
CREATE FUNCTION extend_ballot_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    sound boolean;
BEGIN
    IF TG_RELID <> 'public.ballots'::regclass THEN
        RAISE EXCEPTION 'this function chains ballots alone' USING ERRCODE = 'restrict_violation';
    END IF;
    WITH linked AS (
        SELECT a.election_id, a.position, a.ballot_hash,
            a.position = h.position + row_number() OVER chain
            AND a.previous_hash = coalesce(lag(a.ballot_hash) OVER chain, h.head_hash)
            AND a.ballot_hash = sha256('uvote.ballot.v1'::bytea || uuid_send(a.election_id)
                || int8send(a.position) || a.sealed || a.previous_hash)
            AND h.status = 'active' AS follows
        FROM added a LEFT JOIN election_heads h USING (election_id)
        WINDOW chain AS (PARTITION BY a.election_id ORDER BY a.position)
    ), batches AS (
        SELECT election_id, min(position) AS first, max(position) AS last,
            (array_agg(ballot_hash ORDER BY position DESC))[1] AS head_hash,
            bool_and(follows IS TRUE) AS follows
        FROM linked GROUP BY election_id
    ), moved AS (
        UPDATE election_heads h SET position = b.last, head_hash = b.head_hash
        FROM batches b
        WHERE h.election_id = b.election_id AND b.follows AND h.position = b.first - 1
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM moved) = (SELECT count(*) FROM batches) INTO sound;
    IF NOT sound THEN
        RAISE EXCEPTION 'ballots do not follow on from the head of their election''s chain'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER chained AFTER INSERT ON ballots REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION extend_ballot_chain();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON ballots FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON ballots FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
ALTER TABLE ballots ENABLE ALWAYS TRIGGER chained;
ALTER TABLE ballots ENABLE ALWAYS TRIGGER kept;
ALTER TABLE ballots ENABLE ALWAYS TRIGGER kept_whole;

CREATE TABLE opened_ballots (
    election_id uuid NOT NULL REFERENCES elections (id) ON DELETE RESTRICT,
    contest_id  uuid NOT NULL REFERENCES contests (id) ON DELETE RESTRICT,
    number      bigint NOT NULL CHECK (number > 0),
    serial      bytea NOT NULL CHECK (octet_length(serial) = 32),
    choices     uuid[] NOT NULL,
    PRIMARY KEY (election_id, contest_id, number)
);
COMMENT ON TABLE opened_ballots IS 'The openings of the recount, a row for each contest of each ballot, in the order of their serials.';
COMMENT ON COLUMN opened_ballots.serial IS 'sha256("uvote.opening.v1", nonce, contest): only the voter knows which is theirs.';

CREATE TABLE contest_counts (
    election_id uuid NOT NULL REFERENCES elections (id) ON DELETE RESTRICT,
    contest_id  uuid NOT NULL REFERENCES contests (id) ON DELETE RESTRICT,
    blank       bigint NOT NULL CHECK (blank >= 0),
    PRIMARY KEY (election_id, contest_id)
);
COMMENT ON TABLE contest_counts IS 'The result of the recount: blank ballots in each contest.';

CREATE TABLE candidate_counts (
    election_id  uuid NOT NULL REFERENCES elections (id) ON DELETE RESTRICT,
    candidate_id uuid NOT NULL REFERENCES candidates (id) ON DELETE RESTRICT,
    votes        bigint NOT NULL CHECK (votes >= 0),
    PRIMARY KEY (election_id, candidate_id)
);
COMMENT ON TABLE candidate_counts IS 'The result of the recount: votes for each candidate.';

CREATE TABLE turnout_minutes (
    election_id uuid NOT NULL REFERENCES elections (id) ON DELETE RESTRICT,
    minute      timestamptz NOT NULL,
    ballots     bigint NOT NULL CHECK (ballots > 0),
    PRIMARY KEY (election_id, minute)
);
COMMENT ON TABLE turnout_minutes IS 'Ballots from this minute on. Written only when a minute is over and has at least five ballots; until then it waits inside the sealed running tally.';

CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON opened_ballots FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON opened_ballots FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON contest_counts FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON contest_counts FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON candidate_counts FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON candidate_counts FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
ALTER TABLE opened_ballots ENABLE ALWAYS TRIGGER kept;
ALTER TABLE opened_ballots ENABLE ALWAYS TRIGGER kept_whole;
ALTER TABLE contest_counts ENABLE ALWAYS TRIGGER kept;
ALTER TABLE contest_counts ENABLE ALWAYS TRIGGER kept_whole;
ALTER TABLE candidate_counts ENABLE ALWAYS TRIGGER kept;
ALTER TABLE candidate_counts ENABLE ALWAYS TRIGGER kept_whole;

GRANT SELECT, INSERT ON ballots, opened_ballots, contest_counts, candidate_counts TO uvote_app;
GRANT SELECT, INSERT, UPDATE (ballots) ON turnout_minutes TO uvote_app;
