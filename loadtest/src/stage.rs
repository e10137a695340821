//! Sets the stage that scenarios play on: an open election whose voters have their links and
//! whose watchers watch.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::election::Election;
use crate::organiser::Organiser;
use crate::polls::{Poll, Polls};
use crate::progress;
use crate::report::{Amount, Report};
use crate::scenario::Service;
use crate::sink::Sink;
use crate::watchers::Watchers;

/// Who takes part.
#[derive(Clone, Debug, clap::Args)]
pub struct Electorate {
    /// Voters on the roll; each casts one vote
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub voters: u32,
    /// WebSockets that watch the turnout
    #[arg(long, default_value_t = 10)]
    pub watchers: u32,
    /// Seconds to wait for the next mail, and for the watchers to see the last vote
    #[arg(long, default_value_t = 30)]
    pub patience: u64,
}

impl Electorate {
    /// How long to wait for the next mail, or for the watchers.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }
}

/// An open election with one contest among three candidates.
pub struct Stage {
    /// Who holds it.
    pub organiser: Organiser,
    /// The election.
    pub election: Election,
    /// Those who watch its turnout.
    pub watchers: Watchers,
    /// A voting token for each voter, in the order of the roll.
    pub tokens: Vec<Box<str>>,
    /// Where the service's mail goes until the end.
    pub sink: Sink,
}

impl Stage {
    /// Signs in, imports a roll, opens an election, has the links sent and the watchers join.
    ///
    /// # Errors
    /// When the service refuses a step or does not send the mails.
    pub async fn set(service: &Service, electorate: &Electorate, report: &mut Report) -> Result<Self> {
        let voters = [electorate.voters as usize];
        let opened = Polls::open(service, &voters, electorate.patience(), report).await?;
        let Polls { organiser, mut polls, sink } = opened;
        let poll = polls.pop().context("the election that was opened")?;
        Self::seat(organiser, poll, sink, electorate.watchers, report).await
    }

    /// Lets so many watchers of an open election join.
    ///
    /// # Errors
    /// When the service refuses one.
    pub async fn seat(
        organiser: Organiser,
        poll: Poll,
        sink: Sink,
        watchers: u32,
        report: &mut Report,
    ) -> Result<Self> {
        let Poll { election, tokens, .. } = poll;
        let spinner = progress::waiting("opening WebSockets");
        let start = Instant::now();
        report.figure("watchers", "watchers", Amount::Count(watchers.into()));
        let watchers = Watchers::join(&organiser, &election, watchers as usize).await?;
        spinner.finish_and_clear();
        let seconds = Amount::Seconds(start.elapsed().as_secs_f64());
        report.figure("join_seconds", "watchers joined", seconds);
        Ok(Self { organiser, election, watchers, tokens, sink })
    }
}
