use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use tokio::time::timeout_at;
use tokio_util::task::AbortOnDropHandle;

use super::seen::Notes;
use super::wire::{Kind, Wire};
use super::{JOINING_AT_ONCE, first_frame, topic};
use crate::election::Election;
use crate::organiser::Organiser;

/// Watchers that subscribe, have their first frame, and never read again: each tells when it was
/// dropped.
pub struct Stalled(Vec<AbortOnDropHandle<Instant>>);

impl Stalled {
    /// Lets so many watchers subscribe, beside `others` of this program, and stop reading. Their
    /// sockets take as little unread as the system allows.
    ///
    /// # Errors
    /// When one is refused or gets no frame.
    pub async fn join(
        organiser: &Organiser,
        election: &Election,
        count: usize,
        others: usize,
        progress: &ProgressBar,
    ) -> Result<Self> {
        let sleepers = stream::iter(others..others + count)
            .map(|number| fall_asleep(organiser, election, number))
            .buffer_unordered(JOINING_AT_ONCE)
            .inspect_ok(|_| progress.inc(1))
            .try_collect();
        Ok(Self(sleepers.await?))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Waits until the service has dropped each of them, at most until `deadline`; answers for each
    /// that was dropped how long after `since`, to a second.
    pub async fn dropped(
        mut self,
        since: Instant,
        deadline: Instant,
        progress: &ProgressBar,
    ) -> Vec<Duration> {
        let mut dropped = Vec::new();
        for sleeper in &mut self.0 {
            if let Ok(Ok(at)) = timeout_at(deadline.into(), sleeper).await {
                dropped.push(at.saturating_duration_since(since));
                progress.inc(1);
            }
        }
        dropped
    }
}

async fn fall_asleep(
    organiser: &Organiser,
    election: &Election,
    number: usize,
) -> Result<AbortOnDropHandle<Instant>> {
    let kind = Kind { number, stalls: true };
    let mut wire = Wire::open(organiser, &topic(election), kind).await?;
    first_frame(&mut wire, &Notes::default(), Instant::now()).await?;
    let dropped = tokio::spawn(async move {
        wire.ended().await;
        Instant::now()
    });
    Ok(AbortOnDropHandle::new(dropped))
}
