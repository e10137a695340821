use std::time::Duration;

use super::plan::{Arrivals, Shape};

/// When votes are sent.
#[derive(Clone, Debug)]
pub struct Pace {
    /// How many votes may be under way at a time.
    pub(super) connections: usize,
    /// When each vote is due, counted from the first; `None`: as soon as a connection is free.
    pub(super) plan: Option<Vec<Duration>>,
}

impl Pace {
    /// Each of so many connections sends its next vote as soon as the last is answered.
    #[must_use]
    pub fn closed(connections: usize) -> Self {
        Self { connections, plan: None }
    }

    /// Each vote is due at its time, in ascending order, whatever became of those before it. A
    /// vote that finds so many under way waits, which counts as its latency.
    #[must_use]
    pub fn open(plan: Vec<Duration>, connections: usize) -> Self {
        Self { connections, plan: Some(plan) }
    }
}

/// How votes follow each other, on the command line.
#[derive(Clone, Debug, clap::Args)]
pub struct PaceOptions {
    /// Connections that each send their next vote when the last is answered
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    pub concurrency: u32,
    /// Votes a second that are sent whatever the service answers, instead of --concurrency
    #[arg(long, conflicts_with = "concurrency", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// Seconds in which the rate grows from nothing
    #[arg(long, requires = "rate", default_value_t = 0)]
    pub ramp: u32,
    /// How the rate goes up and down, instead of --rate
    #[arg(long, conflicts_with_all = ["concurrency", "rate"], requires = "duration")]
    pub shape: Option<Course>,
    /// Seconds that all votes take together
    #[arg(long, requires = "shape", value_parser = clap::value_parser!(u32).range(1..))]
    pub duration: Option<u32>,
    /// How votes sent at a rate are spread
    #[arg(long, value_enum, default_value_t = Arrivals::Poisson)]
    pub arrivals: Arrivals,
    /// Connections that are opened at most when votes are sent at a rate
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub connections: u32,
}

/// The course of a day of voting.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Course {
    /// A fifth of all votes in the first minute, or in the first tenth of less than ten
    /// minutes; then fewer and fewer
    RushHour,
}

/// The pace of a closed loop in words, which also say what its latencies leave out.
#[must_use]
pub fn closed_in_words(connections: usize) -> String {
    format!("{connections} at a time, each after the last is answered")
}

impl PaceOptions {
    /// The pace of so many votes.
    #[must_use]
    pub fn pace(&self, votes: usize) -> Pace {
        let open = |shape: Shape| Pace::open(shape.plan(votes, self.arrivals), self.connections as usize);
        match (self.shape.zip(self.duration), self.rate) {
            (Some((Course::RushHour, seconds)), _) => open(Shape::RushHour { duration: seconds.into() }),
            (_, Some(rate)) => open(Shape::Steady { rate: rate.into(), ramp: self.ramp.into() }),
            _ => Pace::closed(self.concurrency as usize),
        }
    }

    /// The pace in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        match (self.duration, self.rate) {
            (Some(duration), _) => format!("rush hour over {duration} s"),
            (_, Some(rate)) if self.ramp > 0 => format!("{rate}/s after {} s", self.ramp),
            (_, Some(rate)) => format!("{rate}/s"),
            _ => closed_in_words(self.concurrency as usize),
        }
    }
}
