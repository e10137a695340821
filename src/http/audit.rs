//! The audit log.

use actix_web::{HttpResponse, get, post, web};
use uuid::Uuid;
use uvote_domain::refusal::Refusal;
use uvote_domain::role::Action;

use super::error::{Answer, Problem};
use super::openapi::Problems;
use super::sign_in::{Id, ListOf, Paging, SignedIn, page};
use super::{Service, Uvote};
use crate::actors::audit::Drain;
use crate::store::audit::{self, AuditRecord, AuditVerification, Records};
use crate::store::{Client, Page, elections, organisations};

/// Has everything chained that was answered before. Whoever waits for the actor gives its
/// connection back meanwhile, since the actor needs one too.
async fn drained(service: &Service, client: Client, organisation: Uuid) -> Result<Client, Problem> {
    drop(client);
    service.audit.address().send(Drain(organisation)).await??;
    Ok(service.database.client().await?)
}

/// Lists an organisation's records, newest first, with everything answered before. What was done to
/// an account, such as a sign-in, stands in its personal organisation, for the account alone.
#[utoipa::path(tag = "audit", params(Paging), responses((status = 200, body = ListOf<AuditRecord>), Problems), security(("bearer" = [])))]
#[get("/api/v1/organisations/{id}/audit")]
pub async fn of_organisation(service: Uvote, who: SignedIn, id: Id, paging: web::Query<Paging>) -> Answer {
    let (before, limit) = (paging.number()?, paging.limit()?);
    let own = organisations::personal(&service.database.client().await?, who.account).await?;
    let which = if own == Some(*id) { Records::All } else { Records::Shared };
    Ok(page(records(&service, &who, *id, which, before, limit).await?))
}

async fn records(
    service: &Service,
    who: &SignedIn,
    organisation: Uuid,
    which: Records,
    before: Option<i64>,
    limit: i64,
) -> Answer<Page<AuditRecord>> {
    let client = service.database.client().await?;
    organisations::allow(&client, who.account, organisation, Action::ViewAudit).await?;
    let client = drained(service, client, organisation).await?;
    Ok(audit::list(&client, organisation, which, before, limit).await?)
}

/// The records about an organisation itself from a position downwards, newest first, with everything
/// answered before.
///
/// # Errors
/// 404 for strangers.
pub async fn organisation_records(
    service: &Service,
    who: &SignedIn,
    organisation: Uuid,
    before: Option<i64>,
    limit: i64,
) -> Answer<Page<AuditRecord>> {
    records(service, who, organisation, Records::OfOrganisation, before, limit).await
}

/// The records of one's account from a position downwards, newest first, with everything answered
/// before.
///
/// # Errors
/// As the database.
pub async fn account_records(
    service: &Service,
    who: &SignedIn,
    before: Option<i64>,
    limit: i64,
) -> Answer<Page<AuditRecord>> {
    let own = organisations::personal(&service.database.client().await?, who.account).await?;
    records(service, who, own.ok_or(Refusal::NotFound)?, Records::OfAccount, before, limit).await
}

/// Lists the records about an election, newest first, with everything answered before.
#[utoipa::path(tag = "audit", params(Paging), responses((status = 200, body = ListOf<AuditRecord>), Problems), security(("bearer" = [])))]
#[get("/api/v1/elections/{id}/audit")]
pub async fn of_election(service: Uvote, who: SignedIn, id: Id, paging: web::Query<Paging>) -> Answer {
    let (before, limit) = (paging.number()?, paging.limit()?);
    Ok(page(election_records(&service, &who, *id, before, limit).await?))
}

/// The records about an election from a position downwards, newest first, with everything answered
/// before.
///
/// # Errors
/// 404 for strangers.
pub async fn election_records(
    service: &Service,
    who: &SignedIn,
    id: Uuid,
    before: Option<i64>,
    limit: i64,
) -> Answer<Page<AuditRecord>> {
    let client = service.database.client().await?;
    elections::allow(&client, who.account, id, Action::ViewAudit).await?;
    let organisation = elections::get(&client, id).await?.organisation_id;
    let client = drained(service, client, organisation).await?;
    Ok(audit::list(&client, organisation, Records::OfElection(id), before, limit).await?)
}

/// Recomputes an organisation's chain.
#[utoipa::path(tag = "audit", responses((status = 200, body = AuditVerification), Problems), security(("bearer" = [])))]
#[post("/api/v1/organisations/{id}/audit/verify")]
pub async fn verify(service: Uvote, who: SignedIn, id: Id) -> Answer {
    Ok(HttpResponse::Ok().json(verify_records(&service, &who, *id).await?))
}

/// Recomputes an organisation's chain, with everything answered before.
///
/// # Errors
/// 404 for strangers.
pub async fn verify_records(
    service: &Service,
    who: &SignedIn,
    organisation: Uuid,
) -> Answer<AuditVerification> {
    let client = service.database.client().await?;
    organisations::allow(&client, who.account, organisation, Action::ViewAudit).await?;
    let mut client = drained(service, client, organisation).await?;
    Ok(audit::verify(&mut client, organisation).await?)
}
