//! Writes each organisation's audit chain from the outbox: the only one who does.

use std::time::Duration;

use actix::prelude::*;
use uuid::Uuid;

use crate::store::{Database, StoreError, audit};

/// How often acts that nobody asked to see are chained.
const ROUND: Duration = Duration::from_secs(1);

/// Chains everything of an organisation that has been answered so far.
#[derive(Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct Drain(pub Uuid);

/// Chains everything that waits, before the service stops.
#[derive(Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct DrainAll;

/// The actor.
pub struct Audit {
    database: Database,
}

impl Audit {
    /// Writes to this database.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

impl Actor for Audit {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(1_024);
        context.run_later(ROUND, Self::round);
    }
}

impl Audit {
    fn round(&mut self, context: &mut Context<Self>) {
        let database = self.database.clone();
        let work = async move {
            if let Err(error) = drain_all(&database).await {
                tracing::error!(%error, "the audit log could not be written; its acts wait in the outbox");
            }
        };
        context.spawn(work.into_actor(self).map(|(), _, context| {
            context.run_later(ROUND, Self::round);
        }));
    }
}

async fn drain_all(database: &Database) -> Result<(), StoreError> {
    let waiting = audit::waiting(&database.client().await?).await?;
    for organisation in waiting {
        audit::drain(database, organisation).await?;
    }
    Ok(())
}

impl Handler<Drain> for Audit {
    type Result = ResponseFuture<Result<(), StoreError>>;

    fn handle(&mut self, Drain(organisation): Drain, _: &mut Self::Context) -> Self::Result {
        let database = self.database.clone();
        Box::pin(async move { audit::drain(&database, organisation).await })
    }
}

impl Handler<DrainAll> for Audit {
    type Result = ResponseFuture<Result<(), StoreError>>;

    fn handle(&mut self, _: DrainAll, _: &mut Self::Context) -> Self::Result {
        let database = self.database.clone();
        Box::pin(async move { drain_all(&database).await })
    }
}
