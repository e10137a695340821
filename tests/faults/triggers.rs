//! Attacks on the schema by somebody who holds a connection to the database.

use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::count::sound_ballots;
use crate::support::people::{Election, Voter, sample};
use crate::support::{Organiser, Service};

const OWNER: &str = "";
/// Ordinary triggers and foreign keys rest in this mode.
const REPLICA: &str = "SET LOCAL session_replication_role = replica;";
const APP: &str = "SET LOCAL ROLE uvote_app;";

const KEPT: &str = "its rows are kept for good";
const CHAINED: &str = "do not follow on from the head";
const FOLLOWS: &str = "position, head_hash and eligible follow";
const FROZEN: &str = "contests and candidates are frozen";
const PROMISED: &str = "is fixed once an election has left its draft";
const KEY_KEPT: &str = "the keys of an election are kept";
const COUNTED: &str = "is counted once, after its close";
const AUDITED: &str = "does not follow on from the head of its organisation's chain";
const AUDIT_FOLLOWS: &str = "the head of an audit log follows its records alone";
const DENIED: &str = "permission denied";
const NOT_OWNED: &str = "must be owner";

/// An open election of three voters with two ballots in its chain.
struct Scene {
    /// Kept running as long as the scene lasts.
    _service: Service,
    organiser: Organiser,
    election: Election,
    voters: Vec<Voter>,
    sql: Client,
}

impl Scene {
    async fn open() -> Self {
        let service = Service::start().await;
        let organiser = Organiser::register(&service).await;
        let (election, voters) = organiser.open_election(&service, 3).await;
        for (place, voter) in voters[..2].iter().enumerate() {
            voter.cast(&election.choose(Some(place))).await;
        }
        let sql = service.superuser().await;
        Self { _service: service, organiser, election, voters, sql }
    }

    async fn closed() -> Self {
        let scene = Self::open().await;
        scene.organiser.close(&scene.election.id).await;
        scene
    }

    /// What becomes of statements in a transaction that is rolled back.
    async fn outcome(&mut self, actor: &str, attack: &str) -> String {
        let transaction = self.sql.transaction().await.unwrap();
        let done = transaction.batch_execute(&format!("{actor}{attack}")).await;
        transaction.rollback().await.unwrap();
        match done {
            Ok(()) => "it succeeded".to_owned(),
            Err(error) => error.as_db_error().unwrap().message().to_owned(),
        }
    }

