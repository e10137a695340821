//! Organisers who watch the turnout over WebSockets.

mod lag;
mod seen;
mod stalled;
mod wire;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tokio_util::task::AbortOnDropHandle;

pub use lag::{Lags, Sighting, TICK, ticks};
pub use seen::Seen;
pub use stalled::Stalled;

use seen::{Notes, Told};
use wire::{Kind, Wire};

use crate::election::Election;
use crate::organiser::Organiser;

/// Watchers that sign in at a time.
const JOINING_AT_ONCE: usize = 32;
/// How long a watcher may take for its first frame, or to close.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether all have seen enough.
const LOOK_EVERY: Duration = Duration::from_millis(5);

struct Watcher {
    notes: Arc<Notes>,
    /// Dropped, it has the watcher say goodbye.
    _stay: oneshot::Sender<()>,
    task: AbortOnDropHandle<Vec<Sighting>>,
}

/// Watchers of one election's turnout, each with a socket of its own.
pub struct Watchers {
    watchers: Vec<Watcher>,
    since: Instant,
}

impl Watchers {
    /// Lets so many watchers subscribe, and waits until each has had its first frame.
    ///
    /// # Errors
    /// When one is refused or gets no frame.
    pub async fn join(organiser: &Organiser, election: &Election, count: usize) -> Result<Self> {
        Self::join_with(organiser, election, count, &ProgressBar::hidden()).await
    }

    /// As [`Watchers::join`], showing how many have joined.
    ///
    /// # Errors
    /// As [`Watchers::join`].
    pub async fn join_with(
        organiser: &Organiser,
        election: &Election,
        count: usize,
        progress: &ProgressBar,
    ) -> Result<Self> {
        let since = Instant::now();
        let watchers = stream::iter(0..count)
            .map(|number| start(organiser, election, number, since))
            .buffer_unordered(JOINING_AT_ONCE)
            .inspect_ok(|_| progress.inc(1))
            .try_collect()
            .await?;
        Ok(Self { watchers, since })
    }

    /// When the watch began: what sightings are counted from.
    #[must_use]
    pub fn since(&self) -> Instant {
        self.since
    }

    /// Waits until every watcher has seen at least so many ballots or has broken off; gives up
    /// after `patience`, for [`Watchers::seen`] tells who has seen what.
    pub async fn see(&self, ballots_cast: u64, patience: Duration) {
        let all = async {
            let mut looks = tokio::time::interval(LOOK_EVERY);
            for Watcher { notes, .. } in &self.watchers {
                while notes.ballots_cast() < ballots_cast && !notes.is_troubled() {
                    looks.tick().await;
                }
            }
        };
        let _ = timeout(patience, all).await;
    }

    /// Frames that all have received so far.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.watchers.iter().map(|watcher| watcher.notes.frames()).sum()
    }

    /// What each watcher has seen.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.watchers.iter().map(|watcher| watcher.notes.seen()).collect()
    }

    /// Says goodbye on every socket; answers what each watcher saw when. One that does not end in
    /// time keeps what it saw to itself.
    pub async fn leave(self) -> Vec<Vec<Sighting>> {
        let tasks: Vec<_> = self.watchers.into_iter().map(|Watcher { task, .. }| task).collect();
        let mut sightings = Vec::with_capacity(tasks.len());
        let ending = async {
            for task in tasks {
                sightings.extend(task.await);
            }
        };
        let _ = timeout(PATIENCE, ending).await;
        sightings
    }
}

fn topic(election: &Election) -> String {
    format!("elections/{}/turnout", election.id)
}

async fn start(organiser: &Organiser, election: &Election, number: usize, since: Instant) -> Result<Watcher> {
    let kind = Kind { number, stalls: false };
    let mut wire = Wire::open(organiser, &topic(election), kind).await?;
    let notes = Arc::new(Notes::default());
    let first = first_frame(&mut wire, &notes, since).await?;
    let (stay, leaving) = oneshot::channel();
    let task = tokio::spawn(watch(wire, Arc::clone(&notes), since, first, leaving));
    Ok(Watcher { notes, _stay: stay, task: AbortOnDropHandle::new(task) })
}

/// Reads until the turnout has come once.
async fn first_frame(wire: &mut Wire, notes: &Notes, since: Instant) -> Result<Vec<Sighting>> {
    let mut sightings = Vec::new();
    let reading = async {
        while sightings.is_empty() && !notes.is_troubled() {
            read(wire, notes, since, &mut sightings).await;
        }
    };
    timeout(PATIENCE, reading).await.map_err(|_| anyhow!("a watcher got no turnout frame"))?;
    match notes.seen().trouble {
        Some(trouble) => Err(anyhow!("a watcher could not start: {trouble}")),
        None => Ok(sightings),
    }
}

/// Reads to the end of the connection, and closes it when it is to leave.
async fn watch(
    mut wire: Wire,
    notes: Arc<Notes>,
    since: Instant,
    mut sightings: Vec<Sighting>,
    mut leaving: oneshot::Receiver<()>,
) -> Vec<Sighting> {
    let mut has_left = false;
    loop {
        tokio::select! {
            biased;
            open = read(&mut wire, &notes, since, &mut sightings) => if !open { return sightings },
            _ = &mut leaving, if !has_left => {
                wire.say(Control::Close);
                has_left = true;
            }
        }
    }
}

/// Takes what comes next; answers whether more can come.
async fn read(wire: &mut Wire, notes: &Notes, since: Instant, sightings: &mut Vec<Sighting>) -> bool {
    let (mut pinged, mut closed) = (false, false);
    let done = wire.read(|opcode, payload| match opcode {
        OpCode::Data(Data::Text) => {
            let told = Told::read(payload);
            if let Told::Turnout { ballots_cast, .. } = told {
                let ballots_cast = u32::try_from(ballots_cast).unwrap_or(u32::MAX);
                sightings.push(Sighting { ballots_cast, at: ticks(since, Instant::now()) });
            }
            notes.take(told);
        }
        OpCode::Control(Control::Ping) => pinged = true,
        OpCode::Control(Control::Close) => {
            closed = true;
            let why = String::from_utf8_lossy(payload.get(2..).unwrap_or_default());
            notes.complain(format!("the service closed the socket ({why})"));
        }
        _ => {}
    });
    if let Err(error) = done.await {
        notes.complain(format!("the socket broke: {error}"));
        closed = true;
    }
    if pinged {
        wire.say(Control::Pong);
    }
    !closed
}
