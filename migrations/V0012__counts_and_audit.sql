-- Counts come from a recount alone, and the audit log is chained by the database as ballots are.

CREATE FUNCTION refuse_uncalled_count() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT election_id FROM added) a
        LEFT JOIN election_heads h USING (election_id)
        WHERE h.count_state IS NULL OR h.count_state NOT IN ('counting', 'disputed')) THEN
        RAISE EXCEPTION 'an election is counted once, after its close' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER called_for AFTER INSERT ON opened_ballots REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_uncalled_count();
CREATE TRIGGER called_for AFTER INSERT ON contest_counts REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_uncalled_count();
CREATE TRIGGER called_for AFTER INSERT ON candidate_counts REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_uncalled_count();
ALTER TABLE opened_ballots ENABLE ALWAYS TRIGGER called_for;
ALTER TABLE contest_counts ENABLE ALWAYS TRIGGER called_for;
ALTER TABLE candidate_counts ENABLE ALWAYS TRIGGER called_for;

CREATE FUNCTION measured(field bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT int8send(length(field)::bigint) || field
$$;
COMMENT ON FUNCTION measured IS 'A field behind its length, so that fields in a row do not run into each other.';

-- Recomputes the record's hash, and moves the head that it must follow on from.
CREATE FUNCTION extend_audit_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    at_micros bigint := extract(epoch FROM NEW.at) * 1000000;
BEGIN
    IF TG_RELID <> 'public.audit_records'::regclass THEN
        RAISE EXCEPTION 'this function chains audit records alone' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.hash = sha256('uvote.audit.v1'::bytea || uuid_send(NEW.organisation_id) || int8send(NEW.position)
        || measured(convert_to(at_micros::text, 'UTF8'))
        || measured(convert_to(coalesce(NEW.election_id::text, ''), 'UTF8'))
        || measured(convert_to(NEW.actor, 'UTF8')) || measured(convert_to(NEW.action, 'UTF8'))
        || measured(convert_to(NEW.subject, 'UTF8')) || measured(convert_to(NEW.details::text, 'UTF8'))
        || NEW.previous_hash) THEN
        UPDATE audit_heads SET position = NEW.position, head_hash = NEW.hash
            WHERE organisation_id = NEW.organisation_id
                AND (position, head_hash) = (NEW.position - 1, NEW.previous_hash);
        IF FOUND THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE EXCEPTION 'an audit record does not follow on from the head of its organisation''s chain'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER chained AFTER INSERT ON audit_records FOR EACH ROW EXECUTE FUNCTION extend_audit_chain();
ALTER TABLE audit_records ENABLE ALWAYS TRIGGER chained;

CREATE FUNCTION guard_audit_head() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'the head of an audit log follows its records alone' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON audit_heads FOR EACH ROW EXECUTE FUNCTION guard_audit_head();
CREATE TRIGGER kept BEFORE DELETE ON audit_heads FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON audit_heads FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
ALTER TABLE audit_heads ENABLE ALWAYS TRIGGER guard;
ALTER TABLE audit_heads ENABLE ALWAYS TRIGGER kept;
ALTER TABLE audit_heads ENABLE ALWAYS TRIGGER kept_whole;

-- A new log begins at its beginning. The right to update stays, since a lock asks for one.
REVOKE INSERT ON audit_heads FROM uvote_app;
GRANT INSERT (organisation_id) ON audit_heads TO uvote_app;
