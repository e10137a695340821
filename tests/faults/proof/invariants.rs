//! What must hold after every run, one function for each promise. Each answers what is wrong, in words.

mod counted;
mod noticed;
mod rows;
mod shown;

use std::cell::RefCell;
use std::path::PathBuf;

use rand::seq::SliceRandom;
use tokio_postgres::Client;
use uuid::Uuid;

use super::courier::Courier;
use super::crowd::{Crowd, resolve};
use super::election::OpenElection;
use super::ledger::Ledger;
use super::report::{Run, Votes};
use super::secrets::{self, Secret};
use super::stage::Stage;

/// Voters whose secrets are looked for.
const SEARCHED: usize = 12;

/// Where to look.
pub struct Evidence<'a> {
    /// The election and its organiser, signed in at `url`.
    pub open: &'a OpenElection,
    /// A living service, such as `http://127.0.0.1:8080`.
    pub url: String,
    /// The database, with every right.
    pub superuser: Client,
    /// The data directories of PostgreSQL, to be searched for secrets.
    pub data: Vec<PathBuf>,
    /// The logs of every service and of PostgreSQL.
    pub logs: Vec<PathBuf>,
}

impl<'a> Evidence<'a> {
    /// All that there is on a stage.
    pub async fn of(stage: &'a Stage) -> Self {
        Self {
            open: &stage.open,
            url: stage.service.url(),
            superuser: stage.postgres.superuser().await,
            data: vec![stage.postgres.data()],
            logs: vec![stage.service.log(), stage.postgres.log()],
        }
    }

    fn id(&self) -> Uuid {
        self.open.election.id.parse().unwrap()
    }
}

/// Asserts everything that must hold at the end of a run, which closes the election, and reports.
/// The crowd has gone, the service lives.
pub async fn hold(run: Run, ledger: Ledger, evidence: &Evidence<'_>) {
    let (votes, complaints) = examine(&run, ledger, evidence).await;
    run.end(&votes, &complaints);
}

/// How the votes of a run fared, and everything that is wrong.
async fn examine(run: &Run, ledger: Ledger, evidence: &Evidence<'_>) -> (Votes, Vec<String>) {
    let unknown = ledger.ever_unknown();
    let mut complaints = Vec::from_iter(within_bounds(&ledger, evidence).await);
    complaints.extend(ledger.sent_away());
    let ledger = RefCell::new(ledger);
    let watch = shown::Watch::begin(evidence).await;
    complaints.extend(resolve_and_close(run, &ledger, evidence).await);
    let ledger = ledger.into_inner();
    complaints.extend(ledger.complaints());
    complaints.extend(counted::as_told(&ledger, evidence).await);
    complaints.extend(counted::chains_verify(evidence).await);
    complaints.extend(counted::receipts_are_included(&ledger, evidence).await);
    complaints.extend(shown::frames_and_csv_agree(watch, evidence).await);
    complaints.extend(rows::chain_recomputed(evidence).await);
    complaints.extend(rows::audit_recomputed(evidence).await);
    complaints.extend(rows::one_ballot_a_token(evidence).await);
    let (votes, found) = rows::each_vote_once(&ledger, evidence, unknown).await;
    complaints.extend(found);
    complaints.extend(nothing_is_tied_together(run, &ledger, evidence).await);
    (votes, complaints)
}

/// Asserts what can be told cheaply while the crowd votes on: the head, the ballots and the spent
/// tokens agree, and there are neither fewer than were acknowledged nor more than were sent.
pub async fn hold_so_far(crowd: &Crowd, open: &OpenElection, superuser: &Client) {
    let acknowledged = crowd.ledger().bounds().0;
    let counted = rows::counted(superuser, open.election.id.parse().unwrap()).await;
    let at_most = crowd.ledger().bounds().1;
    assert!(counted.agree(), "{counted:?}");
    let within = (acknowledged..=at_most).contains(&counted.ballots);
    assert!(within, "{} ballots, while {acknowledged} to {at_most} were sent", counted.ballots);
}

/// Counted is what was acknowledged, and at most what is unknown besides.
async fn within_bounds(ledger: &Ledger, evidence: &Evidence<'_>) -> Option<String> {
    let counted = rows::counted(&evidence.superuser, evidence.id()).await.ballots;
    let (least, most) = ledger.bounds();
    (!(least..=most).contains(&counted))
        .then(|| format!("{counted} ballots are counted, while {least} to {most} were told of"))
}

/// Every unknown vote is resolved by the same body: one half before the close, one after it.
async fn resolve_and_close(run: &Run, ledger: &RefCell<Ledger>, evidence: &Evidence<'_>) -> Vec<String> {
    let courier = Courier::new(std::slice::from_ref(&evidence.url), &evidence.open.election);
    let mut unknown = ledger.borrow().unknown();
    unknown.shuffle(&mut run.rng(usize::MAX - 1));
    let (before, after) = unknown.split_at(unknown.len() / 2);
    resolve(&courier, ledger, before).await;
    let closed = evidence.open.election.close(&evidence.open.organiser).await;
    resolve(&courier, ledger, after).await;
    let open = ledger.borrow().unknown().len();
    let unresolved = (open > 0).then(|| format!("{open} votes are unknown though they were sent again"));
    let refused = closed.err().map(|error| format!("the election can't be closed: {error:#}"));
    refused.into_iter().chain(unresolved).collect()
}

/// No token, choice or voter is tied together in a dump, in the files, or in a log.
async fn nothing_is_tied_together(run: &Run, ledger: &Ledger, evidence: &Evidence<'_>) -> Vec<String> {
    let mut voters: Vec<usize> = ledger.acknowledged().into_keys().collect();
    voters.shuffle(&mut run.rng(usize::MAX - 2));
    let mut secrets = Vec::new();
    for ballot in voters.into_iter().take(SEARCHED).map(|ballot| &ledger.ballots[ballot]) {
        let (address, code) = (evidence.open.roll.address(ballot.voter), &evidence.open.codes[ballot.voter]);
        let superuser = &evidence.superuser;
        secrets.push(Secret::of(superuser, evidence.id(), address, code, ballot.nonce).await);
    }
    let candidates: Vec<&str> = evidence.open.election.candidates.iter().map(String::as_str).collect();
    let mut told = secrets::told_by_dump(&secrets::dump(&evidence.superuser).await, &secrets, &candidates);
    evidence.superuser.batch_execute("CHECKPOINT").await.unwrap();
    for data in &evidence.data {
        told.extend(secrets::told_by_files(&secrets::files(data), &secrets));
    }
    for log in &evidence.logs {
        told.extend(secrets::told_by_log(&std::fs::read(log).unwrap(), &secrets));
    }
    told
}
