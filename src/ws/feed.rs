//! Follows what has to be read from the database: when the next reading is due, and what has changed
//! with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytestring::ByteString;

use super::protocol::{Feed, Reading};
use crate::keys::Keyring;
use crate::store::mail::delivery_counts;
use crate::store::results::turnout_at_once;
use crate::store::{Database, StoreError};

/// Least pause after counting mails.
const DELIVERIES_PAUSE: Duration = Duration::from_millis(500);
/// Least pause after reading minutes.
const MINUTES_PAUSE: Duration = Duration::from_secs(2);
/// A reading is followed by a pause of so many times its own length, so that counting a million mails
/// again and again takes a twentieth of one connection.
const REST: u32 = 20;
/// When mails are counted again without being told, while some are queued: another process may send
/// them, and who stops a send announces nothing.
const BUSY_AGAIN: Duration = Duration::from_secs(2);
/// And while none are.
const IDLE_AGAIN: Duration = Duration::from_secs(15);
/// Minutes in a frame; the latest three hours of a busy election.
const MOST_MINUTES: usize = 180;

/// Where feeds are read.
pub struct Source {
    /// The database.
    pub database: Database,
    /// Opens running tallies, which hold the minute that is filling.
    pub keyring: Arc<Keyring>,
}

/// How a reading went.
pub struct Outcome {
    /// A revision and the state, or why there is none.
    read: Result<(i64, Reading), StoreError>,
    took: Duration,
}

impl Source {
    /// Reads a feed.
    pub async fn read(&self, feed: Feed) -> Outcome {
        let begun = Instant::now();
        let read = self.state(feed).await;
        Outcome { read, took: begun.elapsed() }
    }

    async fn state(&self, feed: Feed) -> Result<(i64, Reading), StoreError> {
        let mut client = self.database.client().await?;
        match feed {
            Feed::Deliveries(election) => {
                let (milliseconds, counts) = delivery_counts(&client, election).await?;
                Ok((milliseconds, Reading::Deliveries(counts)))
            }
            Feed::Minutes(election) => {
                let (revision, turnout) = turnout_at_once(&mut client, &self.keyring, election).await?;
                let mut minutes = turnout.per_minute;
                minutes.drain(..minutes.len().saturating_sub(MOST_MINUTES));
                Ok((revision, Reading::Minutes(minutes)))
            }
        }
    }
}

/// A feed that somebody watches.
#[derive(Default)]
pub struct Followed {
    /// What was read last, under its revision.
    told: Option<(i64, Reading)>,
    /// Whether it may have changed since the last reading began.
    moved: bool,
    is_being_read: bool,
    rests_until: Option<Instant>,
    again_at: Option<Instant>,
}

impl Followed {
    /// It may have changed.
    pub const fn moved(&mut self) {
        self.moved = true;
    }

    /// Whether a reading is under way.
    pub const fn is_being_read(&self) -> bool {
        self.is_being_read
    }

    /// Whether it was read a short while ago.
    pub fn rests(&self, now: Instant) -> bool {
        self.rests_until.is_some_and(|until| now < until)
    }

    /// Whether it is to be read now.
    pub fn is_due(&self, now: Instant) -> bool {
        let may_have_changed = self.moved || self.again_at.is_some_and(|at| at <= now);
        may_have_changed && !self.is_being_read && !self.rests(now)
    }

    /// A reading begins.
    pub const fn begin(&mut self) {
        (self.is_being_read, self.moved) = (true, false);
    }

    /// The frame of what was told last.
    pub fn frame(&self, feed: Feed) -> Option<ByteString> {
        self.told.as_ref().map(|(revision, reading)| feed.frame(*revision, reading))
    }

    /// The revision of what was read last.
    pub fn revision(&self) -> Option<i64> {
        self.told.as_ref().map(|(revision, _)| *revision)
    }

    /// A reading has ended; answers whether something has changed.
    pub fn settle(&mut self, feed: Feed, Outcome { read, took }: Outcome) -> bool {
        self.is_being_read = false;
        let (pause, again) = pauses(feed, read.as_ref().ok().map(|(_, reading)| reading));
        let (now, rest) = (Instant::now(), took * REST);
        self.rests_until = Some(now + pause.max(rest));
        self.again_at = again.map(|again| now + again);
        match read {
            Ok((revision, reading)) => self.learn(revision, reading),
            // Whoever watches an election that is deleted meanwhile hears nothing more of it.
            Err(StoreError::Refused(_)) => false,
            Err(error) => {
                tracing::error!(?feed, %error, "a live topic could not be read; trying again");
                self.again_at = Some(now + BUSY_AGAIN);
                false
            }
        }
    }

    /// Keeps what was read; answers whether it is new. Should the clock behind a revision have been set
    /// back, the revision of something new goes on by one.
    fn learn(&mut self, revision: i64, reading: Reading) -> bool {
        let (is_new, least) = match &self.told {
            Some((told, known)) => (*known != reading, told + i64::from(*known != reading)),
            None => (true, revision),
        };
        self.told = Some((revision.max(least), reading));
        is_new
    }
}

/// The least pause after a reading, and when the next is due although nothing is announced.
const fn pauses(feed: Feed, reading: Option<&Reading>) -> (Duration, Option<Duration>) {
    match (feed, reading) {
        (Feed::Deliveries(_), Some(Reading::Deliveries(counts))) if counts.queued > 0 => {
            (DELIVERIES_PAUSE, Some(BUSY_AGAIN))
        }
        (Feed::Deliveries(_), _) => (DELIVERIES_PAUSE, Some(IDLE_AGAIN)),
        (Feed::Minutes(_), _) => (MINUTES_PAUSE, None),
    }
}
