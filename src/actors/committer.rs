//! Joins the waiting batches of all elections into shared transactions.

use std::collections::VecDeque;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::store::ballots::{Batch, CommitError, Outcome, commit_batches, warm_up};
use crate::store::{Database, StoreError};
use uvote_domain::refusal::Refusal;

/// Votes in one transaction; more only make everybody wait longer.
const MOST_VOTES: usize = 4096;
/// Batches that may wait: one for each election that is being voted in.
const MOST_WAITING: usize = 20_000;
/// How long a transaction may take before its outcome counts as unknown.
const LONGEST_COMMIT: Duration = Duration::from_secs(15);
/// How long a head that another process holds is waited for: less than a voter waits, who so learns
/// that nothing was done.
const PATIENCE: Duration = Duration::from_millis(700);
/// How long to wait before asking again for heads that are all held elsewhere.
const PAUSE: Duration = Duration::from_millis(2);

/// Commits an election's batch, together with those of others.
#[derive(Message)]
#[rtype(result = "Result<Outcome, CommitError>")]
pub struct Commit(pub Batch);

struct Waiting {
    batch: Batch,
    since: Instant,
    answer: oneshot::Sender<Result<Outcome, CommitError>>,
}

/// Owns the queue of batches. One transaction is under way at a time; what comes meanwhile goes
/// into the next, so the size of a transaction follows the load without any timer.
pub struct Committer {
    database: Database,
    waiting: VecDeque<Waiting>,
    committing: bool,
}

impl Committer {
    /// Commits to this database.
    pub const fn new(database: Database) -> Self {
        Self { database, waiting: VecDeque::new(), committing: false }
    }

    fn next_round(&mut self) -> Vec<Waiting> {
        let mut votes = 0;
        let mut round = Vec::new();
        while let Some(next) = self.waiting.pop_front() {
            votes += next.batch.casts.len();
            if votes > MOST_VOTES && !round.is_empty() {
                self.waiting.push_front(next);
                break;
            }
            round.push(next);
        }
        metrics::gauge!("uvote_batches_waiting").set(self.waiting.len() as f64);
        round
    }

    fn commit_round(&mut self, context: &mut Context<Self>) {
        let round = self.next_round();
        self.committing = !round.is_empty();
        if round.is_empty() {
            return;
        }
        let database = self.database.clone();
        let work = async move { commit(&database, round).await };
        context.spawn(work.into_actor(self).map(|held, committer, context| {
            committer.waiting.extend(held);
            committer.commit_round(context);
        }));
    }
}

impl Actor for Committer {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MOST_WAITING);
        let database = self.database.clone();
        // Without a database the first batch will say so.
        context.spawn(async move { drop(warm_up(&database).await) }.into_actor(self));
    }
}

impl Handler<Commit> for Committer {
    type Result = ResponseFuture<Result<Outcome, CommitError>>;

    fn handle(&mut self, Commit(batch): Commit, context: &mut Self::Context) -> Self::Result {
        let (answer, answered) = oneshot::channel();
        if self.waiting.len() >= MOST_WAITING {
            return Box::pin(async { Err(StoreError::Refused(Refusal::Busy).into()) });
        }
        self.waiting.push_back(Waiting { batch, since: Instant::now(), answer });
        metrics::gauge!("uvote_batches_waiting").set(self.waiting.len() as f64);
        if !self.committing {
            self.commit_round(context);
        }
        Box::pin(async {
            answered.await.unwrap_or_else(|_| Err(CommitError::Unknown("the committer has stopped".into())))
        })
    }
}

/// Commits a round together; if that fails without a trace, each election alone, so that one
/// election's trouble is not everybody's. Answers what has to wait for another process.
async fn commit(database: &Database, round: Vec<Waiting>) -> Vec<Waiting> {
    let (batches, answers): (Vec<Batch>, Vec<_>) =
        round.into_iter().map(|waiting| (waiting.batch, (waiting.since, waiting.answer))).unzip();
    let outcomes = match commit_measured(database, &batches).await {
        Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
        Err(CommitError::NothingDone(StoreError::Database(problem))) if batches.len() > 1 => {
            tracing::error!(
                problem,
                elections = batches.len(),
                "a shared commit failed; each election is tried alone"
            );
            commit_apart(database, &batches).await
        }
        Err(error) => batches.iter().map(|_| Err(error.clone())).collect(),
    };
    let mut held = Vec::new();
    let alone = outcomes.iter().all(|outcome| matches!(outcome, Ok(Outcome::HeldElsewhere)));
    for ((batch, (since, answer)), outcome) in batches.into_iter().zip(answers).zip(outcomes) {
        match outcome {
            Ok(Outcome::HeldElsewhere) if since.elapsed() < PATIENCE => {
                held.push(Waiting { batch, since, answer })
            }
            Ok(Outcome::HeldElsewhere) => drop(answer.send(Err(StoreError::Refused(Refusal::Busy).into()))),
            outcome => drop(answer.send(outcome)),
        }
    }
    if alone && !held.is_empty() {
        tokio::time::sleep(PAUSE).await;
    }
    held
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

async fn commit_apart(database: &Database, batches: &[Batch]) -> Vec<Result<Outcome, CommitError>> {
    let mut outcomes = Vec::with_capacity(batches.len());
    for batch in batches {
        let outcome = commit_measured(database, std::slice::from_ref(batch)).await;
        outcomes.push(outcome.map(|mut outcomes| outcomes.pop().unwrap_or(Outcome::HeldElsewhere)));
    }
    outcomes
}
