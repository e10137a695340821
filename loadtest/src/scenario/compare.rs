//! Compares, in one run and in turns on one PostgreSQL, votes that go by way of the service with
//! votes that are a transaction of their own each.

mod pgbench;
mod rivals;
mod tally;

use std::time::Duration;

use anyhow::{Context, Result};

use super::{Service, or_interrupted};
use crate::booth::Booth;
use crate::casting::Books;
use crate::database::Database;
use crate::ledger::Ledger;
use crate::meter::Meter;
use crate::organiser::Organiser;
use crate::polls::{Poll, Polls};
use crate::progress;
use crate::report::{Amount, Report};
use crate::sink::Sink;
use pgbench::Pgbench;
use rivals::Rival;
use tally::{Side, Tally, Turn};

/// Settings without which a commit promises less than it should.
const PROMISES: [&str; 3] = ["fsync", "synchronous_commit", "full_page_writes"];
/// The service's own tables take so many times fewer votes when each is a transaction.
const SLOWER: usize = 4;

/// The options of the scenario.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The service
    #[command(flatten)]
    pub service: Service,
    /// The database of a service that was not started with --self, as libpq reads it. Links are
    /// issued in it, and a schema uvote_compare is made and removed
    #[arg(long, required_unless_present = "start_own", conflicts_with = "start_own")]
    pub database_url: Option<String>,
    /// Connections that cast votes
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..))]
    pub concurrency: u32,
    /// Sessions of pgbench; PostgreSQL has a process for each, so more of them are not faster
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=40))]
    pub sessions: u32,
    /// Times that each has its turn
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Seconds of each turn
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub seconds: u32,
    /// Votes a second that there are to be voters for
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub most: u32,
}

impl Options {
    fn voters_a_round(&self) -> usize {
        self.most as usize * self.seconds as usize
    }

    fn connection(&self) -> Result<String> {
        match (self.service.own(), &self.database_url) {
            (Some(own), _) => own.database(),
            (None, Some(connection)) => Ok(connection.clone()),
            (None, None) => anyhow::bail!("name the database with --database-url"),
        }
    }
}

/// Runs it.
///
/// # Errors
/// When the service or PostgreSQL refuses a step, or pgbench is not installed.
pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let mut arena = or_interrupted(Arena::prepare(options, report)).await?;
    let sides = [Side::UVOTE].into_iter().chain(arena.rivals.iter().map(|rival| rival.side));
    let mut tallies: Vec<Tally> = sides.map(Tally::of).collect();
    let played = arena.play_all(options.rounds, &mut tallies).await;
    let removed = arena.database.run("DROP SCHEMA uvote_compare CASCADE").await;
    tally::tell(&tallies, report);
    let Arena { organiser, booth, books, meter, .. } = arena;
    report.section("Votes of uvote");
    booth.tell(&books, report);
    meter.stop(0, report);
    report.section("Check");
    let nothing = Ledger::default();
    let ledger = books.ledgers.first().unwrap_or(&nothing);
    let checked = or_interrupted(booth.check(&organiser, ledger, report)).await;
    played.and(removed).and(checked)
}

/// The service, its rivals, and what they share.
struct Arena {
    organiser: Organiser,
    booth: Booth,
    books: Books,
    voters: usize,
    rivals: Vec<Rival>,
    pgbench: Pgbench,
    database: Database,
    meter: Meter,
    time: Duration,
    /// Kept until the end, since the service may still send a mail.
    _sink: Sink,
}

impl Arena {
    async fn prepare(options: &Options, report: &mut Report) -> Result<Self> {
        let connection = options.connection()?;
        let pgbench = Pgbench::find(&connection, options.sessions)?;
        let mut database = Database::connect(&connection).await?;
        tell_promises(&database, report).await?;
        let Polls { organiser, mut polls, sink } = open(options, &mut database, report).await?;
        let poll = polls.pop().context("the election that was opened")?;
        let rivals = rivals(options, polls.pop(), &database).await?;
        database.run("CHECKPOINT").await?;
        Ok(Self {
            organiser,
            booth: Booth::new(poll, options.concurrency),
            books: Books::default(),
            voters: options.voters_a_round(),
            rivals,
            pgbench,
            database,
            meter: Meter::start(&options.service),
            time: Duration::from_secs(options.seconds.into()),
            _sink: sink,
        })
    }

    /// Gives each side its turn in each round; another one begins each time.
    async fn play_all(&mut self, rounds: u32, tallies: &mut [Tally]) -> Result<()> {
        for round in 0..rounds {
            for turn in 0..tallies.len() {
                let next = (turn + round as usize) % tallies.len();
                self.play(next, round.into(), &mut tallies[next]).await?;
            }
        }
        Ok(())
    }

    /// Gives a side its turn: the service, whose number is 0, or a rival.
    async fn play(&mut self, number: usize, round: u64, tally: &mut Tally) -> Result<()> {
        let Some(rival) = number.checked_sub(1).and_then(|number| self.rivals.get(number)) else {
            let casting = async {
                let (mark, books) = (self.books.mark(), &mut self.books);
                self.booth.cast_for(books, &self.organiser, self.voters, self.time).await?;
                let (votes, seconds) = self.books.since(mark);
                Ok(Turn { votes, rate: votes as f64 / seconds })
            };
            return tally.enter(&self.meter, casting).await.map(drop);
        };
        let spinner = progress::waiting(rival.side.name());
        let turn = async {
            let before = rival.votes(&self.database).await?;
            let turn = tally.enter(&self.meter, rival.run(&self.pgbench, round, self.time)).await?;
            rival.confirm(&self.database, before, turn).await
        };
        or_interrupted(turn).await?;
        spinner.finish_and_clear();
        Ok(())
    }
}

/// An election for the service, the last, and on a database of our own one for its tables.
async fn open(options: &Options, database: &mut Database, report: &mut Report) -> Result<Polls> {
    let all = options.voters_a_round() * options.rounds as usize;
    let voters = if options.service.own().is_some() { vec![all / SLOWER, all] } else { vec![all] };
    Polls::open_without_mails(&options.service, &voters, database, report).await
}

/// Plain tables, and the service's own with this poll: none in a database that anyone needs, since
/// those ballots can't be opened.
async fn rivals(options: &Options, poll: Option<Poll>, database: &Database) -> Result<Vec<Rival>> {
    let tokens = options.voters_a_round();
    let _spinner = progress::waiting("filling the tables of pgbench");
    let plain = Rival::plain(database, options.rounds.into(), tokens as u64).await?;
    let single = poll.map(|poll| Rival::single(database, &poll.election, (tokens / SLOWER) as u64));
    Ok(plain.into_iter().chain(single).collect())
}

/// Says what a commit promises; it is a difference when that is less than durability.
async fn tell_promises(database: &Database, report: &mut Report) -> Result<()> {
    for name in PROMISES {
        let value = database.setting(name).await?;
        report.differ((value != "on").then(|| format!("PostgreSQL runs with {name}={value}, not on")));
        report.figure(name, name, Amount::Text(value));
    }
    Ok(())
}
