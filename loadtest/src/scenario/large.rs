//! What a large election costs besides its votes: restarts of the service, pages of the roll, the
//! close, the verification and the results.

mod reads;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use self::reads::Reads;
use super::{Service, or_interrupted};
use crate::casting::{Books, Pace, Queue, cast, closed_in_words};
use crate::check::{check_audit, check_receipts, contradictions};
use crate::election::Election;
use crate::meter::Meter;
use crate::organiser::Organiser;
use crate::polls::{Poll, Polls};
use crate::progress;
use crate::report::{Amount, Report};
use crate::service::Ending;

/// The options of the scenario.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The service; only one that was started with --self is started again on the way
    #[command(flatten)]
    pub service: Service,
    /// Voters on the roll; each casts one vote
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub voters: u32,
    /// Connections that cast votes
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..))]
    pub concurrency: u32,
    /// Pages of voters that are read; the results are read ten times as often
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pub reads: u32,
    /// Receipts to look up, chosen by chance from all votes
    #[arg(long, default_value_t = 10_000)]
    pub receipts: usize,
    /// Seconds to wait for the next mail
    #[arg(long, default_value_t = 30)]
    pub patience: u64,
}

/// Casts a vote for everybody on a large roll, and then measures what is done with such an election.
///
/// # Errors
/// When the service refuses a step, does not send the mails, or does not start again.
pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    report.main_figures(&["killed_restart_seconds", "page_p99_us", "close_seconds", "results_p50_us"]);
    report.section("Preparation");
    let (voters, patience) = ([options.voters as usize], Duration::from_secs(options.patience));
    let opened = or_interrupted(Polls::open_quickly(&options.service, &voters, patience, report)).await;
    let Polls { organiser, mut polls, sink } = opened?;
    let Poll { election, voters, tokens } = polls.pop().context("the election that was opened")?;
    let books = cast_all(options, &organiser, Queue::of(&election, tokens), report).await?;
    let ledger = &books.ledgers[0];
    let measured = or_interrupted(measure_open(options, &organiser, &election, report)).await;
    close(&organiser, &election, report).await?;
    let mut reads = Reads { organiser: &organiser, election: &election, report };
    let read = or_interrupted(reads.results(options.reads as usize * 10)).await;
    report.section("Check");
    report.books_are_compared();
    report.differ(contradictions(&organiser, &election, voters, ledger).await?);
    check_audit(&organiser, &election, report).await?;
    check_receipts(&organiser, &election, ledger, options.receipts, report).await?;
    sink.shut_down().await;
    measured.and(read)
}

/// Measures what can be measured before the close.
async fn measure_open(
    options: &Options,
    organiser: &Organiser,
    election: &Election,
    report: &mut Report,
) -> Result<()> {
    restart(&options.service, report).await?;
    let spinner = progress::waiting("reading the roll");
    Reads { organiser, election, report }.roll(options.reads as usize).await?;
    spinner.finish_and_clear();
    Ok(())
}

async fn cast_all(
    options: &Options,
    organiser: &Organiser,
    queue: Queue,
    report: &mut Report,
) -> Result<Books> {
    let (voters, pace) = (queue.len() as u64, Pace::closed(options.concurrency as usize));
    let (bar, meter) = (progress::bar("votes", voters), Meter::start(&options.service));
    let books = cast(&organiser.client(), queue, pace, bar, tokio::signal::ctrl_c()).await?;
    report.section("Votes");
    let connections = options.concurrency as usize;
    report.figure("pace", "pace", Amount::Text(closed_in_words(connections)));
    books.tell(voters, report);
    books.plot(report);
    meter.stop(books.acknowledged(), report);
    Ok(books)
}

async fn restart(service: &Service, report: &mut Report) -> Result<()> {
    let Some(own) = service.own() else { return Ok(()) };
    report.section("Restart");
    for (key, label, ending) in [
        ("killed_restart_seconds", "ready again after it and PostgreSQL were killed", Ending::Killed),
        ("stopped_restart_seconds", "ready again after it was asked to stop", Ending::Asked),
    ] {
        let spinner = progress::waiting("starting the service again");
        let seconds = own.restart(ending).await?.as_secs_f64();
        spinner.finish_and_clear();
        report.figure(key, label, Amount::Seconds(seconds));
    }
    Ok(())
}

async fn close(organiser: &Organiser, election: &Election, report: &mut Report) -> Result<()> {
    report.section("Close");
    let (spinner, begun) = (progress::waiting("closing and recounting"), Instant::now());
    election.close(organiser).await?;
    let closed = begun.elapsed().as_secs_f64();
    election.verify(organiser).await?;
    let verified = begun.elapsed().as_secs_f64() - closed;
    spinner.finish_and_clear();
    report.figure("close_seconds", "close and recount", Amount::Seconds(closed));
    report.figure("verify_seconds", "verification", Amount::Seconds(verified));
    Ok(())
}
