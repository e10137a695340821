//! Opens and closes elections on time, also what fell due while the service was down.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;

use super::election::{Close, OpenIfDue};
use super::registry::Registry;
use crate::store::audit::Actor as ActedBy;
use crate::store::{Database, StoreError, heads};
use uvote_domain::refusal::Refusal;

/// How late an election may open; a close is exact, since casting looks at the clock itself.
const ROUND: Duration = Duration::from_millis(500);
/// How often keys are looked at whose dispute window may be over.
const KEY_ROUND: Duration = Duration::from_secs(3_600);

/// The actor.
pub struct Clock {
    database: Database,
    registry: Arc<Registry>,
}

impl Clock {
    /// Watches the elections of this database.
    pub const fn new(database: Database, registry: Arc<Registry>) -> Self {
        Self { database, registry }
    }

    fn round(&mut self, context: &mut Context<Self>) {
        let (database, registry) = (self.database.clone(), Arc::clone(&self.registry));
        let work = async move {
            if let Err(error) = act(&database, &registry).await {
                tracing::error!(%error, "due elections could not be opened or closed; trying again");
            }
        };
        context.spawn(work.into_actor(self).map(|(), _, context| {
            context.run_later(ROUND, Self::round);
        }));
    }

    fn destroy_keys(&mut self, context: &mut Context<Self>) {
        let database = self.database.clone();
        let work = async move {
            let destroyed = async { heads::destroy_old_keys(&database.client().await?).await }.await;
            match destroyed {
                Ok(0) => {}
                Ok(keys) => tracing::info!(keys, "sealing keys were destroyed after their dispute window"),
                Err(error) => {
                    tracing::error!(%error, "old sealing keys could not be destroyed; trying again")
                }
            }
        };
        context.spawn(work.into_actor(self));
    }
}

async fn act(database: &Database, registry: &Registry) -> Result<(), StoreError> {
    let due = heads::due(&database.client().await?).await?;
    for election in due.to_open {
        drop(registry.election(election).send(OpenIfDue).await);
    }
    for election in due.to_close {
        match registry.election(election).send(Close(ActedBy::System)).await {
            // A dispute has been logged and noted; another process may have closed it first.
            Ok(Ok(()) | Err(StoreError::Refused(Refusal::CountDisputed | Refusal::WrongState(_)))) => {}
            Ok(Err(error)) => return Err(error),
            Err(error) => return Err(StoreError::Unavailable(error.to_string())),
        }
    }
    Ok(())
}

impl Actor for Clock {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        self.round(context);
        self.destroy_keys(context);
        context.run_interval(KEY_ROUND, Self::destroy_keys);
    }
}
