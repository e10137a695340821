//! Voters of an open election who come a while at a time, as fast as they are served.

use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use crate::casting::{Books, Pace, Queue, cast};
use crate::check::{check_receipts, check_results};
use crate::ledger::Ledger;
use crate::organiser::Organiser;
use crate::polls::Poll;
use crate::progress;
use crate::report::Report;

/// Receipts that are looked up in the end.
const RECEIPTS: usize = 1_000;

/// The voters of a poll who have not come yet, and what those who came were told.
pub struct Booth {
    poll: Poll,
    connections: usize,
    ledger: Ledger,
}

impl Booth {
    /// A booth for a poll, with so many connections.
    #[must_use]
    pub fn new(poll: Poll, connections: u32) -> Self {
        Self { poll, connections: connections as usize, ledger: Ledger::default() }
    }

    /// Lets so many voters cast, as long as there is time.
    ///
    /// # Errors
    /// When the casting can't begin.
    pub async fn cast_for(
        &mut self,
        organiser: &Organiser,
        voters: usize,
        time: Duration,
        report: &mut Report,
    ) -> Result<Books> {
        let others = self.poll.tokens.len().saturating_sub(voters);
        let queue = Queue::of(&self.poll.election, self.poll.tokens.split_off(others));
        let (pace, bar) = (Pace::closed(self.connections), progress::bar("votes", queue.len() as u64));
        let books = cast(&organiser.client(), queue, pace, bar, sleep(time)).await?;
        books.tell_refusals(report);
        for told in &books.ledgers {
            self.ledger.acknowledged.extend_from_slice(&told.acknowledged);
            self.ledger.unsettled.extend_from_slice(&told.unsettled);
        }
        Ok(books)
    }

    /// Closes the election and compares what it publishes with what all its voters were told.
    ///
    /// # Errors
    /// When the service refuses a step. Contradictions go to the report.
    pub async fn check(&self, organiser: &Organiser, report: &mut Report) -> Result<()> {
        let election = &self.poll.election;
        check_results(organiser, election, self.poll.voters, &self.ledger, report).await?;
        check_receipts(organiser, election, &self.ledger, RECEIPTS, report).await
    }
}
