-- The voter roll and the tokens of its links.

CREATE TABLE voters (
    election_id uuid NOT NULL REFERENCES elections (id) ON DELETE RESTRICT,
    id          uuid NOT NULL DEFAULT gen_random_uuid(),
    number      bigint GENERATED ALWAYS AS IDENTITY,
    email       text NOT NULL CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    first_name  text CHECK (length(first_name) BETWEEN 1 AND 100),
    last_name   text CHECK (length(last_name) BETWEEN 1 AND 100),
    PRIMARY KEY (election_id, id),
    CONSTRAINT one_voter_an_address UNIQUE (election_id, email)
);
CREATE INDEX voters_number ON voters (election_id, number);
COMMENT ON TABLE voters IS 'Who may vote in an election.';
COMMENT ON COLUMN voters.id IS 'Random, so that it tells nothing of the order of the roll.';
COMMENT ON COLUMN voters.number IS 'The order of entry, for lists.';

CREATE TABLE voting_tokens (
    election_id uuid NOT NULL,
    token_hash  bytea NOT NULL CHECK (octet_length(token_hash) = 32),
    voter_id    uuid NOT NULL,
    generation  integer NOT NULL DEFAULT 1 CHECK (generation > 0),
    issued_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    spent       boolean NOT NULL DEFAULT false,
    PRIMARY KEY (election_id, token_hash),
    CONSTRAINT one_token_a_voter UNIQUE (election_id, voter_id),
    FOREIGN KEY (election_id, voter_id) REFERENCES voters (election_id, id) ON DELETE CASCADE
) WITH (fillfactor = 70);
COMMENT ON TABLE voting_tokens IS 'The current token of each voter. Spending it sets one bit and nothing else: no time, no order.';
COMMENT ON COLUMN voting_tokens.token_hash IS 'SHA-256 of the token; the token itself is derived when a mail is sent.';
COMMENT ON COLUMN voting_tokens.generation IS 'Grows when a link is replaced.';
COMMENT ON COLUMN voting_tokens.spent IS 'Whether a ballot was admitted; never taken back.';

CREATE TABLE replaced_tokens (
    election_id uuid NOT NULL REFERENCES elections (id) ON DELETE RESTRICT,
    token_hash  bytea NOT NULL CHECK (octet_length(token_hash) = 32),
    PRIMARY KEY (election_id, token_hash)
);
COMMENT ON TABLE replaced_tokens IS 'Hashes of older links, so that their holders can be told so.';

CREATE FUNCTION count_eligible() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    sign integer := CASE WHEN TG_OP = 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    IF TG_RELID <> 'public.voters'::regclass THEN
        RAISE EXCEPTION 'this function counts voters alone' USING ERRCODE = 'restrict_violation';
    END IF;
    UPDATE election_heads h SET eligible = h.eligible + sign * c.voters
        FROM (SELECT election_id, count(*) AS voters FROM changed GROUP BY election_id) c
        WHERE h.election_id = c.election_id;
    RETURN NULL;
END $$;
CREATE TRIGGER counted_in AFTER INSERT ON voters REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_eligible();
CREATE TRIGGER counted_out AFTER DELETE ON voters REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_eligible();
ALTER TABLE voters ENABLE ALWAYS TRIGGER counted_in;
ALTER TABLE voters ENABLE ALWAYS TRIGGER counted_out;
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON voters FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
ALTER TABLE voters ENABLE ALWAYS TRIGGER kept_whole;

CREATE TRIGGER spent_is_final BEFORE UPDATE ON voting_tokens FOR EACH ROW
    WHEN (OLD.spent AND (NEW.spent, NEW.election_id, NEW.token_hash, NEW.voter_id)
        IS DISTINCT FROM (true, OLD.election_id, OLD.token_hash, OLD.voter_id))
    EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER spent_is_kept BEFORE DELETE ON voting_tokens FOR EACH ROW
    WHEN (OLD.spent) EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON voting_tokens FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
ALTER TABLE voting_tokens ENABLE ALWAYS TRIGGER spent_is_final;
ALTER TABLE voting_tokens ENABLE ALWAYS TRIGGER spent_is_kept;
ALTER TABLE voting_tokens ENABLE ALWAYS TRIGGER kept_whole;

GRANT SELECT, INSERT, DELETE, UPDATE (email, first_name, last_name) ON voters TO uvote_app;
GRANT SELECT, INSERT (election_id, token_hash, voter_id), UPDATE (token_hash, generation, issued_at, spent) ON voting_tokens TO uvote_app;
GRANT SELECT, INSERT ON replaced_tokens TO uvote_app;
