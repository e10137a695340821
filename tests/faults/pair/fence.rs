//! Servers that are no good any more: an old primary that believes that it still leads, one that hangs,
//! one that takes no writes.

use super::Stage;
use super::server::{Server, wait_until};
use super::trap::{Voter, is_acknowledged};
use crate::proof::ledger::Told;
use crate::proof::process::{Process, Settings};
use crate::proof::seed::is_long;

const VOTERS: usize = 10;

#[actix_web::test]
async fn an_old_primary_that_comes_back_is_left_alone_and_could_acknowledge_nothing() {
    let mut stage = Stage::set(VOTERS).await;
    split(&mut stage).await;
    let mut third = Server::new("c").await;
    third.copy(&stage.pair.primary).await;
    third.follow(&stage.pair.primary).await;
    everybody_votes_on_new_lines(&stage).await;
    point_at_the_old_primary(&mut stage).await;
    for place in 0..VOTERS {
        let told = Voter::of(&stage, place).vote().await;
        assert!(!is_acknowledged(&told), "{told:?}");
    }
}

/// The old primary leads again, beside the one that took its place.
async fn split(stage: &mut Stage) {
    stage.pair.primary.kill();
    stage.pair.fail_over().await;
    stage.pair.standby.lead().await;
}

/// Votes at a service that knows both, and has to choose between them again and again.
async fn everybody_votes_on_new_lines(stage: &Stage) {
    let superuser = stage.pair.primary.superuser().await;
    for place in 0..VOTERS {
        Voter::of(stage, place).persist().await;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'uvote'";
        superuser.batch_execute(end).await.unwrap();
    }
    let old = stage.pair.standby.superuser().await;
    let lines = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'uvote'";
    let left_alone = async || old.query(lines, &[]).await.unwrap().is_empty();
    wait_until("no line leads to the old primary", left_alone).await;
    let row = superuser.query_one("SELECT count(*) FROM ballots", &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), VOTERS as i64);
}

async fn point_at_the_old_primary(stage: &mut Stage) {
    let old = stage.pair.standby.address("uvote", "uvote");
    stage.service.stop().await;
    stage.service = Process::start(Settings::new(old, stage.sink.address())).await;
}

#[actix_web::test]
async fn a_primary_that_hangs_is_given_up_for_its_successor() {
    if !is_long() {
        // A commit is given the time that a slow disk may take.
        return;
    }
    let mut stage = Stage::set(2).await;
    Voter::of(&stage, 0).persist().await;
    let mut third = Server::new("c").await;
    third.copy(&stage.pair.primary).await;
    stage.pair.primary.halt();
    stage.pair.fail_over().await;
    third.follow(&stage.pair.primary).await;
    Voter::of(&stage, 1).persist().await;
    stage.service.wait_until_ready().await;
}

#[actix_web::test]
async fn a_server_that_is_told_to_take_no_writes_is_left_until_it_takes_them_again() {
    let stage = Stage::set(2).await;
    Voter::of(&stage, 0).persist().await;
    let superuser = stage.pair.primary.superuser().await;
    superuser.batch_execute("SET default_transaction_read_only = off").await.unwrap();
    let read_only = async |value: &str| {
        let setting = format!("ALTER SYSTEM SET default_transaction_read_only = {value}");
        superuser.batch_execute(&setting).await.unwrap();
        superuser.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    };
    let lines = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'uvote'";
    read_only("on").await;
    wait_until("every line is given up", async || {
        let told = Voter::of(&stage, 1).vote().await;
        assert!(matches!(told, Told::Untouched | Told::Unknown(_)), "{told:?}");
        superuser.query(lines, &[]).await.unwrap().is_empty()
    })
    .await;
    read_only("off").await;
    Voter::of(&stage, 1).persist().await;
}
