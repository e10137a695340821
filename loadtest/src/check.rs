//! Compares what the voters were told with what the service says, from every side.

use std::time::Instant;

use anyhow::{Context, Result};
use futures_util::{StreamExt, stream};

use crate::election::Election;
use crate::ledger::{Acknowledged, Ledger};
use crate::organiser::Organiser;
use crate::progress;
use crate::report::{Amount, Report};
use crate::stage::{Electorate, Stage};

/// Receipts that are looked up at a time.
const LOOKUPS_AT_ONCE: usize = 32;
/// Elections that are closed at a time.
const ELECTIONS_AT_ONCE: usize = 8;

/// Closes an election of so many voters, and compares what it publishes with what they were told.
///
/// # Errors
/// When the service refuses a step. Contradictions go to the report.
pub async fn check_results(
    organiser: &Organiser,
    election: &Election,
    voters: u64,
    ledger: &Ledger,
    report: &mut Report,
) -> Result<()> {
    let spinner = progress::waiting("closing and recounting");
    let start = Instant::now();
    report.books_are_compared();
    election.close(organiser).await?;
    let seconds = Amount::Seconds(start.elapsed().as_secs_f64());
    report.figure("close_seconds", "close and recount", seconds);
    report.differ(contradictions(organiser, election, voters, ledger).await?);
    check_audit(organiser, election, report).await?;
    spinner.finish_and_clear();
    Ok(())
}

/// As [`check_results`], and looks up so many receipts by chance, also when the results can't be had.
///
/// # Errors
/// When the service refuses a step. Contradictions go to the report.
pub async fn check_election(
    organiser: &Organiser,
    election: &Election,
    voters: u64,
    ledger: &Ledger,
    receipts: usize,
    report: &mut Report,
) -> Result<()> {
    let results = check_results(organiser, election, voters, ledger, report).await;
    let receipts = check_receipts(organiser, election, ledger, receipts, report).await;
    results.and(receipts)
}

/// How the results of a closed election, and what the service finds when it verifies its chain,
/// contradict what the voters were told.
///
/// # Errors
/// When the service refuses a step.
pub async fn contradictions(
    organiser: &Organiser,
    election: &Election,
    voters: u64,
    ledger: &Ledger,
) -> Result<Vec<String>> {
    let published = election.results(organiser).await?;
    let mut found = ledger.differences(&election.candidates, voters, &published);
    let verified = election.verify(organiser).await?;
    let sound = verified.chain_intact && verified.recount_matches == Some(true);
    found.extend(ledger.turnout_difference("verified ballots", verified.ballots));
    found.extend((!sound).then(|| format!("the service's own verification says {verified:?}")));
    Ok(found)
}

/// Has the service verify the audit log of the organisation that holds the election.
///
/// # Errors
/// When the service refuses.
pub async fn check_audit(organiser: &Organiser, election: &Election, report: &mut Report) -> Result<()> {
    let intact = election.audit_is_intact(organiser).await?;
    report.differ((!intact).then(|| "the audit log is not intact".to_owned()));
    Ok(())
}

/// Waits until the watchers have seen the last vote and compares what each has seen. Called
/// before the close, so that it measures how far they are behind.
pub async fn check_watchers(stage: &Stage, electorate: &Electorate, ledger: &Ledger, report: &mut Report) {
    let start = Instant::now();
    let acknowledged = ledger.acknowledged.len() as u64;
    let spinner = progress::waiting("waiting for the watchers");
    stage.watchers.see(acknowledged, electorate.patience()).await;
    spinner.finish_and_clear();
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

/// What the voters of one election were told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The election.
    pub election: &'a Election,
    /// Voters on its roll.
    pub voters: u64,
    /// What they were told.
    pub ledger: &'a Ledger,
}

/// Closes several elections, compares each of them as [`contradictions`] does, and looks up so many
/// receipts by chance.
///
/// # Errors
/// When the service refuses a step. Contradictions go to the report.
pub async fn check_each(
    organiser: &Organiser,
    polls: &[Told<'_>],
    receipts: usize,
    report: &mut Report,
) -> Result<()> {
    let bar = progress::bar("checking", polls.len() as u64);
    let (start, mut done) = (Instant::now(), Ok(()));
    report.books_are_compared();
    let checks = stream::iter(polls).map(|told| close_and_compare(organiser, *told));
    let mut checks = checks.buffer_unordered(ELECTIONS_AT_ONCE);
    while let Some(found) = checks.next().await {
        match found {
            Ok(found) => report.differ(found),
            Err(error) => done = done.and(Err(error)),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let seconds = Amount::Seconds(start.elapsed().as_secs_f64());
    report.figure("close_seconds", "close, recount and comparison", seconds);
    if let Some(told) = polls.first() {
        done = done.and(check_audit(organiser, told.election, report).await);
    }
    let votes = polls.iter().flat_map(|told| {
        let votes = told.ledger.acknowledged.iter();
        votes.map(|vote| (told.election, vote))
    });
    done.and(look_up(organiser, &votes.collect::<Vec<_>>(), receipts, report).await)
}

async fn close_and_compare(organiser: &Organiser, told: Told<'_>) -> Result<Vec<String>> {
    told.election.close(organiser).await?;
    let found = contradictions(organiser, told.election, told.voters, told.ledger).await?;
    let id = &told.election.id;
    Ok(found.into_iter().map(|difference| format!("election {id}: {difference}")).collect())
}

/// Looks up so many receipts by chance, as a voter would.
///
/// # Errors
/// When there is no answer. Missing receipts go to the report.
pub async fn check_receipts(
    organiser: &Organiser,
    election: &Election,
    ledger: &Ledger,
    wanted: usize,
    report: &mut Report,
) -> Result<()> {
    let votes: Vec<_> = ledger.acknowledged.iter().map(|vote| (election, vote)).collect();
    look_up(organiser, &votes, wanted, report).await
}

async fn look_up(
    organiser: &Organiser,
    votes: &[(&Election, &Acknowledged)],
    wanted: usize,
    report: &mut Report,
) -> Result<()> {
    let wanted = wanted.min(votes.len());
    let bar = progress::bar("receipts", wanted as u64);
    let chosen = rand::seq::index::sample(&mut rand::rng(), votes.len(), wanted);
    let lookups = stream::iter(chosen).map(|vote| holds(organiser, votes[vote]));
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

async fn holds(organiser: &Organiser, (election, vote): (&Election, &Acknowledged)) -> Result<bool> {
    let receipt = hex::encode(vote.receipt);
    election.holds(organiser, &receipt, vote.position).await
}
