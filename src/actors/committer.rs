//! Joins the waiting batches of all elections into shared transactions.

mod rounds;

use std::time::{Duration, Instant};

use actix::prelude::*;
use tokio::sync::oneshot;

pub use self::rounds::{Action, Answer, Rounds};
use crate::store::Database;
use crate::store::ballots::{Batch, CommitError, Outcome, commit_batches, warm_up};

/// How long a transaction may take before its outcome counts as unknown.
const LONGEST_COMMIT: Duration = Duration::from_secs(15);
/// How long to wait before asking again for heads that are all held elsewhere.
const PAUSE: Duration = Duration::from_millis(2);

/// Commits an election's batch, together with those of others.
#[derive(Message)]
#[rtype(result = "Result<Outcome, CommitError>")]
pub struct Commit(pub Batch);

/// The actor. What it commits next is decided in [`Rounds`].
pub struct Committer {
    database: Database,
    rounds: Rounds,
}

impl Committer {
    /// Commits to this database.
    pub fn new(database: Database) -> Self {
        Self { database, rounds: Rounds::default() }
    }

    fn act(&mut self, action: Action, context: &mut Context<Self>) {
        match action {
            Action::Wait => {}
            Action::Commit(batches) => self.commit(batches, context),
            Action::Pause => {
                context.run_later(PAUSE, |committer, context| {
                    let action = committer.rounds.paused();
                    committer.act(action, context);
                });
            }
        }
    }

    fn commit(&self, batches: Vec<Batch>, context: &mut Context<Self>) {
        let database = self.database.clone();
        let work = async move {
            let outcomes = commit_measured(&database, &batches).await;
            (batches, outcomes)
        };
        context.spawn(work.into_actor(self).map(|(batches, outcomes), committer, context| {
            let action = committer.rounds.settled(batches, outcomes, Instant::now());
            committer.act(action, context);
        }));
    }
}

impl Actor for Committer {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(rounds::MOST_WAITING);
        let database = self.database.clone();
        // Without a database the first batch will say so.
        context.spawn(async move { drop(warm_up(&database).await) }.into_actor(self));
    }
}

impl Handler<Commit> for Committer {
    type Result = ResponseFuture<Result<Outcome, CommitError>>;

    fn handle(&mut self, Commit(batch): Commit, context: &mut Self::Context) -> Self::Result {
        let (answer, answered) = oneshot::channel();
        let action = self.rounds.add(batch, answer, Instant::now());
        self.act(action, context);
        Box::pin(async {
            answered.await.unwrap_or_else(|_| Err(CommitError::Unknown("the committer has stopped".into())))
        })
    }
}

async fn commit_measured(database: &Database, batches: &[Batch]) -> Result<Vec<Outcome>, CommitError> {
    let votes: usize = batches.iter().map(|batch| batch.casts.len()).sum();
    let begun = Instant::now();
    let outcomes = tokio::time::timeout(LONGEST_COMMIT, commit_batches(database, batches)).await;
    let outcomes =
        outcomes.unwrap_or_else(|_| Err(CommitError::Unknown("PostgreSQL did not answer in time".into())));
    metrics::histogram!("uvote_commit_seconds").record(begun.elapsed().as_secs_f64());
    metrics::histogram!("uvote_commit_votes_size").record(votes as f64);
    metrics::histogram!("uvote_commit_elections_size").record(batches.len() as f64);
    outcomes
}
