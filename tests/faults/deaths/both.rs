//! Two die in the same moment: the service and PostgreSQL, as when the machine does, or any others.

use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use secrecy::ExposeSecret;
use tokio_postgres::Client;
use uvote::store::schema;

use super::{DENSE, READINESS, RESTART};
use crate::proof::crowd::Crowd;
use crate::proof::invariants::{Evidence, hold, hold_so_far};
use crate::proof::postgres::{children, signal};
use crate::proof::process::GLANCE;
use crate::proof::report::Run;
use crate::proof::stage::Stage;
use crate::support::redis::Redis;

/// Who dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Service,
    Postgres,
    /// One of PostgreSQL's processes, after which the others start anew by themselves.
    PostgresProcess,
    Redis,
}

use Victim::{Postgres, PostgresProcess, Redis as RedisServer, Service};

/// The second may die so much later.
const WITHIN_MICROSECONDS: u64 = 50_000;
/// What is dead may be missed for so long.
const MISSED_MICROSECONDS: u64 = 300_000;

struct Scene {
    stage: Stage,
    redis: Redis,
}

impl Scene {
    async fn set(voters: usize) -> Self {
        let redis = Redis::start().await;
        let url = redis.url();
        let stage = Stage::set_with(voters, |settings| {
            settings.with("REDIS_URL", url.expose_secret()).with("UVOTE_PEERS", "shared")
        });
        Self { stage: stage.await, redis }
    }

    async fn kill(&mut self, victim: Victim, chance: &mut StdRng) {
        match victim {
            Service => self.stage.service.kill(),
            Postgres => self.stage.postgres.kill().await,
            PostgresProcess => {
                let processes = children(self.stage.postgres.pid().await);
                signal(*processes.choose(chance).unwrap(), libc::SIGKILL);
            }
            RedisServer => self.redis.die(),
        }
    }

    /// Has whoever is dead come back, the service at once; answers how long the first acknowledgement
    /// then took: counted from a PostgreSQL that takes connections, or else from the deaths.
    async fn recover(&mut self, dead: [Victim; 2], crowd: &Crowd, chance: &mut StdRng) -> Duration {
        let since = Instant::now();
        let missed = Duration::from_micros(chance.random_range(0..MISSED_MICROSECONDS));
        let Self { stage: Stage { service, postgres, .. }, redis } = self;
        let others = async {
            tokio::time::sleep(missed).await;
            let ready = if dead.contains(&Postgres) { postgres.come_back().await } else { since };
            if dead.contains(&RedisServer) {
                redis.come_back().await;
            }
            crowd.first_acknowledgement(since).await.saturating_duration_since(ready)
        };
        match select(Box::pin(others), Box::pin(service.keep_alive())).await {
            Either::Left((recovery, _)) => recovery,
            Either::Right(_) => unreachable!("a supervisor never ends"),
        }
    }

    /// A connection, as soon as PostgreSQL has started anew.
    async fn superuser(&self) -> Client {
        loop {
            if let Ok(client) = schema::connect(&self.stage.postgres.owner_url()).await {
                return client;
            }
            tokio::time::sleep(GLANCE).await;
        }
    }
}

/// Kills two again and again while people vote.
async fn kill_two(mut run: Run, pairs: &[[Victim; 2]]) {
    let mut scene = Scene::set(run.rounds * 150 + 200).await;
    let crowd = Crowd::gather(&run, &scene.stage.open, &[scene.stage.service.url()], DENSE);
    crowd.acknowledgements(10).await;
    for round in 0..run.rounds {
        let mut chance = run.rng(round);
        let mut pair = *pairs.choose(&mut chance).unwrap();
        if chance.random() {
            pair.reverse();
        }
        let mut moment = |micros| Duration::from_micros(chance.random_range(0..micros));
        let (first, second) = (moment(MISSED_MICROSECONDS), moment(WITHIN_MICROSECONDS));
        tokio::time::sleep(first).await;
        scene.kill(pair[0], &mut chance).await;
        tokio::time::sleep(second).await;
        scene.kill(pair[1], &mut chance).await;
        let recovery = scene.recover(pair, &crowd, &mut chance).await;
        let is_database = |victim: &Victim| matches!(victim, Postgres | PostgresProcess);
        run.recovered(recovery, if pair.iter().any(is_database) { READINESS } else { RESTART });
        hold_so_far(&crowd, &scene.stage.open, &scene.superuser().await).await;
        run.tick();
    }
    let ledger = crowd.disperse().await;
    drop(scene.superuser().await);
    hold(run, ledger, &Evidence::of(&scene.stage).await).await;
}

#[actix_web::test]
async fn a_service_and_a_postgresql_that_die_together_lose_nothing() {
    kill_two(Run::begin("both killed", 2, 100), &[[Service, Postgres]]).await;
}

#[actix_web::test]
async fn any_two_that_die_together_lose_nothing() {
    let pairs = [
        [Service, PostgresProcess],
        [Service, RedisServer],
        [Postgres, RedisServer],
        [PostgresProcess, RedisServer],
    ];
    kill_two(Run::begin("any two killed", 4, 200), &pairs).await;
}
