//! Tells sockets what has changed, a part of them in each turn.

use std::time::Instant;

use actix::prelude::*;
use bytestring::ByteString;

use super::turns::PAUSE;
use super::{Followed, Frame, Hub, SocketId, Topic};

/// Frames that make a turn: further parts of the sockets have theirs with it until there are so many.
const TURN: usize = 200;

impl Hub {
    /// A socket that can't keep up finds the latest state when it can, and is not woken before. Its
    /// connection ends when the kernel has waited long enough for the other side to read (see
    /// `session::keep_honest`).
    pub(super) fn tell(&mut self, socket: SocketId, topic: Option<Topic>, frame: ByteString) {
        let Some(found) = self.sockets.get(&socket) else { return };
        if !found.inbox.put(topic, frame) {
            return;
        }
        if found.frames.try_send(Frame::Waits).is_ok() {
            self.turns.given(&found.inbox);
        } else {
            metrics::counter!("uvote_sockets_dropped").increment(1);
            self.remove(socket);
        }
    }

    /// Everybody who watches these is told when it is their turn, the first of them at once.
    pub(super) fn tell_watchers(&mut self, changed: &[Topic], context: &mut Context<Self>) {
        for topic in changed.iter().filter(|topic| self.watchers.contains_key(topic)) {
            self.turns.want(*topic);
        }
        if !self.turns.are_running {
            self.turn(context);
        }
    }

    fn turn(&mut self, context: &mut Context<Self>) {
        let now = Instant::now();
        let pause = if self.turns.are_being_taken(now) {
            Some(PAUSE)
        } else {
            self.tell_next(now);
            self.turns.pause(now)
        };
        self.turns.are_running = pause.is_some();
        if let Some(pause) = pause {
            context.run_later(pause, Self::turn);
        }
    }

    /// Tells as many parts as make a turn.
    fn tell_next(&mut self, now: Instant) {
        self.turns.begin(now);
        let mut told = 0;
        while told < TURN
            && let Some((part, topics)) = self.turns.next(now)
        {
            told += topics.into_iter().map(|topic| self.tell_part(part, topic)).sum::<usize>();
        }
        metrics::counter!("uvote_frames_total").increment(told as u64);
    }

    /// Tells one part of those who watch a topic; answers how many they are.
    fn tell_part(&mut self, part: usize, topic: Topic) -> usize {
        let Some(watchers) = self.watchers.get(&topic) else { return 0 };
        let part = watchers.range((part, SocketId::MIN)..=(part, SocketId::MAX));
        let sockets: Vec<SocketId> = part.map(|(_, socket)| *socket).collect();
        self.tell_latest(topic, &sockets);
        sockets.len()
    }

    /// Tells sockets the state of a topic, if it is known, and no older than they may have seen it.
    pub(super) fn tell_latest(&mut self, topic: Topic, sockets: &[SocketId]) {
        let Some(frame) = self.latest(topic) else { return };
        let revision = self.revision(topic);
        for socket in sockets {
            if self.newcomers.admit(topic, *socket, revision) {
                self.tell(*socket, Some(topic), frame.clone());
            }
        }
    }

    /// The revision of the state of a topic that is read; of others nobody waits for one.
    fn revision(&self, topic: Topic) -> i64 {
        let Topic::Fed(feed) = topic else { return i64::MAX };
        self.feeds.get(&feed).and_then(Followed::revision).unwrap_or(i64::MIN)
    }

    /// The frame with the state of a topic.
    fn latest(&mut self, topic: Topic) -> Option<ByteString> {
        if let Some(frame) = self.frames.get(&topic) {
            return Some(frame.clone());
        }
        let frame = match topic {
            Topic::Fed(feed) => self.feeds.get(&feed)?.frame(feed)?,
            _ => topic.frame(self.elections.get(&topic.election()?)?)?,
        };
        self.frames.insert(topic, frame.clone());
        Some(frame)
    }
}
