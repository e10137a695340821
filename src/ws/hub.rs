//! Keeps the latest state of each watched election and tells it to everyone who watches.

pub mod elsewhere;
pub mod inbox;
mod newcomers;
mod rights;
mod telling;
mod turns;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use bytestring::ByteString;
use uuid::Uuid;

use self::elsewhere::Elsewhere;
use self::inbox::Inbox;
use self::newcomers::Newcomers;
use self::turns::{Turns, part_of};
use super::feed::{Followed, Outcome, Source};
use super::handshake::Caller;
use super::protocol::{Feed, Topic, subscribed};
use crate::actors::election::Announcement;
use crate::actors::mailer::MailsMoved;
use crate::auth::SessionsEnded;
use crate::keys::Keyring;
use crate::store::Database;

/// How often it is looked which feeds are due.
const FEEDS_EVERY: Duration = Duration::from_millis(100);
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
    /// Something waits in the inbox, to be sent as it is.
    Waits,
    /// The topic may not be watched any more.
    Withdrawn(Topic),
    /// The session behind the socket has ended.
    SignedOut,
    /// The service stops.
    GoingAway,
    /// A test wants to see the socket's actor panic.
    #[cfg(feature = "faults")]
    Panic,
}

/// A socket has opened.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Join {
    /// The socket.
    pub socket: SocketId,
    /// Whose it is; nothing for an anonymous one.
    pub caller: Option<Caller>,
    /// Wakes it.
    pub frames: Recipient<Frame>,
    /// Where its frames go.
    pub inbox: Arc<Inbox>,
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
    /// The revision of the moment, where the hub reads the state; another process may have told it.
    pub least: Option<i64>,
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
    inbox: Arc<Inbox>,
    topics: HashSet<Topic>,
    /// Those of them that are for members alone.
    as_member: HashSet<Topic>,
}

/// The actor.
pub struct Hub {
    source: Arc<Source>,
    sockets: HashMap<SocketId, Socket>,
    /// Beside each socket the part that it belongs to.
    watchers: HashMap<Topic, BTreeSet<(usize, SocketId)>>,
    elections: HashMap<Uuid, Announcement>,
    feeds: HashMap<Feed, Followed>,
    newcomers: Newcomers,
    elsewhere: Elsewhere,
    has_peers: bool,
    /// The latest state of topics, encoded once for all.
    frames: HashMap<Topic, ByteString>,
    turns: Turns,
}

impl Hub {
    /// Reads feeds from this database, which other processes may change too.
    pub fn new(database: Database, keyring: Arc<Keyring>, has_peers: bool) -> Self {
        Self {
            source: Arc::new(Source { database, keyring }),
            sockets: HashMap::new(),
            watchers: HashMap::new(),
            elections: HashMap::new(),
            feeds: HashMap::new(),
            newcomers: Newcomers::default(),
            elsewhere: Elsewhere::default(),
            has_peers,
            frames: HashMap::new(),
            turns: Turns::new(),
        }
    }

    /// Makes the actors of all sockets panic, for tests.
    #[cfg(feature = "faults")]
    pub fn harm_sockets(&self) {
        for socket in self.sockets.values() {
            // One that has ended meanwhile hears nothing.
            drop(socket.frames.try_send(Frame::Panic));
        }
    }

    /// A socket hears nothing more.
    fn remove(&mut self, socket: SocketId) {
        let Some(gone) = self.sockets.remove(&socket) else { return };
        gone.inbox.drop_socket();
        for topic in gone.topics {
            self.stop_watching(socket, topic);
        }
        metrics::gauge!("uvote_sockets").set(self.sockets.len() as f64);
    }

    fn stop_watching(&mut self, socket: SocketId, topic: Topic) {
        self.newcomers.leave(topic, socket);
        if let Some(watchers) = self.watchers.get_mut(&topic) {
            watchers.remove(&(part_of(socket), socket));
            if watchers.is_empty() {
                self.watchers.remove(&topic);
                self.frames.remove(&topic);
                self.turns.forget(topic);
            }
        }
        let still_watched = |id| told_of(id).iter().any(|topic| self.watchers.contains_key(topic));
        if let Some(id) = topic.election().filter(|id| !still_watched(*id)) {
            self.elections.remove(&id);
            self.elsewhere.forget(id);
        }
    }

    fn learn(&mut self, state: Announcement, context: &mut Context<Self>) {
        let id = state.election;
        let known = self.elections.get(&id);
        if known.is_some_and(|known| known.revision >= state.revision) {
            return;
        }
        let changed = known.map(|known| changes(known, &state)).unwrap_or_default();
        self.elections.insert(id, state);
        for topic in told_of(id) {
            self.frames.remove(&topic);
        }
        self.tell_watchers(&changed, context);
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
            context.spawn(work.map(move |outcome, hub, context| hub.settle(feed, outcome, context)));
        }
    }

    fn settle(&mut self, feed: Feed, outcome: Outcome, context: &mut Context<Self>) {
        let Some(followed) = self.feeds.get_mut(&feed) else { return };
        let (topic, has_changed) = (Topic::Fed(feed), followed.settle(feed, outcome));
        self.frames.remove(&topic);
        if has_changed || self.newcomers.wait_for(topic) {
            self.tell_watchers(&[topic], context);
        }
    }

    fn moved(&mut self, feed: Feed) {
        if let Some(followed) = self.feeds.get_mut(&feed) {
            followed.moved();
        }
    }
}

/// The topics that announcements of an election carry.
const fn told_of(election: Uuid) -> [Topic; 3] {
    [Topic::Turnout(election), Topic::Tally(election), Topic::Status(election)]
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
        context.run_interval(FEEDS_EVERY, Self::read_due);
        if self.has_peers {
            Self::follow_others(context);
        }
        self.look_after_rights(context);
    }
}

impl Handler<Announcement> for Hub {
    type Result = ();

    fn handle(&mut self, state: Announcement, context: &mut Self::Context) {
        self.moved(Feed::Minutes(state.election));
        // What nobody watches is read from the database by the first who does.
        if self.elections.contains_key(&state.election) {
            self.learn(state, context);
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

    fn handle(&mut self, Join { socket, caller, frames, inbox }: Join, _: &mut Self::Context) {
        let (topics, as_member) = (HashSet::new(), HashSet::new());
        self.sockets.insert(socket, Socket { caller, frames, inbox, topics, as_member });
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
        let Subscribe { socket, topic, state, least, as_member } = subscribe;
        let Some(found) = self.sockets.get_mut(&socket) else { return };
        found.topics.insert(topic);
        if as_member {
            found.as_member.insert(topic);
        } else {
            found.as_member.remove(&topic);
        }
        if let Some(state) = state {
            self.learn(state, context);
        }
        self.watchers.entry(topic).or_default().insert((part_of(socket), socket));
        self.tell(socket, None, subscribed(topic));
        if let Some(least) = least.filter(|_| self.has_peers) {
            self.newcomers.welcome(topic, socket, least);
        }
        self.tell_latest(topic, &[socket]);
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
            socket.inbox.drop_socket();
            drop(socket.frames.try_send(Frame::GoingAway));
        }
        self.watchers.clear();
        self.elections.clear();
        self.feeds.clear();
        self.frames.clear();
        self.turns.clear();
    }
}
