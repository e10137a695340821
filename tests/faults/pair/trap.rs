//! The known trap: a commit whose wait for the standby is cancelled says that it is done.

use std::cell::RefCell;

use serde_json::{Value, json};
use tokio_postgres::Client;
use uvote::store::Database;

use super::server::wait_until;
use super::{Pair, Stage};
use crate::proof::courier::Courier;
use crate::proof::ledger::Told;
use crate::proof::process::GLANCE;
use crate::support::people::nonce;

const CANCEL: &str = "pg_cancel_backend";
const END: &str = "pg_terminate_backend";

/// Does so to whoever waits for the standby, for ever.
async fn disturb(superuser: &Client, means: &str) -> ! {
    let sql = format!("SELECT {means}(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    loop {
        superuser.batch_execute(&sql).await.unwrap();
        tokio::time::sleep(GLANCE).await;
    }
}

/// The answer to something that is disturbed until it has one.
async fn disturbed<T>(superuser: &Client, means: &str, work: impl Future<Output = T>) -> T {
    tokio::select! {
        answer = work => answer,
        _ = disturb(superuser, means) => unreachable!("it has no end"),
    }
}

async fn count(client: &Client, sql: &str) -> i64 {
    client.query_one(&format!("SELECT count(*) FROM {sql}"), &[]).await.unwrap().get(0)
}

#[actix_web::test]
async fn a_commit_is_no_success_for_anybody_when_its_wait_for_the_standby_is_cancelled() {
    let pair = Pair::start().await;
    let superuser = pair.primary.superuser().await;
    // Not even where nobody wants to hear of warnings.
    let quiet = "ALTER DATABASE uvote SET client_min_messages = error";
    superuser.batch_execute(quiet).await.unwrap();
    superuser.batch_execute("CREATE TABLE trap (); GRANT ALL ON trap TO uvote_app").await.unwrap();
    let database = Database::new(&pair.url).unwrap();
    for (attempt, means) in [CANCEL, END].into_iter().enumerate() {
        let mut client = database.client().await.unwrap();
        pair.standby.halt();
        let work = async {
            let transaction = client.transaction().await.unwrap();
            transaction.batch_execute("INSERT INTO trap DEFAULT VALUES").await.unwrap();
            transaction.commit().await
        };
        let committed = disturbed(&superuser, means, work).await;
        assert!(committed.is_err(), "{means}: the standby does not have it");
        // The client may have given up on a wait that goes on.
        let shows =
            wait_until("the row shows", async || count(&superuser, "trap").await == attempt as i64 + 1);
        disturbed(&superuser, means, shows).await;
        pair.standby.resume();
    }
    assert_eq!(count(&database.client().await.unwrap(), "trap").await, 2, "the pool goes on");
}

/// One voter of an election whose primary can be disturbed.
pub struct Voter {
    courier: Courier,
    body: Value,
}

impl Voter {
    pub fn of(stage: &Stage, place: usize) -> Self {
        let election = &stage.open.election;
        let choices = json!({&election.contest: [election.candidates[0]]});
        let body = json!({"token": stage.open.codes[place], "nonce": nonce(), "choices": choices});
        Self { courier: Courier::new(&[stage.service.url()], election), body }
    }

    pub async fn vote(&self) -> Told {
        self.courier.carry(0, &self.body).await
    }

    /// Sends the same body until it is acknowledged.
    pub async fn persist(&self) -> Told {
        let told = RefCell::new(Told::Untouched);
        let asked = async || {
            let answer = self.vote().await;
            told.replace(answer);
            is_acknowledged(&told.borrow())
        };
        wait_until("a receipt", asked).await;
        told.into_inner()
    }
}

pub fn is_acknowledged(told: &Told) -> bool {
    matches!(told, Told::Acknowledged(_))
}

/// A vote that the primary has and its halted standby has not.
async fn half_a_vote(stage: &Stage, means: &str) -> Voter {
    let superuser = stage.pair.primary.superuser().await;
    Voter::of(stage, 0).persist().await;
    stage.pair.standby.halt();
    let voter = Voter::of(stage, 1);
    // Whoever is told that the service is busy has not come so far.
    let shows = async || {
        let told = disturbed(&superuser, means, voter.vote()).await;
        assert!(matches!(told, Told::Unknown(_)), "{means}: {told:?}");
        count(&superuser, "ballots").await == 2
    };
    wait_until("the ballot shows", shows).await;
    for _ in 0..3 {
        let again = disturbed(&superuser, means, voter.vote()).await;
        assert!(!is_acknowledged(&again), "{means}: what shows on the primary alone was acknowledged");
    }
    voter
}

#[actix_web::test]
async fn a_vote_is_acknowledged_once_the_standby_has_it_and_so_is_the_same_vote_again() {
    let stage = Stage::set(2).await;
    let voter = half_a_vote(&stage, CANCEL).await;
    stage.pair.standby.resume();
    let receipt = voter.persist().await;
    stage.pair.standby.halt();
    let again = voter.vote().await;
    assert!(matches!(again, Told::Unknown(_)), "a repeat waits for the standby too: {again:?}");
    stage.pair.standby.resume();
    assert_eq!(voter.persist().await, receipt);
    let superuser = stage.pair.primary.superuser().await;
    assert_eq!(count(&superuser, "ballots").await, 2);
}

#[actix_web::test]
async fn a_vote_whose_wait_was_cancelled_can_be_cast_where_it_never_arrived() {
    let mut stage = Stage::set(2).await;
    let voter = half_a_vote(&stage, END).await;
    lose_both(&mut stage.pair).await;
    let superuser = stage.pair.primary.superuser().await;
    assert_eq!(count(&superuser, "ballots").await, 1, "the vote died with the primary");
    stage.pair.standby.rewind(&stage.pair.primary).await;
    stage.pair.standby.follow(&stage.pair.primary).await;
    voter.persist().await;
    assert_eq!(count(&superuser, "ballots").await, 2);
}

/// Both servers die, the halted standby before it has read what waits for it, and it takes over.
async fn lose_both(pair: &mut Pair) {
    pair.standby.kill();
    pair.primary.kill();
    pair.standby.stand_by(&pair.primary).await;
    pair.fail_over().await;
}
