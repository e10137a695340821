//! Steps that change an election's head: opening and ending it.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use uvote_domain::election::{CountState, Status};
use uvote_domain::refusal::Refusal;

use super::{Election, Refresh};
use crate::store::audit::Actor as ActedBy;
use crate::store::definition::{self, Definition};
use crate::store::heads;
use crate::store::steps;
use crate::store::{Client, StoreError, recount};

/// How often a recount that somebody else makes is looked at.
const COUNT_PAUSE: Duration = Duration::from_millis(100);

/// Activates the election.
#[derive(Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct Activate(pub ActedBy);

/// Opens the election if its time has come.
#[derive(Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct OpenIfDue;

/// Ends casting, counts, and publishes as the election asks for.
#[derive(Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct Close(pub ActedBy);

/// Does a step that changes the head, then reads it again.
fn step<F>(election: &mut Election, work: F) -> ResponseActFuture<Election, Result<(), StoreError>>
where
    F: Future<Output = Result<(), StoreError>> + 'static,
{
    Box::pin(work.into_actor(election).map(|done, _, context: &mut Context<Election>| {
        context.notify(Refresh);
        done
    }))
}

impl Handler<Activate> for Election {
    type Result = ResponseActFuture<Self, Result<(), StoreError>>;

    fn handle(&mut self, Activate(actor): Activate, _: &mut Self::Context) -> Self::Result {
        let (surroundings, id) = (self.surroundings.clone(), self.id);
        step(self, async move {
            let mut client = surroundings.database.client().await?;
            steps::activate(&mut client, &surroundings.keyring, id, actor).await.map(drop)
        })
    }
}

impl Handler<OpenIfDue> for Election {
    type Result = ResponseActFuture<Self, Result<(), StoreError>>;

    fn handle(&mut self, _: OpenIfDue, _: &mut Self::Context) -> Self::Result {
        let (surroundings, id) = (self.surroundings.clone(), self.id);
        step(self, async move {
            let mut client = surroundings.database.client().await?;
            steps::open(&mut client, id).await
        })
    }
}

impl Handler<Close> for Election {
    type Result = ResponseActFuture<Self, Result<(), StoreError>>;

    fn handle(&mut self, Close(actor): Close, context: &mut Self::Context) -> Self::Result {
        let (surroundings, id) = (self.surroundings.clone(), self.id);
        let myself = context.address();
        step(self, async move {
            let mut client = surroundings.database.client().await?;
            let definition = Arc::new(definition::read(&client, &surroundings.keyring, id).await?);
            let head = heads::get(&client, id).await?;
            if head.status != Status::Closed {
                steps::close(&mut client, &definition, actor).await?;
                // Watchers learn of the close before the count, which may take a while.
                drop(myself.try_send(Refresh));
            }
            count(&mut client, &definition, actor).await
        })
    }
}

/// Counts, or waits for whoever counts already: the clock, which takes up what a crash has left, or
/// another process.
async fn count(client: &mut Client, definition: &Arc<Definition>, actor: ActedBy) -> Result<(), StoreError> {
    loop {
        match recount::count(client, definition, actor).await {
            Err(StoreError::Refused(Refusal::Counting)) => tokio::time::sleep(COUNT_PAUSE).await,
            counted => return counted,
        }
        if heads::get(client, definition.id).await?.count_state == CountState::Matched {
            return Ok(());
        }
    }
}
