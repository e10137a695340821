-- Sessions of browsers: pages sign in by a cookie instead of an access token.

ALTER TABLE sessions ADD COLUMN cookie_hash bytea UNIQUE CHECK (octet_length(cookie_hash) = 32);
COMMENT ON COLUMN sessions.cookie_hash IS 'SHA-256 of the cookie of a session that was opened by a page; sessions of programs have none.';
