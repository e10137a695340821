-- A vote as one durable transaction of a single statement: PostgreSQL can't do it with less.
\set token :first + :number * :sessions + :client_id
\set choice :token % 3
\set number :number + 1
WITH spent AS (
    UPDATE uvote_compare.tokens SET spent = true
    WHERE token_hash = sha256(int8send(:token)) AND NOT spent
    RETURNING token_hash
)
INSERT INTO uvote_compare.votes (choice) SELECT :choice FROM spent;
