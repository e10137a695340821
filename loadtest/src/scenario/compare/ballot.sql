-- What the service does to admit ballots, for one ballot in each transaction. The bytes of the ballot
-- are by chance and as many as the service would have sealed.
\set token :first + :number * :sessions + :client_id
\set number :number + 1
BEGIN;
SELECT position + 1 AS position, encode(head_hash, 'hex') AS head
    FROM election_heads WHERE election_id = :election::text::uuid ORDER BY election_id FOR UPDATE \gset
UPDATE voting_tokens t SET spent = true
    FROM (SELECT h.election_id, sha256(sha256(decode(:secret, 'hex') || int8send(:token))) AS token_hash,
            h.opens_at, h.closes_at, e.link_lifetime_hours AS lifetime_hours
        FROM election_heads h JOIN elections e ON e.id = h.election_id
        WHERE h.election_id = :election::text::uuid) c
    WHERE t.election_id = c.election_id AND t.token_hash = c.token_hash AND NOT t.spent
        AND clock_timestamp() < coalesce(c.closes_at, 'infinity')
        AND clock_timestamp() < greatest(t.issued_at, c.opens_at) + make_interval(hours => c.lifetime_hours);
\startpipeline
INSERT INTO ballots (election_id, position, sealed, retry_mac, ballot_hash, previous_hash)
    SELECT election, position, sealed, sha256(sealed),
        sha256('uvote.ballot.v1'::bytea || uuid_send(election) || int8send(position) || sealed || previous),
        previous
    FROM (SELECT :election::text::uuid AS election, :position::bigint AS position,
        decode(:head, 'hex') AS previous,
        decode(repeat('5a', 44), 'hex') || uuid_send(gen_random_uuid()) AS sealed) ballot;
UPDATE election_heads SET sealed_running = sealed_running
    WHERE election_id = :election::text::uuid RETURNING election_id, revision;
COMMIT;
\endpipeline
