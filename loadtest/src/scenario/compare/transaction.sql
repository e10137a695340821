-- A vote as one durable transaction, as one would write it first.
\set token :first + :number * :sessions + :client_id
\set choice :token % 3
\set number :number + 1
BEGIN;
UPDATE uvote_compare.tokens SET spent = true WHERE token_hash = sha256(int8send(:token)) AND NOT spent;
INSERT INTO uvote_compare.votes (choice) VALUES (:choice);
COMMIT;
