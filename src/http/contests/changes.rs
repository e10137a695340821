//! What organisers do to the ballot of a draft, through the interface and through pages alike.
//!
//! Every change is refused with 404 or 403 to whoever may not make it, and with 409 `WRONG_STATE`
//! once the election is no draft.

use deadpool_postgres::{GenericClient, Transaction};
use serde_json::json;
use uuid::Uuid;
use uvote_domain::election::Status;
use uvote_domain::fault::Fault;
use uvote_domain::refusal::Refusal;
use uvote_domain::role::Action;

use super::{CandidatePatch, ContestPatch};
use crate::http::Service;
use crate::http::check::Check;
use crate::http::error::Answer;
use crate::http::photos::discard;
use crate::http::sign_in::SignedIn;
use crate::store::audit::note_election;
use crate::store::contests::{self, Candidate, CandidateDraft, Contest, ContestDraft};
use crate::store::{Client, elections, heads};

/// Contests that an election may have.
pub const MOST_CONTESTS: usize = 100;
/// Candidates that a contest may have.
const MOST_CANDIDATES: usize = 1_000;

/// Checks a contest with its candidates; `path` leads to it, ending in a dot unless it is empty.
pub fn check_contest(check: &mut Check, path: &str, contest: &mut ContestDraft) {
    check.line(format!("{path}title"), &mut contest.title, 200);
    check.optional_text(format!("{path}description"), &mut contest.description, 10_000);
    check_seats(check, &format!("{path}seats"), contest.seats.unwrap_or(1));
    check.demand(
        contest.candidates.len() <= MOST_CANDIDATES,
        &format!("{path}candidates"),
        Fault::TooManyCandidates(MOST_CANDIDATES),
    );
    for (index, candidate) in contest.candidates.iter_mut().enumerate() {
        check_candidate(check, &format!("{path}candidates.{index}."), candidate);
    }
}

fn check_seats(check: &mut Check, field: &str, seats: i32) {
    check.range(field, seats, 1..=1_000);
}

fn check_candidate(check: &mut Check, path: &str, candidate: &mut CandidateDraft) {
    check.line(format!("{path}name"), &mut candidate.name, 200);
    check.optional_text(format!("{path}description"), &mut candidate.description, 10_000);
    check_place(check, &format!("{path}display_order"), candidate.display_order.unwrap_or(0));
}

/// The next candidate gets the place behind the last, so there has to be one.
fn check_place(check: &mut Check, field: &str, place: i32) {
    check.range(field, place, 0..=1_000_000);
}

/// Begins a change of a draft's contests: nobody activates it meanwhile.
///
/// # Errors
/// As every change.
pub async fn begin<'a>(client: &'a mut Client, who: &SignedIn, election: Uuid) -> Answer<Transaction<'a>> {
    elections::allow(client, who.account, election, Action::ManageElections).await?;
    let transaction = client.transaction().await?;
    let head = heads::lock(&transaction, election).await?;
    if head.status != Status::Draft {
        return Err(Refusal::wrong_state(head.status, "change contests and candidates").into());
    }
    Ok(transaction)
}

/// Notes and commits a change.
///
/// # Errors
/// As the database.
pub async fn finish(
    transaction: Transaction<'_>,
    who: &SignedIn,
    election: Uuid,
    changed: &str,
) -> Answer<()> {
    note_election(&transaction, election, who.actor(), "election.updated", json!({"fields": [changed]}))
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// A contest of an election.
///
/// # Errors
/// 404 when the election has no such contest.
pub async fn find<C: GenericClient>(client: &C, election: Uuid, contest: Uuid) -> Answer<Contest> {
    let contests = contests::list(client, &[election]).await?;
    Ok(contests.into_iter().find(|found| found.id == contest).ok_or(Refusal::NotFound)?)
}

/// A candidate of a contest.
///
/// # Errors
/// 404 when the contest has no such candidate.
pub fn find_candidate(contest: Contest, candidate: Uuid) -> Answer<Candidate> {
    Ok(contest.candidates.into_iter().find(|found| found.id == candidate).ok_or(Refusal::NotFound)?)
}

/// Adds a contest with its candidates behind the others.
///
/// # Errors
/// Every field that can't be accepted; otherwise as every change.
pub async fn add_contest(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    mut draft: ContestDraft,
) -> Answer<Contest> {
    let mut check = Check::default();
    check_contest(&mut check, "", &mut draft);
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, who, election).await?;
    let existing = contests::list(&transaction, &[election]).await?.len();
    check.demand(existing < MOST_CONTESTS, "title", Fault::TooManyContests(MOST_CONTESTS));
    check.finish()?;
    let contest = contests::add(&transaction, election, &draft).await?;
    finish(transaction, who, election, "contests").await?;
    find(&client, election, contest).await
}

