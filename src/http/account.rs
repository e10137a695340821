//! One's own account: profile, address, deletion.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;
use uvote_domain::account::EmailError;

use super::auth::{Demand, confirm_owner, invalid_credentials};
use super::check::{Check, present};
use super::error::{Answer, Problem};
use super::invitations::Message;
use super::openapi::Problems;
use super::sign_in::SignedIn;
use super::{Service, Uvote, done};
use crate::auth::SessionsEnded;
use crate::limits::Limit;
use crate::store::accounts::{self, Deletion, Profile};

/// What can be changed of a profile.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange {
    /// Missing leaves it as it is, null removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
}

/// Another address for the account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressChange {
    email: String,
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// The code of the second factor, or a recovery code, for accounts that ask for one.
    totp: Option<String>,
}

/// What it takes to do something that can't be taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnProof {
    #[schema(value_type = String, format = Password)]
    pub(super) password: SecretString,
    /// The code of the second factor, or a recovery code, for accounts that ask for one.
    // Older programs switch the second factor off with a `code`.
    #[serde(alias = "code")]
    pub(super) totp: Option<String>,
}

/// The password of the account, once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnPassword {
    #[schema(value_type = String, format = Password)]
    pub(super) password: SecretString,
}

/// Shows one's profile.
#[utoipa::path(tag = "accounts", responses((status = 200, body = Profile), Problems), security(("bearer" = [])))]
#[get("/api/v1/account")]
pub async fn show(service: Uvote, who: SignedIn) -> Answer {
    let client = service.database.client().await?;
    Ok(HttpResponse::Ok().json(accounts::profile(&client, who.account).await?))
}

/// Changes one's profile.
#[utoipa::path(tag = "accounts", responses((status = 200, body = Profile), Problems), security(("bearer" = [])))]
#[patch("/api/v1/account")]
pub async fn change(service: Uvote, who: SignedIn, body: web::Json<ProfileChange>) -> Answer {
    let profile = match body.into_inner().name {
        Some(name) => change_name(&service, &who, name).await?,
        None => accounts::profile(&service.database.client().await?, who.account).await?,
    };
    Ok(HttpResponse::Ok().json(profile))
}

/// Gives the owner of an account another name, or none.
///
/// # Errors
/// When it is no name.
pub async fn change_name(service: &Service, who: &SignedIn, mut name: Option<String>) -> Answer<Profile> {
    let mut check = Check::default();
    check.optional_line("name", &mut name, 100);
    check.finish()?;
    let mut client = service.database.client().await?;
    Ok(accounts::rename(&mut client, who.account, name.as_deref()).await?)
}

/// Asks for another address. The answer never tells whether it is taken; it becomes the account's
/// once it is confirmed with the link that is mailed to it. The present address is told at once.
#[utoipa::path(tag = "accounts", responses((status = 202, body = Message), Problems), security(("bearer" = [])))]
#[post("/api/v1/account/email")]
pub async fn change_email(service: Uvote, who: SignedIn, body: web::Json<AddressChange>) -> Answer {
    let AddressChange { email, password, totp } = body.into_inner();
    ask_for_address(&service, &who, &email, password, totp.as_deref()).await?;
    Ok(HttpResponse::Accepted().json(Message {
        message: "We have sent an e-mail to the new address. Follow its link to confirm the change."
            .to_owned(),
    }))
}

/// Mails another address a link that makes it the account's, or tells its holder that it is taken.
///
/// # Errors
/// When it is no address; `INVALID_CREDENTIALS` when password or code is wrong; 429 when it was too
/// often.
pub async fn ask_for_address(
    service: &Service,
    who: &SignedIn,
    email: &str,
    password: SecretString,
    code: Option<&str>,
) -> Answer<()> {
    let mut check = Check::default();
    let email = check.email("email", email);
    check.finish()?;
    let email = email.ok_or_else(|| Problem::invalid("email", EmailError::Missing))?;
    service.limits.take(Limit::AddressChange, who.account).await?;
    let owner = confirm_owner(service, who, password, Demand::Everything(code)).await?;
    let mut client = service.database.client().await?;
    if !accounts::change_email(&mut client, &service.keyring, &owner, &email).await? {
        return Err(invalid_credentials());
    }
    service.wake_mailer();
    Ok(())
}

/// Says what would happen with one's elections if the account were deleted now.
#[utoipa::path(tag = "accounts", responses((status = 200, body = Deletion), Problems), security(("bearer" = [])))]
#[get("/api/v1/account/deletion")]
pub async fn deletion(service: Uvote, who: SignedIn) -> Answer {
    let client = service.database.client().await?;
    Ok(HttpResponse::Ok().json(accounts::deletion(&client, who.account).await?))
}

/// Deletes the account: it is signed out everywhere, its address is free, and its owner's name is
/// erased. Refused while an organisation would be left to nobody.
#[utoipa::path(tag = "accounts", responses((status = 204), Problems), security(("bearer" = [])))]
#[delete("/api/v1/account")]
pub async fn delete(service: Uvote, who: SignedIn, body: web::Json<OwnProof>) -> Answer {
    let OwnProof { password, totp } = body.into_inner();
    delete_account(&service, &who, password, totp.as_deref()).await?;
    Ok(done())
}

/// Deletes an account and ends its sessions.
///
/// # Errors
/// `CONFLICT` while an organisation would be left to nobody; `INVALID_CREDENTIALS` when password or
/// code is wrong.
pub async fn delete_account(
    service: &Service,
    who: &SignedIn,
    password: SecretString,
    code: Option<&str>,
) -> Answer<()> {
    let owner = confirm_owner(service, who, password, Demand::Everything(code)).await?;
    let ended = accounts::delete(&mut service.database.client().await?, &owner).await?;
    (service.sessions_ended)(SessionsEnded(ended.ok_or_else(invalid_credentials)?));
    Ok(())
}
