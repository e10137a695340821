//! Mails to voters: links, reminders, result notices, and how they fare.

use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::account::Email;
use uvote_domain::fault::Fault;
use uvote_domain::role::Action;

use super::clients;
use super::error::{Answer, Problem};
use super::openapi::Problems;
use super::sign_in::{Id, SignedIn};
use super::{Service, Uvote};
use crate::actors::tokens::Issue;
use crate::limits::Limit;
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

/// Starts a bulk send; answers how many voters it means.
///
/// # Errors
/// `WRONG_STATE` while there are no links, or no published results, to mail.
pub async fn start_send(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    kind: Kind,
    audience: Audience,
) -> Answer<i64> {
    let mut client = managed(service, who, election).await?;
    let queued = mail::start_run(&mut client, election, kind, audience, who.actor()).await?;
    // A full mailbox means that links are being issued, which goes on until no run is left.
    service.tokens.try_send(Issue);
    Ok(queued)
}

/// Mails links to those who have none, reminds those who have not voted, or tells everybody the
/// results; answers how many mails that are.
///
/// # Errors
/// 404 and 403 for whoever may not manage the roll, `WRONG_STATE` when there is nothing to mail yet.
pub async fn invite(service: &Service, who: &SignedIn, election: Uuid, audience: Audience) -> Answer<i64> {
    let kind = match audience {
        Audience::NotInvited => Kind::Invitation,
        Audience::NotVoted => Kind::Reminder,
        Audience::Everyone => Kind::Results,
    };
    let mut client = managed(service, who, election).await?;
    let queued = mail::start_run(&mut client, election, kind, audience, who.actor()).await?;
    // A full mailbox means that links are being issued, which goes on until no run is left.
    service.tokens.try_send(Issue);
    Ok(queued)
}

fn accepted(queued: i64) -> HttpResponse {
    HttpResponse::Accepted().json(Queued { queued })
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
        "not_invited" => Ok(accepted(invite(&service, &who, *id, Audience::NotInvited).await?)),
        "not_voted" => Ok(accepted(invite(&service, &who, *id, Audience::NotVoted).await?)),
        _ => Err(Problem::invalid("to", Fault::UnknownWord("not_invited or not_voted")).into()),
    }
}

/// Takes back what is still queued.
#[utoipa::path(tag = "invitations", responses((status = 200, body = Stopped), Problems), security(("bearer" = [])))]
#[delete("/api/v1/elections/{id}/invitations")]
pub async fn stop(service: Uvote, who: SignedIn, id: Id) -> Answer {
    let stopped = stop_mails(&service, &who, *id).await?;
    Ok(HttpResponse::Ok().json(Stopped { stopped }))
}

/// Takes back what is still queued; answers how many mails that were.
///
/// # Errors
/// 404 and 403 for whoever may not manage the roll.
pub async fn stop_mails(service: &Service, who: &SignedIn, election: Uuid) -> Answer<u64> {
    let mut client = managed(service, who, election).await?;
    Ok(mail::stop(&mut client, election, who.actor()).await?)
}

/// Mails the organiser what voters will get, with a link that does not vote.
#[utoipa::path(tag = "invitations", responses((status = 202, body = Queued), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/invitations/test")]
pub async fn specimen(service: Uvote, who: SignedIn, id: Id) -> Answer {
    send_specimen(&service, &who, *id).await?;
    Ok(accepted(1))
}

/// Mails the organiser what voters will get, with a link that does not vote.
///
/// # Errors
/// 404 and 403 for whoever may not manage the roll, 429 when it was too often.
pub async fn send_specimen(service: &Service, who: &SignedIn, election: Uuid) -> Answer<()> {
    let client = managed(service, who, election).await?;
    service.limits.take(Limit::TestMail, who.account).await?;
    mail::queue_to_account(&client, Kind::Specimen, who.account, Some(election), None).await?;
    service.wake_mailer();
    Ok(())
}

/// Mails a voter a new link; the old one is dead from then on.
#[utoipa::path(tag = "invitations", responses((status = 202, body = Queued), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/voters/{voter_id}/invitation")]
pub async fn resend(service: Uvote, who: SignedIn, path: web::Path<(Uuid, Uuid)>) -> Answer {
    let (election, voter) = *path;
    renew_link(&service, &who, election, voter).await?;
    Ok(accepted(1))
}

/// Mails a voter a new link; the old one is dead from then on.
///
/// # Errors
/// 404 and 403 for whoever may not manage the roll, `ALREADY_VOTED`, and `WRONG_STATE` when there are no
/// links to mail or the answer would tell whether the voter has voted; 429 when it was too often.
pub async fn renew_link(service: &Service, who: &SignedIn, election: Uuid, voter: Uuid) -> Answer<()> {
    let mut client = managed(service, who, election).await?;
    service.limits.take(Limit::NewLinkAccount, who.account).await?;
    service.limits.take(Limit::NewLinkVoter, format!("{election} {voter}")).await?;
    tokens::resend(&mut client, &service.keyring, election, voter, who.actor()).await?;
    service.wake_mailer();
    Ok(())
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

/// Mails a voter the link again, without telling whether there is such a voter.
///
/// # Errors
/// As the database; 429 when it was too often by client or for one address, on the roll or not.
pub async fn send_again(service: &Service, election: Uuid, email: &str) -> Answer<()> {
    service.limits.take(Limit::LinkRequestClient, clients::Client::present()).await?;
    let Ok(email) = Email::parse(email) else { return Ok(()) };
    service.limits.take(Limit::LinkRequestVoter, format!("{election} {}", email.as_str())).await?;
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
    Ok(accepted(invite(&service, &who, *id, Audience::Everyone).await?))
}

/// Counts mails to voters by state, and lists the latest that were given up.
#[utoipa::path(tag = "invitations", responses((status = 200, body = Deliveries), Problems), security(("bearer" = [])))]
#[get("/api/v1/elections/{id}/deliveries")]
pub async fn deliveries(service: Uvote, who: SignedIn, id: Id) -> Answer {
    let client = managed(&service, &who, *id).await?;
    Ok(HttpResponse::Ok().json(mail::deliveries(&client, *id).await?))
}
