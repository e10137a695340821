//! Forgotten and changed passwords, and which new ones are good enough.

use actix_web::{HttpResponse, post, web};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;
use uvote_domain::account::{Email, check_password};
use uvote_domain::fault::Fault;

use super::auth::{Demand, confirm_owner, invalid_credentials};
use super::check::Check;
use super::clients::Client;
use super::error::{Answer, Problem};
use super::invitations::Message;
use super::openapi::Problems;
use super::sign_in::SignedIn;
use super::{Service, Uvote, done};
use crate::auth::SessionsEnded;
use crate::limits::Limit;
use crate::store::accounts;

/// Somebody who has forgotten a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgottenPassword {
    email: String,
}

/// A new password, with the token of the mail that permits it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    token: String,
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// A new password, with the present one that permits it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedPassword {
    #[schema(value_type = String, format = Password)]
    current_password: SecretString,
    #[schema(value_type = String, format = Password)]
    new_password: SecretString,
    /// The code of the second factor, or a recovery code, for accounts that ask for one.
    totp: Option<String>,
}

/// Mails a link that sets a new password; the answer never tells whether the address is known.
#[utoipa::path(tag = "accounts", responses((status = 202, body = Message), Problems))]
#[post("/api/v1/auth/password/forgot")]
pub async fn forgot(service: Uvote, body: web::Json<ForgottenPassword>) -> Answer {
    forget_password(&service, &body.email).await?;
    Ok(HttpResponse::Accepted().json(Message {
        message: "If this address has an account, a link to choose a new password is on the way.".to_owned(),
    }))
}

/// Mails the holder of an address a link that sets a new password, which lives an hour. Where there
/// is no account, nothing happens.
///
/// # Errors
/// When the database can't be reached, or too often by client or for one address.
pub async fn forget_password(service: &Service, email: &str) -> Answer<()> {
    service.limits.take(Limit::PasswordResetClient, Client::present()).await?;
    let Ok(email) = Email::parse(email) else { return Ok(()) };
    service.limits.take(Limit::PasswordResetAccount, email.as_str()).await?;
    let mut client = service.database.client().await?;
    accounts::forget_password(&mut client, &service.keyring, &email).await?;
    service.wake_mailer();
    Ok(())
}

/// Sets a new password with the token of the mail, and ends all sessions of the account.
#[utoipa::path(tag = "accounts", responses((status = 204), Problems))]
#[post("/api/v1/auth/password/reset")]
pub async fn reset(service: Uvote, body: web::Json<NewPassword>) -> Answer {
    let NewPassword { token, password } = body.into_inner();
    reset_password(&service, &token, password).await?;
    Ok(done())
}

/// Sets a new password with the token of a mail. A password that is too weak leaves the token good.
///
/// # Errors
/// When the token has been used, replaced, has expired, or is none; when the password is too weak; 429
/// when it was too often by client.
pub async fn reset_password(service: &Service, token: &str, password: SecretString) -> Answer<()> {
    service.limits.take(Limit::MailedToken, Client::present()).await?;
    let token = token.trim();
    let client = service.database.client().await?;
    let email = accounts::may_reset(&client, token).await?.ok_or_else(useless_link)?;
    // Judging and hashing wait their turn, and connections are for those who have theirs.
    drop(client);
    let mut check = Check::default();
    check_strength(service, &mut check, "password", &password, &email).await?;
    check.finish()?;
    let hash = service.passwords.hash(password).await?;
    let mut client = service.database.client().await?;
    let ended = accounts::reset_password(&mut client, token, &hash).await?.ok_or_else(useless_link)?;
    (service.sessions_ended)(SessionsEnded(ended));
    service.wake_mailer();
    Ok(())
}

/// Chooses a new password, and ends all other sessions of the account.
#[utoipa::path(tag = "accounts", responses((status = 204), Problems), security(("bearer" = [])))]
#[post("/api/v1/account/password")]
pub async fn change(service: Uvote, who: SignedIn, body: web::Json<ChangedPassword>) -> Answer {
    let ChangedPassword { current_password, new_password, totp } = body.into_inner();
    change_password(&service, &who, current_password, totp.as_deref(), new_password).await?;
    Ok(done())
}

/// Gives an account a new password, and ends its other sessions.
///
/// # Errors
/// When the new password is too weak; `INVALID_CREDENTIALS` when the present one or the code is wrong.
pub async fn change_password(
    service: &Service,
    who: &SignedIn,
    current: SecretString,
    code: Option<&str>,
    new: SecretString,
) -> Answer<()> {
    let mut check = Check::default();
    check_strength(service, &mut check, "new_password", &new, &who.email).await?;
    check.finish()?;
    let owner = confirm_owner(service, who, current, Demand::Everything(code)).await?;
    let hash = service.passwords.hash(new).await?;
    let mut client = service.database.client().await?;
    let ended = accounts::change_password(&mut client, &owner, &hash, who.session).await?;
    (service.sessions_ended)(SessionsEnded(ended.ok_or_else(invalid_credentials)?));
    service.wake_mailer();
    Ok(())
}

fn useless_link() -> Problem {
    Problem::invalid("token", Fault::ResetTokenSpent)
}

/// Notes why a password is too weak for the account of an address.
pub(super) async fn check_strength(
    service: &Service,
    check: &mut Check,
    field: &str,
    password: &SecretString,
    email: &str,
) -> Answer<()> {
    let (password, email) = (password.clone(), email.to_owned());
    let judge = move || check_password(password.expose_secret(), &[&email]);
    if let Err(refusal) = service.passwords.on_own_thread(judge).await? {
        check.refuse(field, refusal);
    }
    Ok(())
}
