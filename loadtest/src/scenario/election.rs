//! A whole election from the import to the published results, and the check of the books.

use std::future::Future;
use std::mem;

use anyhow::Result;

use super::{Interrupted, Service};
use crate::casting::{Books, cast};
use crate::check::{check_receipts, check_results, check_watchers};
use crate::progress;
use crate::report::Report;
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
    /// Connections that cast votes
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    pub concurrency: u32,
    /// Receipts to look up, chosen by chance; with fewer votes all are
    #[arg(long, default_value_t = MOST_RECEIPTS)]
    pub receipts: usize,
    /// Leave the election open, so that the published results are not checked; its id is in
    /// the report
    #[arg(long)]
    pub keep_open: bool,
}

/// Runs it. Ctrl-C during the votes ends the casting early and checks what was cast; at any
/// other time it ends the run.
///
/// # Errors
/// When the service refuses a step or does not send the mails.
pub async fn run(options: &Options) -> Result<Report> {
    let mut report = Report::new("election");
    let setting = Stage::set(&options.service, &options.electorate, &mut report);
    let mut stage = or_interrupted(setting).await?;
    let voters = u64::from(options.electorate.voters);
    let books = cast(
        &stage.organiser.client(),
        &stage.election,
        mem::take(&mut stage.tokens),
        options.concurrency as usize,
        progress::bar("votes", voters),
        tokio::signal::ctrl_c(),
    )
    .await?;
    books.tell(voters, &mut report);
    or_interrupted(check(options, &stage, &books, &mut report)).await?;
    stage.watchers.leave().await;
    Ok(report)
}

async fn check(options: &Options, stage: &Stage, books: &Books, report: &mut Report) -> Result<()> {
    let (electorate, ledger) = (&options.electorate, &books.ledger);
    check_watchers(stage, electorate, ledger, report).await;
    if !options.keep_open {
        check_results(stage, electorate, ledger, report).await?;
    }
    check_receipts(stage, ledger, options.receipts, report).await
}

async fn or_interrupted<T>(phase: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        done = phase => done,
        _ = tokio::signal::ctrl_c() => Err(Interrupted.into()),
    }
}
