//! Several sides that cast the same number of votes in turns, so that whatever else goes on on the
//! machine meets all of them alike.

use std::mem;

use anyhow::{Result, ensure};
use tokio::signal::ctrl_c;

use crate::casting::{Books, Pace, Queue, cast_on, closed_in_words};
use crate::check::Told;
use crate::client::Client;
use crate::ledger::Ledger;
use crate::meter::{Cpu, Meter};
use crate::polls::Poll;
use crate::progress;
use crate::report::{Amount, Line, Plot, Report};
use crate::scenario::Interrupted;

/// How a race is run.
#[derive(Clone, Debug, clap::Args)]
pub struct Rules {
    /// Times that each side has its turn
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Connections that cast votes
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    pub concurrency: u32,
    /// Receipts to look up, chosen by chance from all votes
    #[arg(long, default_value_t = 10_000)]
    pub receipts: usize,
    /// Seconds to wait for the next mail
    #[arg(long, default_value_t = 30)]
    pub patience: u64,
}

/// The elections of one side, and how fast it was in each round.
pub struct Side {
    name: String,
    polls: Vec<Poll>,
    ledgers: Vec<Ledger>,
    queue: Queue,
    rates: Vec<f64>,
    /// Microseconds of processor time of the votes of each round.
    cpu: Vec<f64>,
}

impl Side {
    /// A side whose voters come in an order by chance.
    #[must_use]
    pub fn new(name: String, mut polls: Vec<Poll>) -> Self {
        let voters = polls.iter_mut().map(|poll| (poll.election.clone(), mem::take(&mut poll.tokens)));
        let queue = Queue::mixed(voters.collect());
        let ledgers = vec![Ledger::default(); polls.len()];
        Self { name, polls, ledgers, queue, rates: Vec::new(), cpu: Vec::new() }
    }

    /// What the voters of each election were told.
    pub fn told(&self) -> impl Iterator<Item = Told<'_>> {
        let polls = self.polls.iter().zip(&self.ledgers);
        polls.map(|(poll, ledger)| Told { election: &poll.election, voters: poll.voters, ledger })
    }

    /// Whether it has had a turn.
    #[must_use]
    pub fn has_raced(&self) -> bool {
        !self.rates.is_empty()
    }

    /// Votes a second, the median of all rounds.
    #[must_use]
    pub fn rate(&self) -> f64 {
        median(self.rates.clone())
    }

    /// Microseconds of processor time of the service and its PostgreSQL for a vote, the median of
    /// all rounds; `None` when that can't be told.
    #[must_use]
    pub fn cpu(&self) -> Option<f64> {
        (!self.cpu.is_empty()).then(|| median(self.cpu.clone()))
    }

    /// How fast it was in comparison with another side: the median of the rounds' ratios.
    #[must_use]
    pub fn ratio(&self, other: &Self) -> f64 {
        let rounds = self.rates.iter().zip(&other.rates);
        median(rounds.map(|(mine, theirs)| mine / theirs).collect())
    }
}

/// Where sides have their turns.
pub struct Race {
    /// The service.
    client: Client,
    /// What it costs.
    meter: Meter,
    /// How many votes are under way at a time.
    concurrency: usize,
    /// Of all sides, without their ledgers.
    books: Books,
    /// Votes asked for up to now.
    voters: u64,
}

impl Race {
    /// A race by these rules that has not begun.
    #[must_use]
    pub fn new(client: Client, meter: Meter, rules: &Rules) -> Self {
        let concurrency = rules.concurrency as usize;
        Self { client, meter, concurrency, books: Books::default(), voters: 0 }
    }

    /// Casts so many votes of a side without counting it as a round.
    ///
    /// # Errors
    /// When the casting can't begin.
    pub async fn warm_up(&mut self, side: &mut Side, votes: usize) -> Result<()> {
        self.cast("filling", side, votes).await.map(drop)
    }

    /// Lets each side cast so many votes in each round; another one begins each time.
    ///
    /// # Errors
    /// When a casting can't begin, or [`Interrupted`]; the votes up to then are in the books.
    pub async fn run(&mut self, sides: &mut [Side], rounds: u32, votes: usize) -> Result<()> {
        for round in 0..rounds as usize {
            for turn in 0..sides.len() {
                let side = &mut sides[(round + turn) % sides.len()];
                let before = self.meter.cpu();
                let (votes, seconds) = self.cast("votes", side, votes).await?;
                let spent = self.meter.cpu().zip(before).map(|(now, then): (Cpu, Cpu)| now - then);
                side.rates.push(votes as f64 / seconds);
                side.cpu.extend(spent.map(|spent| spent.total() * 1e6 / votes as f64));
            }
        }
        Ok(())
    }

    /// Casts votes and enters them; the votes acknowledged and the seconds that they took.
    async fn cast(&mut self, phase: &'static str, side: &mut Side, votes: usize) -> Result<(u64, f64)> {
        let queue = side.queue.split_off(votes);
        let (bar, pace) = (progress::bar(phase, queue.len() as u64), Pace::closed(self.concurrency));
        self.voters += queue.len() as u64;
        let (mark, mut interrupted) = (self.books.mark(), false);
        let books = Books { ledgers: mem::take(&mut side.ledgers), ..mem::take(&mut self.books) };
        let stop = async { interrupted = ctrl_c().await.is_ok() };
        self.books = cast_on(books, &self.client, queue, pace, bar, stop).await?;
        side.ledgers = mem::take(&mut self.books.ledgers);
        ensure!(!interrupted, Interrupted);
        Ok(self.books.since(mark))
    }

    /// Writes what became of the votes of all sides, those of the warm-up included, and their cost.
    pub fn stop(self, report: &mut Report) {
        report.section("All votes of all turns");
        report.figure("pace", "pace", Amount::Text(closed_in_words(self.concurrency)));
        self.books.tell(self.voters, report);
        self.books.plot(report);
        self.meter.stop(self.books.acknowledged(), report);
    }
}

/// Plots the votes a second of each side by round.
pub fn plot(sides: &[Side], report: &mut Report) {
    let line = |side: &Side| Line {
        name: side.name.clone(),
        points: side.rates.iter().enumerate().map(|(round, rate)| (round as f64 + 1.0, *rate)).collect(),
    };
    report.plot(Plot {
        title: "Rate of each round".to_owned(),
        x: "round".to_owned(),
        y: "votes/s".to_owned(),
        lines: sides.iter().map(line).collect(),
    });
}

/// The median; of an even number, the middle between the two in the middle. Not a number of none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let (low, high) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
    f64::midpoint(at(low), at(high))
}
