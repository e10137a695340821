-- Mails with the link to a new password.

ALTER TABLE mail_outbox DROP CONSTRAINT mail_outbox_kind_check;
ALTER TABLE mail_outbox ADD CONSTRAINT mail_outbox_kind_check CHECK (kind IN ('invitation', 'reminder', 'results', 'specimen', 'verify_email', 'already_registered', 'reset_password'));
