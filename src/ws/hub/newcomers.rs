//! Sockets that may have been told of a revision by another process before, and so wait for a reading
//! that is no older.

use std::collections::HashMap;

use super::{SocketId, Topic};

/// Who waits, and for which revision.
#[derive(Default)]
pub struct Newcomers(HashMap<Topic, HashMap<SocketId, i64>>);

impl Newcomers {
    /// A socket has come that must not be told less than this revision.
    pub fn welcome(&mut self, topic: Topic, socket: SocketId, least: i64) {
        self.0.entry(topic).or_default().insert(socket, least);
    }

    /// Whether anybody waits.
    pub fn wait_for(&self, topic: Topic) -> bool {
        self.0.contains_key(&topic)
    }

    /// Whether a socket may be told a state of this revision; then it waits no longer.
    pub fn admit(&mut self, topic: Topic, socket: SocketId, revision: i64) -> bool {
        let waiting = self.0.get(&topic).and_then(|sockets| sockets.get(&socket));
        if waiting.is_some_and(|least| *least > revision) {
            return false;
        }
        self.leave(topic, socket);
        true
    }

    /// A socket watches a topic no longer.
    pub fn leave(&mut self, topic: Topic, socket: SocketId) {
        if let Some(sockets) = self.0.get_mut(&topic) {
            sockets.remove(&socket);
            if sockets.is_empty() {
                self.0.remove(&topic);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_newcomer_is_told_nothing_older_than_it_may_have_seen() {
        let (mut newcomers, topic) = (Newcomers::default(), Topic::Turnout(Uuid::now_v7()));
        newcomers.welcome(topic, 1, 5);
        assert!(newcomers.admit(topic, 2, 4), "another has been here all the time");
        assert!(!newcomers.admit(topic, 1, 4) && newcomers.wait_for(topic));
        assert!(newcomers.admit(topic, 1, 5) && !newcomers.wait_for(topic));
    }
}
