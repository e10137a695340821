//! Votes at a rate, and beside them readers, organisers, sign-ins and watchers: how long each of
//! them waits.

mod kind;
mod site;
mod visits;

use std::sync::Arc;
use std::time::Instant;
use std::{future, mem};

use anyhow::{Context, Result};
use indicatif::ProgressBar;

use super::lag::tell_lag;
use super::{Service, or_interrupted, run_name};
use crate::casting::{Arrivals, Books, Pace, Queue, Shape, cast};
use crate::check::{check_election, check_watchers, contradictions};
use crate::meter::Meter;
use crate::organiser::{Credentials, Organiser};
use crate::polls::{Poll, Polls};
use crate::progress;
use crate::report::Report;
use crate::stage::{Electorate, Stage};
use kind::Kind;
use site::Site;
use visits::Visits;

/// Voters of the election whose results are read.
const CLOSED_VOTERS: usize = 100;

/// The options of the scenario.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("voters", |voters| voters.default_value("20000")))]
pub struct Options {
    /// The service
    #[command(flatten)]
    pub service: Service,
    /// Who takes part
    #[command(flatten)]
    pub electorate: Electorate,
    /// Votes a second, whatever the service answers
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: u32,
    /// Reads a second of pages, results and lists
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub reads: u32,
    /// Sign-ins a second
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    pub sign_ins: u32,
    /// Connections that cast votes at most
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub connections: u32,
    /// Receipts to look up, chosen by chance
    #[arg(long, default_value_t = 10_000)]
    pub receipts: usize,
}

/// Runs it. Ctrl-C during the votes ends the casting early and checks what was cast; at any
/// other time it ends the run.
///
/// # Errors
/// When the service refuses a step or does not send the mails.
pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    report.main_figures(&["latency_p99_us", "votes_per_second", "visits"]);
    report.section("Preparation");
    let (site, tokens) = or_interrupted(build(options, report)).await?;
    let begun = Instant::now();
    let books = play(options, &site, tokens, report).await?;
    let checked = or_interrupted(check(options, &site.stage, &books, report)).await;
    if let Some(Site { stage: Stage { watchers, .. }, .. }) = Arc::into_inner(site) {
        let since = watchers.since();
        report.section("Watchers");
        tell_lag(since, begun, &watchers.leave().await, &books.ledgers[0], report);
    }
    checked
}

/// Opens an election, closes another one, and lets the watchers join; the tokens of those who vote.
async fn build(options: &Options, report: &mut Report) -> Result<(Arc<Site>, Vec<Box<str>>)> {
    let electorate = &options.electorate;
    // One more than vote: who looks at the ballot must not have voted.
    let voters = [electorate.voters as usize + 1, CLOSED_VOTERS];
    let polls = Polls::open_quickly(&options.service, &voters, electorate.patience(), report).await?;
    let Polls { organiser, polls, sink } = polls;
    let [open, closed] = <[Poll; 2]>::try_from(polls).ok().context("the elections that were opened")?;
    let client = options.service.client()?;
    let account = Credentials::random(&run_name());
    Organiser::register(&client, &sink, &account).await?;
    let receipts = hold(&organiser, &closed, report).await?;
    let mut stage = Stage::seat(organiser, open, sink, electorate.watchers, report).await?;
    let mut tokens = mem::take(&mut stage.tokens);
    let undecided = tokens.pop().context("a voter who does not vote")?;
    Ok((Arc::new(Site { client, stage, undecided, closed: closed.election, receipts, account }), tokens))
}

/// Holds an election from the first vote to the results; the receipts of its votes.
async fn hold(organiser: &Organiser, poll: &Poll, report: &mut Report) -> Result<Vec<String>> {
    let queue = Queue::of(&poll.election, poll.tokens.clone());
    let (pace, bar) = (Pace::closed(1), ProgressBar::hidden());
    let books = cast(&organiser.client(), queue, pace, bar, future::pending::<()>()).await?;
    books.tell_refusals(report);
    poll.election.close(organiser).await?;
    let ledger = &books.ledgers[0];
    report.differ(contradictions(organiser, &poll.election, poll.voters, ledger).await?);
    Ok(ledger.acknowledged.iter().map(|vote| hex::encode(vote.receipt)).collect())
}

/// Casts the votes with all others beside them.
async fn play(
    options: &Options,
    site: &Arc<Site>,
    tokens: Vec<Box<str>>,
    report: &mut Report,
) -> Result<Books> {
    let queue = Queue::of(&site.stage.election, tokens);
    let voters = queue.len() as u64;
    let plan = Shape::Steady { rate: options.rate.into(), ramp: 0.0 }.plan(queue.len(), Arrivals::Poisson);
    let pace = Pace::open(plan, options.connections as usize);
    let seconds = voters as f64 / f64::from(options.rate);
    let meter = Meter::start(&options.service);
    let readers = Visits::begin(site, &Kind::READS, options.reads, seconds)?;
    let others = Visits::begin(site, &[Kind::SignIn], options.sign_ins, seconds)?;
    let bar = progress::bar("votes", voters);
    let books = cast(&site.client, queue, pace, bar, tokio::signal::ctrl_c()).await?;
    let met = readers.end().await.and(others.end().await);
    report.section("Votes");
    books.tell(voters, report);
    books.plot(report);
    report.section("Visits");
    met.tell(&books.latency, report);
    meter.stop(books.acknowledged(), report);
    Ok(books)
}

async fn check(options: &Options, stage: &Stage, books: &Books, report: &mut Report) -> Result<()> {
    report.section("Check");
    let (organiser, election, ledger) = (&stage.organiser, &stage.election, &books.ledgers[0]);
    check_watchers(stage, &options.electorate, ledger, report).await;
    let voters = u64::from(options.electorate.voters) + 1;
    check_election(organiser, election, voters, ledger, options.receipts, report).await
}
