//! Follows what other processes change. They say which elections have moved, and those that somebody
//! watches here are read. What was said in vain, since Redis was gone or a mailbox full, is found by a
//! look at the revisions of all that is watched, again and again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::fut::wrap_future;
use actix::prelude::*;
use uuid::Uuid;

use super::{Feed, Hub};
use crate::actors::election::Announcement;
use crate::store::{StoreError, heads};
use crate::ws::feed::Source;
use crate::ws::state::current;

/// The pause between two looks at the revisions.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// Least pause after reading elections that have moved.
const PAUSE: Duration = Duration::from_millis(100);
/// The pause after some could not be read.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Elections have come to these revisions in another process.
#[derive(Message)]
#[rtype(result = "()")]
pub struct MovedElsewhere(pub HashMap<Uuid, i64>);

/// Other processes are heard from now on, so that whatever they have said before was missed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Contact;

/// What is known of other processes' changes.
#[derive(Default)]
pub(super) struct Elsewhere {
    /// Watched elections that have come to a revision which is not known here.
    behind: HashMap<Uuid, i64>,
    is_being_read: bool,
    rests_until: Option<Instant>,
    /// What the last look has found.
    seen: HashMap<Uuid, i64>,
}

/// What became of reading elections.
struct Caught {
    states: Vec<Announcement>,
    /// Those that could not be read.
    unread: HashMap<Uuid, i64>,
}

impl Elsewhere {
    /// Nobody watches an election any more.
    pub(super) fn forget(&mut self, election: Uuid) {
        self.behind.remove(&election);
    }

    fn rests(&self) -> bool {
        self.rests_until.is_some_and(|until| Instant::now() < until)
    }
}

impl Source {
    async fn catch_up(&self, mut behind: HashMap<Uuid, i64>) -> Caught {
        let mut states = Vec::new();
        let failed = async {
            let client = self.database.client().await?;
            for id in behind.keys().copied().collect::<Vec<_>>() {
                match current(&client, &self.keyring, id).await {
                    Ok(state) => states.push(state),
                    // Whoever watches an election that is deleted hears nothing more of it.
                    Err(StoreError::Refused(_)) => {}
                    Err(error) => return Err(error),
                }
                behind.remove(&id);
            }
            Ok(())
        };
        if let Err(error) = failed.await {
            report(&error);
        }
        Caught { states, unread: behind }
    }
}

/// Says that reading failed, unless the database is away, which its breaker has told.
fn report(error: &StoreError) {
    if !matches!(error, StoreError::Unavailable(_) | StoreError::CircuitOpen) {
        tracing::error!(%error, "what other processes changed could not be read; trying again");
    }
}

impl Hub {
    /// Follows other processes from now on.
    pub(super) fn follow_others(context: &mut Context<Self>) {
        context.run_interval(LOOK_EVERY, Self::look);
        context.run_interval(PAUSE, Self::catch_up);
    }

    fn look(&mut self, context: &mut Context<Self>) {
        let watched: HashSet<Uuid> = self.watchers.keys().filter_map(|topic| topic.election()).collect();
        if watched.is_empty() {
            return;
        }
        let (source, watched) = (Arc::clone(&self.source), Vec::from_iter(watched));
        let work = async move { heads::revisions(&source.database.client().await?, &watched).await };
        context.spawn(wrap_future::<_, Self>(work).map(|found, hub, context| match found {
            Ok(revisions) => hub.compare(revisions, context),
            Err(error) => report(&error),
        }));
    }

    fn compare(&mut self, revisions: HashMap<Uuid, i64>, context: &mut Context<Self>) {
        let seen = &self.elsewhere.seen;
        let moved = revisions.iter().filter(|(id, revision)| seen.get(id) != Some(*revision));
        let moved: HashMap<Uuid, i64> = moved.map(|(id, revision)| (*id, *revision)).collect();
        self.elsewhere.seen = revisions;
        self.hear_of(moved, context);
    }

    fn hear_of(&mut self, moved: HashMap<Uuid, i64>, context: &mut Context<Self>) {
        for (election, revision) in moved {
            self.moved(Feed::Minutes(election));
            if self.is_behind(election, revision) {
                let latest = self.elsewhere.behind.entry(election).or_insert(revision);
                *latest = revision.max(*latest);
            }
        }
        self.catch_up(context);
    }

    /// What nobody watches is read by the first who does.
    fn is_behind(&self, election: Uuid, revision: i64) -> bool {
        self.elections.get(&election).is_some_and(|known| known.revision < revision)
    }

    /// Reads what is behind, unless it has just been done.
    pub(super) fn catch_up(&mut self, context: &mut Context<Self>) {
        if self.elsewhere.is_being_read || self.elsewhere.rests() {
            return;
        }
        let mut behind = std::mem::take(&mut self.elsewhere.behind);
        behind.retain(|election, revision| self.is_behind(*election, *revision));
        if behind.is_empty() {
            return;
        }
        self.elsewhere.is_being_read = true;
        let source = Arc::clone(&self.source);
        let work = async move { source.catch_up(behind).await };
        context
            .spawn(wrap_future::<_, Self>(work).map(|caught, hub, context| hub.learn_all(caught, context)));
    }

    fn learn_all(&mut self, Caught { states, unread }: Caught, context: &mut Context<Self>) {
        let pause = if unread.is_empty() { PAUSE } else { PAUSE_AFTER_FAILURE };
        self.elsewhere.is_being_read = false;
        self.elsewhere.rests_until = Some(Instant::now() + pause);
        for (election, revision) in unread {
            self.elsewhere.behind.entry(election).or_insert(revision);
        }
        for state in states {
            if self.elections.contains_key(&state.election) {
                self.learn(state, context);
            }
        }
    }
}

impl Handler<MovedElsewhere> for Hub {
    type Result = ();

    fn handle(&mut self, MovedElsewhere(moved): MovedElsewhere, context: &mut Self::Context) {
        self.hear_of(moved, context);
    }
}

impl Handler<Contact> for Hub {
    type Result = ();

    fn handle(&mut self, _: Contact, context: &mut Self::Context) {
        self.look(context);
    }
}
