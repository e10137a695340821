//! Whose turn it is to be told. The sockets are dealt into parts, told one after another, so that
//! thousands of frames flow evenly and requests on the same threads need not wait for all of them.

use std::array;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::inbox::Inbox;
use super::{SocketId, Topic};

/// A part is told at most ten times a second.
const ROUND: Duration = Duration::from_millis(100);
/// The pause between two turns, in which requests that came meanwhile are served. Of ten thousand sockets
/// two parts have a turn together, and all have had theirs within 150 milliseconds.
pub const PAUSE: Duration = Duration::from_millis(1);
/// So many parts as a mask has bits.
const PARTS: usize = u64::BITS as usize;
/// Sockets that have not taken their frames for so long after others have are taken for stalled. Should
/// each part hold some, a round of all takes a quarter of a second longer.
const STALLED: Duration = Duration::from_millis(4);

/// The part that a socket belongs to.
pub const fn part_of(socket: SocketId) -> usize {
    (socket % PARTS as SocketId) as usize
}

/// What is still to be told, and to whom.
pub struct Turns {
    /// The topics that have changed, with a bit for each part that has not heard it.
    due: HashMap<Topic, u64>,
    rests_until: [Instant; PARTS],
    next: usize,
    /// Where the frames of the last turn went, as far as they are not taken.
    untaken: Vec<Arc<Inbox>>,
    taken_at: Instant,
    /// Whether the next turn is arranged.
    pub are_running: bool,
}

impl Turns {
    /// Nothing to tell.
    pub fn new() -> Self {
        let now = Instant::now();
        Self {
            due: HashMap::new(),
            rests_until: array::from_fn(|_| now),
            next: 0,
            untaken: Vec::new(),
            taken_at: now,
            are_running: false,
        }
    }

    /// Everybody who watches a topic is to be told.
    pub fn want(&mut self, topic: Topic) {
        self.due.insert(topic, u64::MAX);
    }

    /// Nobody watches a topic any more.
    pub fn forget(&mut self, topic: Topic) {
        self.due.remove(&topic);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.due.clear();
        self.untaken.clear();
    }

    /// A socket has been given frames.
    pub fn given(&mut self, inbox: &Arc<Inbox>) {
        self.untaken.push(Arc::clone(inbox));
    }

    /// Whether sockets are still taking the frames of the last turn. The next waits for them, so
    /// that frames come less often when there is no time for more; those that have stalled keep
    /// nobody waiting.
    pub fn are_being_taken(&mut self, now: Instant) -> bool {
        let before = self.untaken.len();
        self.untaken.retain(|inbox| !inbox.is_empty());
        if self.untaken.len() < before {
            self.taken_at = now;
        }
        !self.untaken.is_empty() && now.duration_since(self.taken_at) < STALLED
    }

    /// A turn begins.
    pub fn begin(&mut self, now: Instant) {
        self.untaken.clear();
        self.taken_at = now;
    }

    /// The next part that something is due to and that has rested, and what.
    pub fn next(&mut self, now: Instant) -> Option<(usize, Vec<Topic>)> {
        let due = self.parts();
        let mut parts = (0..PARTS).map(|step| (self.next + step) % PARTS);
        let part = parts.find(|part| due & (1 << part) != 0 && self.rests_until[*part] <= now)?;
        (self.next, self.rests_until[part]) = (part + 1, now + ROUND);
        let mut topics = Vec::new();
        self.due.retain(|topic, parts| {
            if *parts & (1 << part) != 0 {
                topics.push(*topic);
            }
            *parts &= !(1 << part);
            *parts != 0
        });
        Some((part, topics))
    }

    /// How long until something can be told; nothing when all has been.
    pub fn pause(&self, now: Instant) -> Option<Duration> {
        let due = self.parts();
        let rests = (0..PARTS).filter(|part| due & (1 << part) != 0).map(|part| self.rests_until[part]);
        rests.min().map(|until| until.saturating_duration_since(now).max(PAUSE))
    }

    fn parts(&self) -> u64 {
        self.due.values().fold(0, |all, parts| all | parts)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use uuid::Uuid;

    use super::*;

    fn told(turns: &mut Turns, now: Instant) -> Vec<usize> {
        std::iter::from_fn(|| turns.next(now)).map(|(part, _)| part).collect()
    }

    #[test]
    fn every_part_is_told_once_and_again_only_after_a_round() {
        let (mut turns, begun) = (Turns::new(), Instant::now());
        let topic = Topic::Turnout(Uuid::now_v7());
        assert_eq!(turns.pause(begun), None, "nothing is due");
        turns.want(topic);
        let parts = told(&mut turns, begun);
        assert_eq!(parts.iter().collect::<HashSet<_>>().len(), PARTS);
        assert_eq!((parts.len(), turns.pause(begun)), (PARTS, None));
        turns.want(topic);
        assert_eq!(turns.pause(begun), Some(ROUND));
        assert!(told(&mut turns, begun + ROUND - PAUSE).is_empty());
        assert_eq!(told(&mut turns, begun + ROUND).len(), PARTS);
    }

    #[test]
    fn a_part_hears_all_that_has_changed_and_a_change_in_between_is_told_to_all() {
        let (mut turns, begun) = (Turns::new(), Instant::now());
        let (turnout, tally) = (Topic::Turnout(Uuid::now_v7()), Topic::Tally(Uuid::now_v7()));
        turns.want(turnout);
        assert_eq!(turns.next(begun), Some((0, vec![turnout])));
        turns.want(tally);
        turns.want(turnout);
        let (part, topics) = turns.next(begun).unwrap();
        assert_eq!((part, topics.into_iter().collect()), (1, HashSet::from([turnout, tally])));
        assert_eq!(told(&mut turns, begun).len(), PARTS - 2, "the first rests");
        turns.forget(tally);
        assert_eq!(turns.next(begun + ROUND), Some((0, vec![turnout])));
    }

    #[test]
    fn the_next_turn_waits_for_frames_that_are_being_taken_but_not_for_stalled_sockets() {
        let (mut turns, begun) = (Turns::new(), Instant::now());
        let inboxes = [(); 3].map(|()| Arc::new(Inbox::default()));
        turns.begin(begun);
        for inbox in &inboxes {
            inbox.put(None, "frame".into());
            turns.given(inbox);
        }
        let late = begun + STALLED - PAUSE;
        assert!(turns.are_being_taken(late), "none is taken");
        inboxes[0].take(drop);
        assert!(turns.are_being_taken(late));
        inboxes[1].take(drop);
        assert!(turns.are_being_taken(begun + STALLED), "they go on");
        assert!(!turns.are_being_taken(begun + STALLED * 2), "the last has stalled");
        inboxes[2].take(drop);
        assert!(!turns.are_being_taken(begun), "all are taken");
    }
}
