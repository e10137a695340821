//! The casts that wait for their election.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::CastBallot;

/// Casts that may wait for the next batch before voters are told to come back.
const MOST_WAITING: usize = 8_192;
/// How long the queue may stand still before voters are told so at once, instead of waiting in vain.
const LONGEST_STANDSTILL: Duration = Duration::from_secs(1);

/// A bounded queue between those who answer voters and the election's actor.
///
/// It stands beside the mailbox because a message wakes the actor's thread, which a busy actor has
/// no use for: it looks here by itself when a batch is done. Only a sleeping one has to be woken.
#[derive(Default)]
pub struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    casts: Vec<CastBallot>,
    /// When the first cast came after something was last taken.
    standing_since: Option<Instant>,
    /// Whether the actor will look here without being woken.
    attended: bool,
    /// Whether the actor is gone.
    closed: bool,
}

impl Waiting {
    fn stands_still(&self, now: Instant) -> bool {
        self.standing_since.is_some_and(|since| now.duration_since(since) > LONGEST_STANDSTILL)
    }
}

/// What became of a cast that was to be queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    /// The actor will find it.
    Attended,
    /// The actor sleeps and must be woken.
    Asleep,
    /// There is no room, nothing moves, or there is no actor.
    Refused,
}

impl Queue {
    /// Queues a cast that comes now.
    pub fn push(&self, cast: CastBallot, now: Instant) -> Queued {
        let mut waiting = self.lock();
        if waiting.closed || waiting.casts.len() >= MOST_WAITING || waiting.stands_still(now) {
            return Queued::Refused;
        }
        waiting.casts.push(cast);
        waiting.standing_since.get_or_insert(now);
        metrics::gauge!("uvote_casts_waiting").increment(1.0);
        if std::mem::replace(&mut waiting.attended, true) { Queued::Attended } else { Queued::Asleep }
    }

    /// Takes the longest waiting casts, at most this many.
    pub(super) fn take(&self, most: usize) -> Vec<CastBallot> {
        let mut waiting = self.lock();
        let taken = waiting.casts.len().min(most);
        metrics::gauge!("uvote_casts_waiting").decrement(taken as f64);
        waiting.standing_since = None;
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
        assert_eq!(queue.push(cast().0, Instant::now()), Queued::Asleep);
        assert_eq!(queue.push(cast().0, Instant::now()), Queued::Attended);
        assert!(!queue.rest(), "two casts wait");
        assert_eq!(queue.take(9).len(), 2);
        assert_eq!(queue.push(cast().0, Instant::now()), Queued::Attended, "the actor has not rested yet");
        assert_eq!(queue.take(9).len(), 1);
        assert!(queue.rest());
        assert_eq!(queue.push(cast().0, Instant::now()), Queued::Asleep);
    }

    #[test]
    fn a_full_queue_refuses_until_casts_are_taken() {
        let queue = Queue::default();
        (0..MOST_WAITING).for_each(|_| assert_ne!(queue.push(cast().0, Instant::now()), Queued::Refused));
        assert_eq!(queue.push(cast().0, Instant::now()), Queued::Refused);
        assert_eq!(queue.take(1).len(), 1);
        assert_eq!(queue.push(cast().0, Instant::now()), Queued::Attended);
    }

    #[test]
    fn a_queue_that_stands_still_refuses_until_casts_are_taken() {
        let (queue, begin) = (Queue::default(), Instant::now());
        let late = begin + LONGEST_STANDSTILL * 2;
        assert_ne!(queue.push(cast().0, begin), Queued::Refused);
        assert_eq!(queue.push(cast().0, late), Queued::Refused);
        assert_eq!(queue.take(9).len(), 1);
        assert_ne!(queue.push(cast().0, late), Queued::Refused);
    }

    #[test]
    fn nobody_waits_for_an_actor_that_is_gone() {
        let queue = Queue::default();
        let (waiting, mut answered) = cast();
        queue.push(waiting, Instant::now());
        queue.close();
        assert!(matches!(answered.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
        assert_eq!(queue.push(cast().0, Instant::now()), Queued::Refused);
    }
}