/// Changes what a contest says of itself.
///
/// # Errors
/// As [`add_contest`].
pub async fn change_contest(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    id: Uuid,
    patch: ContestPatch,
) -> Answer<Contest> {
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, who, election).await?;
    let mut contest = find(&transaction, election, id).await?;
    contest.title = patch.title.unwrap_or(contest.title);
    contest.description = patch.description.unwrap_or(contest.description);
    contest.method = patch.method.unwrap_or(contest.method);
    contest.seats = patch.seats.unwrap_or(contest.seats);
    contest.allow_blank = patch.allow_blank.unwrap_or(contest.allow_blank);
    contest.candidate_order = patch.candidate_order.unwrap_or(contest.candidate_order);
    let mut check = Check::default();
    check.line("title", &mut contest.title, 200);
    check.optional_text("description", &mut contest.description, 10_000);
    check_seats(&mut check, "seats", contest.seats);
    check.finish()?;
    contests::replace(&transaction, &contest).await?;
    finish(transaction, who, election, "contests").await?;
    Ok(contest)
}

/// Removes a contest with its candidates.
///
/// # Errors
/// As every change.
pub async fn remove_contest(service: &Service, who: &SignedIn, election: Uuid, contest: Uuid) -> Answer<()> {
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, who, election).await?;
    let photos = contests::remove(&transaction, election, contest).await?;
    finish(transaction, who, election, "contests").await?;
    discard(service, photos).await;
    Ok(())
}

/// Moves a contest to a place among the contests, counted from 0; the last is as far as it goes.
///
/// # Errors
/// As every change.
pub async fn move_contest(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    contest: Uuid,
    place: usize,
) -> Answer<()> {
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, who, election).await?;
    let present = contests::list(&transaction, &[election]).await?;
    let order = moved(present.iter().map(|found| found.id), contest, place)?;
    contests::reorder(&transaction, election, &order).await?;
    finish(transaction, who, election, "contests").await
}

fn moved(present: impl Iterator<Item = Uuid>, id: Uuid, place: usize) -> Answer<Vec<Uuid>> {
    let mut order: Vec<Uuid> = present.collect();
    let before = order.iter().position(|found| *found == id).ok_or(Refusal::NotFound)?;
    order.remove(before);
    order.insert(place.min(order.len()), id);
    Ok(order)
}

/// Adds candidates behind the others of a contest: all of them, or none. The fields of one alone
/// stand for themselves; of several, they are under `candidates`.
///
/// # Errors
/// As [`add_contest`].
pub async fn add_candidates(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    contest: Uuid,
    mut drafts: Vec<CandidateDraft>,
) -> Answer<Vec<Candidate>> {
    let (mut check, alone) = (Check::default(), drafts.len() == 1);
    for (index, draft) in drafts.iter_mut().enumerate() {
        let path = if alone { String::new() } else { format!("candidates.{index}.") };
        check_candidate(&mut check, &path, draft);
    }
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, who, election).await?;
    let existing = find(&transaction, election, contest).await?.candidates.len();
    let fit = existing + drafts.len() <= MOST_CANDIDATES;
    let field = if alone { "name" } else { "candidates" };
    check.demand(fit, field, Fault::TooManyCandidates(MOST_CANDIDATES));
    check.finish()?;
    let mut added = Vec::with_capacity(drafts.len());
    for draft in &drafts {
        added.push(contests::add_candidate(&transaction, election, contest, draft).await?);
    }
    finish(transaction, who, election, "candidates").await?;
    let contest = find(&client, election, contest).await?;
    Ok(contest.candidates.into_iter().filter(|candidate| added.contains(&candidate.id)).collect())
}

/// Changes what a candidate says of itself.
///
/// # Errors
/// As [`add_contest`].
pub async fn change_candidate(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    contest: Uuid,
    id: Uuid,
    patch: CandidatePatch,
) -> Answer<Candidate> {
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, who, election).await?;
    let mut candidate = find_candidate(find(&transaction, election, contest).await?, id)?;
    candidate.name = patch.name.unwrap_or(candidate.name);
    candidate.description = patch.description.unwrap_or(candidate.description);
    candidate.display_order = patch.display_order.unwrap_or(candidate.display_order);
    let mut check = Check::default();
    check.line("name", &mut candidate.name, 200);
    check.optional_text("description", &mut candidate.description, 10_000);
    check_place(&mut check, "display_order", patch.display_order.unwrap_or(0));
    check.finish()?;
    contests::replace_candidate(&transaction, &candidate).await?;
    finish(transaction, who, election, "candidates").await?;
    Ok(candidate)
}

/// Removes a candidate.
///
/// # Errors
/// As every change.
pub async fn remove_candidate(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    contest: Uuid,
    candidate: Uuid,
) -> Answer<()> {
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, who, election).await?;
    find(&transaction, election, contest).await?;
    let photo = contests::remove_candidate(&transaction, contest, candidate).await?;
    finish(transaction, who, election, "candidates").await?;
    discard(service, photo).await;
    Ok(())
}

/// Moves a candidate to a place in its contest, counted from 0; the last is as far as it goes.
///
/// # Errors
/// As every change.
pub async fn move_candidate(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    contest: Uuid,
    candidate: Uuid,
    place: usize,
) -> Answer<()> {
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, who, election).await?;
    let present = find(&transaction, election, contest).await?.candidates;
    let order = moved(present.iter().map(|found| found.id), candidate, place)?;
    contests::reorder_candidates(&transaction, contest, &order).await?;
    finish(transaction, who, election, "candidates").await
}
