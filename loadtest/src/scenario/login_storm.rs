//! Whether voting goes on while very many people sign in, right or wrong.

mod storm;
mod turns;

use std::mem;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Service, or_interrupted};
use crate::booth::Booth;
use crate::meter::Meter;
use crate::organiser::Organiser;
use crate::polls::Polls;
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
    or_interrupted(play(options, report)).await
}

async fn play(options: &Options, report: &mut Report) -> Result<()> {
    let mut polls = open(options, report).await?;
    let poll = polls.polls.pop().context("the election that was opened")?;
    let mut scene = Scene {
        options,
        organiser: &polls.organiser,
        storm: Storm::gather(&options.service, &polls.sink, options.logins).await?,
        booth: Booth::new(poll, options.concurrency),
        meter: Meter::start(&options.service),
    };
    let mut turns = Part::ALL.map(Turns::new);
    for _ in 0..options.rounds {
        for turns in &mut turns {
            scene.play(turns, report).await?;
        }
    }
    report.section("");
    tell(&turns, report);
    let [casting, _, both] = turns;
    report.section("Votes beside the storm");
    both.books.tell(both.asked, report);
    both.books.plot(report);
    casting.books.tell_refusals(report);
    scene.meter.stop(0, report);
    report.section("Check");
    let mut ledgers = [casting, both].into_iter().flat_map(|turns| turns.books.ledgers);
    let mut ledger = ledgers.next().unwrap_or_default();
    ledgers.for_each(|more| ledger.append(more));
    scene.booth.check(scene.organiser, &ledger, report).await
}

/// An election with voters for all turns.
async fn open(options: &Options, report: &mut Report) -> Result<Polls> {
    let voters = [options.voters_a_turn() * options.rounds as usize * Part::casting()];
    Polls::open_quickly(&options.service, &voters, PATIENCE, report).await
}

impl Scene<'_> {
    /// Gives one part its turn. The storm ends with the casting.
    async fn play(&mut self, turns: &mut Turns, report: &mut Report) -> Result<()> {
        let (begun, before, part) = (Instant::now(), self.meter.cpu(), turns.part);
        let time = Duration::from_secs(self.options.seconds.into());
        let (over, storm) = (watch::Sender::new(false), &self.storm);
        let casting = async {
            if part.casts() {
                let (books, voters) = (mem::take(&mut turns.books), self.options.voters_a_turn());
                turns.books = self.booth.cast_for(books, self.organiser, voters, time).await?;
                turns.asked += voters as u64;
            } else {
                sleep(time).await;
            }
            over.send_replace(true);
            anyhow::Ok(())
        };
        let storming = async { if part.storms() { storm.rage(&over).await } else { Ok(Logins::new()) } };
        let ((), logins) = tokio::try_join!(casting, storming)?;
        report.differ(logins.mistakes());
        let cpu = self.meter.cpu().zip(before).map(|(after, before)| after - before);
        turns.enter(&logins, cpu, begun.elapsed());
        Ok(())
    }
}
