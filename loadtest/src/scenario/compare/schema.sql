DROP SCHEMA IF EXISTS uvote_compare CASCADE;
CREATE SCHEMA uvote_compare;
CREATE TABLE uvote_compare.tokens (
    token_hash bytea PRIMARY KEY,
    spent      boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70);
CREATE TABLE uvote_compare.votes (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    choice integer NOT NULL
);
