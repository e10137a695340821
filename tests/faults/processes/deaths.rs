//! Processes and Redis are killed while the others go on.

use std::time::{Duration, Instant};

use rand::RngExt;

use super::site::Site;
use super::watchers::Watchers;
use crate::proof::crowd::{Crowd, Manners};
use crate::proof::invariants::{hold, hold_so_far};
use crate::proof::report::Run;

/// The others acknowledge votes within this time after one has died.
const OTHERS: Duration = Duration::from_secs(2);

#[actix_web::test]
async fn one_of_two_processes_is_killed_again_and_again() {
    kill(Run::begin("one of two processes killed", 3, 30), 2).await;
}

#[actix_web::test]
async fn one_of_three_processes_is_killed_again_and_again() {
    kill(Run::begin("one of three processes killed", 3, 30), 3).await;
}

async fn kill(mut run: Run, number: usize) {
    let mut site = Site::set(number, run.rounds * 150).await;
    let superuser = site.postgres.superuser().await;
    let watchers = Watchers::gather(&site).await;
    let crowd = Crowd::gather(&run, &site.open, &site.urls(), Manners::default());
    crowd.acknowledgements(10).await;
    for round in 0..run.rounds {
        let mut chance = run.rng(round);
        tokio::time::sleep(Duration::from_micros(chance.random_range(0..400_000))).await;
        let victim = chance.random_range(0..number);
        // Redis dies with it each third time; a process does not begin without it.
        let redis_too = round % 3 == 1;
        if redis_too {
            site.redis.die();
        }
        let killed = Instant::now();
        site.processes[victim].kill();
        run.recovered(crowd.first_acknowledgement(killed).await - killed, OTHERS);
        if redis_too {
            site.redis.come_back().await;
        }
        site.revive(victim).await;
        hold_so_far(&crowd, &site.open, &superuser).await;
        run.tick();
    }
    let ledger = crowd.disperse().await;
    watchers.until_turnout(site.counted().await).await;
    hold(run, ledger, &site.evidence().await).await;
    watchers.until_status("closed").await;
    watchers.leave().await;
}
