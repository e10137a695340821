//! One election: queues its casts, commits them in batches, and announces what has changed.
//!
//! The head row is the truth and its lock serialises the election, so this actor makes it fast,
//! never right: after any failure it forgets everything and reads the head again. What it does next
//! is decided in [`Core`]; here messages become its events, and its actions futures.

mod announcement;
mod core;
mod queue;
mod round;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::oneshot;
use uuid::Uuid;
use uvote_domain::ballot::{Choices, Nonce};
use uvote_domain::refusal::FieldError;
use uvote_domain::token::TokenHash;

pub use self::announcement::{Announce, Announcement, ShownContest, ShownTally, announcement};
pub use self::core::{Action, Core};
pub use self::queue::{Queue, Queued};
pub use self::round::{Round, Voters};
pub use self::steps::{Activate, Close, OpenIfDue};
use super::Standing;
use super::committer::{Commit, Committer};
use crate::keys::Keyring;
use crate::store::ballots::{Batch, CommitError, Verdict};
use crate::store::definition::{self, Definition};
use crate::store::heads;
use crate::store::results::counted;
use crate::store::{Database, StoreError};

/// How long a failed load waits before the next, so that an outage does not spin.
const RELOAD_PAUSE: Duration = Duration::from_millis(500);

/// A voter's request, and where the answer goes.
pub struct CastBallot {
    /// The hash of the token.
    pub token: TokenHash,
    /// The voter's nonce.
    pub nonce: Nonce,
    /// What the voter chose, or why that can't be read.
    pub choices: Result<Choices, Vec<FieldError>>,
    /// Answered when the ballot is durable or refused. Dropped when the actor dies in between:
    /// then the outcome is unknown.
    pub answer: oneshot::Sender<Result<Verdict, StoreError>>,
}

/// A cast waits in the queue of an election that sleeps.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Wake;

/// The head was changed elsewhere: read it again and announce it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Refresh;

/// What the actor was started with.
#[derive(Clone)]
pub struct Surroundings {
    /// Where everything is kept.
    pub database: Database,
    /// Opens the election's keys.
    pub keyring: Arc<Keyring>,
    /// Commits batches.
    pub committer: Arc<Standing<Committer>>,
    /// Hears of every change.
    pub announce: Announce,
}

/// The actor.
pub struct Election {
    id: Uuid,
    surroundings: Surroundings,
    core: Core,
}

impl Election {
    /// An election that has not been read yet, and takes its casts from this queue.
    pub fn new(id: Uuid, surroundings: Surroundings, queue: Arc<Queue>) -> Self {
        let core = Core::new(id, queue, Arc::clone(&surroundings.announce));
        Self { id, surroundings, core }
    }

    fn act(&mut self, action: Action, context: &mut Context<Self>) {
        match action {
            Action::Wait => {}
            Action::Load => self.load(context),
            Action::Commit(batch) => self.commit(batch, context),
            Action::Pause => {
                context.run_later(RELOAD_PAUSE, |election, context| {
                    let action = election.core.paused();
                    election.act(action, context);
                });
            }
        }
    }

    fn load(&self, context: &mut Context<Self>) {
        let (surroundings, id) = (self.surroundings.clone(), self.id);
        let work = async move { read(&surroundings, id).await };
        context.spawn(work.into_actor(self).map(|loaded, election, context| {
            let action = election.core.loaded(loaded);
            election.act(action, context);
        }));
    }

    fn commit(&self, batch: Batch, context: &mut Context<Self>) {
        let committed = self.surroundings.committer.address().send(Commit(batch));
        context.spawn(committed.into_actor(self).map(|outcome, election, context| {
            let outcome = outcome.unwrap_or_else(|error| Err(CommitError::Unknown(error.to_string())));
            let action = election.core.settled(outcome);
            election.act(action, context);
        }));
    }
}

async fn read(surroundings: &Surroundings, id: Uuid) -> Result<(Arc<Definition>, Announcement), StoreError> {
    let mut client = surroundings.database.loading_client().await?;
    let transaction = client.transaction().await?;
    let head = heads::lock(&transaction, id).await?;
    let definition = definition::read(&transaction, &surroundings.keyring, id).await?;
    transaction.commit().await?;
    let counts = if head.published_at.is_some() { Some(counted(&client, id).await?) } else { None };
    let running = if head.sealed_running.is_some() && definition.keys.is_some() {
        Some(definition.open_running(&head)?)
    } else {
        None
    };
    let announcement = announcement(&definition, &head, running.as_ref(), counts.as_ref());
    Ok((Arc::new(definition), announcement))
}

impl Actor for Election {
    type Context = Context<Self>;
}

impl Handler<Wake> for Election {
    type Result = ();

    fn handle(&mut self, _: Wake, context: &mut Self::Context) {
        let action = self.core.woken();
        self.act(action, context);
    }
}

impl Handler<Refresh> for Election {
    type Result = ();

    fn handle(&mut self, _: Refresh, context: &mut Self::Context) {
        let action = self.core.changed();
        self.act(action, context);
    }
}
