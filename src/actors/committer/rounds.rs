//! Which batches the committer commits next, decided without actor, store or clock.

use std::collections::VecDeque;
use std::mem;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use uvote_domain::refusal::Refusal;

use crate::store::StoreError;
use crate::store::ballots::{Batch, CommitError, Outcome};

/// Votes in one transaction; more only make everybody wait longer.
const MOST_VOTES: usize = 4096;
/// Batches that may wait: one for each election that is being voted in.
pub const MOST_WAITING: usize = 20_000;
/// How long a head that another process holds is waited for: less than a voter waits, who so learns
/// that nothing was done.
const PATIENCE: Duration = Duration::from_millis(400);

/// Where the outcome of a batch goes.
pub type Answer = oneshot::Sender<Result<Outcome, CommitError>>;

/// The batches that wait. One transaction is under way at a time; what comes meanwhile goes into
/// the next, so the size of a transaction follows the load without any timer.
#[derive(Default)]
pub struct Rounds {
    waiting: VecDeque<Waiting>,
    /// The round that failed together: each of its batches is tried alone.
    apart: VecDeque<Waiting>,
    under_way: UnderWay,
}

struct Waiting {
    batch: Batch,
    asker: Asker,
}

struct Asker {
    since: Instant,
    answer: Answer,
}

#[derive(Default)]
enum UnderWay {
    #[default]
    Nothing,
    /// Who asked for each batch of the transaction.
    Transaction(Vec<Asker>),
    Pause,
}

/// What the committer has to do now.
pub enum Action {
    /// Nothing, until what is under way ends or a batch comes.
    Wait,
    /// Commit these in one transaction; its end is [`Rounds::settled`].
    Commit(Vec<Batch>),
    /// Leave the heads to others for a moment; its end is [`Rounds::paused`].
    Pause,
}

impl Rounds {
    /// A batch comes.
    pub fn add(&mut self, batch: Batch, answer: Answer, now: Instant) -> Action {
        if self.waiting.len() >= MOST_WAITING {
            drop(answer.send(Err(StoreError::Refused(Refusal::Busy).into())));
            return Action::Wait;
        }
        self.waiting.push_back(Waiting { batch, asker: Asker { since: now, answer } });
        self.tell_waiting();
        if matches!(self.under_way, UnderWay::Nothing) { self.next() } else { Action::Wait }
    }

    /// A transaction has ended. If it failed without a trace, each election is tried alone, so that
    /// one election's trouble is not everybody's. What another process holds waits on.
    pub fn settled(
        &mut self,
        batches: Vec<Batch>,
        outcomes: Result<Vec<Outcome>, CommitError>,
        now: Instant,
    ) -> Action {
        let UnderWay::Transaction(askers) = mem::take(&mut self.under_way) else { return Action::Wait };
        let round = batches.into_iter().zip(askers).map(|(batch, asker)| Waiting { batch, asker });
        match outcomes {
            Ok(outcomes) => self.answer(round.zip(outcomes), now),
            Err(CommitError::NothingDone(StoreError::Database(problem))) if round.len() > 1 => {
                let elections = round.len();
                tracing::error!(problem, elections, "a shared commit failed; each election is tried alone");
                self.apart.extend(round);
                self.next()
            }
            Err(error) => {
                round.for_each(|waiting| drop(waiting.asker.answer.send(Err(error.clone()))));
                self.next()
            }
        }
    }

    /// The pause is over.
    pub fn paused(&mut self) -> Action {
        self.next()
    }

    fn answer(&mut self, round: impl Iterator<Item = (Waiting, Outcome)>, now: Instant) -> Action {
        let (mut held, mut settled) = (0, 0);
        for (waiting, outcome) in round {
            let patient = now.duration_since(waiting.asker.since) < PATIENCE;
            if matches!(outcome, Outcome::HeldElsewhere) && patient {
                held += 1;
                self.waiting.push_back(waiting);
            } else {
                settled += 1;
                drop(waiting.asker.answer.send(Ok(outcome)));
            }
        }
        if held == 0 || settled > 0 {
            return self.next();
        }
        self.under_way = UnderWay::Pause;
        Action::Pause
    }

    fn next(&mut self) -> Action {
        let round = match self.apart.pop_front() {
            Some(alone) => vec![alone],
            None => self.together(),
        };
        self.tell_waiting();
        let (batches, askers): (Vec<_>, Vec<_>) =
            round.into_iter().map(|waiting| (waiting.batch, waiting.asker)).unzip();
        if batches.is_empty() {
            self.under_way = UnderWay::Nothing;
            return Action::Wait;
        }
        self.under_way = UnderWay::Transaction(askers);
        Action::Commit(batches)
    }

    fn together(&mut self) -> Vec<Waiting> {
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
        round
    }

    fn tell_waiting(&self) {
        metrics::gauge!("uvote_batches_waiting").set(self.waiting.len() as f64);
    }
}
