-- Second factors, changed addresses, and what account holders are told of their accounts by mail.

CREATE TABLE second_factors (
    account_id   uuid PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    secret       bytea NOT NULL,
    last_step    bigint NOT NULL DEFAULT 0 CHECK (last_step >= 0),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    confirmed_at timestamptz
);
COMMENT ON TABLE second_factors IS 'The time-based codes (RFC 6238) without which an account is not signed in to.';
COMMENT ON COLUMN second_factors.secret IS 'What the codes are made of, sealed under a key that comes from the master key.';
COMMENT ON COLUMN second_factors.last_step IS 'The latest step of half a minute whose code was used; no code of it or before is good again.';
COMMENT ON COLUMN second_factors.confirmed_at IS 'When its owner proved to have it; before that it is asked of nobody.';

CREATE TABLE recovery_codes (
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    code_hash  bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    used_at    timestamptz,
    PRIMARY KEY (account_id, code_hash)
);
COMMENT ON TABLE recovery_codes IS 'SHA-256 of the codes that stand in for a lost second factor, each once.';

GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors, recovery_codes TO uvote_app;

ALTER TABLE account_tokens DROP CONSTRAINT account_tokens_purpose_check;
ALTER TABLE account_tokens ADD CONSTRAINT account_tokens_purpose_check CHECK (purpose IN ('verify_email', 'reset_password', 'change_email'));
ALTER TABLE account_tokens ADD COLUMN new_email text CHECK (new_email = lower(new_email) AND length(new_email) <= 254);
ALTER TABLE account_tokens ADD COLUMN old_email text CHECK (old_email = lower(old_email) AND length(old_email) <= 254);
ALTER TABLE account_tokens ADD CONSTRAINT a_change_names_both_addresses CHECK (purpose = 'change_email' OR num_nonnulls(new_email, old_email) = 0);
CREATE INDEX account_tokens_account ON account_tokens (account_id);
COMMENT ON COLUMN account_tokens.new_email IS 'The address that the link makes the account''s, and that it is mailed to.';
COMMENT ON COLUMN account_tokens.old_email IS 'The address that is told of the change.';

ALTER TABLE mail_outbox DROP CONSTRAINT mail_outbox_kind_check;
ALTER TABLE mail_outbox ADD CONSTRAINT mail_outbox_kind_check CHECK (kind IN (
    'invitation', 'reminder', 'results', 'specimen', 'verify_email', 'already_registered', 'reset_password',
    'confirm_new_address', 'account_locked', 'password_changed', 'address_changing', 'address_changed',
    'totp_enabled', 'totp_disabled', 'recovery_code_used'));
