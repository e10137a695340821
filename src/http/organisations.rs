//! Organisations: founding, renaming and deleting them.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::role::Action;

use super::check::Check;
use super::error::{Answer, Problem};
use super::openapi::Problems;
use super::sign_in::{Id, ListOf, Paging, SignedIn, page};
use super::{Service, Uvote, done};
use crate::store::organisations::{self, Organisation};

/// What an organisation is called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganisationName {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

/// Changes to an organisation: what is missing stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganisationPatch {
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
}

/// Lists one's organisations, newest first.
#[utoipa::path(tag = "organisations", params(Paging), responses((status = 200, body = ListOf<Organisation>), Problems), security(("bearer" = [])))]
#[get("/api/v1/organisations")]
pub async fn list(service: Uvote, who: SignedIn, paging: web::Query<Paging>) -> Answer {
    let (before, limit) = (paging.id()?, paging.limit()?);
    let client = service.database.client().await?;
    Ok(page(organisations::list(&client, who.account, before, limit).await?))
}

/// Founds an organisation, which the caller owns.
#[utoipa::path(tag = "organisations", responses((status = 201, body = Organisation), Problems), security(("bearer" = [])))]
#[post("/api/v1/organisations")]
pub async fn create(service: Uvote, who: SignedIn, body: web::Json<OrganisationName>) -> Answer {
    let id = found_organisation(&service, &who, body.into_inner().name).await?;
    let client = service.database.client().await?;
    Ok(HttpResponse::Created().json(organisations::get(&client, who.account, id).await?))
}

/// Founds an organisation, which the caller owns.
///
/// # Errors
/// When the name can't be accepted.
pub async fn found_organisation(service: &Service, who: &SignedIn, mut name: String) -> Answer<Uuid> {
    check_name(&mut name)?;
    Ok(organisations::found(&mut service.database.client().await?, who.account, &name).await?)
}

fn check_name(name: &mut String) -> Result<(), Problem> {
    let mut check = Check::default();
    check.line("name", name, 200);
    check.finish()
}

/// Shows an organisation.
#[utoipa::path(tag = "organisations", responses((status = 200, body = Organisation), Problems), security(("bearer" = [])))]
#[get("/api/v1/organisations/{id}")]
pub async fn show(service: Uvote, who: SignedIn, id: Id) -> Answer {
    let client = service.database.client().await?;
    Ok(HttpResponse::Ok().json(organisations::get(&client, who.account, *id).await?))
}

/// Gives an organisation another name.
#[utoipa::path(tag = "organisations", responses((status = 200, body = Organisation), Problems), security(("bearer" = [])))]
#[patch("/api/v1/organisations/{id}")]
pub async fn change(service: Uvote, who: SignedIn, id: Id, body: web::Json<OrganisationPatch>) -> Answer {
    rename_organisation(&service, &who, *id, body.into_inner().name).await?;
    let client = service.database.client().await?;
    Ok(HttpResponse::Ok().json(organisations::get(&client, who.account, *id).await?))
}

/// Gives an organisation another name, if there is one.
///
/// # Errors
/// When the name can't be accepted; 404 for strangers, 403 for a role that may not.
pub async fn rename_organisation(
    service: &Service,
    who: &SignedIn,
    id: Uuid,
    mut name: Option<String>,
) -> Answer<()> {
    let mut client = service.database.client().await?;
    organisations::allow(&client, who.account, id, Action::ManageOrganisation).await?;
    let Some(name) = &mut name else { return Ok(()) };
    check_name(name)?;
    Ok(organisations::rename(&mut client, who.account, id, name).await?)
}

/// Deletes an organisation with its drafts, unless an election of it runs.
#[utoipa::path(tag = "organisations", responses((status = 204), Problems), security(("bearer" = [])))]
#[delete("/api/v1/organisations/{id}")]
pub async fn delete(service: Uvote, who: SignedIn, id: Id) -> Answer {
    delete_organisation(&service, &who, *id).await?;
    Ok(done())
}

/// Deletes an organisation with its drafts.
///
/// # Errors
/// 404 for strangers, 403 for a role that may not; `CONFLICT` for a personal one and while an
/// election of it runs.
pub async fn delete_organisation(service: &Service, who: &SignedIn, id: Uuid) -> Answer<()> {
    Ok(organisations::delete(&mut service.database.client().await?, who.account, id).await?)
}
