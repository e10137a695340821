//! Whether voting goes on while very many people sign in, right or wrong.

mod storm;
mod turns;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Service, or_interrupted};
use crate::booth::Booth;
use crate::meter::Meter;
use crate::organiser::Organiser;
use crate::polls::Polls;
use crate::progress;
use crate::report::Report;
use storm::{Logins, Storm};
use turns::{Part, Turns, tell};

/// How long to wait for the next mail.
const PATIENCE: Duration = Duration::from_secs(30);

/// The options of the scenario.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The service
    #[command(flatten)]
    pub service: Service,
    /// People who sign in at a time, each again as soon as the last attempt is answered
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    pub logins: u32,
    /// Connections that cast votes
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    pub concurrency: u32,
    /// Seconds of each turn
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub seconds: u32,
    /// Times that casting alone, the storm alone, and both have their turn
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Votes a second that there are to be voters for; a turn that has more ends early
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub most: u32,
}

impl Options {
    fn voters_a_turn(&self) -> usize {
        self.most as usize * self.seconds as usize
    }
}

/// Who takes part in the turns.
struct Scene<'a> {
    options: &'a Options,
    organiser: &'a Organiser,
    meter: Meter,
    storm: Storm,
    booth: Booth,
}

/// Runs it.
///
/// # Errors
/// When the service refuses a step or does not send the mails.
pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    let mut polls = or_interrupted(open(options, report)).await?;
    let poll = polls.polls.pop().context("the election that was opened")?;
    let storm = or_interrupted(Storm::gather(&options.service, &polls.sink, options.logins)).await?;
    let (booth, meter) = (Booth::new(poll, options.concurrency), Meter::start(&options.service));
    let mut scene = Scene { options, organiser: &polls.organiser, storm, booth, meter };
    let mut turns = Part::ALL.map(Turns::new);
    let played = scene.play_all(&mut turns, report).await;
    report.section("");
    tell(&turns, report);
    let [casting, _, both] = turns;
    report.section("Votes beside the storm");
    scene.booth.tell(&both.books, report);
    casting.books.tell_refusals(report);
    scene.meter.stop(0, report);
    report.section("Check");
    let mut ledgers = [casting, both].into_iter().flat_map(|turns| turns.books.ledgers);
    let mut ledger = ledgers.next().unwrap_or_default();
    ledgers.for_each(|more| ledger.append(more));
    let checked = or_interrupted(scene.booth.check(scene.organiser, &ledger, report)).await;
    played.and(checked)
}

/// An election with voters for all turns.
async fn open(options: &Options, report: &mut Report) -> Result<Polls> {
    let voters = [options.voters_a_turn() * options.rounds as usize * Part::casting()];
    Polls::open_quickly(&options.service, &voters, PATIENCE, report).await
}

impl Scene<'_> {
    async fn play_all(&mut self, turns: &mut [Turns], report: &mut Report) -> Result<()> {
        for _ in 0..self.options.rounds {
            for turns in &mut *turns {
                self.play(turns, report).await?;
            }
        }
        Ok(())
    }

    /// Gives one part its turn. The storm ends with the casting.
    async fn play(&mut self, turns: &mut Turns, report: &mut Report) -> Result<()> {
        let (begun, before, part) = (Instant::now(), self.meter.cpu(), turns.part);
        let time = Duration::from_secs(self.options.seconds.into());
        let (over, storm) = (watch::Sender::new(false), &self.storm);
        let casting = async {
            let cast = if part.casts() {
                let (books, voters) = (&mut turns.books, self.options.voters_a_turn());
                self.booth.cast_for(books, self.organiser, voters, time).await
            } else {
                let spinner = progress::waiting("signing in");
                let slept = or_interrupted(sleep(time).map(Ok)).await;
                spinner.finish_and_clear();
                slept
            };
            over.send_replace(true);
            cast
        };
        let storming = async { if part.storms() { storm.rage(&over).await } else { Ok(Logins::new()) } };
        // Both to their ends: the books of votes that were cast matter more than a broken sign-in.
        let (cast, logins) = tokio::join!(casting, storming);
        let logins = logins?;
        report.differ(logins.mistakes());
        cast?;
        let cpu = self.meter.cpu().zip(before).map(|(after, before)| after - before);
        turns.enter(&logins, cpu, begun.elapsed());
        Ok(())
    }
}
