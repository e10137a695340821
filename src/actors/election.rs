//! One election: queues its casts, commits them in batches, and announces what has changed.
//!
//! The head row is the truth and its lock serialises the election, so this actor makes it fast,
//! never right: after any failure it forgets everything and reads the head again.

mod announcement;
mod queue;
mod round;

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::oneshot;
use uuid::Uuid;
use uvote_domain::ballot::{Choices, Nonce};
use uvote_domain::election::{CountState, Status};
use uvote_domain::refusal::{FieldError, Refusal};
use uvote_domain::token::TokenHash;

pub use self::announcement::{Announce, Announcement, ShownContest, ShownTally, announcement};
pub use self::queue::{Queue, Queued};
use self::round::{Round, Voters};
use super::Standing;
use super::committer::{Commit, Committer};
use crate::keys::Keyring;
use crate::store::audit::Actor as ActedBy;
use crate::store::ballots::{CommitError, Outcome, Verdict};
use crate::store::heads::{self, Definition};
use crate::store::results::counted;
use crate::store::{Client, Database, StoreError, recount};

/// How long a failed load waits before the next, so that an outage does not spin.
const RELOAD_PAUSE: Duration = Duration::from_millis(500);
/// How often a recount that somebody else makes is looked at.
const COUNT_PAUSE: Duration = Duration::from_millis(100);

/// Casts in one batch.
const MOST_IN_BATCH: usize = 1_024;

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

/// The head was changed elsewhere: read it again and announce it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Refresh;

/// Makes the actor panic.
#[cfg(feature = "faults")]
#[derive(Message)]
#[rtype(result = "()")]
pub struct Panic;

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
    /// Nothing while it is being read.
    definition: Option<Arc<Definition>>,
    queue: Arc<Queue>,
    /// Whether a batch or a load is under way.
    busy: bool,
    /// Whether the head has changed since the load or batch under way began.
    stale: bool,
}

impl Election {
    /// An election that has not been read yet, and takes its casts from this queue.
    pub const fn new(id: Uuid, surroundings: Surroundings, queue: Arc<Queue>) -> Self {
        Self { id, surroundings, definition: None, queue, busy: false, stale: false }
    }

    /// Reads the head behind its lock, and so behind any commit that is still under way.
    fn load(&mut self, context: &mut Context<Self>) {
        (self.busy, self.stale, self.definition) = (true, false, None);
        let (surroundings, id) = (self.surroundings.clone(), self.id);
        let work = async move { read(&surroundings, id).await };
        context.spawn(work.into_actor(self).map(|loaded, election, context| {
            election.busy = false;
            match loaded {
                Ok((definition, announcement)) => {
                    election.announce(announcement);
                    // What a draft asks its voters may still change, so it is never remembered.
                    election.definition = definition.keys.is_some().then(|| Arc::clone(&definition));
                    election.commit(&definition, context);
                }
                Err(error) => election.fail_load(&error, context),
            }
        }));
    }

    fn fail_load(&mut self, error: &StoreError, context: &mut Context<Self>) {
        let refusal = match error {
            StoreError::Refused(Refusal::NotFound) => Refusal::TokenUnknown,
            _ => Refusal::Busy,
        };
        if refusal == Refusal::Busy {
            tracing::error!(election = %self.id, %error, "an election could not be read");
        }
        for cast in self.queue.take(usize::MAX) {
            drop(cast.answer.send(Err(StoreError::Refused(refusal.clone()))));
        }
        // After an outage the head may have changed unseen.
        self.stale = refusal == Refusal::Busy;
        self.busy = true;
        context.run_later(RELOAD_PAUSE, |election, context| {
            election.busy = false;
            election.commit_next(context);
        });
    }

    fn announce(&self, announcement: Announcement) {
        (self.surroundings.announce)(announcement);
    }

    fn commit_next(&mut self, context: &mut Context<Self>) {
        if self.busy {
            return;
        }
        if self.stale {
            return self.load(context);
        }
        if self.queue.rest() {
            return;
        }
        match self.definition.clone() {
            Some(definition) => self.commit(&definition, context),
            None => self.load(context),
        }
    }

