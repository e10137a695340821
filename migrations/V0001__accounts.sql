-- Accounts, organisations, sessions. The service acts as the role uvote_app, which owns nothing.

DO $$
BEGIN
    CREATE ROLE uvote_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- Roles belong to the whole cluster: another database of it has made this one.
END $$;

GRANT USAGE ON SCHEMA public TO uvote_app;

CREATE TABLE accounts (
    id            uuid PRIMARY KEY,
    email         text NOT NULL CHECK (email = lower(email) AND length(email) <= 254),
    name          text CHECK (length(name) BETWEEN 1 AND 100),
    password_hash text NOT NULL,
    verified_at   timestamptz,
    failed_logins integer NOT NULL DEFAULT 0 CHECK (failed_logins >= 0),
    locked_until  timestamptz,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_login_at timestamptz,
    deleted_at    timestamptz
);
CREATE UNIQUE INDEX accounts_email ON accounts (email) WHERE deleted_at IS NULL;
COMMENT ON TABLE accounts IS 'People who sign in: organisers. Voters have no account.';
COMMENT ON COLUMN accounts.email IS 'Lower case; unique among accounts that are not deleted.';
COMMENT ON COLUMN accounts.password_hash IS 'argon2id in PHC string form.';
COMMENT ON COLUMN accounts.verified_at IS 'When the address was confirmed; nobody signs in before.';
COMMENT ON COLUMN accounts.failed_logins IS 'Failures in a row since the last success or lock.';
COMMENT ON COLUMN accounts.locked_until IS 'No password is accepted before this time.';

CREATE TABLE organisations (
    id          uuid PRIMARY KEY,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    personal_of uuid UNIQUE REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    deleted_at  timestamptz
);
COMMENT ON TABLE organisations IS 'Whoever runs elections; every account has a personal one.';
COMMENT ON COLUMN organisations.personal_of IS 'The account whose personal organisation this is.';

CREATE TABLE members (
    organisation_id uuid NOT NULL REFERENCES organisations (id) ON DELETE RESTRICT,
    account_id      uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    role            text NOT NULL CHECK (role IN ('owner', 'manager', 'observer')),
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organisation_id, account_id)
);
CREATE INDEX members_account ON members (account_id);
COMMENT ON TABLE members IS 'Which role an account has in an organisation.';

CREATE TABLE sessions (
    id         uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX sessions_account ON sessions (account_id);
COMMENT ON TABLE sessions IS 'One sign-in on one device; ended at once by logout.';

CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    used       boolean NOT NULL DEFAULT false
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
COMMENT ON TABLE refresh_tokens IS 'SHA-256 of each refresh token of a session; a used one that comes again ends the session.';

CREATE TABLE account_tokens (
    id         uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    purpose    text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password')),
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
COMMENT ON TABLE account_tokens IS 'Links mailed to account holders. The token is derived from the id by the master key, so that only its hash is stored.';

CREATE TABLE live_tickets (
    ticket_hash bytea PRIMARY KEY CHECK (octet_length(ticket_hash) = 32),
    session_id  uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at  timestamptz NOT NULL
);
COMMENT ON TABLE live_tickets IS 'SHA-256 of each ticket for one WebSocket sign-in; a row is deleted when used.';

-- A trigger function may be attached to any table by whoever may execute it, so nobody else may.
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

GRANT SELECT, INSERT, UPDATE ON accounts, organisations, sessions, refresh_tokens, account_tokens TO uvote_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON members TO uvote_app;
GRANT SELECT, INSERT, DELETE ON live_tickets TO uvote_app;
GRANT DELETE ON account_tokens TO uvote_app;
GRANT SELECT ON refinery_schema_history TO uvote_app;
