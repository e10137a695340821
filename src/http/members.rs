//! Who belongs to an organisation: invitations, roles, and leaving.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::account::EmailError;
use uvote_domain::fault::Fault;
use uvote_domain::role::{Action, Role};

use super::check::Check;
use super::error::{Answer, Problem};
use super::invitations::Message;
use super::openapi::Problems;
use super::sign_in::{Id, ListOf, Paging, SignedIn, page};
use super::{Service, Uvote, done};
use crate::limits::Limit;
use crate::store::members::{self, Member, PendingInvitation};
use crate::store::organisations;

/// Somebody to be invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// Where the invitation goes.
    #[schema(format = Email)]
    pub email: String,
    /// `owner`, `manager` or `observer`.
    #[schema(example = "manager")]
    pub role: String,
}

/// What a member becomes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    /// `owner`, `manager` or `observer`.
    #[schema(example = "manager")]
    pub role: String,
}

/// The token of an invitation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationToken {
    token: String,
}

/// Lists the members of an organisation, who joined last first.
#[utoipa::path(tag = "organisations", params(Paging), responses((status = 200, body = ListOf<Member>), Problems), security(("bearer" = [])))]
#[get("/api/v1/organisations/{id}/members")]
pub async fn list(service: Uvote, who: SignedIn, id: Id, paging: web::Query<Paging>) -> Answer {
    let (before, limit) = (paging.id()?, paging.limit()?);
    let client = service.database.client().await?;
    organisations::allow(&client, who.account, *id, Action::ViewMembers).await?;
    Ok(page(members::list(&client, *id, before, limit).await?))
}

/// Invites somebody by mail; the answer is the same whether or not the address has an account. A
/// new invitation takes the place of an older one. It lives seven days.
#[utoipa::path(tag = "organisations", responses((status = 202, body = Message), Problems), security(("bearer" = [])))]
#[post("/api/v1/organisations/{id}/members")]
pub async fn invite(service: Uvote, who: SignedIn, id: Id, body: web::Json<NewMember>) -> Answer {
    invite_member(&service, &who, *id, &body).await?;
    Ok(HttpResponse::Accepted().json(Message { message: "An invitation is on its way.".to_owned() }))
}

/// Invites somebody by mail.
///
/// # Errors
/// Every field that can't be accepted; 404 for strangers, 403 for a role that may not, `CONFLICT`
/// for the address of a member; 429 when it was too often.
pub async fn invite_member(service: &Service, who: &SignedIn, id: Uuid, new: &NewMember) -> Answer<()> {
    let mut client = service.database.client().await?;
    organisations::allow(&client, who.account, id, Action::ManageMembers).await?;
    let mut check = Check::default();
    let email = check.email("email", &new.email);
    let role = check_role(&mut check, &new.role);
    check.finish()?;
    let email = email.ok_or_else(|| Problem::invalid("email", EmailError::Missing))?;
    service.limits.take(Limit::MemberInvitation, who.account).await?;
    members::invite(&mut client, &service.keyring, who.account, id, &email, role).await?;
    service.wake_mailer();
    Ok(())
}

/// The role of a word; the least of them when it is none, which is noted.
fn check_role(check: &mut Check, word: &str) -> Role {
    Role::parse(word).unwrap_or_else(|| {
        check.refuse("role", Fault::UnknownWord("owner, manager or observer"));
        Role::Observer
    })
}

/// Takes up an invitation, which must have gone to the address of the account.
#[utoipa::path(tag = "organisations", responses((status = 204), Problems), security(("bearer" = [])))]
#[post("/api/v1/organisations/invitations/accept")]
pub async fn accept(service: Uvote, who: SignedIn, body: web::Json<InvitationToken>) -> Answer {
    accept_invitation(&service, &who, &body.token).await?;
    Ok(done())
}

