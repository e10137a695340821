//! Mails to voters: links, reminders, result notices, and how they fare.

use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::account::Email;
use uvote_domain::role::Action;

use super::error::{Answer, Problem};
use super::openapi::Problems;
use super::sign_in::{Id, SignedIn};
use super::{Service, Uvote};
use crate::actors::tokens::Issue;
use crate::store::mail::{self, Audience, Deliveries, Kind};
use crate::store::{Client, elections, tokens, voters};

/// Who is to be invited.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InvitationRequest {
    /// `not_invited` (default) or `not_voted`.
    to: Option<String>,
}

/// How many mails were queued.
#[derive(Serialize, ToSchema)]
pub struct Queued {
    queued: i64,
}

/// How many mails were taken back.
#[derive(Serialize, ToSchema)]
pub struct Stopped {
    stopped: u64,
}

/// What has been done, in words.
#[derive(Serialize, ToSchema)]
pub struct Message {
    /// The words.
    pub message: String,
}

/// Somebody who has lost a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    email: String,
}

async fn managed(service: &Service, who: &SignedIn, election: Uuid) -> Result<Client, Problem> {
    let client = service.database.client().await?;
    elections::allow(&client, who.account, election, Action::ManageRoll).await?;
    Ok(client)
}

async fn run(service: &Service, who: &SignedIn, election: Uuid, kind: Kind, audience: Audience) -> Answer {
    let mut client = managed(service, who, election).await?;
    let queued = mail::start_run(&mut client, election, kind, audience, who.actor()).await?;
    // A full mailbox means that links are being issued, which goes on until no run is left.
    service.tokens.try_send(Issue);
    Ok(HttpResponse::Accepted().json(Queued { queued }))
}

/// Mails links to those who have none yet, or reminds those who have not voted.
#[utoipa::path(tag = "invitations", request_body(content = Option<InvitationRequest>, content_type = "application/json"),
    responses((status = 202, body = Queued), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/invitations")]
pub async fn send(
    service: Uvote,
    who: SignedIn,
    id: Id,
    body: Result<web::Json<InvitationRequest>, actix_web::Error>,
    raw: actix_web::HttpRequest,
) -> Result<HttpResponse, actix_web::Error> {
    let has_body = raw.headers().get("content-length").is_some_and(|length| length != "0")
        || raw.headers().contains_key("transfer-encoding");
    let request = match body {
        Ok(body) => body.into_inner(),
        Err(error) if has_body => return Err(error),
        Err(_) => InvitationRequest::default(),
    };
    match request.to.as_deref().unwrap_or("not_invited") {
        "not_invited" => Ok(run(&service, &who, *id, Kind::Invitation, Audience::NotInvited).await?),
        "not_voted" => Ok(run(&service, &who, *id, Kind::Reminder, Audience::NotVoted).await?),
        _ => Err(Problem::invalid("to", "Must be not_invited or not_voted.").into()),
    }
}

/// Takes back what is still queued.
#[utoipa::path(tag = "invitations", responses((status = 200, body = Stopped), Problems), security(("bearer" = [])))]
#[delete("/api/v1/elections/{id}/invitations")]
pub async fn stop(service: Uvote, who: SignedIn, id: Id) -> Answer {
    let mut client = managed(&service, &who, *id).await?;
    let stopped = mail::stop(&mut client, *id, who.actor()).await?;
    Ok(HttpResponse::Ok().json(Stopped { stopped }))
}

/// Mails the organiser what voters will get, with a link that does not vote.
#[utoipa::path(tag = "invitations", responses((status = 202, body = Queued), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/invitations/test")]
pub async fn specimen(service: Uvote, who: SignedIn, id: Id) -> Answer {
    let client = managed(&service, &who, *id).await?;
    mail::queue_to_account(&client, Kind::Specimen, who.account, Some(*id), None).await?;
    service.wake_mailer();
    Ok(HttpResponse::Accepted().json(Queued { queued: 1 }))
}

/// Mails a voter a new link; the old one is dead from then on.
#[utoipa::path(tag = "invitations", responses((status = 202, body = Queued), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/voters/{voter_id}/invitation")]
pub async fn resend(service: Uvote, who: SignedIn, path: web::Path<(Uuid, Uuid)>) -> Answer {
    let (election, voter) = *path;
    let mut client = managed(&service, &who, election).await?;
    tokens::resend(&mut client, &service.keyring, election, voter, who.actor()).await?;
    service.wake_mailer();
    Ok(HttpResponse::Accepted().json(Queued { queued: 1 }))
}

/// Mails a voter the link again; the answer never tells who is on the roll.
#[utoipa::path(tag = "voting", responses((status = 202, body = Message), Problems))]
#[post("/api/v1/elections/{id}/link-requests")]
pub async fn request_link(service: Uvote, id: Id, body: web::Json<LinkRequest>) -> Answer {
    send_again(&service, *id, &body.email).await?;
    Ok(HttpResponse::Accepted().json(Message {
        message: "If this address is on the roll and has not voted, its link is on the way.".to_owned(),
    }))
}

async fn send_again(service: &Service, election: Uuid, email: &str) -> Result<(), Problem> {
    let Ok(email) = Email::parse(email) else { return Ok(()) };
    let mut client = service.database.client().await?;
    if let Some(voter) = voters::find(&client, election, &email).await? {
        tokens::send_again(&mut client, &service.keyring, election, voter).await?;
        service.wake_mailer();
    }
    Ok(())
}

/// Tells the whole roll where the results are.
#[utoipa::path(tag = "invitations", responses((status = 202, body = Queued), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/result-notices")]
pub async fn notify_results(service: Uvote, who: SignedIn, id: Id) -> Answer {
    run(&service, &who, *id, Kind::Results, Audience::Everyone).await
}

/// Counts mails to voters by state, and lists the latest that were given up.
#[utoipa::path(tag = "invitations", responses((status = 200, body = Deliveries), Problems), security(("bearer" = [])))]
#[get("/api/v1/elections/{id}/deliveries")]
pub async fn deliveries(service: Uvote, who: SignedIn, id: Id) -> Answer {
    let client = managed(&service, &who, *id).await?;
    Ok(HttpResponse::Ok().json(mail::deliveries(&client, *id).await?))
}
