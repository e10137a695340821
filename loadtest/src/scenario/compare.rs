//! Compares, in one run and in turns on one PostgreSQL, votes that go by way of the service with
//! votes that are a transaction of their own each.

mod pgbench;
mod rivals;
mod tally;

use std::time::Duration;

use anyhow::{Context, Result};

use super::{Service, or_interrupted};
use crate::booth::Booth;
use crate::database::Database;
use crate::meter::Meter;
use crate::organiser::Organiser;
use crate::polls::{Poll, Polls};
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
pub async fn run(options: &Options) -> Result<Report> {
    or_interrupted(compare(options)).await
}

async fn compare(options: &Options) -> Result<Report> {
    let mut report = Report::new("compare");
    let mut arena = Arena::prepare(options, &mut report).await?;
    let sides = [Side::UVOTE].into_iter().chain(arena.rivals.iter().map(|rival| rival.side));
    let mut tallies: Vec<Tally> = sides.map(Tally::of).collect();
    for round in 0..options.rounds.into() {
        arena.play(round, &mut tallies, &mut report).await?;
    }
    arena.database.run("DROP SCHEMA uvote_compare CASCADE").await?;
    tally::tell(&tallies, &mut report);
    report.section("Check");
    arena.booth.check(&arena.organiser, &mut report).await?;
    arena.meter.stop(0, &mut report);
    Ok(report)
}

/// The service, its rivals, and what they share.
struct Arena {
    organiser: Organiser,
    booth: Booth,
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
            voters: options.voters_a_round(),
            rivals,
            pgbench,
            database,
            meter: Meter::start(&options.service),
            time: Duration::from_secs(options.seconds.into()),
            _sink: sink,
        })
    }

    /// Gives each side its turn, the service first.
    async fn play(&mut self, round: u64, tallies: &mut [Tally], report: &mut Report) -> Result<()> {
        let Some((uvote, others)) = tallies.split_first_mut() else { return Ok(()) };
        let casting = async {
            let books = self.booth.cast_for(&self.organiser, self.voters, self.time, report).await?;
            Ok(Turn { votes: books.acknowledged(), rate: books.rate() })
        };
        uvote.enter(&self.meter, casting).await?;
        for (tally, rival) in others.iter_mut().zip(&self.rivals) {
            let before = rival.votes(&self.database).await?;
            let turn = tally.enter(&self.meter, rival.run(&self.pgbench, round, self.time)).await?;
            rival.confirm(&self.database, before, turn).await?;
        }
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
