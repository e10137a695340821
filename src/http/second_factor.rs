//! The second factor of one's account: switching it on and off.

use actix_web::{HttpResponse, delete, post, web};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uvote_domain::fault::Fault;

use super::account::{OwnPassword, OwnProof};
use super::auth::{Demand, confirm_owner, invalid_credentials, seconds_since_1970};
use super::error::{Answer, Problem};
use super::openapi::Problems;
use super::sign_in::SignedIn;
use super::{Service, Uvote, done};
use crate::limits::Limit;
use crate::store::second_factors;

/// What an app makes codes of.
#[derive(Serialize, ToSchema)]
pub struct TotpSecret {
    /// In base32, to be typed.
    pub(super) secret: String,
    /// To be shown as a QR code.
    pub(super) otpauth_url: String,
}

/// A code of an app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpCode {
    code: String,
}

/// What stands in for a lost second factor.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// Each works once. They are shown this once.
    recovery_codes: Vec<String>,
}

/// Makes a secret for a second factor, which is not asked for before it is confirmed.
#[utoipa::path(tag = "accounts", responses((status = 200, body = TotpSecret), Problems), security(("bearer" = [])))]
#[post("/api/v1/account/totp")]
pub async fn prepare(service: Uvote, who: SignedIn, body: web::Json<OwnPassword>) -> Answer {
    let secret = prepare_second_factor(&service, &who, body.into_inner().password).await?;
    Ok(HttpResponse::Ok().json(secret))
}

/// Makes a secret for the second factor of an account, in place of one that was not confirmed.
///
/// # Errors
/// `CONFLICT` when it is on already; `INVALID_CREDENTIALS` when the password is wrong.
pub async fn prepare_second_factor(
    service: &Service,
    who: &SignedIn,
    password: SecretString,
) -> Answer<TotpSecret> {
    let owner = confirm_owner(service, who, password, Demand::Password).await?;
    let mut client = service.database.client().await?;
    let totp = second_factors::prepare(&mut client, &service.keyring, &owner, &who.email).await?;
    let totp = totp.ok_or_else(invalid_credentials)?;
    let otpauth_url = totp.url().map_err(|error| Problem::internal(&error))?;
    Ok(TotpSecret { secret: totp.secret(), otpauth_url })
}

/// Switches the second factor on with a first code, and hands out the recovery codes.
#[utoipa::path(tag = "accounts", responses((status = 200, body = RecoveryCodes), Problems), security(("bearer" = [])))]
#[post("/api/v1/account/totp/confirm")]
pub async fn confirm(service: Uvote, who: SignedIn, body: web::Json<TotpCode>) -> Answer {
    let recovery_codes = confirm_second_factor(&service, &who, &body.code).await?;
    Ok(HttpResponse::Ok().json(RecoveryCodes { recovery_codes }))
}

/// Switches the second factor on with a first code; answers the only copy of the recovery codes.
///
/// # Errors
/// `CONFLICT` when there is no secret to confirm; `INVALID` when the code is wrong; 429 when it was
/// too often.
pub async fn confirm_second_factor(service: &Service, who: &SignedIn, code: &str) -> Answer<Vec<String>> {
    service.limits.take(Limit::FirstCode, who.account).await?;
    let mut client = service.database.client().await?;
    let at = seconds_since_1970();
    let codes = second_factors::confirm(&mut client, &service.keyring, who.account, code, at).await?;
    let codes = codes.ok_or_else(|| Problem::invalid("code", Fault::WrongCode))?;
    service.wake_mailer();
    Ok(codes)
}

/// Switches the second factor off.
#[utoipa::path(tag = "accounts", responses((status = 204), Problems), security(("bearer" = [])))]
#[delete("/api/v1/account/totp")]
pub async fn remove(service: Uvote, who: SignedIn, body: web::Json<OwnProof>) -> Answer {
    let OwnProof { password, totp } = body.into_inner();
    remove_second_factor(&service, &who, password, totp.as_deref()).await?;
    Ok(done())
}

/// Switches the second factor of an account off.
///
/// # Errors
/// `INVALID_CREDENTIALS` when password or code is wrong.
pub async fn remove_second_factor(
    service: &Service,
    who: &SignedIn,
    password: SecretString,
    code: Option<&str>,
) -> Answer<()> {
    let owner = confirm_owner(service, who, password, Demand::Everything(code)).await?;
    let mut client = service.database.client().await?;
    if !second_factors::remove(&mut client, &owner).await? {
        return Err(invalid_credentials());
    }
    service.wake_mailer();
    Ok(())
}