    /// Every attack fails for its reason. `$e` stands for the election.
    async fn refuses(&mut self, actor: &str, attacks: &[(&str, &str)]) {
        let mut wrong = Vec::new();
        for (attack, reason) in attacks {
            let attack = attack.replace("$e", &format!("'{}'", self.election.id));
            let outcome = self.outcome(actor, &attack).await;
            if !outcome.contains(reason) {
                wrong.push(format!("{actor}{attack}: {outcome}, not {reason}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    async fn still_verifies(&self, ballots: usize) {
        assert_eq!(sound_ballots(&self.organiser, &self.election).await, ballots);
    }
}

/// A statement that adds a ballot to an election. Where nothing is altered, the ballot is good.
struct Forgery<'a> {
    election: &'a str,
    position: &'a str,
    previous: &'a str,
    hash: Option<&'a str>,
    mac: &'a str,
}

impl<'a> Forgery<'a> {
    fn of(election: &'a str) -> Self {
        let (position, previous) = ("h.position + 1", "h.head_hash");
        Self { election, position, previous, hash: None, mac: "sha256('another')" }
    }

    fn insert(&self) -> String {
        let Self { election, position, previous, mac, .. } = self;
        let own = format!(
            r"sha256('uvote.ballot.v1'::bytea || uuid_send(h.election_id) || int8send({position}) || '\x01' || {previous})"
        );
        let hash = self.hash.unwrap_or(&own);
        format!(
            r"INSERT INTO ballots (election_id, position, sealed, retry_mac, ballot_hash, previous_hash)
            SELECT h.election_id, {position}, '\x01', {mac}, {hash}, {previous}
            FROM election_heads h WHERE h.election_id = '{election}';"
        )
    }
}

#[actix_web::test]
async fn what_is_recorded_is_neither_changed_nor_removed() {
    let mut scene = Scene::closed().await;
    let (status, audit) = scene.organiser.get(&scene.election.path("/audit")).await;
    assert!(status.is_success(), "{audit}");
    let changes = [
        ("ballots", r"sealed = '\x00'"),
        ("audit_records", "actor = 'system'"),
        ("opened_ballots", "choices = '{}'"),
        ("contest_counts", "blank = blank + 1"),
        ("candidate_counts", "votes = votes + 1"),
    ];
    for (table, change) in changes {
        let update = format!("UPDATE {table} SET {change}");
        let attacks = [update, format!("DELETE FROM {table}"), format!("TRUNCATE {table}")];
        for actor in [OWNER, REPLICA] {
            scene.refuses(actor, &attacks.each_ref().map(|attack| (attack.as_str(), KEPT))).await;
        }
        scene.refuses(APP, &attacks.each_ref().map(|attack| (attack.as_str(), DENIED))).await;
    }
    let upsert = "INSERT INTO ballots SELECT * FROM ballots
        ON CONFLICT (election_id, position) DO UPDATE SET sealed = excluded.sealed";
    scene.refuses(OWNER, &[(upsert, KEPT)]).await;
    scene.refuses(APP, &[(upsert, DENIED)]).await;
    scene.still_verifies(2).await;
}

#[actix_web::test]
async fn results_come_from_a_recount_alone() {
    let blank =
        "INSERT INTO contest_counts (election_id, contest_id, blank) SELECT election_id, id, 3 FROM contests";
    let votes = "INSERT INTO candidate_counts (election_id, candidate_id, votes) SELECT election_id, id, 9 FROM candidates";
    let opening = "INSERT INTO opened_ballots (election_id, contest_id, number, serial, choices)
        SELECT election_id, id, 77, sha256('made up'), '{}' FROM contests";
    let attacks = [(blank, COUNTED), (votes, COUNTED), (opening, COUNTED)];
    let mut open = Scene::open().await;
    let mut closed = Scene::closed().await;
    for actor in [OWNER, REPLICA, APP] {
        open.refuses(actor, &attacks).await;
        closed.refuses(actor, &[(opening, COUNTED)]).await;
    }
}

#[actix_web::test]
async fn the_audit_log_is_extended_at_its_end_alone() {
    let mut scene = Scene::closed().await;
    let (status, audit) = scene.organiser.get(&scene.election.path("/audit")).await;
    assert!(status.is_success(), "{audit}");
    let record = |position: &str, hash: &str, previous: &str| {
        format!(
            "INSERT INTO audit_records (organisation_id, position, at, actor, action, subject, details, hash, previous_hash)
            SELECT organisation_id, {position}, clock_timestamp(), 'system', 'election.closed', 'election:1', '{{}}', {hash}, {previous}
            FROM audit_heads WHERE position > 0"
        )
    };
    let unlike = record("position + 1", "sha256('no hash of this record')", "head_hash");
    let rewound = "UPDATE audit_heads SET position = position - 1 WHERE position > 0";
    let rehashed = "UPDATE audit_heads SET head_hash = sha256('another') WHERE position > 0";
    for actor in [OWNER, REPLICA, APP] {
        let attacks = [(unlike.as_str(), AUDITED), (rewound, AUDIT_FOLLOWS), (rehashed, AUDIT_FOLLOWS)];
        scene.refuses(actor, &attacks).await;
    }
    scene.refuses(OWNER, &[("DELETE FROM audit_heads", KEPT), ("TRUNCATE audit_heads", KEPT)]).await;
    scene.refuses(APP, &[("DELETE FROM audit_heads", DENIED), ("TRUNCATE audit_heads", DENIED)]).await;
    let begun_late = "INSERT INTO audit_heads (organisation_id, position) SELECT id, 7 FROM organisations";
    scene.refuses(APP, &[(begun_late, DENIED)]).await;
}

#[actix_web::test]
async fn no_table_is_emptied_at_once() {
    let mut scene = Scene::open().await;
    let attacks = ["voters", "elections", "voting_tokens", "election_heads", "contests", "candidates"]
        .map(|table| format!("TRUNCATE {table} CASCADE"));
    for actor in [OWNER, REPLICA] {
        scene.refuses(actor, &attacks.each_ref().map(|attack| (attack.as_str(), KEPT))).await;
    }
    scene.refuses(APP, &attacks.each_ref().map(|attack| (attack.as_str(), DENIED))).await;
    scene.still_verifies(2).await;
}

#[actix_web::test]
async fn a_ballot_that_does_not_extend_the_chain_is_refused() {
    let mut scene = Scene::open().await;
    let id = scene.election.id.clone();
    let good = || Forgery::of(&id);
    let first = format!("(SELECT retry_mac FROM ballots WHERE election_id = '{id}' AND position = 1)");
    let (next, after) = (good().insert(), Forgery { mac: "sha256('third')", ..good() }.insert());
    let forgeries = [
        (Forgery { position: "1", ..good() }.insert(), "ballots_pkey"),
        (Forgery { position: "h.position + 2", ..good() }.insert(), CHAINED),
        (Forgery { position: "-1", ..good() }.insert(), "check constraint"),
        (Forgery { hash: Some("sha256('wrong')"), ..good() }.insert(), CHAINED),
        (Forgery { previous: "sha256('wrong')", ..good() }.insert(), CHAINED),
        (Forgery { mac: &first, ..good() }.insert(), "one_ballot_a_request"),
        (format!("{next}{after}"), "no_more_ballots_than_voters"),
    ];
    for actor in [OWNER, REPLICA, APP] {
        assert_eq!(scene.outcome(actor, &next).await, "it succeeded", "the ballot that is not altered");
        scene.refuses(actor, &forgeries.each_ref().map(|(attack, reason)| (attack.as_str(), *reason))).await;
    }
    scene.still_verifies(2).await;
}

#[actix_web::test]
async fn an_election_that_is_not_open_takes_no_ballot() {
    let mut scene = Scene::closed().await;
    let draft = scene.organiser.ready_draft(2).await;
    let closed = scene.election.id.clone();
    let nowhere = format!(
        "INSERT INTO ballots SELECT gen_random_uuid(), position, sealed, retry_mac, ballot_hash, previous_hash
        FROM ballots WHERE election_id = '{closed}' AND position = 1"
    );
    for actor in [OWNER, REPLICA, APP] {
        for forgery in [Forgery::of(&closed).insert(), Forgery::of(&draft.id).insert(), nowhere.clone()] {
            scene.refuses(actor, &[(&forgery, CHAINED)]).await;
        }
    }
    scene.still_verifies(2).await;
}

#[actix_web::test]
async fn the_head_of_a_chain_is_not_moved_by_hand() {
    let mut scene = Scene::open().await;
    let moves = ["position = 1", "head_hash = sha256('wrong')", "eligible = 2", "eligible = -1"]
        .map(|change| format!("UPDATE election_heads SET {change} WHERE election_id = $e"));
    let removal = "DELETE FROM election_heads WHERE election_id = $e";
    for actor in [OWNER, REPLICA] {
        scene.refuses(actor, &moves.each_ref().map(|attack| (attack.as_str(), FOLLOWS))).await;
        scene.refuses(actor, &[(removal, KEPT)]).await;
    }
    scene.refuses(APP, &moves.each_ref().map(|attack| (attack.as_str(), DENIED))).await;
    scene.refuses(APP, &[(removal, DENIED)]).await;
    scene.still_verifies(2).await;
}

#[actix_web::test]
async fn an_open_election_takes_no_step_back_and_none_too_far() {
    let mut scene = Scene::open().await;
    let steps = [
        ("status = 'draft'", "does not go from active to draft"),
        ("status = 'scheduled'", "does not go from active to scheduled"),
        ("status = 'archived', count_state = 'matched', closed_at = now()", "does not go from active"),
        ("count_state = 'matched'", "a count does not go from none to matched"),
        ("count_state = 'disputed'", "a count does not go from none to disputed"),
        ("status = 'closed', closed_at = now()", "counted_when_over"),
        ("closed_at = now()", "over_means_closed"),
        ("published_at = now()", "published_when_matched"),
        ("deleted_at = now()", "deleted_without_ballots"),
        ("sealed_running = NULL", "open_means_sealed"),
    ];
    take_steps(&mut scene, &steps).await;
    scene.still_verifies(2).await;
}

#[actix_web::test]
async fn a_close_a_count_and_a_publication_are_final() {
    let mut scene = Scene::closed().await;
    let steps = [
        (
            "status = 'active', closed_at = NULL, count_state = 'none', published_at = NULL",
            "does not go from",
        ),
        ("status = 'draft'", "does not go from closed to draft"),
        ("closed_at = closed_at + interval '1 hour'", "are final"),
        ("published_at = NULL", "are final"),
        ("published_at = now() + interval '1 hour'", "are final"),
        ("count_state = 'none'", "a count does not go from matched to none"),
        ("count_state = 'counting'", "a count does not go from matched to counting"),
        ("count_state = 'disputed'", "a count does not go from matched to disputed"),
    ];
    take_steps(&mut scene, &steps).await;
    scene.still_verifies(2).await;
}

async fn take_steps(scene: &mut Scene, steps: &[(&str, &str)]) {
    for (change, reason) in steps {
        let update = format!("UPDATE election_heads SET {change} WHERE election_id = $e");
        for actor in [OWNER, REPLICA, APP] {
            scene.refuses(actor, &[(&update, reason)]).await;
        }
    }
}

#[actix_web::test]
async fn a_spent_token_stays_spent() {
    let mut scene = Scene::open().await;
    let unspend = ("UPDATE voting_tokens SET spent = false WHERE spent", KEPT);
    let change =
        ("UPDATE voting_tokens SET token_hash = sha256('new') WHERE spent AND election_id = $e", KEPT);
    let delete = "DELETE FROM voting_tokens WHERE spent";
    let strike = "DELETE FROM voters v USING voting_tokens t
        WHERE t.election_id = v.election_id AND t.voter_id = v.id AND t.spent";
    let hand_on = "UPDATE voting_tokens SET voter_id = gen_random_uuid() WHERE spent";
    scene.refuses(OWNER, &[unspend, change, (delete, KEPT), (strike, KEPT), (hand_on, KEPT)]).await;
    scene.refuses(REPLICA, &[unspend, change, (delete, KEPT), (hand_on, KEPT)]).await;
    scene.refuses(APP, &[unspend, change, (delete, DENIED), (strike, KEPT), (hand_on, DENIED)]).await;
    let again = scene.voters[0].send(&scene.voters[0].body(&scene.election.choose(None))).await;
    assert_eq!(again.0, hyper::StatusCode::CONFLICT, "{}", again.1);
    scene.still_verifies(2).await;
}

#[actix_web::test]
async fn counts_are_never_negative() {
    let mut scene = Scene::open().await;
    let (contest, candidate) = (scene.election.contest(0), scene.election.candidate(0, 0));
    let attacks = [
        format!("INSERT INTO contest_counts VALUES ($e, '{contest}', -1)"),
        format!("INSERT INTO candidate_counts VALUES ($e, '{candidate}', -1)"),
        format!("INSERT INTO opened_ballots VALUES ($e, '{contest}', 0, sha256('serial'), '{{}}')"),
        "INSERT INTO turnout_minutes VALUES ($e, now(), 0)".to_owned(),
    ];
    for actor in [OWNER, REPLICA, APP] {
        let attacks = attacks.each_ref().map(|attack| (attack.as_str(), "violates check constraint"));
        scene.refuses(actor, &attacks).await;
    }
    scene.still_verifies(2).await;
}

#[actix_web::test]
async fn what_is_voted_on_is_frozen_once_the_election_opens() {
    let mut scene = Scene::open().await;
    let contest = scene.election.contest(0).to_owned();
    let attacks = [
        "UPDATE contests SET title = 'Treasurer' WHERE election_id = $e".to_owned(),
        "UPDATE contests SET seats = 2 WHERE election_id = $e".to_owned(),
        "UPDATE candidates SET name = 'Cleo' WHERE election_id = $e".to_owned(),
        "DELETE FROM contests WHERE election_id = $e".to_owned(),
        "DELETE FROM candidates WHERE election_id = $e".to_owned(),
        "INSERT INTO contests (id, election_id, title) VALUES (gen_random_uuid(), $e, 'More')".to_owned(),
        format!(
            "INSERT INTO candidates (id, election_id, contest_id, name)
            VALUES (gen_random_uuid(), $e, '{contest}', 'Cleo')"
        ),
    ];
    for actor in [OWNER, REPLICA, APP] {
        scene.refuses(actor, &attacks.each_ref().map(|attack| (attack.as_str(), FROZEN))).await;
    }
    scene.still_verifies(2).await;
}

#[actix_web::test]
async fn candidates_do_not_leave_an_open_election_for_a_draft() {
    let mut scene = Scene::open().await;
    let draft = scene.organiser.draft(sample()).await;
    let (id, contest) = (&draft.id, draft.contest(0));
    let attack = format!(
        "UPDATE candidates SET election_id = '{id}', contest_id = '{contest}' WHERE election_id = $e"
    );
    let emptied = format!("UPDATE contests SET election_id = '{id}' WHERE election_id = $e");
    for actor in [OWNER, REPLICA, APP] {
        scene.refuses(actor, &[(&attack, FROZEN), (&emptied, FROZEN)]).await;
    }
    scene.still_verifies(2).await;
}

#[actix_web::test]
async fn promises_and_keys_of_an_open_election_are_kept() {
    let mut scene = Scene::open().await;
    let attacks = [
        ("UPDATE elections SET tally_visibility = 'everyone' WHERE id = $e", PROMISED),
        ("UPDATE elections SET link_lifetime_hours = 1 WHERE id = $e", PROMISED),
        ("UPDATE elections SET publication = 'manual' WHERE id = $e", PROMISED),
        ("DELETE FROM election_keys WHERE election_id = $e", KEY_KEPT),
        ("DELETE FROM election_keys WHERE election_id = $e AND purpose = 'link'", KEY_KEPT),
    ];
    for actor in [OWNER, REPLICA, APP] {
        scene.refuses(actor, &attacks).await;
    }
    scene.refuses(OWNER, &[("UPDATE elections SET dispute_days = 0 WHERE id = $e", PROMISED)]).await;
    scene.refuses(APP, &[("TRUNCATE election_keys", DENIED)]).await;
    let (_, shown): (_, Value) = scene.organiser.get(&scene.election.path("")).await;
    assert_eq!(shown["tally_visibility"], json!("after_close"), "{shown}");
    scene.still_verifies(2).await;
}

#[actix_web::test]
async fn the_role_of_the_service_cannot_disarm_the_schema() {
    let mut scene = Scene::open().await;
    let by_trigger = "CREATE TEMP TABLE bait (i int);
        CREATE FUNCTION pg_temp.reach() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN UPDATE public.election_heads SET position = 0; RETURN NEW; END$$;
        CREATE TRIGGER bait BEFORE INSERT ON bait FOR EACH ROW EXECUTE FUNCTION pg_temp.reach();
        INSERT INTO bait VALUES (1)";
    let chain = "CREATE TEMP TABLE bait (LIKE ballots);
        CREATE TRIGGER bait AFTER INSERT ON bait REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION public.extend_ballot_chain()";
    let eligible = "CREATE TEMP TABLE bait (LIKE voters);
        CREATE TRIGGER bait AFTER INSERT ON bait REFERENCING NEW TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION public.count_eligible()";
    let attacks = [
        ("CREATE TABLE public.mine (i int)", DENIED),
        ("DROP TRIGGER kept ON ballots", NOT_OWNED),
        ("ALTER TABLE ballots DISABLE TRIGGER kept", NOT_OWNED),
        ("ALTER TABLE election_heads DISABLE TRIGGER ALL", NOT_OWNED),
        ("CREATE OR REPLACE FUNCTION public.refuse_removal() RETURNS trigger LANGUAGE sql AS ''", DENIED),
        ("DROP TABLE ballots", NOT_OWNED),
        ("UPDATE ballots SET position = position", DENIED),
        (by_trigger, DENIED),
        (chain, DENIED),
        (eligible, DENIED),
    ];
    scene.refuses(APP, &attacks).await;
    for (attack, counts) in [(chain, "chains ballots alone"), (eligible, "counts voters alone")] {
        // A trigger for each statement fires for no rows too.
        let fired = format!("{attack}; INSERT INTO bait SELECT * FROM bait");
        scene.refuses(OWNER, &[(&fired, counts)]).await;
    }
    scene.still_verifies(2).await;
}

#[actix_web::test]
async fn the_role_of_the_service_owns_nothing() {
    let service = Service::start().await;
    let sql = "SELECT (SELECT count(*) FROM pg_class WHERE relowner = r.oid)
            + (SELECT count(*) FROM pg_proc WHERE proowner = r.oid)
            + (SELECT count(*) FROM pg_namespace WHERE nspowner = r.oid)
            + (SELECT count(*) FROM pg_database WHERE datdba = r.oid) AS owned,
        rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication OR rolcanlogin AS mighty
        FROM pg_roles r WHERE rolname = 'uvote_app'";
    let row = service.superuser().await.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>("owned"), row.get::<_, bool>("mighty")), (0, false));
}
