//! How fast invitations are issued and queued, and how fast their mails go out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use hyper::Method;
use serde::Deserialize;
use tokio::time::sleep;

use super::{Service, or_interrupted, run_name};
use crate::database::Database;
use crate::election::Election;
use crate::links::Links;
use crate::meter::Meter;
use crate::organiser::Organiser;
use crate::polls::{self, await_links};
use crate::progress;
use crate::report::{Amount, Report};
use crate::roll::Roll;

/// How often the service is asked how many mails it has queued; it counts them each time.
const GLANCE: Duration = Duration::from_secs(1);

/// The options of the scenario.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The service
    #[command(flatten)]
    pub service: Service,
    /// Voters who are invited
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub voters: u32,
    /// Seconds to wait for the next mail
    #[arg(long, default_value_t = 30)]
    pub patience: u64,
    /// Take no mail of a voter, and measure only how long it takes to queue them
    #[arg(long)]
    pub queue_only: bool,
}

/// Runs it. The election is left open.
///
/// # Errors
/// When the service refuses a step or does not send all mails.
pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    or_interrupted(invite(options, report)).await
}

async fn invite(options: &Options, report: &mut Report) -> Result<()> {
    let run = run_name();
    let roll = Roll::new(options.voters as usize, &run);
    let links = Links::new(roll.clone());
    let taking = Arc::clone(&links);
    let sink = options.service.receive_mail(move |mail| taking.take(mail)).await?;
    let organiser = options.service.organiser(&sink, &run).await?;
    let spinner = progress::waiting("importing the roll");
    let election = polls::open(&organiser, &roll, &format!("Load {run}")).await?;
    spinner.finish_and_clear();
    if options.queue_only {
        sink.shut_down().await;
        return queue_alone(options, &organiser, &election, report).await;
    }
    let (meter, begun) = (Meter::start(&options.service), Instant::now());
    election.invite(&organiser).await?;
    let accepted = begun.elapsed();
    let patience = Duration::from_secs(options.patience);
    let (queued, came) = tokio::try_join!(
        async { queue(&organiser, &election, roll.len()).await.map(|()| begun.elapsed()) },
        async { await_links(&links, &sink, patience).await.map(|()| begun.elapsed()) },
    )?;
    let mails = links.arrivals().borrow().mails;
    tell(roll.len(), mails, [accepted, queued, came], report);
    meter.stop(0, report);
    Ok(())
}

/// Has the mails queued while nobody takes them.
async fn queue_alone(
    options: &Options,
    organiser: &Organiser,
    election: &Election,
    report: &mut Report,
) -> Result<()> {
    let voters = options.voters as usize;
    let (meter, begun) = (Meter::start(&options.service), Instant::now());
    election.invite(organiser).await?;
    match options.service.own() {
        // To count a million mails again and again would slow their making down.
        Some(own) => end_of_runs(&Database::connect(&own.database()?).await?).await?,
        None => queue(organiser, election, voters).await?,
    }
    let seconds = begun.elapsed().as_secs_f64();
    let mails = queued(organiser, election).await?;
    report.main_figures(&["queued_seconds"]);
    report.figure("voters", "voters", Amount::Count(voters as u64));
    report.figure("mails_queued", "mails queued", Amount::Count(mails as u64));
    report.figure("queued_seconds", "all links issued, all mails queued", Amount::Seconds(seconds));
    report.differ((mails != voters).then(|| format!("{mails} mails are there for {voters} voters")));
    meter.stop(0, report);
    Ok(())
}

async fn end_of_runs(database: &Database) -> Result<()> {
    while database.number("SELECT count(*) FROM mail_runs WHERE finished_at IS NULL").await? > 0 {
        sleep(GLANCE / 10).await;
    }
    Ok(())
}

/// Waits until so many mails are in the service's outbox, or have been.
async fn queue(organiser: &Organiser, election: &Election, mails: usize) -> Result<()> {
    while queued(organiser, election).await? < mails {
        sleep(GLANCE).await;
    }
    Ok(())
}

/// How many mails are in the service's outbox, or have been.
async fn queued(organiser: &Organiser, election: &Election) -> Result<usize> {
    #[derive(Deserialize)]
    struct Deliveries {
        queued: usize,
        sent: usize,
        failed: usize,
    }
    let answer = organiser.call(Method::GET, &election.path("/deliveries"), None).await?;
    let Deliveries { queued, sent, failed } = serde_json::from_value(answer)?;
    Ok(queued + sent + failed)
}

fn tell(voters: usize, mails: u64, [accepted, queued, came]: [Duration; 3], report: &mut Report) {
    report.main_figures(&["queued_seconds", "mails_per_second"]);
    for (key, label, amount) in [
        ("voters", "voters", Amount::Count(voters as u64)),
        ("mails", "mails received", Amount::Count(mails)),
        ("accepted_seconds", "invitations accepted", Amount::Seconds(accepted.as_secs_f64())),
        ("queued_seconds", "all links issued, all mails queued", Amount::Seconds(queued.as_secs_f64())),
        ("mail_seconds", "all mails received", Amount::Seconds(came.as_secs_f64())),
        ("mails_per_second", "mails", Amount::PerSecond(mails as f64 / came.as_secs_f64())),
    ] {
        report.figure(key, label, amount);
    }
    let repeated = mails.saturating_sub(voters as u64);
    report.differ((repeated > 0).then(|| format!("{repeated} mails came more than once")));
}
