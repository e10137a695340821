//! Many watchers of one election's turnout while its votes are cast: how far they are behind, what
//! they cost, and whether those that read are hurt by those that don't.

mod figures;

use std::mem;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::lag::tell_lag;
use super::{Service, or_interrupted};
use crate::casting::{Arrivals, Books, Pace, Queue, Shape, cast};
use crate::check::{check_election, check_watchers};
use crate::meter::Meter;
use crate::polls::{Poll, Polls};
use crate::progress;
use crate::report::Report;
use crate::stage::{Electorate, Stage};
use crate::watchers::{Stalled, Watchers};
use figures::Standing;

/// The options of the scenario.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("watchers", |watchers| watchers.default_value("1000")))]
#[command(mut_arg("voters", |voters| voters.default_value("20000")))]
pub struct Options {
    /// The service
    #[command(flatten)]
    pub service: Service,
    /// Who takes part
    #[command(flatten)]
    pub electorate: Electorate,
    /// Votes a second, whatever the service answers
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: u32,
    /// Connections that cast votes at most
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub connections: u32,
    /// The part of the watchers that never reads, from 0 to 1; it is told when the service drops
    /// them
    #[arg(long, default_value_t = 0.0, value_parser = fraction)]
    pub stalled: f64,
    /// Seconds from the first vote in which the service has to drop those
    #[arg(long, default_value_t = 45)]
    pub stall_patience: u64,
    /// Receipts to look up, chosen by chance
    #[arg(long, default_value_t = 10_000)]
    pub receipts: usize,
}

fn fraction(text: &str) -> Result<f64, String> {
    let part = text.parse().ok().filter(|part| (0.0..=1.0).contains(part));
    part.ok_or_else(|| "not a number from 0 to 1".to_owned())
}

impl Options {
    /// How many watchers read, and how many never do.
    fn watchers(&self) -> (usize, usize) {
        let stalled = (f64::from(self.electorate.watchers) * self.stalled).round() as usize;
        (self.electorate.watchers as usize - stalled, stalled)
    }
}

/// Runs it. Ctrl-C during the votes ends the casting early and checks what was cast; at any
/// other time it ends the run.
///
/// # Errors
/// When the service refuses a step or does not send the mails.
pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    report.main_figures(&figures::MAIN);
    let mut opened = or_interrupted(open(options, report)).await?;
    let told = cast_all(options, &mut opened).await?;
    or_interrupted(check(options, opened, told, report)).await?;
    Ok(())
}

/// An election whose watchers watch.
struct Opened {
    stage: Stage,
    stalled: Stalled,
    meter: Meter,
}

async fn open(options: &Options, report: &mut Report) -> Result<Opened> {
    report.section("Preparation");
    let (electorate, voters) = (&options.electorate, [options.electorate.voters as usize]);
    let polls = Polls::open_quickly(&options.service, &voters, electorate.patience(), report).await?;
    let Polls { organiser, mut polls, sink } = polls;
    let Poll { election, tokens, .. } = polls.pop().context("the election that was opened")?;
    let meter = Meter::start(&options.service);
    let (reading, stalling) = options.watchers();
    let resident = || meter.memory().map(|memory| memory.service);
    let (start, before) = (Instant::now(), resident());
    let bar = progress::bar("watchers", electorate.watchers.into());
    let watchers = Watchers::join_with(&organiser, &election, reading, &bar).await?;
    let stalled = Stalled::join(&organiser, &election, stalling, reading, &bar).await?;
    bar.finish_and_clear();
    let grown = before.zip(resident()).map(|(before, after)| after.saturating_sub(before));
    figures::tell_joining(reading, stalling, start.elapsed(), grown, report);
    let stage = Stage { organiser, election, watchers, tokens, sink };
    Ok(Opened { stage, stalled, meter })
}

/// Casts the votes; answers the books, and where things stood before.
async fn cast_all(options: &Options, opened: &mut Opened) -> Result<(Books, Standing)> {
    let stage = &mut opened.stage;
    let queue = Queue::of(&stage.election, mem::take(&mut stage.tokens));
    let shape = Shape::Steady { rate: options.rate.into(), ramp: 0.0 };
    let pace = Pace::open(shape.plan(queue.len(), Arrivals::Poisson), options.connections as usize);
    let before = Standing::of(&stage.watchers, &opened.meter);
    let bar = progress::bar("votes", queue.len() as u64);
    let books = cast(&stage.organiser.client(), queue, pace, bar, tokio::signal::ctrl_c()).await?;
    Ok((books, before))
}

/// Waits until all watchers know of the last vote, and for the stalled ones to be dropped; compares.
async fn check(
    options: &Options,
    Opened { stage, stalled, meter }: Opened,
    (books, before): (Books, Standing),
    report: &mut Report,
) -> Result<()> {
    let (ledger, voters) = (&books.ledgers[0], options.electorate.voters.into());
    report.section("Watchers");
    check_watchers(&stage, &options.electorate, ledger, report).await;
    figures::tell_frames(before, Standing::of(&stage.watchers, &meter), report);
    watch_stalled(stalled, before.at, options.stall_patience, report).await;
    let Stage { organiser, election, watchers, .. } = stage;
    let since = watchers.since();
    tell_lag(since, before.at, &watchers.leave().await, ledger, report);
    report.section("Votes");
    books.tell(voters, report);
    books.plot(report);
    // Most of the cost is that of the watchers, so that none of it is the cost of a vote.
    meter.stop(0, report);
    report.section("Check");
    check_election(&organiser, &election, voters, ledger, options.receipts, report).await
}

async fn watch_stalled(stalled: Stalled, begun: Instant, patience: u64, report: &mut Report) {
    let count = stalled.count();
    if count == 0 {
        return;
    }
    let bar = progress::bar("dropped", count as u64);
    let patience = Duration::from_secs(patience);
    let dropped = stalled.dropped(begun, begun + patience, &bar).await;
    bar.finish_and_clear();
    figures::tell_stalled(count, dropped, patience, report);
}
