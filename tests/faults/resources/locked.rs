//! Somebody locks a whole table, as a careless change of the schema does, and lets it go again.

use std::time::{Duration, Instant};

use tokio_postgres::Client;

use super::watch::{Watch, voters_were_answered};
use super::{FEW, RECOVERY};
use crate::proof::crowd::Crowd;
use crate::proof::invariants::{Evidence, hold};
use crate::proof::report::Run;
use crate::proof::seed::is_long;
use crate::proof::stage::Stage;

/// More readers than the pool has connections.
const READERS: usize = 24;

/// What casting itself needs.
const NEEDED: [&str; 3] = ["voting_tokens", "ballots", "election_heads"];
/// What it does not.
const UNNEEDED: [&str; 3] = ["accounts", "voters", "sessions"];

#[actix_web::test]
async fn a_locked_table_holds_up_nobody_for_longer_than_a_second() {
    let mut run = Run::begin("table locked", 2, 12);
    let stage = Stage::set(1_000 + run.rounds * 150).await;
    let superuser = stage.postgres.superuser().await;
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], FEW);
    crowd.acknowledgements(10).await;
    for round in 0..run.rounds {
        let table = if round % 2 == 0 { NEEDED[round / 2 % 3] } else { UNNEEDED[round / 2 % 3] };
        let released = lock_for_a_while(&stage, &crowd, &superuser, table).await;
        run.recovered(crowd.first_acknowledgement(released).await - released, RECOVERY);
        run.tick();
    }
    let ledger = crowd.disperse().await;
    hold(run, ledger, &Evidence::of(&stage).await).await;
}

/// Answers when the table was let go of.
async fn lock_for_a_while(stage: &Stage, crowd: &Crowd, superuser: &Client, table: &str) -> Instant {
    let watch = Watch::begin(&stage.service.url(), &stage.open);
    let watch = watch.reading(&stage.open.organiser.client(), &stage.open.election.path("/voters"), READERS);
    let sql = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
    superuser.batch_execute(&sql).await.unwrap();
    let locked = Instant::now();
    if UNNEEDED.contains(&table) {
        crowd.acknowledgements(20).await;
    }
    let while_locked = Duration::from_secs(if is_long() { 8 } else { 3 });
    tokio::time::sleep(while_locked.saturating_sub(locked.elapsed())).await;
    superuser.batch_execute("ROLLBACK").await.unwrap();
    let released = Instant::now();
    let seen = watch.end().await;
    assert_eq!(seen.refused_casts() > 0, NEEDED.contains(&table), "casts refused while {table} was locked");
    let during = format!("{table} locked");
    seen.bounded(&during);
    voters_were_answered(&crowd.ledger(), locked, &during);
    released
}
