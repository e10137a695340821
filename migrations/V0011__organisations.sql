-- Invitations into organisations, the rule that somebody owns each, and the site's administrators.

CREATE TABLE organisation_invitations (
    id              uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisations (id) ON DELETE RESTRICT,
    email           text NOT NULL CHECK (email = lower(email) AND length(email) <= 254),
    role            text NOT NULL CHECK (role IN ('owner', 'manager', 'observer')),
    invited_by      uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    token_hash      bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at      timestamptz NOT NULL,
    UNIQUE (organisation_id, email)
);
COMMENT ON TABLE organisation_invitations IS 'Whoever is asked to join and has not answered yet; a row goes when it is taken up, taken back or replaced.';
COMMENT ON COLUMN organisation_invitations.email IS 'Nobody else may take the invitation up; whether it has an account does not matter.';
COMMENT ON COLUMN organisation_invitations.token_hash IS 'SHA-256 of the link''s token, which is derived from the id by the master key.';

ALTER TABLE mail_outbox ADD COLUMN organisation_invitation_id uuid REFERENCES organisation_invitations (id) ON DELETE CASCADE;
CREATE INDEX mail_outbox_organisation_invitation ON mail_outbox (organisation_invitation_id) WHERE organisation_invitation_id IS NOT NULL;
ALTER TABLE mail_outbox DROP CONSTRAINT to_a_voter_or_an_account;
ALTER TABLE mail_outbox ADD CONSTRAINT to_one_recipient CHECK (num_nonnulls(voter_id, account_id, organisation_invitation_id) = 1);
ALTER TABLE mail_outbox DROP CONSTRAINT mail_outbox_kind_check;
ALTER TABLE mail_outbox ADD CONSTRAINT mail_outbox_kind_check CHECK (kind IN (
    'invitation', 'reminder', 'results', 'specimen', 'verify_email', 'already_registered', 'reset_password',
    'confirm_new_address', 'account_locked', 'password_changed', 'address_changing', 'address_changed',
    'totp_enabled', 'totp_disabled', 'recovery_code_used', 'organisation_invitation'));

GRANT SELECT, INSERT, DELETE ON organisation_invitations TO uvote_app;

-- Judged at the commit, under the organisation's lock: two owners who leave at the same moment
-- would else each see the other one stay.
CREATE FUNCTION refuse_loss_of_last_owner() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM organisations WHERE id = OLD.organisation_id AND deleted_at IS NULL FOR UPDATE;
    IF FOUND AND NOT EXISTS (SELECT FROM members WHERE organisation_id = OLD.organisation_id AND role = 'owner') THEN
        RAISE EXCEPTION 'an organisation keeps at least one owner' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER owned AFTER UPDATE OR DELETE ON members DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.role = 'owner') EXECUTE FUNCTION refuse_loss_of_last_owner();
ALTER TABLE members ENABLE ALWAYS TRIGGER owned;

ALTER TABLE accounts ADD COLUMN site_admin boolean NOT NULL DEFAULT false;
ALTER TABLE accounts ADD COLUMN locked_at timestamptz;
COMMENT ON COLUMN accounts.site_admin IS 'Looks after accounts, and has no part in any election by it. Granted on the command line alone.';
COMMENT ON COLUMN accounts.locked_at IS 'When an administrator locked the account; nobody signs in until it is unlocked.';
