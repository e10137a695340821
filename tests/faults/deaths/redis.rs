//! Redis dies while it counts rate limits and carries announcements.

use std::time::{Duration, Instant};

use rand::RngExt;
use secrecy::ExposeSecret;

use super::DENSE;
use crate::proof::crowd::Crowd;
use crate::proof::invariants::{Evidence, hold, hold_so_far};
use crate::proof::report::Run;
use crate::proof::stage::Stage;
use crate::support::redis::Redis;

/// Voting asks Redis nothing, so its death may not be felt.
const UNFELT: Duration = Duration::from_millis(500);

#[actix_web::test]
async fn a_redis_that_dies_at_random_moments_is_not_missed_by_voters() {
    let mut run = Run::begin("Redis killed", 4, 200);
    let mut redis = Redis::start().await;
    let url = redis.url();
    let stage = Stage::set_with(run.rounds * 200 + 200, |settings| {
        let shared = settings.with("REDIS_URL", url.expose_secret()).with("UVOTE_PEERS", "shared");
        shared.with("UVOTE_LIMITS", "on")
    })
    .await;
    let superuser = stage.postgres.superuser().await;
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], DENSE);
    crowd.acknowledgements(10).await;
    for round in 0..run.rounds {
        let mut chance = run.rng(round);
        let moment = |chance: &mut rand::rngs::StdRng| Duration::from_micros(chance.random_range(0..200_000));
        tokio::time::sleep(moment(&mut chance)).await;
        let dead = Instant::now();
        redis.die();
        run.recovered(crowd.first_acknowledgement(dead).await - dead, UNFELT);
        tokio::time::sleep(moment(&mut chance)).await;
        redis.come_back().await;
        hold_so_far(&crowd, &stage.open, &superuser).await;
        run.tick();
    }
    let ledger = crowd.disperse().await;
    assert_eq!(ledger.ever_unknown(), 0, "no vote hangs on Redis");
    hold(run, ledger, &Evidence::of(&stage).await).await;
}
