//! What is to happen in a world, in its order.

use std::collections::BTreeMap;
use std::time::Duration;

use uvote::actors::committer::Answer;
use uvote::store::ballots::{Batch, CommitError, Outcome};

use super::store::Step;

/// Names an actor, a committer, a transaction, or an attempt to vote; never used twice.
pub type Id = u64;

/// Something that happens.
pub enum Event {
    /// A voter looks at what came of the last attempt, and may make another.
    Voter(usize),
    /// A voter waits for an answer no longer.
    HangUp(Id),
    Wake(Id),
    Refresh(Id),
    /// An election's batch reaches the committer.
    Batch(Id, Batch, Answer),
    /// The committer's answer reaches the election.
    Settled(Id, Result<Outcome, CommitError>),
    PauseEnds(Id),
    CommitterPauseEnds(Id),
    /// A transaction goes on.
    Transaction(Id),
    /// A transaction has waited too long for a lock.
    LockTimeout(Id),
    /// Whoever began a transaction has waited too long for its end.
    ClientTimeout(Id),
    /// The clock of a process looks what is due.
    Clock(usize),
    /// An organiser takes a step through a process.
    Organiser(usize, usize, Step),
    Disaster,
    Restart(usize),
    Mended,
    Evening,
}

/// What is to happen; of two events at one moment the one added first comes first.
#[derive(Default)]
pub struct Agenda {
    events: BTreeMap<(Duration, u64), Event>,
    added: u64,
}

impl Agenda {
    pub fn add(&mut self, at: Duration, event: Event) {
        self.added += 1;
        self.events.insert((at, self.added), event);
    }

    /// What happens next, and when.
    pub fn next(&mut self) -> Option<(Duration, Event)> {
        self.events.pop_first().map(|((at, _), event)| (at, event))
    }
}