    fn commit(&mut self, definition: &Arc<Definition>, context: &mut Context<Self>) {
        let waiting = self.queue.take(MOST_IN_BATCH);
        if waiting.is_empty() {
            return self.commit_next(context);
        }
        self.busy = true;
        let definition = Arc::clone(definition);
        let Round { batch, voters } = Round::of(&definition, waiting);
        let committed = self.surroundings.committer.address().send(Commit(batch));
        context.spawn(committed.into_actor(self).map(move |outcome, election, context| {
            election.busy = false;
            let outcome = outcome.unwrap_or_else(|error| Err(CommitError::Unknown(error.to_string())));
            election.settle(&definition, voters, outcome, context);
            election.commit_next(context);
        }));
    }

    /// Tells every voter of a batch what became of it, and everybody else what has changed.
    fn settle(
        &mut self,
        definition: &Arc<Definition>,
        voters: Vec<Voters>,
        outcome: Result<Outcome, CommitError>,
        context: &mut Context<Self>,
    ) {
        match outcome {
            Ok(Outcome::Committed { verdicts, head, running }) => {
                let judged = voters.into_iter().zip(&verdicts);
                let again: Vec<CastBallot> =
                    judged.flat_map(|(voters, verdict)| voters.hear(verdict)).collect();
                self.queue.put_back(again);
                self.announce(announcement(definition, &head, running.as_deref(), None));
                if definition.keys.is_none() {
                    self.definition = None;
                }
            }
            Ok(Outcome::HeldElsewhere) => fail_all(voters, &Refusal::Busy.into()),
            Err(CommitError::NothingDone(error)) => {
                if !matches!(error, StoreError::Refused(_)) {
                    tracing::error!(election = %self.id, %error, "a batch was not recorded");
                }
                fail_all(voters, &error);
                self.load(context);
            }
            Err(CommitError::Unknown(problem)) => {
                tracing::error!(election = %self.id, problem, "the outcome of a commit is unknown");
                metrics::counter!("uvote_commits_unknown").increment(1);
                fail_all(voters, &Refusal::OutcomeUnknown.into());
                self.load(context);
            }
        }
    }
}

fn fail_all(voters: Vec<Voters>, error: &StoreError) {
    voters.into_iter().for_each(|voters| voters.fail(error));
}

async fn read(surroundings: &Surroundings, id: Uuid) -> Result<(Arc<Definition>, Announcement), StoreError> {
    let mut client = surroundings.database.loading_client().await?;
    let transaction = client.transaction().await?;
    let head = heads::lock(&transaction, id).await?;
    let definition = heads::definition(&transaction, &surroundings.keyring, id).await?;
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

impl Drop for Election {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Handler<Wake> for Election {
    type Result = ();

    fn handle(&mut self, _: Wake, context: &mut Self::Context) {
        self.commit_next(context);
    }
}

impl Handler<Refresh> for Election {
    type Result = ();

    fn handle(&mut self, _: Refresh, context: &mut Self::Context) {
        self.stale = true;
        self.commit_next(context);
    }
}

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
            heads::activate(&mut client, &surroundings.keyring, id, actor).await.map(drop)
        })
    }
}

impl Handler<OpenIfDue> for Election {
    type Result = ResponseActFuture<Self, Result<(), StoreError>>;

    fn handle(&mut self, _: OpenIfDue, _: &mut Self::Context) -> Self::Result {
        let (surroundings, id) = (self.surroundings.clone(), self.id);
        step(self, async move {
            let mut client = surroundings.database.client().await?;
            heads::open(&mut client, id).await
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
            let definition = Arc::new(heads::definition(&client, &surroundings.keyring, id).await?);
            let head = heads::get(&client, id).await?;
            if head.status != Status::Closed {
                heads::close(&mut client, &definition, actor).await?;
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

#[cfg(feature = "faults")]
impl Handler<Panic> for Election {
    type Result = ();

    #[expect(clippy::panic, reason = "that is what it is for")]
    fn handle(&mut self, _: Panic, _: &mut Self::Context) {
        panic!("a test asked for it");
    }
}
