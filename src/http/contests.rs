//! Contests and candidates of a draft, one by one.

use actix_web::{HttpResponse, delete, patch, post, web};
use deadpool_postgres::{GenericClient, Transaction};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::contest::{CandidateOrder, Method};
use uvote_domain::election::Status;
use uvote_domain::refusal::Refusal;
use uvote_domain::role::Action;

use super::check::{Check, present};
use super::error::{Answer, Problem};
use super::openapi::Problems;
use super::sign_in::{Id, SignedIn};
use super::{Uvote, done};
use crate::store::audit::note_election;
use crate::store::contests::{self, Candidate, CandidateDraft, Contest, ContestDraft};
use crate::store::{Client, elections, heads};

/// Changes to a contest: what is missing stays, null clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ContestPatch {
    title: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    #[schema(value_type = Option<String>, example = "plurality")]
    method: Option<Method>,
    seats: Option<i32>,
    allow_blank: Option<bool>,
    #[schema(value_type = Option<String>, example = "as_listed")]
    candidate_order: Option<CandidateOrder>,
}

/// Changes to a candidate: what is missing stays, null clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CandidatePatch {
    name: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    display_order: Option<i32>,
}

/// Checks a contest with its candidates; `path` leads to it, ending in a dot unless it is empty.
pub fn check_contest(check: &mut Check, path: &str, contest: &mut ContestDraft) {
    check.line(format!("{path}title"), &mut contest.title, 200);
    check.optional_text(format!("{path}description"), &mut contest.description, 10_000);
    check_seats(check, &format!("{path}seats"), contest.seats.unwrap_or(1));
    check.demand(
        contest.candidates.len() <= 1_000,
        &format!("{path}candidates"),
        "At most 1000 candidates fit in a contest.",
    );
    for (index, candidate) in contest.candidates.iter_mut().enumerate() {
        check_candidate(check, &format!("{path}candidates.{index}."), candidate);
    }
}

fn check_seats(check: &mut Check, field: &str, seats: i32) {
    check.demand((1..=1_000).contains(&seats), field, "Must be from 1 to 1000.");
}

fn check_candidate(check: &mut Check, path: &str, candidate: &mut CandidateDraft) {
    check.line(format!("{path}name"), &mut candidate.name, 200);
    check.optional_text(format!("{path}description"), &mut candidate.description, 10_000);
    check_place(check, &format!("{path}display_order"), candidate.display_order.unwrap_or(0));
}

/// The next candidate gets the place behind the last, so there has to be one.
fn check_place(check: &mut Check, field: &str, place: i32) {
    check.demand((0..=1_000_000).contains(&place), field, "Must be from 0 to 1000000.");
}

/// Begins a change of a draft's contests: nobody activates it meanwhile.
async fn begin<'a>(
    client: &'a mut Client,
    who: &SignedIn,
    election: Uuid,
) -> Result<Transaction<'a>, Problem> {
    elections::allow(client, who.account, election, Action::ManageElections).await?;
    let transaction = client.transaction().await?;
    let head = heads::lock(&transaction, election).await?;
    if head.status != Status::Draft {
        return Err(Refusal::wrong_state(head.status, "change contests and candidates").into());
    }
    Ok(transaction)
}

async fn finish(
    transaction: Transaction<'_>,
    who: &SignedIn,
    election: Uuid,
    changed: &str,
) -> Result<(), Problem> {
    note_election(&transaction, election, who.actor(), "election.updated", json!({"fields": [changed]}))
        .await?;
    transaction.commit().await?;
    Ok(())
}

async fn find<C: GenericClient>(client: &C, election: Uuid, contest: Uuid) -> Result<Contest, Problem> {
    let contests = contests::list(client, &[election]).await?;
    Ok(contests.into_iter().find(|found| found.id == contest).ok_or(Refusal::NotFound)?)
}

fn find_candidate(contest: Contest, candidate: Uuid) -> Result<Candidate, Problem> {
    Ok(contest.candidates.into_iter().find(|found| found.id == candidate).ok_or(Refusal::NotFound)?)
}

