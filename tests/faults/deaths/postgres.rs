//! PostgreSQL is killed, or stopped without a goodbye, under a living service.

use std::time::{Duration, Instant};

use rand::RngExt;

use super::{DENSE, READINESS};
use crate::proof::crowd::Crowd;
use crate::proof::invariants::{Evidence, hold, hold_so_far};
use crate::proof::report::Run;
use crate::proof::stage::Stage;

#[actix_web::test]
async fn a_postgresql_that_dies_at_random_moments_loses_nothing() {
    let mut run = Run::begin("PostgreSQL killed", 3, 300);
    let mut stage = Stage::set(run.rounds * 150 + 200).await;
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], DENSE);
    crowd.acknowledgements(10).await;
    for round in 0..run.rounds {
        let mut chance = run.rng(round);
        tokio::time::sleep(Duration::from_micros(chance.random_range(0..300_000))).await;
        // An immediate stop is the other way to die: it leaves children time to say that they end.
        match chance.random() {
            true => stage.postgres.kill().await,
            false => stage.postgres.stop_immediately().await,
        }
        let dead = Instant::now();
        // A dead database may be missed for a moment or for longer.
        tokio::time::sleep(Duration::from_micros(chance.random_range(0..500_000))).await;
        let ready = stage.postgres.come_back().await;
        let first = crowd.first_acknowledgement(dead).await;
        run.recovered(first.saturating_duration_since(ready), READINESS);
        hold_so_far(&crowd, &stage.open, &stage.postgres.superuser().await).await;
        assert!(stage.service.lives(), "the service outlives its database");
        run.tick();
    }
    let ledger = crowd.disperse().await;
    hold(run, ledger, &Evidence::of(&stage).await).await;
}
