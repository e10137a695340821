//! The casts that wait for their election.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::CastBallot;

/// Casts that may wait for the next batch before voters are told to come back.
const MOST_WAITING: usize = 8_192;

/// A bounded queue between those who answer voters and the election's actor.
///
/// It stands beside the mailbox because a message wakes the actor's thread, which a busy actor has
/// no use for: it looks here by itself when a batch is done. Only a sleeping one has to be woken.
#[derive(Default)]
pub struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    casts: Vec<CastBallot>,
    /// Whether the actor will look here without being woken.
    attended: bool,
    /// Whether the actor is gone.
    closed: bool,
}

/// What became of a cast that was to be queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    /// The actor will find it.
    Attended,
    /// The actor sleeps and must be woken.
    Asleep,
    /// There is no room, or no actor.
    Refused,
}

impl Queue {
    /// Queues a cast.
    pub fn push(&self, cast: CastBallot) -> Queued {
        let mut waiting = self.lock();
        if waiting.closed || waiting.casts.len() >= MOST_WAITING {
            return Queued::Refused;
        }
        waiting.casts.push(cast);
        metrics::gauge!("uvote_casts_waiting").increment(1.0);
        if std::mem::replace(&mut waiting.attended, true) { Queued::Attended } else { Queued::Asleep }
    }

    /// Takes the longest waiting casts, at most this many.
    pub(super) fn take(&self, most: usize) -> Vec<CastBallot> {
        let mut waiting = self.lock();
        let taken = waiting.casts.len().min(most);
        metrics::gauge!("uvote_casts_waiting").decrement(taken as f64);
        waiting.casts.drain(..taken).collect()
    }

    /// Queues casts that the last batch could not judge, whatever room there is: they had it before.
    pub(super) fn put_back(&self, casts: Vec<CastBallot>) {
        metrics::gauge!("uvote_casts_waiting").increment(casts.len() as f64);
        self.lock().casts.extend(casts);
    }

    /// Whether nothing waits. If so, the next cast has to wake the actor.
    pub(super) fn rest(&self) -> bool {
        let mut waiting = self.lock();
        waiting.attended = !waiting.casts.is_empty();
        !waiting.attended
    }

    /// Takes no more, and drops what waits, whose outcome is then unknown.
    pub(super) fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        metrics::gauge!("uvote_casts_waiting").decrement(waiting.casts.len() as f64);
        waiting.casts.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;
    use uvote_domain::ballot::Choices;

    use super::*;
    use crate::store::StoreError;
    use crate::store::ballots::Verdict;

    type Answered = oneshot::Receiver<Result<Verdict, StoreError>>;

    fn cast() -> (CastBallot, Answered) {
        let (answer, answered) = oneshot::channel();
        (CastBallot { token: [0; 32], nonce: [0; 16], choices: Ok(Choices::new()), answer }, answered)
    }

    #[test]
    fn only_the_first_cast_after_a_rest_wakes_the_actor() {
        let queue = Queue::default();
        assert_eq!(queue.push(cast().0), Queued::Asleep);
        assert_eq!(queue.push(cast().0), Queued::Attended);
        assert!(!queue.rest(), "two casts wait");
        assert_eq!(queue.take(9).len(), 2);
        assert_eq!(queue.push(cast().0), Queued::Attended, "the actor has not rested yet");
        assert_eq!(queue.take(9).len(), 1);
        assert!(queue.rest());
        assert_eq!(queue.push(cast().0), Queued::Asleep);
    }

    #[test]
    fn a_full_queue_refuses_until_casts_are_taken() {
        let queue = Queue::default();
        (0..MOST_WAITING).for_each(|_| assert_ne!(queue.push(cast().0), Queued::Refused));
        assert_eq!(queue.push(cast().0), Queued::Refused);
        assert_eq!(queue.take(1).len(), 1);
        assert_eq!(queue.push(cast().0), Queued::Attended);
    }

    #[test]
    fn nobody_waits_for_an_actor_that_is_gone() {
        let queue = Queue::default();
        let (waiting, mut answered) = cast();
        queue.push(waiting);
        queue.close();
        assert!(matches!(answered.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
        assert_eq!(queue.push(cast().0), Queued::Refused);
    }
}
