//! Compares what the voters were told with what the service says, from every side.

use std::time::Instant;

use anyhow::{Context, Result};
use futures_util::{StreamExt, stream};

use crate::ledger::{Acknowledged, Ledger};
use crate::progress;
use crate::report::{Amount, Report};
use crate::stage::{Electorate, Stage};

/// Receipts that are looked up at a time.
const LOOKUPS_AT_ONCE: usize = 32;

/// Closes the election, fetches the results and has the service verify itself.
///
/// # Errors
/// When the service refuses a step. Contradictions go to the report.
pub async fn check_results(
    stage: &Stage,
    electorate: &Electorate,
    ledger: &Ledger,
    report: &mut Report,
) -> Result<()> {
    let (organiser, election) = (&stage.organiser, &stage.election);
    let spinner = progress::waiting("closing and recounting");
    let start = Instant::now();
    election.close(organiser).await?;
    let seconds = Amount::Seconds(start.elapsed().as_secs_f64());
    report.figure("close_seconds", "close and recount", seconds);
    let published = election.results(organiser).await?;
    let (ids, voters) = (&election.candidates, u64::from(electorate.voters));
    report.differ(ledger.differences(ids, voters, &published));
    check_verification(stage, ledger, report).await?;
    spinner.finish_and_clear();
    Ok(())
}

/// What the service finds when it verifies its own chains.
async fn check_verification(stage: &Stage, ledger: &Ledger, report: &mut Report) -> Result<()> {
    let verified = stage.election.verify(&stage.organiser).await?;
    let sound = verified.chain_intact && verified.recount_matches == Some(true);
    report.differ(ledger.turnout_difference("verified ballots", verified.ballots));
    report.differ((!sound).then(|| format!("the service's own verification says {verified:?}")));
    let intact = stage.election.audit_is_intact(&stage.organiser).await?;
    report.differ((!intact).then(|| "the audit log is not intact".to_owned()));
    Ok(())
}

/// Waits until the watchers have seen the last vote and compares what each has seen. Called
/// before the close, so that it measures how far they are behind.
pub async fn check_watchers(stage: &Stage, electorate: &Electorate, ledger: &Ledger, report: &mut Report) {
    let start = Instant::now();
    let acknowledged = ledger.acknowledged.len() as u64;
    let all = stage.watchers.see(acknowledged, electorate.patience());
    all.await;
    let lag = Amount::Microseconds(start.elapsed().as_micros() as u64);
    let seen = stage.watchers.seen();
    for (number, seen) in seen.iter().enumerate() {
        let label = format!("turnout last seen by watcher {number}");
        let trouble = seen.trouble.as_ref();
        report.differ(trouble.map(|trouble| format!("watcher {number}: {trouble}")));
        report.differ(ledger.turnout_difference(&label, seen.ballots_cast));
    }
    let frames = seen.iter().map(|seen| seen.frames);
    let (all, fewest) = (frames.clone().sum(), frames.min().unwrap_or(0));
    report.figure("frames", "watchers' frames", Amount::Count(all));
    report.figure("frames_fewest", "fewest of one", Amount::Count(fewest));
    report.figure("watchers_lag_us", "watchers behind by", lag);
}

/// Looks up so many receipts by chance, as a voter would.
///
/// # Errors
/// When there is no answer. Missing receipts go to the report.
pub async fn check_receipts(
    stage: &Stage,
    ledger: &Ledger,
    wanted: usize,
    report: &mut Report,
) -> Result<()> {
    let votes = &ledger.acknowledged;
    let wanted = wanted.min(votes.len());
    let bar = progress::bar("receipts", wanted as u64);
    let chosen = rand::seq::index::sample(&mut rand::rng(), votes.len(), wanted);
    let lookups = stream::iter(chosen).map(|vote| look_up(stage, &votes[vote]));
    let mut lookups = lookups.buffer_unordered(LOOKUPS_AT_ONCE);
    let mut missing = 0;
    while let Some(found) = lookups.next().await {
        missing += usize::from(!found.context("looking up a receipt")?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let amount = Amount::Count(wanted as u64);
    report.figure("receipts", "receipts looked up", amount);
    let lost = format!("{missing} of {wanted} receipts are not in the chain at their position");
    report.differ((missing > 0).then_some(lost));
    Ok(())
}

async fn look_up(stage: &Stage, vote: &Acknowledged) -> Result<bool> {
    let receipt = hex::encode(vote.receipt);
    let (election, organiser) = (&stage.election, &stage.organiser);
    election.holds(organiser, &receipt, vote.position).await
}