/// Takes up an invitation; answers into which organisation.
///
/// # Errors
/// When the token is no longer good, or went to another address; 429 when it was too often.
pub async fn accept_invitation(service: &Service, who: &SignedIn, token: &str) -> Answer<Uuid> {
    service.limits.take(Limit::InvitationToken, who.account).await?;
    let mut client = service.database.client().await?;
    Ok(members::accept(&mut client, who.account, &who.email, token.trim()).await?)
}

/// Lists the invitations of an organisation that wait to be taken up, newest first.
#[utoipa::path(tag = "organisations", params(Paging), responses((status = 200, body = ListOf<PendingInvitation>), Problems), security(("bearer" = [])))]
#[get("/api/v1/organisations/{id}/invitations")]
pub async fn invitations(service: Uvote, who: SignedIn, id: Id, paging: web::Query<Paging>) -> Answer {
    let (before, limit) = (paging.id()?, paging.limit()?);
    let client = service.database.client().await?;
    organisations::allow(&client, who.account, *id, Action::ManageMembers).await?;
    Ok(page(members::invitations(&client, *id, before, limit).await?))
}

/// Takes an invitation back, whose link is dead from then on.
#[utoipa::path(tag = "organisations", responses((status = 204), Problems), security(("bearer" = [])))]
#[delete("/api/v1/organisations/{id}/invitations/{invitation_id}")]
pub async fn take_back(service: Uvote, who: SignedIn, path: web::Path<(Uuid, Uuid)>) -> Answer {
    let (organisation, invitation) = *path;
    take_back_invitation(&service, &who, organisation, invitation).await?;
    Ok(done())
}

/// Takes an invitation back.
///
/// # Errors
/// 404 for strangers and for an invitation that is not there, 403 for a role that may not.
pub async fn take_back_invitation(
    service: &Service,
    who: &SignedIn,
    organisation: Uuid,
    invitation: Uuid,
) -> Answer<()> {
    let mut client = service.database.client().await?;
    Ok(members::take_back(&mut client, who.account, organisation, invitation).await?)
}

/// Gives a member another role. The last owner stays one.
#[utoipa::path(tag = "organisations", responses((status = 200, body = Member), Problems), security(("bearer" = [])))]
#[patch("/api/v1/organisations/{id}/members/{account_id}")]
pub async fn change(
    service: Uvote,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
    body: web::Json<NewRole>,
) -> Answer {
    let (organisation, member) = *path;
    change_role(&service, &who, organisation, member, &body.role).await?;
    let client = service.database.client().await?;
    Ok(HttpResponse::Ok().json(members::get(&client, organisation, member).await?))
}

/// Gives a member another role.
///
/// # Errors
/// When the role is none; 404 for strangers and for whoever is no member, 403 for a role that may
/// not, `CONFLICT` for the last owner.
pub async fn change_role(
    service: &Service,
    who: &SignedIn,
    organisation: Uuid,
    member: Uuid,
    role: &str,
) -> Answer<()> {
    let mut client = service.database.client().await?;
    organisations::allow(&client, who.account, organisation, Action::ManageMembers).await?;
    let mut check = Check::default();
    let role = check_role(&mut check, role);
    check.finish()?;
    Ok(members::change_role(&mut client, who.account, organisation, member, role).await?)
}

/// Takes a member out of an organisation; everybody may leave it. The last owner stays.
#[utoipa::path(tag = "organisations", responses((status = 204), Problems), security(("bearer" = [])))]
#[delete("/api/v1/organisations/{id}/members/{account_id}")]
pub async fn remove(service: Uvote, who: SignedIn, path: web::Path<(Uuid, Uuid)>) -> Answer {
    let (organisation, member) = *path;
    remove_member(&service, &who, organisation, member).await?;
    Ok(done())
}

/// Takes a member out of an organisation.
///
/// # Errors
/// 404 for strangers and for whoever is no member, 403 for a role that may not, `CONFLICT` for the
/// last owner.
pub async fn remove_member(
    service: &Service,
    who: &SignedIn,
    organisation: Uuid,
    member: Uuid,
) -> Answer<()> {
    let mut client = service.database.client().await?;
    Ok(members::remove(&mut client, who.account, organisation, member).await?)
}
