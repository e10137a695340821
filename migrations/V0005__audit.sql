-- The audit log: one hash chain for each organisation.

CREATE TABLE audit_outbox (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations (id) ON DELETE RESTRICT,
    election_id     uuid REFERENCES elections (id) ON DELETE RESTRICT,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor           text NOT NULL,
    action          text NOT NULL CHECK (action ~ '^[a-z_]+\.[a-z_]+$'),
    subject         text NOT NULL,
    details         jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE audit_outbox IS 'Acts that commit together with what they did and wait for their place in the chain.';

CREATE TABLE audit_heads (
    organisation_id uuid PRIMARY KEY REFERENCES organisations (id) ON DELETE RESTRICT,
    position        bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
    head_hash       bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (octet_length(head_hash) = 32)
);
COMMENT ON TABLE audit_heads IS 'The end of each organisation''s chain; locked by whoever drains the outbox.';

CREATE TABLE audit_records (
    organisation_id uuid NOT NULL REFERENCES organisations (id) ON DELETE RESTRICT,
    position        bigint NOT NULL CHECK (position > 0),
    election_id     uuid REFERENCES elections (id) ON DELETE RESTRICT,
    at              timestamptz NOT NULL,
    actor           text NOT NULL,
    action          text NOT NULL,
    subject         text NOT NULL,
    details         jsonb NOT NULL,
    hash            bytea NOT NULL CHECK (octet_length(hash) = 32),
    previous_hash   bytea NOT NULL CHECK (octet_length(previous_hash) = 32),
    PRIMARY KEY (organisation_id, position)
);
CREATE INDEX audit_records_election ON audit_records (election_id, position) WHERE election_id IS NOT NULL;
COMMENT ON TABLE audit_records IS 'What organisers and the system did: ids and counts, never an address, never that somebody voted.';
COMMENT ON COLUMN audit_records.actor IS 'account:<id>, or system.';
COMMENT ON COLUMN audit_records.subject IS 'What was acted on, as kind:<id>.';

CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON audit_records FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON audit_records FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
ALTER TABLE audit_records ENABLE ALWAYS TRIGGER kept;
ALTER TABLE audit_records ENABLE ALWAYS TRIGGER kept_whole;

GRANT SELECT, INSERT, DELETE ON audit_outbox TO uvote_app;
GRANT SELECT, INSERT, UPDATE (position, head_hash) ON audit_heads TO uvote_app;
GRANT SELECT, INSERT ON audit_records TO uvote_app;