/// Adds a contest.
#[utoipa::path(tag = "contests", responses((status = 201, body = Contest), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/contests")]
pub async fn add(service: Uvote, who: SignedIn, id: Id, body: web::Json<ContestDraft>) -> Answer {
    let mut draft = body.into_inner();
    let mut check = Check::default();
    check_contest(&mut check, "", &mut draft);
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, &who, *id).await?;
    let existing = contests::list(&transaction, &[*id]).await?.len();
    check.demand(existing < 100, "title", "At most 100 contests fit on a ballot.");
    check.finish()?;
    let contest = contests::add(&transaction, *id, &draft).await?;
    finish(transaction, &who, *id, "contests").await?;
    Ok(HttpResponse::Created().json(find(&client, *id, contest).await?))
}

/// Changes a contest.
#[utoipa::path(tag = "contests", responses((status = 200, body = Contest), Problems), security(("bearer" = [])))]
#[patch("/api/v1/elections/{id}/contests/{contest_id}")]
pub async fn change(
    service: Uvote,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
    body: web::Json<ContestPatch>,
) -> Answer {
    let ((election, id), patch) = (*path, body.into_inner());
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, &who, election).await?;
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
    finish(transaction, &who, election, "contests").await?;
    Ok(HttpResponse::Ok().json(contest))
}

/// Removes a contest with its candidates.
#[utoipa::path(tag = "contests", responses((status = 204), Problems), security(("bearer" = [])))]
#[delete("/api/v1/elections/{id}/contests/{contest_id}")]
pub async fn remove(service: Uvote, who: SignedIn, path: web::Path<(Uuid, Uuid)>) -> Answer {
    let (election, contest) = *path;
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, &who, election).await?;
    contests::remove(&transaction, election, contest).await?;
    finish(transaction, &who, election, "contests").await?;
    Ok(done())
}

/// Adds a candidate.
#[utoipa::path(tag = "contests", responses((status = 201, body = Candidate), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/contests/{contest_id}/candidates")]
pub async fn add_candidate(
    service: Uvote,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
    body: web::Json<CandidateDraft>,
) -> Answer {
    let ((election, contest), mut draft) = (*path, body.into_inner());
    let mut check = Check::default();
    check_candidate(&mut check, "", &mut draft);
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, &who, election).await?;
    let existing = find(&transaction, election, contest).await?.candidates.len();
    check.demand(existing < 1_000, "name", "At most 1000 candidates fit in a contest.");
    check.finish()?;
    let candidate = contests::add_candidate(&transaction, election, contest, &draft).await?;
    finish(transaction, &who, election, "candidates").await?;
    let contest = find(&client, election, contest).await?;
    Ok(HttpResponse::Created().json(find_candidate(contest, candidate)?))
}

/// Changes a candidate.
#[utoipa::path(tag = "contests", responses((status = 200, body = Candidate), Problems), security(("bearer" = [])))]
#[patch("/api/v1/elections/{id}/contests/{contest_id}/candidates/{candidate_id}")]
pub async fn change_candidate(
    service: Uvote,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid, Uuid)>,
    body: web::Json<CandidatePatch>,
) -> Answer {
    let ((election, contest, id), patch) = (*path, body.into_inner());
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, &who, election).await?;
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
    finish(transaction, &who, election, "candidates").await?;
    Ok(HttpResponse::Ok().json(candidate))
}

/// Removes a candidate.
#[utoipa::path(tag = "contests", responses((status = 204), Problems), security(("bearer" = [])))]
#[delete("/api/v1/elections/{id}/contests/{contest_id}/candidates/{candidate_id}")]
pub async fn remove_candidate(service: Uvote, who: SignedIn, path: web::Path<(Uuid, Uuid, Uuid)>) -> Answer {
    let (election, contest, candidate) = *path;
    let mut client = service.database.client().await?;
    let transaction = begin(&mut client, &who, election).await?;
    find(&transaction, election, contest).await?;
    contests::remove_candidate(&transaction, contest, candidate).await?;
    finish(transaction, &who, election, "candidates").await?;
    Ok(done())
}
