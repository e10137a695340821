//! The proof is worth as much as what it notices: each kind of harm is done by hand, and found.

use std::path::PathBuf;

use secrecy::ExposeSecret;
use tokio_postgres::Client;

use super::{Evidence, examine};
use crate::proof::crowd::{Crowd, Manners};
use crate::proof::election::OpenElection;
use crate::proof::ledger::Ledger;
use crate::proof::report::{Run, Votes};
use crate::support::Service;
use crate::support::cluster::{cluster, scratch_directory};

/// What somebody does behind the service's back.
struct Harm<'a> {
    ledger: &'a mut Ledger,
    superuser: &'a Client,
    log: PathBuf,
}

impl Harm<'_> {
    /// Changes rows of tables that triggers guard.
    async fn change(&self, tables: &[&str], sql: &str) {
        for table in tables {
            let unguarded = format!("ALTER TABLE {table} DISABLE TRIGGER ALL");
            self.superuser.batch_execute(&unguarded).await.unwrap();
        }
        self.superuser.batch_execute(sql).await.unwrap();
    }
}

/// Has a few people vote, does harm, and answers what the proof says.
async fn after(name: &'static str, harm: impl AsyncFn(&mut Harm<'_>)) -> (Votes, String) {
    let run = Run::begin(name, 1, 1);
    let service = Service::start().await;
    let (url, owner) = (service.url(), cluster().url(&service.database));
    let open = OpenElection::new(&url, &service.sink, owner.expose_secret(), 40).await;
    let crowd = Crowd::gather(&run, &open, std::slice::from_ref(&url), Manners::default());
    crowd.acknowledgements(20).await;
    let (mut ledger, superuser) = (crowd.disperse().await, service.superuser().await);
    let log = scratch_directory("log").join("service.log");
    std::fs::write(&log, "nothing").unwrap();
    harm(&mut Harm { ledger: &mut ledger, superuser: &superuser, log: log.clone() }).await;
    let evidence = Evidence { open: &open, url, superuser, data: Vec::new(), logs: vec![log] };
    let (votes, complaints) = examine(&run, ledger, &evidence).await;
    (votes, complaints.join("\n"))
}

#[actix_web::test]
async fn a_sound_run_is_not_complained_of() {
    let (votes, complaints) = after("nothing", async |_| {}).await;
    assert_eq!(complaints, "");
    assert!(votes.acknowledged >= 20 && votes.lost == 0 && votes.doubled == 0, "{votes:?}");
}

#[actix_web::test]
async fn a_vote_that_vanishes_without_a_trace_is_noticed() {
    // As after a commit that was acknowledged and not durable: everything is as it was before.
    let sql = "UPDATE election_heads h SET position = b.position - 1, head_hash = b.previous_hash
            FROM ballots b WHERE b.election_id = h.election_id AND b.position = h.position;
        DELETE FROM ballots b USING election_heads h
            WHERE h.election_id = b.election_id AND b.position = h.position + 1;
        UPDATE voting_tokens SET spent = false WHERE token_hash =
            (SELECT token_hash FROM voting_tokens WHERE spent LIMIT 1)";
    let (votes, complaints) = after("a vote vanishes", async |harm| {
        harm.change(&["ballots", "election_heads", "voting_tokens"], sql).await;
    })
    .await;
    assert!(votes.lost > 0, "{votes:?} {complaints}");
    for part in ["were told of", "are not included", "are lost"] {
        assert!(complaints.contains(part), "{complaints}");
    }
}

#[actix_web::test]
async fn a_vote_that_nobody_sent_is_noticed() {
    let forget = async |harm: &mut Harm<'_>| {
        let ballot = *harm.ledger.acknowledged().keys().next().unwrap();
        harm.ledger.attempts.retain(|attempt| attempt.ballot != ballot);
        harm.ledger.outcomes[ballot] = crate::proof::ledger::Outcome::Untouched;
    };
    let (votes, complaints) = after("a vote from nowhere", forget).await;
    assert_eq!(votes.doubled, 1, "{complaints}");
    assert!(
        complaints.contains("are counted too often") && complaints.contains("were told of"),
        "{complaints}"
    );
}

#[actix_web::test]
async fn a_token_that_is_spent_without_a_ballot_is_noticed() {
    let sql = "UPDATE voting_tokens SET spent = true WHERE token_hash =
        (SELECT token_hash FROM voting_tokens WHERE NOT spent LIMIT 1)";
    let (_, complaints) = after("a token without a ballot", async |harm| {
        harm.change(&["voting_tokens"], sql).await;
    })
    .await;
    assert!(complaints.contains("spent tokens disagree"), "{complaints}");
}

#[actix_web::test]
async fn a_changed_audit_record_is_noticed() {
    let sql = "UPDATE audit_records SET action = 'election.published' WHERE position = 1";
    let wait = "SELECT count(*) AS records FROM audit_records";
    let forge = async |harm: &mut Harm<'_>| {
        while harm.superuser.query_one(wait, &[]).await.unwrap().get::<_, i64>("records") == 0 {
            tokio::task::yield_now().await;
        }
        harm.change(&["audit_records"], sql).await;
    };
    let (_, complaints) = after("a forged record", forge).await;
    assert!(complaints.contains("audit log broken") && complaints.contains("breaks at 1"), "{complaints}");
}

#[actix_web::test]
async fn a_log_that_names_a_voter_is_noticed() {
    let tell = async |harm: &mut Harm<'_>| {
        let addresses = "SELECT string_agg(email, ' ') AS all FROM voters";
        let all: String = harm.superuser.query_one(addresses, &[]).await.unwrap().get("all");
        std::fs::write(&harm.log, all).unwrap();
    };
    let (_, complaints) = after("a talkative log", tell).await;
    assert!(complaints.contains("the log names a voter"), "{complaints}");
}
