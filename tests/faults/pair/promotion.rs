//! The primary dies while people vote, and its standby is promoted, again and again; now and then the
//! service dies too.

use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use rand::RngExt;

use super::Stage;
use crate::proof::crowd::{Crowd, Manners};
use crate::proof::invariants::{Evidence, hold, hold_so_far};
use crate::proof::report::Run;

/// From a whole pair to the first acknowledgement.
const PROMISED: Duration = Duration::from_secs(5);

#[actix_web::test]
async fn a_promotion_in_the_middle_of_casting_loses_no_acknowledged_vote() {
    let mut run = Run::begin("promotion of the standby", 1, 50);
    let mut stage = Stage::set(if run.rounds > 1 { 20_000 } else { 500 }).await;
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], Manners::default());
    for round in 0..run.rounds {
        let back = promote(&run, round, &mut stage, &crowd).await;
        run.recovered(back, PROMISED);
        hold_so_far(&crowd, &stage.open, &stage.pair.primary.superuser().await).await;
        run.tick();
    }
    let ledger = crowd.disperse().await;
    assert!(stage.service.lives(), "{}", stage.service.last_words());
    stage.open.move_to(&stage.service.url()).await;
    hold(run, ledger, &evidence(&stage).await).await;
}

/// Loses the primary and makes the pair whole again; how long that then took to be noticed.
async fn promote(run: &Run, round: usize, stage: &mut Stage, crowd: &Crowd) -> Duration {
    let mut chance = run.rng(round);
    crowd.acknowledgements(chance.random_range(1..150)).await;
    let pair = &mut stage.pair;
    if chance.random() {
        pair.primary.kill();
    } else {
        pair.primary.stop_immediately();
    }
    pair.fail_over().await;
    let promoted = Instant::now();
    if chance.random_ratio(1, 3) {
        stage.service.kill();
        stage.service.rise();
    }
    if chance.random() {
        pair.standby.rewind(&pair.primary).await;
    } else {
        pair.standby.copy(&pair.primary).await;
    }
    let alone = crowd.ledger().first_acknowledgement(promoted);
    assert_eq!(alone, None, "a primary without a standby acknowledges nothing");
    pair.standby.follow(&pair.primary).await;
    let whole = Instant::now();
    let served = select(Box::pin(crowd.first_acknowledgement(whole)), Box::pin(stage.service.keep_alive()));
    match served.await {
        Either::Left((first, _)) => first - whole,
        Either::Right(_) => unreachable!("a supervisor never ends"),
    }
}

async fn evidence(stage: &Stage) -> Evidence<'_> {
    let (primary, standby) = (&stage.pair.primary, &stage.pair.standby);
    Evidence {
        open: &stage.open,
        url: stage.service.url(),
        superuser: primary.superuser().await,
        data: vec![primary.data(), standby.data()],
        logs: vec![stage.service.log(), primary.log(), standby.log()],
    }
}
