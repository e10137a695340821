//! Keeps the latest state of each watched election and tells it to everyone who watches.

mod rights;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix::prelude::*;
use bytestring::ByteString;
use uuid::Uuid;

use super::feed::{Followed, Outcome, Source};
use super::handshake::Caller;
use super::protocol::{Feed, Topic, subscribed};
use crate::actors::election::Announcement;
use crate::actors::mailer::MailsMoved;
use crate::auth::SessionsEnded;
use crate::keys::Keyring;
use crate::store::Database;

/// At most ten frames a second go out on a topic.
const ROUND: Duration = Duration::from_millis(100);
/// Announcements that may wait; elections say everything again with the next.
const MAILBOX: usize = 4_096;
/// Feeds that are read at once; the connections to the database belong to others too.
const READINGS: usize = 4;

/// Names a socket of this process.
pub type SocketId = u64;

/// What the hub tells a socket.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub enum Frame {
    /// To be sent as it is.
    Text(ByteString),
    /// The topic may not be watched any more.
    Withdrawn(Topic),
    /// The session behind the socket has ended.
    SignedOut,
    /// The service stops.
    GoingAway,
}

/// A socket has opened.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Join {
    /// The socket.
    pub socket: SocketId,
    /// Whose it is; nothing for an anonymous one.
    pub caller: Option<Caller>,
    /// Where its frames go.
    pub frames: Recipient<Frame>,
    /// Set when the hub lets the socket go, which a full mailbox could not be told.
    pub dropped: Arc<AtomicBool>,
}

/// A socket has closed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave(pub SocketId);

/// The service stops: every socket is told to come back later.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Farewell;

/// A socket that may watch a topic wants to, and has read its state.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Subscribe {
    /// The socket.
    pub socket: SocketId,
    /// What it watches.
    pub topic: Topic,
    /// The state as the socket has read it; the hub may know a newer one.
    pub state: Option<Announcement>,
    /// Whether only members of the organisation may watch it.
    pub as_member: bool,
}

/// A socket watches a topic no longer.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Unsubscribe {
    /// The socket.
    pub socket: SocketId,
    /// What it watched.
    pub topic: Topic,
}

struct Socket {
    caller: Option<Caller>,
    frames: Recipient<Frame>,
    dropped: Arc<AtomicBool>,
    topics: HashSet<Topic>,
    /// Those of them that are for members alone.
    as_member: HashSet<Topic>,
}

struct Watched {
    state: Announcement,
    changed: HashSet<Topic>,
}

/// The actor.
pub struct Hub {
    source: Arc<Source>,
    sockets: HashMap<SocketId, Socket>,
    watchers: HashMap<Topic, HashSet<SocketId>>,
    elections: HashMap<Uuid, Watched>,
    feeds: HashMap<Feed, Followed>,
}

impl Hub {
    /// Reads feeds from this database.
    pub fn new(database: Database, keyring: Arc<Keyring>) -> Self {
        Self {
            source: Arc::new(Source { database, keyring }),
            sockets: HashMap::new(),
            watchers: HashMap::new(),
            elections: HashMap::new(),
            feeds: HashMap::new(),
        }
    }

    fn tell(&mut self, socket: SocketId, frame: ByteString) {
        let Some(found) = self.sockets.get(&socket) else { return };
        if found.frames.try_send(Frame::Text(frame)).is_err() {
            metrics::counter!("uvote_sockets_dropped").increment(1);
            self.remove(socket);
        }
    }

    /// A socket that can't keep up hears nothing more. Its connection ends when the kernel has
    /// waited long enough for the other side to read (see `session::keep_honest`).
    fn remove(&mut self, socket: SocketId) {
        let Some(gone) = self.sockets.remove(&socket) else { return };
        gone.dropped.store(true, Ordering::Relaxed);
        for topic in gone.topics {
            self.stop_watching(socket, topic);
        }
        metrics::gauge!("uvote_sockets").set(self.sockets.len() as f64);
    }

    fn stop_watching(&mut self, socket: SocketId, topic: Topic) {
        if let Some(watchers) = self.watchers.get_mut(&topic) {
            watchers.remove(&socket);
            if watchers.is_empty() {
                self.watchers.remove(&topic);
            }
        }
        let still_watched = |id| {
            [Topic::Turnout(id), Topic::Tally(id), Topic::Status(id)]
                .iter()
                .any(|topic| self.watchers.contains_key(topic))
        };
        if let Some(id) = topic.election().filter(|id| !still_watched(*id)) {
            self.elections.remove(&id);
        }
    }

    fn learn(&mut self, state: Announcement) {
        let id = state.election;
        match self.elections.get_mut(&id) {
            Some(watched) if watched.state.revision < state.revision => {
                let changed = changes(&watched.state, &state);
                watched.changed.extend(changed);
                watched.state = state;
            }
            Some(_) => {}
            None => drop(self.elections.insert(id, Watched { state, changed: HashSet::new() })),
        }
    }

    /// Encodes each frame once and hands it to every socket that watches.
    fn round(&mut self, context: &mut Context<Self>) {
        let mut frames = Vec::new();
        for watched in self.elections.values_mut().filter(|watched| !watched.changed.is_empty()) {
            let changed = watched.changed.drain();
            frames.extend(changed.filter_map(|topic| Some((topic, topic.frame(&watched.state)?))));
        }
        for (topic, frame) in frames {
            self.tell_watchers(topic, &frame);
        }
        self.read_due(context);
    }

