//! The service and PostgreSQL die in the same moment, as when the machine does.

use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use rand::RngExt;

use super::{DENSE, READINESS};
use crate::proof::crowd::Crowd;
use crate::proof::invariants::{Evidence, hold, hold_so_far};
use crate::proof::process::{GLANCE, Process};
use crate::proof::report::Run;
use crate::proof::stage::Stage;

/// A service that does not find its database at its start says so and ends; what started it starts it
/// again.
async fn keep_alive(service: &mut Process) {
    loop {
        service.supervise();
        tokio::time::sleep(GLANCE * 10).await;
    }
}

#[actix_web::test]
async fn a_service_and_a_postgresql_that_die_together_lose_nothing() {
    let mut run = Run::begin("both killed", 2, 100);
    let mut stage = Stage::set(run.rounds * 150 + 200).await;
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], DENSE);
    crowd.acknowledgements(10).await;
    for round in 0..run.rounds {
        tokio::time::sleep(Duration::from_micros(run.rng(round).random_range(0..300_000))).await;
        let dead = Instant::now();
        stage.service.kill();
        stage.postgres.kill().await;
        // The service is started first, and meets nobody.
        stage.service.rise();
        let recovery = async {
            let ready = stage.postgres.come_back().await;
            (ready, crowd.first_acknowledgement(dead).await)
        };
        let (ready, first) = match select(Box::pin(recovery), Box::pin(keep_alive(&mut stage.service))).await
        {
            Either::Left((recovered, _)) => recovered,
            Either::Right(_) => unreachable!("a supervisor never ends"),
        };
        run.recovered(first.saturating_duration_since(ready), READINESS);
        hold_so_far(&crowd, &stage.open, &stage.postgres.superuser().await).await;
        run.tick();
    }
    let ledger = crowd.disperse().await;
    hold(run, ledger, &Evidence::of(&stage).await).await;
}
