-- The language in which mails are written.

ALTER TABLE elections ADD COLUMN language text NOT NULL DEFAULT 'en' CHECK (language ~ '^[a-z]{2,3}$');
COMMENT ON COLUMN elections.language IS 'BCP 47 primary tag of the language of the mails to voters.';
GRANT UPDATE (language) ON elections TO uvote_app;

ALTER TABLE accounts ADD COLUMN language text NOT NULL DEFAULT 'en' CHECK (language ~ '^[a-z]{2,3}$');
COMMENT ON COLUMN accounts.language IS 'BCP 47 primary tag of the language of the mails to the account holder.';
