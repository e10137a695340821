//! Contests and candidates of a draft, one by one.

pub mod changes;

use actix_web::{HttpResponse, delete, patch, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::contest::{CandidateOrder, Method};

use super::check::present;
use super::error::Answer;
use super::openapi::Problems;
use super::sign_in::{Id, SignedIn};
use super::{Uvote, done};
use crate::store::contests::{Candidate, CandidateDraft, Contest, ContestDraft};

/// Changes to a contest: what is missing stays, null clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ContestPatch {
    pub(super) title: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub(super) description: Option<Option<String>>,
    #[schema(value_type = Option<String>, example = "plurality")]
    pub(super) method: Option<Method>,
    pub(super) seats: Option<i32>,
    pub(super) allow_blank: Option<bool>,
    #[schema(value_type = Option<String>, example = "as_listed")]
    pub(super) candidate_order: Option<CandidateOrder>,
}

/// Changes to a candidate: what is missing stays, null clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CandidatePatch {
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub(super) description: Option<Option<String>>,
    pub(super) display_order: Option<i32>,
}

/// Adds a contest.
#[utoipa::path(tag = "contests", responses((status = 201, body = Contest), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/contests")]
pub async fn add(service: Uvote, who: SignedIn, id: Id, body: web::Json<ContestDraft>) -> Answer {
    let contest = changes::add_contest(&service, &who, *id, body.into_inner()).await?;
    Ok(HttpResponse::Created().json(contest))
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
    let (election, contest) = *path;
    let contest = changes::change_contest(&service, &who, election, contest, body.into_inner()).await?;
    Ok(HttpResponse::Ok().json(contest))
}

/// Removes a contest with its candidates.
#[utoipa::path(tag = "contests", responses((status = 204), Problems), security(("bearer" = [])))]
#[delete("/api/v1/elections/{id}/contests/{contest_id}")]
pub async fn remove(service: Uvote, who: SignedIn, path: web::Path<(Uuid, Uuid)>) -> Answer {
    let (election, contest) = *path;
    changes::remove_contest(&service, &who, election, contest).await?;
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
    let (election, contest) = *path;
    let added = changes::add_candidates(&service, &who, election, contest, vec![body.into_inner()]).await?;
    Ok(HttpResponse::Created().json(added.first()))
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
    let candidate = changes::change_candidate(&service, &who, election, contest, id, patch).await?;
    Ok(HttpResponse::Ok().json(candidate))
}

/// Removes a candidate.
#[utoipa::path(tag = "contests", responses((status = 204), Problems), security(("bearer" = [])))]
#[delete("/api/v1/elections/{id}/contests/{contest_id}/candidates/{candidate_id}")]
pub async fn remove_candidate(service: Uvote, who: SignedIn, path: web::Path<(Uuid, Uuid, Uuid)>) -> Answer {
    let (election, contest, candidate) = *path;
    changes::remove_candidate(&service, &who, election, contest, candidate).await?;
    Ok(done())
}
