//! A whole election from the import to the published results, with the votes cast at a pace of
//! one's choice, and the check of the books.

use std::mem;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

use super::lag::tell_lag;
use super::{Service, or_interrupted};
use crate::casting::{Books, PaceOptions, Queue, cast, write_bodies};
use crate::check::{check_election, check_receipts, check_watchers};
use crate::meter::Meter;
use crate::progress;
use crate::report::{Amount, Report};
use crate::stage::{Electorate, Stage};

/// Receipts that are looked up unless told otherwise.
const MOST_RECEIPTS: usize = 10_000;

/// The options of the scenario.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The service
    #[command(flatten)]
    pub service: Service,
    /// Who takes part
    #[command(flatten)]
    pub electorate: Electorate,
    /// How votes follow each other
    #[command(flatten)]
    pub pace: PaceOptions,
    /// Receipts to look up, chosen by chance; with fewer votes all are
    #[arg(long, default_value_t = MOST_RECEIPTS)]
    pub receipts: usize,
    /// Leave the election open, so that the published results are not checked; its id is in
    /// the report
    #[arg(long, conflicts_with = "start_own")]
    pub keep_open: bool,
    /// Write the bodies of the votes to this file, a line each, and cast none of them: for
    /// another load generator to send. The election is left open
    #[arg(long, conflicts_with = "start_own")]
    pub bodies_out: Option<PathBuf>,
}

/// Runs it. Ctrl-C during the votes ends the casting early and checks what was cast; at any
/// other time it ends the run.
///
/// # Errors
/// When the service refuses a step or does not send the mails.
pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    report.main_figures(&[
        "votes_per_second",
        "latency_p50_us",
        "latency_p99_us",
        "acknowledged",
        "cpu_us_per_vote",
    ]);
    let setting = Stage::set(&options.service, &options.electorate, report);
    let mut stage = or_interrupted(setting).await?;
    if let Some(file) = &options.bodies_out {
        hand_over(file, &stage, report)?;
    } else {
        let (books, begun) = cast_all(options, &mut stage, report).await?;
        let checked = or_interrupted(check(options, &stage, &books, report)).await;
        let since = stage.watchers.since();
        report.section("Watchers");
        tell_lag(since, begun, &stage.watchers.leave().await, &books.ledgers[0], report);
        checked?;
    }
    Ok(())
}

/// Writes the votes for somebody else to cast.
fn hand_over(file: &Path, stage: &Stage, report: &mut Report) -> Result<()> {
    let written = write_bodies(file, &stage.election, &stage.tokens);
    written.with_context(|| format!("can't write {}", file.display()))?;
    let bodies = stage.tokens.len() as u64;
    report.figure("votes_path", "votes go to", Amount::Text(stage.election.path("/votes")));
    report.figure("bodies_file", "bodies", Amount::Text(file.display().to_string()));
    report.figure("bodies", "bodies written", Amount::Count(bodies));
    Ok(())
}

/// Casts the votes; answers the books, and when it began.
async fn cast_all(options: &Options, stage: &mut Stage, report: &mut Report) -> Result<(Books, Instant)> {
    let queue = Queue::of(&stage.election, mem::take(&mut stage.tokens));
    let (voters, pace) = (queue.len() as u64, options.pace.pace(queue.len()));
    let bar = progress::bar("votes", voters);
    let (meter, begun) = (Meter::start(&options.service), Instant::now());
    let books = cast(&stage.organiser.client(), queue, pace, bar, tokio::signal::ctrl_c()).await?;
    report.section("Votes");
    report.figure("pace", "pace", Amount::Text(options.pace.in_words()));
    books.tell(voters, report);
    books.plot(report);
    meter.stop(books.acknowledged(), report);
    Ok((books, begun))
}

async fn check(options: &Options, stage: &Stage, books: &Books, report: &mut Report) -> Result<()> {
    let (organiser, election, ledger) = (&stage.organiser, &stage.election, &books.ledgers[0]);
    report.section("Check");
    check_watchers(stage, &options.electorate, ledger, report).await;
    if options.keep_open {
        return check_receipts(organiser, election, ledger, options.receipts, report).await;
    }
    let voters = options.electorate.voters.into();
    check_election(organiser, election, voters, ledger, options.receipts, report).await
}
