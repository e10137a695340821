//! The service is killed at random moments.

use std::time::{Duration, Instant};

use rand::RngExt;

use super::{DENSE, RESTART};
use crate::proof::crowd::Crowd;
use crate::proof::invariants::{Evidence, hold, hold_so_far};
use crate::proof::process::Process;
use crate::proof::report::Run;
use crate::proof::stage::Stage;

/// Ends the service at random moments while people vote, and starts it again at once.
async fn end_and_rise(mut run: Run, end: impl AsyncFn(&mut Process)) {
    let mut stage = Stage::set(run.rounds * 150 + 200).await;
    let superuser = stage.postgres.superuser().await;
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], DENSE);
    crowd.acknowledgements(10).await;
    for round in 0..run.rounds {
        tokio::time::sleep(Duration::from_micros(run.rng(round).random_range(0..300_000))).await;
        end(&mut stage.service).await;
        let ended = Instant::now();
        let begun = stage.service.rise();
        run.recovered(crowd.first_acknowledgement(ended).await - begun, RESTART);
        hold_so_far(&crowd, &stage.open, &superuser).await;
        run.tick();
    }
    let ledger = crowd.disperse().await;
    hold(run, ledger, &Evidence::of(&stage).await).await;
}

#[actix_web::test]
async fn a_service_that_is_killed_at_random_moments_loses_nothing() {
    end_and_rise(Run::begin("service killed", 4, 500), async |service| service.kill()).await;
}

#[actix_web::test]
async fn a_service_that_is_asked_to_stop_finishes_what_it_has_begun() {
    let stop = async |service: &mut Process| assert!(service.stop().await.success());
    end_and_rise(Run::begin("service stopped", 2, 40), stop).await;
}
