//! Registering, signing in and out.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::account::{Email, EmailError};
use uvote_domain::fault::Fault;

use super::check::Check;
use super::clients::Client;
use super::error::{Answer, Problem};
use super::invitations::Message;
use super::openapi::Problems;
use super::passwords::check_strength;
use super::request::preferred_language;
use super::sign_in::SignedIn;
use super::{Service, Uvote, done};
use crate::auth::{ACCESS_SECONDS, SessionsEnded, is_outdated};
use crate::language::Language;
use crate::limits::Limit;
use crate::store::accounts::{Credentials, Proven};
use crate::store::second_factors::Factor;
use crate::store::sessions::{Opened, Refreshed};
use crate::store::{accounts, sessions};

/// Somebody who wants an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    email: String,
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    name: Option<String>,
}

/// A token from a mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailedToken {
    token: String,
}

/// A sign-in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    email: String,
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// The code of the second factor, or a recovery code, for accounts that ask for one.
    totp: Option<String>,
}

/// A refresh token to be exchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    refresh_token: String,
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
pub struct SessionTokens {
    access_token: String,
    token_type: &'static str,
    /// Seconds that the access token lives.
    expires_in: i64,
    refresh_token: String,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub struct WhoAmI {
    account_id: Uuid,
    email: String,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// Asks for an account; the answer is the same whether or not the address is known. Its mails are
/// written in the best language of `Accept-Language`.
#[utoipa::path(tag = "accounts", responses((status = 202, body = Message), Problems))]
#[post("/api/v1/auth/register")]
pub async fn register(service: Uvote, request: HttpRequest, body: web::Json<Registration>) -> Answer {
    let Registration { email, password, name } = body.into_inner();
    register_account(&service, &email, password, name, &preferred_language(&request)).await?;
    Ok(HttpResponse::Accepted().json(Message {
        message: "We have sent you an e-mail. Follow its link to confirm your address.".to_owned(),
    }))
}

/// Registers an address, or tells its holder by mail that it is registered already.
///
/// # Errors
/// Every field that can't be accepted; 429 when it was too often by client.
pub async fn register_account(
    service: &Service,
    email: &str,
    password: SecretString,
    mut name: Option<String>,
    language: &Language,
) -> Answer<()> {
    let mut check = Check::default();
    check.optional_line("name", &mut name, 100);
    let parsed = check.email("email", email);
    check_strength(service, &mut check, "password", &password, email).await?;
    check.finish()?;
    service.limits.take(Limit::SignUp, Client::present()).await?;
    let email = parsed.ok_or_else(|| Problem::invalid("email", EmailError::Missing))?;
    let hash = service.passwords.hash(password).await?;
    let mut client = service.database.client().await?;
    accounts::register(&mut client, &service.keyring, &email, name.as_deref(), &hash, &language.code())
        .await?;
    service.wake_mailer();
    Ok(())
}

/// Confirms an address with the token of the mail.
#[utoipa::path(tag = "accounts", responses((status = 204), Problems))]
#[post("/api/v1/auth/verify-email")]
pub async fn verify_email(service: Uvote, body: web::Json<MailedToken>) -> Answer {
    confirm_email(&service, &body.token).await?;
    Ok(done())
}

/// Confirms an address with the token of a mail.
///
/// # Errors
/// When the token has been used, has expired, or is none; 429 when it was too often by client.
pub async fn confirm_email(service: &Service, token: &str) -> Answer<()> {
    service.limits.take(Limit::MailedToken, Client::present()).await?;
    let mut client = service.database.client().await?;
    if accounts::verify_email(&mut client, token.trim()).await? {
        return Ok(());
    }
    Err(Problem::invalid("token", Fault::MailedTokenSpent))
}

/// Signs in.
#[utoipa::path(tag = "accounts", responses((status = 200, body = SessionTokens), Problems))]
#[post("/api/v1/auth/login")]
pub async fn login(service: Uvote, body: web::Json<SignIn>) -> Answer {
    let SignIn { email, password, totp } = body.into_inner();
    let account = check_credentials(&service, &email, password, totp.as_deref()).await?;
    let opened = sessions::open(&mut service.database.client().await?, &account).await?;
    service.wake_mailer();
    tokens(&service, opened.ok_or_else(invalid_credentials)?)
}

/// The account that an address, a password and, where it asks for one, a code belong to. A failure
/// counts towards the lock, also that of a right password without the code.
///
/// # Errors
/// `INVALID_CREDENTIALS`, whichever of them is wrong, and for an account that is locked or whose
/// address is not confirmed; 429 when it was too often by client or for one address, known or not.
pub async fn check_credentials(
    service: &Service,
    email: &str,
    password: SecretString,
    code: Option<&str>,
) -> Answer<Proven> {
    service.limits.take(Limit::SignInClient, Client::present()).await?;
    service.limits.take(Limit::SignInAccount, email.trim().to_lowercase()).await?;
    let client = service.database.client().await?;
    let account = match Email::parse(email) {
        Ok(email) => accounts::by_address(&client, &email).await?,
        Err(_) => None,
    };
    // Comparing waits its turn, and connections are for those who have theirs.
    drop(client);
    let mut proven = prove(service, account, password.clone(), Demand::Everything(code)).await?;
    if is_outdated(&proven.password_hash) {
        let hash = service.passwords.hash(password).await?;
        let client = service.database.client().await?;
        accounts::upgrade_hash(&client, proven.account, &proven.password_hash, &hash).await?;
        proven.password_hash = hash;
    }
    Ok(proven)
}

/// Asks whoever is signed in for the password once more; failures count as they do at sign-in.
///
/// # Errors
/// `INVALID_CREDENTIALS`, also while the account is locked; 429 when it was too often.
pub async fn confirm_owner(
    service: &Service,
    who: &SignedIn,
    password: SecretString,
    demand: Demand<'_>,
) -> Answer<Proven> {
    service.limits.take(Limit::OwnPassword, who.account).await?;
    let account = accounts::by_id(&service.database.client().await?, who.account).await?;
    prove(service, account, password, demand).await
}

/// What somebody must have to be believed.
#[derive(Debug, Clone, Copy)]
pub enum Demand<'a> {
    /// The password.
    Password,
    /// The password and, where the account asks for one, this code.
    Everything(Option<&'a str>),
}

async fn prove(
    service: &Service,
    account: Option<Credentials>,
    password: SecretString,
    demand: Demand<'_>,
) -> Answer<Proven> {
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let fits = service.passwords.fits(password, hash).await?;
    let known = account.as_ref().map(|account| account.account);
    if let Some(account) = account
        && let Some(factor) = judge(service, &account, demand)?
        && fits
        && account.may_sign_in
    {
        return Ok(Proven { account: account.account, password_hash: account.password_hash, factor });
    }
    accounts::record_failure(&mut service.database.client().await?, known).await?;
    service.wake_mailer();
    Err(invalid_credentials())
}

/// The code to be spent; nothing when one is demanded that is wrong or missing.
fn judge(service: &Service, account: &Credentials, demand: Demand<'_>) -> Answer<Option<Factor>> {
    let (Demand::Everything(code), Some(asked)) = (demand, &account.second_factor) else {
        return Ok(Some(Factor::None));
    };
    Ok(asked.judge(&service.keyring, code.unwrap_or_default(), seconds_since_1970())?)
}

/// The time by which codes change.
pub fn seconds_since_1970() -> u64 {
    OffsetDateTime::now_utc().unix_timestamp().unsigned_abs()
}

/// A sign-in that was refused, which does not tell why.
pub fn invalid_credentials() -> Problem {
    let detail = "Address, password or code is wrong, or the address has not been confirmed yet.";
    Problem::new(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS", detail)
}

fn tokens(service: &Service, opened: Opened) -> Answer {
    let access_token = service
        .access_tokens
        .issue(opened.account, opened.session)
        .map_err(|error| Problem::internal(&error))?;
    let refresh_token = opened.refresh_token;
    Ok(HttpResponse::Ok().json(SessionTokens {
        access_token,
        token_type: "Bearer",
        expires_in: ACCESS_SECONDS,
        refresh_token,
    }))
}

/// Exchanges a refresh token for new tokens; using one twice ends the session.
#[utoipa::path(tag = "accounts", responses((status = 200, body = SessionTokens), Problems))]
#[post("/api/v1/auth/refresh")]
pub async fn refresh(service: Uvote, body: web::Json<RefreshRequest>) -> Answer {
    service.limits.take(Limit::Refresh, Client::present()).await?;
    let mut client = service.database.client().await?;
    match sessions::refresh(&mut client, &body.refresh_token).await? {
        Refreshed::Carried(opened) => tokens(&service, opened),
        Refreshed::Reused(session) => {
            (service.sessions_ended)(SessionsEnded(vec![session]));
            Err(Problem::unauthenticated())
        }
        Refreshed::Unknown => Err(Problem::unauthenticated()),
    }
}

/// Ends this session.
#[utoipa::path(tag = "accounts", responses((status = 204), Problems), security(("bearer" = [])))]
#[post("/api/v1/auth/logout")]
pub async fn logout(service: Uvote, who: SignedIn) -> Answer {
    end(&service, &who, Some(who.session)).await
}

/// Ends all sessions of the account.
#[utoipa::path(tag = "accounts", responses((status = 204), Problems), security(("bearer" = [])))]
#[post("/api/v1/auth/logout-all")]
pub async fn logout_all(service: Uvote, who: SignedIn) -> Answer {
    end(&service, &who, None).await
}

async fn end(service: &Service, who: &SignedIn, only: Option<Uuid>) -> Answer {
    let mut client = service.database.client().await?;
    let ended = sessions::end(&mut client, who.account, only).await?;
    (service.sessions_ended)(SessionsEnded(ended));
    Ok(done())
}

/// Says who is signed in.
#[utoipa::path(tag = "accounts", responses((status = 200, body = WhoAmI), Problems), security(("bearer" = [])))]
#[get("/api/v1/auth/verify")]
pub async fn verify(who: SignedIn) -> Answer {
    let expires_at =
        OffsetDateTime::from_unix_timestamp(who.expires_at).map_err(|error| Problem::internal(&error))?;
    Ok(HttpResponse::Ok().json(WhoAmI { account_id: who.account, email: who.email, expires_at }))
}
