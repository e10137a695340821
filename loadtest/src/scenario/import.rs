//! How long the import of a roll takes, and how much memory the service takes for it.

use std::time::Instant;

use anyhow::Result;

use super::{Service, or_interrupted, run_name};
use crate::election::Election;
use crate::meter::Meter;
use crate::progress;
use crate::report::{Amount, Report};
use crate::roll::Roll;

/// The options of the scenario.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The service
    #[command(flatten)]
    pub service: Service,
    /// Voters on the roll, sent as CSV in one request
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub voters: u32,
}

/// Runs it. The election is left as a draft.
///
/// # Errors
/// When the service refuses a step, or imports another number of voters.
pub async fn run(options: &Options, report: &mut Report) -> Result<()> {
    or_interrupted(import(options, report)).await
}

async fn import(options: &Options, report: &mut Report) -> Result<()> {
    let run = run_name();
    let sink = options.service.receive_mail(Some).await?;
    let organiser = options.service.organiser(&sink, &run).await?;
    let election = Election::create(&organiser, &format!("Load {run}"), &["Ada Lovelace"]).await?;
    let roll = Roll::new(options.voters as usize, &run);
    let (spinner, meter, begun) =
        (progress::waiting("import"), Meter::start(&options.service), Instant::now());
    election.import(&organiser, &roll).await?;
    let seconds = begun.elapsed().as_secs_f64();
    spinner.finish_and_clear();
    report.main_figures(&["import_seconds", "rows_per_second", "service_peak_bytes"]);
    report.figure("voters", "voters", Amount::Count(options.voters.into()));
    report.figure("import_seconds", "import", Amount::Seconds(seconds));
    report.figure("rows_per_second", "rows", Amount::PerSecond(f64::from(options.voters) / seconds));
    meter.stop(0, report);
    Ok(())
}
