//! Opens and closes elections on time, also what fell due while the service was down.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::Semaphore;
use uuid::Uuid;
use uvote_domain::election::Step;

use super::election::{Close, OpenIfDue};
use super::registry::Registry;
use crate::store::audit::Actor as ActedBy;
use crate::store::election_keys;
use crate::store::steps::{self, Due};
use crate::store::{Database, StoreError};

/// How late an election may open; a close is exact, since casting looks at the clock itself.
const ROUND: Duration = Duration::from_millis(500);
/// Steps taken at once.
const STEPS_AT_ONCE: usize = 3;
/// How often keys are looked at whose dispute window may be over.
const KEY_ROUND: Duration = Duration::from_secs(3_600);

/// The actor.
pub struct Clock {
    database: Database,
    registry: Arc<Registry>,
    /// Elections whose step has not ended yet.
    under_way: HashSet<Uuid>,
    /// A recount takes a connection and a thread: a thousand closings at six o'clock wait in line.
    turns: Arc<Semaphore>,
}

impl Clock {
    /// Watches the elections of this database.
    pub fn new(database: Database, registry: Arc<Registry>) -> Self {
        Self { database, registry, under_way: HashSet::new(), turns: Arc::new(Semaphore::new(STEPS_AT_ONCE)) }
    }

    fn round(&mut self, context: &mut Context<Self>) {
        let database = self.database.clone();
        let work = async move { steps::due(&database.client().await?).await };
        context.spawn(work.into_actor(self).map(|due: Result<Vec<Due>, StoreError>, clock, context| {
            match due {
                Ok(due) => due.into_iter().for_each(|step| clock.start_step(step, context)),
                Err(error) => tracing::error!(%error, "nobody knows which elections are due; trying again"),
            }
            context.run_later(ROUND, Self::round);
        }));
    }

    fn start_step(&mut self, step: Due, context: &mut Context<Self>) {
        let election = step.election;
        if !self.under_way.insert(election) {
            return;
        }
        let (registry, turns) = (Arc::clone(&self.registry), Arc::clone(&self.turns));
        let work = async move {
            // The semaphore is never closed.
            let _turn = turns.acquire().await;
            take_step(&registry, step).await;
        };
        context.spawn(work.into_actor(self).map(move |(), clock, _| {
            clock.under_way.remove(&election);
        }));
    }

    fn destroy_keys(&mut self, context: &mut Context<Self>) {
        let (database, registry) = (self.database.clone(), Arc::clone(&self.registry));
        let work = async move {
            match async { election_keys::destroy_old(&database.client().await?).await }.await {
                // Their actors forget the keys when they read the head again.
                Ok(elections) => elections.into_iter().for_each(|election| registry.refresh(election)),
                Err(error) => {
                    tracing::error!(%error, "old sealing keys could not be destroyed; trying again")
                }
            }
        };
        context.spawn(work.into_actor(self));
    }
}

/// Takes the due step of an election. A recount may take a while, so nobody waits for it.
async fn take_step(registry: &Registry, step: Due) {
    let election = step.election;
    let taken = match step.step {
        Step::Open | Step::Schedule => registry.election(election).send(OpenIfDue).await,
        Step::Close | Step::Archive => registry.election(election).send(Close(ActedBy::System)).await,
    };
    match taken {
        // A dispute has been logged and noted; another process may have taken the step first.
        Ok(Ok(()) | Err(StoreError::Refused(_))) => {}
        Ok(Err(error)) => {
            tracing::error!(%election, %error, "an election could not be opened or closed; trying again")
        }
        Err(error) => {
            tracing::error!(%election, %error, "an election could not be opened or closed; trying again")
        }
    }
}

impl Actor for Clock {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        self.round(context);
        self.destroy_keys(context);
        context.run_interval(KEY_ROUND, Self::destroy_keys);
    }
}
