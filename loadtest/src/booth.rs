//! Voters of an open election who come a while at a time, as fast as they are served.

use std::mem;
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::signal::ctrl_c;
use tokio::time::timeout;

use crate::casting::{Books, Pace, Queue, cast_on, closed_in_words};
use crate::check::check_election;
use crate::ledger::Ledger;
use crate::organiser::Organiser;
use crate::polls::Poll;
use crate::progress;
use crate::report::{Amount, Report};
use crate::scenario::Interrupted;

/// Receipts that are looked up in the end.
const RECEIPTS: usize = 1_000;

/// The voters of a poll who have not come yet.
pub struct Booth {
    poll: Poll,
    connections: usize,
}

impl Booth {
    /// A booth for a poll, with so many connections.
    #[must_use]
    pub fn new(poll: Poll, connections: u32) -> Self {
        Self { poll, connections: connections as usize }
    }

    /// Writes what became of the votes in these books.
    pub fn tell(&self, books: &Books, report: &mut Report) {
        report.figure("pace", "pace", Amount::Text(closed_in_words(self.connections)));
        books.tell(books.came(), report);
        books.plot(report);
    }

    /// Lets so many voters cast, as long as there is time, and goes on with these books.
    ///
    /// # Errors
    /// When the casting can't begin, or [`Interrupted`] with the votes up to then in the books.
    pub async fn cast_for(
        &mut self,
        books: &mut Books,
        organiser: &Organiser,
        voters: usize,
        time: Duration,
    ) -> Result<()> {
        let others = self.poll.tokens.len().saturating_sub(voters);
        let queue = Queue::of(&self.poll.election, self.poll.tokens.split_off(others));
        let (pace, bar) = (Pace::closed(self.connections), progress::bar("votes", queue.len() as u64));
        let mut interrupted = false;
        let stop = async { interrupted = timeout(time, ctrl_c()).await.is_ok() };
        *books = cast_on(mem::take(books), &organiser.client(), queue, pace, bar, stop).await?;
        ensure!(!interrupted, Interrupted);
        Ok(())
    }

    /// Closes the election and compares what it publishes with what all its voters were told.
    ///
    /// # Errors
    /// When the service refuses a step. Contradictions go to the report.
    pub async fn check(&self, organiser: &Organiser, ledger: &Ledger, report: &mut Report) -> Result<()> {
        let election = &self.poll.election;
        check_election(organiser, election, self.poll.voters, ledger, RECEIPTS, report).await
    }
}