    fn tell_watchers(&mut self, topic: Topic, frame: &ByteString) {
        let sockets: Vec<SocketId> = self.watchers.get(&topic).into_iter().flatten().copied().collect();
        metrics::counter!("uvote_frames_total").increment(sockets.len() as u64);
        for socket in sockets {
            self.tell(socket, frame.clone());
        }
    }

    fn latest(&self, topic: Topic) -> Option<ByteString> {
        if let Topic::Fed(feed) = topic {
            return self.feeds.get(&feed)?.frame(feed);
        }
        topic.frame(&self.elections.get(&topic.election()?)?.state)
    }

    /// What nobody watches is forgotten when it has rested: no two readings of it cross, and who
    /// leaves and comes back does not have it read at once again.
    fn read_due(&mut self, context: &mut Context<Self>) {
        let (now, watchers) = (Instant::now(), &self.watchers);
        self.feeds.retain(|feed, followed| {
            watchers.contains_key(&Topic::Fed(*feed)) || followed.is_being_read() || followed.rests(now)
        });
        let under_way = self.feeds.values().filter(|followed| followed.is_being_read()).count();
        let due = self.feeds.iter_mut().filter(|(_, followed)| followed.is_due(now));
        for (feed, followed) in due.take(READINGS.saturating_sub(under_way)) {
            followed.begin();
            let (source, feed) = (Arc::clone(&self.source), *feed);
            let work = async move { source.read(feed).await };
            let work = actix::fut::wrap_future::<_, Self>(work);
            context.spawn(work.map(move |outcome, hub, _| hub.settle(feed, outcome)));
        }
    }

    fn settle(&mut self, feed: Feed, outcome: Outcome) {
        let Some(followed) = self.feeds.get_mut(&feed) else { return };
        if let Some(frame) = followed.settle(feed, outcome) {
            self.tell_watchers(Topic::Fed(feed), &frame);
        }
    }

    fn moved(&mut self, feed: Feed) {
        if let Some(followed) = self.feeds.get_mut(&feed) {
            followed.moved();
        }
    }
}

/// The topics on which two states differ.
fn changes(before: &Announcement, after: &Announcement) -> Vec<Topic> {
    let id = after.election;
    let mut changes = Vec::new();
    if (before.eligible, before.ballots_cast) != (after.eligible, after.ballots_cast) {
        changes.push(Topic::Turnout(id));
    }
    if before.tally != after.tally {
        changes.push(Topic::Tally(id));
    }
    if before.status != after.status {
        changes.push(Topic::Status(id));
    }
    changes
}

impl Actor for Hub {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        context.run_interval(ROUND, Self::round);
        self.look_after_rights(context);
    }
}

impl Handler<Announcement> for Hub {
    type Result = ();

    fn handle(&mut self, state: Announcement, _: &mut Self::Context) {
        self.moved(Feed::Minutes(state.election));
        // What nobody watches is read from the database by the first who does.
        if self.elections.contains_key(&state.election) {
            self.learn(state);
        }
    }
}

impl Handler<MailsMoved> for Hub {
    type Result = ();

    fn handle(&mut self, MailsMoved(elections): MailsMoved, _: &mut Self::Context) {
        for election in elections {
            self.moved(Feed::Deliveries(election));
        }
    }
}

impl Handler<Join> for Hub {
    type Result = ();

    fn handle(&mut self, Join { socket, caller, frames, dropped }: Join, _: &mut Self::Context) {
        let (topics, as_member) = (HashSet::new(), HashSet::new());
        self.sockets.insert(socket, Socket { caller, frames, dropped, topics, as_member });
        metrics::gauge!("uvote_sockets").set(self.sockets.len() as f64);
    }
}

impl Handler<Leave> for Hub {
    type Result = ();

    fn handle(&mut self, Leave(socket): Leave, _: &mut Self::Context) {
        self.remove(socket);
    }
}

impl Handler<Subscribe> for Hub {
    type Result = ();

    fn handle(&mut self, subscribe: Subscribe, context: &mut Self::Context) {
        let Subscribe { socket, topic, state, as_member } = subscribe;
        let Some(found) = self.sockets.get_mut(&socket) else { return };
        found.topics.insert(topic);
        if as_member {
            found.as_member.insert(topic);
        } else {
            found.as_member.remove(&topic);
        }
        self.watchers.entry(topic).or_default().insert(socket);
        if let Some(state) = state {
            self.learn(state);
        }
        self.tell(socket, subscribed(topic));
        if let Some(frame) = self.latest(topic) {
            self.tell(socket, frame);
        }
        if let Topic::Fed(feed) = topic {
            self.feeds.entry(feed).or_default().moved();
            self.read_due(context);
        }
    }
}

impl Handler<Unsubscribe> for Hub {
    type Result = ();

    fn handle(&mut self, Unsubscribe { socket, topic }: Unsubscribe, _: &mut Self::Context) {
        if let Some(found) = self.sockets.get_mut(&socket) {
            found.topics.remove(&topic);
            found.as_member.remove(&topic);
        }
        self.stop_watching(socket, topic);
    }
}

impl Handler<SessionsEnded> for Hub {
    type Result = ();

    fn handle(&mut self, SessionsEnded(ended): SessionsEnded, _: &mut Self::Context) {
        self.end_sessions(&ended);
    }
}

impl Handler<Farewell> for Hub {
    type Result = ();

    fn handle(&mut self, _: Farewell, _: &mut Self::Context) {
        for (_, socket) in self.sockets.drain() {
            socket.dropped.store(true, Ordering::Relaxed);
            drop(socket.frames.try_send(Frame::GoingAway));
        }
        self.watchers.clear();
        self.elections.clear();
        self.feeds.clear();
    }
}
