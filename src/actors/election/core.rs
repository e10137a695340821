//! What an election does next, decided without actor, store or clock.
//!
//! What takes time is answered as an [`Action`], and its end comes back as an event. Verdicts and
//! announcements wait for nobody, so they are sent on the spot.

use std::mem;
use std::sync::Arc;

use uuid::Uuid;
use uvote_domain::refusal::Refusal;
use uvote_domain::tally::running::RunningTally;

use super::{Announce, Announcement, Queue, Round, Voters, announcement};
use crate::store::StoreError;
use crate::store::ballots::{Batch, CommitError, Outcome};
use crate::store::definition::Definition;
use crate::store::heads::Head;

/// Casts in one batch.
const MOST_IN_BATCH: usize = 1_024;

/// The state of an election's actor. Takes its casts from the queue, which ends with it.
pub struct Core {
    id: Uuid,
    queue: Arc<Queue>,
    announce: Announce,
    /// Nothing until it is read; never a draft's, since what that asks may still change.
    definition: Option<Arc<Definition>>,
    under_way: UnderWay,
    /// Whether the head has changed since the load or batch under way began.
    stale: bool,
    /// The last revision that was announced.
    told: i64,
}

enum UnderWay {
    Nothing,
    Load,
    Batch { definition: Arc<Definition>, voters: Vec<Voters> },
    Pause,
}

/// What the actor has to do now.
pub enum Action {
    /// Nothing, until what is under way ends or something wakes it.
    Wait,
    /// Read the head behind its lock, and so behind any commit that is still under way; its end is
    /// [`Core::loaded`].
    Load,
    /// Commit these; its end is [`Core::settled`].
    Commit(Batch),
    /// Let an outage pass; its end is [`Core::paused`].
    Pause,
}

impl Core {
    /// An election that has not been read yet.
    pub const fn new(id: Uuid, queue: Arc<Queue>, announce: Announce) -> Self {
        let (definition, under_way) = (None, UnderWay::Nothing);
        Self { id, queue, announce, definition, under_way, stale: false, told: 0 }
    }

    /// A cast may wait.
    pub fn woken(&mut self) -> Action {
        if !matches!(self.under_way, UnderWay::Nothing) {
            return Action::Wait;
        }
        if self.stale {
            return self.load();
        }
        if self.queue.rest() {
            return Action::Wait;
        }
        match self.definition.clone() {
            Some(definition) => self.commit(definition),
            None => self.load(),
        }
    }

    /// The head was changed elsewhere.
    pub fn changed(&mut self) -> Action {
        self.stale = true;
        self.woken()
    }

    /// The head was read. A batch comes before anything else, so that changes in a row do not keep
    /// voters waiting.
    pub fn loaded(&mut self, loaded: Result<(Arc<Definition>, Announcement), StoreError>) -> Action {
        self.under_way = UnderWay::Nothing;
        match loaded {
            Ok((definition, announcement)) => {
                self.announce(announcement);
                self.definition = definition.keys.is_some().then(|| Arc::clone(&definition));
                self.commit(definition)
            }
            Err(error) => self.fail_load(&error),
        }
    }

    /// A batch has ended. After any failure everything is forgotten and read again.
    pub fn settled(&mut self, outcome: Result<Outcome, CommitError>) -> Action {
        let UnderWay::Batch { definition, voters } = mem::replace(&mut self.under_way, UnderWay::Nothing)
        else {
            return Action::Wait;
        };
        match outcome {
            Ok(Outcome::Committed { head, .. }) if definition.keys.is_none() && head.revision > self.told => {
                // A draft has been activated, and its definition knows neither the final paper nor
                // the key that recognises a repeated ballot.
                self.stale = true;
                fail_all(voters, &Refusal::Busy.into());
            }
            Ok(Outcome::Committed { verdicts, head, running }) => {
                let judged = voters.into_iter().zip(&verdicts);
                self.queue.put_back(judged.flat_map(|(voters, verdict)| voters.hear(verdict)).collect());
                self.tell(&definition, &head, running.as_deref());
            }
            Ok(Outcome::HeldElsewhere) => fail_all(voters, &Refusal::Busy.into()),
            Err(error) => {
                fail_all(voters, &self.reason(error));
                self.stale = true;
            }
        }
        self.woken()
    }

    /// The pause after an outage is over.
    pub fn paused(&mut self) -> Action {
        self.under_way = UnderWay::Nothing;
        self.woken()
    }

    fn load(&mut self) -> Action {
        (self.under_way, self.stale, self.definition) = (UnderWay::Load, false, None);
        Action::Load
    }

    fn commit(&mut self, definition: Arc<Definition>) -> Action {
        let waiting = self.queue.take(MOST_IN_BATCH);
        if waiting.is_empty() {
            return self.woken();
        }
        let Round { batch, voters } = Round::of(&definition, waiting);
        self.under_way = UnderWay::Batch { definition, voters };
        Action::Commit(batch)
    }

    fn fail_load(&mut self, error: &StoreError) -> Action {
        let refusal = match error {
            StoreError::Refused(Refusal::NotFound) => Refusal::TokenUnknown,
            _ => Refusal::Busy,
        };
        if refusal == Refusal::Busy {
            tracing::error!(election = %self.id, %error, "an election could not be read");
            // After an outage the head may have changed unseen.
            self.stale = true;
        }
        for cast in self.queue.take(usize::MAX) {
            drop(cast.answer.send(Err(refusal.clone().into())));
        }
        self.under_way = UnderWay::Pause;
        Action::Pause
    }

    /// What voters hear of a batch that failed.
    fn reason(&self, error: CommitError) -> StoreError {
        match error {
            CommitError::NothingDone(error) => {
                if !matches!(error, StoreError::Refused(_)) {
                    tracing::error!(election = %self.id, %error, "a batch was not recorded");
                }
                error
            }
            CommitError::Unknown(problem) => {
                tracing::error!(election = %self.id, problem, "the outcome of a commit is unknown");
                metrics::counter!("uvote_commits_unknown").increment(1);
                Refusal::OutcomeUnknown.into()
            }
        }
    }

    /// Announces what a batch has left behind. The counts of a published head are only read with it.
    fn tell(&mut self, definition: &Definition, head: &Head, running: Option<&RunningTally>) {
        match head.published_at {
            Some(_) => self.stale |= head.revision > self.told,
            None => self.announce(announcement(definition, head, running, None)),
        }
    }

    fn announce(&mut self, announcement: Announcement) {
        self.told = announcement.revision;
        (self.announce)(announcement);
    }
}

fn fail_all(voters: Vec<Voters>, error: &StoreError) {
    voters.into_iter().for_each(|voters| voters.fail(error));
}

impl Drop for Core {
    fn drop(&mut self) {
        self.queue.close();
    }
}
