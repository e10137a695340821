//! What waits for a socket: at most one frame of each topic, the newest, however late it is taken.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytestring::ByteString;

use super::Topic;

/// Shared by the hub, which fills it, and a socket, which empties it.
#[derive(Default)]
pub struct Inbox {
    waiting: Mutex<Vec<(Option<Topic>, ByteString)>>,
    dropped: AtomicBool,
}

impl Inbox {
    /// Adds a frame, in place of an older one of the same topic; one of no topic stays. Answers
    /// whether nothing else was waiting, so that the socket has to be woken.
    pub fn put(&self, topic: Option<Topic>, frame: ByteString) -> bool {
        let mut waiting = self.waiting();
        let was_empty = waiting.is_empty();
        if topic.is_some() {
            waiting.retain(|(of, _)| *of != topic);
        }
        waiting.push((topic, frame));
        was_empty
    }

    /// Takes out everything, in the order in which it was put in. An empty inbox keeps no memory.
    pub fn take(&self, each: impl FnMut(ByteString)) {
        let waiting = mem::take(&mut *self.waiting());
        waiting.into_iter().map(|(_, frame)| frame).for_each(each);
    }

    /// Whether everything was taken.
    pub fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    /// The hub lets the socket go.
    pub fn drop_socket(&self) {
        self.dropped.store(true, Ordering::Relaxed);
    }

    /// Whether the hub has let the socket go.
    pub fn is_dropped(&self) -> bool {
        self.dropped.load(Ordering::Relaxed)
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(Option<Topic>, ByteString)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn taken(inbox: &Inbox) -> Vec<String> {
        let mut frames = Vec::new();
        inbox.take(|frame| frames.push(frame.to_string()));
        frames
    }

    #[test]
    fn a_late_socket_finds_the_newest_frame_of_each_topic_after_what_was_said_before() {
        let inbox = Inbox::default();
        let (turnout, tally) = (Topic::Turnout(Uuid::now_v7()), Topic::Tally(Uuid::now_v7()));
        assert!(inbox.put(None, "subscribed".into()), "an empty inbox wakes its socket");
        for (topic, frame) in [(turnout, "one"), (tally, "a"), (turnout, "two"), (turnout, "three")] {
            assert!(!inbox.put(Some(topic), frame.into()), "which is woken once");
        }
        assert_eq!(taken(&inbox), ["subscribed", "a", "three"]);
        assert!(inbox.is_empty());
        assert!(inbox.put(Some(turnout), "four".into()));
        assert_eq!(taken(&inbox), ["four"]);
    }
}
