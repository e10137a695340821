//! Voters of an open election who come a while at a time, as fast as they are served.

use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use crate::casting::{Books, Pace, Queue, cast_on};
use crate::check::{check_receipts, check_results};
use crate::ledger::Ledger;
use crate::organiser::Organiser;
use crate::polls::Poll;
use crate::progress;
use crate::report::Report;

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

    /// Voters on the roll.
    #[must_use]
    pub fn voters(&self) -> u64 {
        self.poll.voters
    }

    /// Lets so many voters cast, as long as there is time, and goes on with these books.
    ///
    /// # Errors
    /// When the casting can't begin.
    pub async fn cast_for(
        &mut self,
        books: Books,
        organiser: &Organiser,
        voters: usize,
        time: Duration,
    ) -> Result<Books> {
        let others = self.poll.tokens.len().saturating_sub(voters);
        let queue = Queue::of(&self.poll.election, self.poll.tokens.split_off(others));
        let (pace, bar) = (Pace::closed(self.connections), progress::bar("votes", queue.len() as u64));
        cast_on(books, &organiser.client(), queue, pace, bar, sleep(time)).await
    }

    /// Closes the election and compares what it publishes with what all its voters were told.
    ///
    /// # Errors
    /// When the service refuses a step. Contradictions go to the report.
    pub async fn check(&self, organiser: &Organiser, ledger: &Ledger, report: &mut Report) -> Result<()> {
        let election = &self.poll.election;
        check_results(organiser, election, self.poll.voters, ledger, report).await?;
        check_receipts(organiser, election, ledger, RECEIPTS, report).await
    }
}
