//! Accounts.

use deadpool_postgres::{GenericClient, Transaction};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;
use uvote_domain::account::{Email, LOCK_MINUTES, MAX_FAILURES};
use uvote_domain::refusal::Refusal;
use uvote_domain::role::Role;

use super::audit::{self, Act, Actor};
use super::mail::{self, Kind};
use super::{Client, Result, execute, organisations, row_if_any};
use crate::auth::token_hash;
use crate::keys::Keyring;

/// Hours that a verification link lives.
const VERIFICATION_HOURS: i32 = 48;

/// What sign-in needs to know of an account.
pub struct SignIn {
    /// The account.
    pub id: Uuid,
    /// Its argon2id hash.
    pub password_hash: String,
    /// Whether its address is confirmed and it is not locked.
    pub may_sign_in: bool,
}

/// Registers an address, or tells its holder that it is registered already. The caller can't tell
/// which. Registering an address again before it is confirmed replaces what was said before.
///
/// # Errors
/// As the database.
pub async fn register(
    client: &mut Client,
    keyring: &Keyring,
    email: &Email,
    name: Option<&str>,
    password_hash: &str,
) -> Result<()> {
    let transaction = client.transaction().await?;
    let sql = "SELECT id, verified_at IS NOT NULL AS verified FROM accounts WHERE email = $1 AND deleted_at IS NULL FOR UPDATE";
    let account = match row_if_any(&transaction, sql, &[&email.as_str()]).await? {
        Some(row) if row.get("verified") => {
            mail::queue_to_account(&transaction, Kind::AlreadyRegistered, row.get("id"), None, None).await?;
            transaction.commit().await?;
            return Ok(());
        }
        Some(row) => {
            let id: Uuid = row.get("id");
            let sql = "UPDATE accounts SET password_hash = $2, name = $3 WHERE id = $1";
            execute(&transaction, sql, &[&id, &password_hash, &name]).await?;
            execute(
                &transaction,
                "DELETE FROM account_tokens WHERE account_id = $1 AND purpose = 'verify_email'",
                &[&id],
            )
            .await?;
            id
        }
        None => create(&transaction, email, name, password_hash).await?,
    };
    let token = issue_token(&transaction, keyring, account, "verify_email", VERIFICATION_HOURS).await?;
    mail::queue_to_account(&transaction, Kind::VerifyEmail, account, None, Some(token)).await?;
    transaction.commit().await?;
    Ok(())
}

/// Creates an account with its personal organisation.
pub(crate) async fn create(
    transaction: &Transaction<'_>,
    email: &Email,
    name: Option<&str>,
    password_hash: &str,
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let sql = "INSERT INTO accounts (id, email, name, password_hash) VALUES ($1, $2, $3, $4)
        ON CONFLICT (email) WHERE deleted_at IS NULL DO NOTHING";
    if execute(transaction, sql, &[&id, &email.as_str(), &name, &password_hash]).await? == 0 {
        // Somebody else registers the same address at this moment.
        return Err(Refusal::Busy.into());
    }
    let organisation = organisations::create(transaction, name.unwrap_or("Personal"), Some(id)).await?;
    organisations::add_member(transaction, organisation, id, Role::Owner).await?;
    Ok(id)
}

async fn issue_token(
    transaction: &Transaction<'_>,
    keyring: &Keyring,
    account: Uuid,
    purpose: &str,
    hours: i32,
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let hash = token_hash(&hex::encode(keyring.account_token(id)));
    let sql = "INSERT INTO account_tokens (id, account_id, purpose, token_hash, expires_at)
        VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(hours => $5))";
    execute(transaction, sql, &[&id, &account, &purpose, &hash, &hours]).await?;
    Ok(id)
}

/// Confirms the address that a verification link was sent to; answers whether the token was good.
///
/// # Errors
/// As the database.
pub async fn verify_email(client: &mut Client, token: &str) -> Result<bool> {
    let transaction = client.transaction().await?;
    let sql = "UPDATE account_tokens SET used_at = clock_timestamp()
        WHERE token_hash = $1 AND purpose = 'verify_email' AND used_at IS NULL AND expires_at > clock_timestamp() RETURNING account_id";
    let Some(row) = row_if_any(&transaction, sql, &[&token_hash(token)]).await? else { return Ok(false) };
    let account: Uuid = row.get("account_id");
    mark_verified(&transaction, account).await?;
    note(&transaction, account, "account.verified").await?;
    transaction.commit().await?;
    Ok(true)
}

/// Marks an account's address as confirmed.
pub(crate) async fn mark_verified(transaction: &Transaction<'_>, account: Uuid) -> Result<()> {
    execute(
        transaction,
        "UPDATE accounts SET verified_at = clock_timestamp() WHERE id = $1 AND verified_at IS NULL",
        &[&account],
    )
    .await?;
    Ok(())
}

/// Notes an act of an account in the log of its personal organisation.
pub(crate) async fn note<C: GenericClient>(client: &C, account: Uuid, action: &str) -> Result<()> {
    let Some(organisation) = organisations::personal(client, account).await? else { return Ok(()) };
    let (actor, subject) = (Actor::Account(account), format!("account:{account}"));
    audit::note(client, &Act { organisation, election: None, actor, action, subject, details: json!({}) })
        .await
}

/// The account that signs in with an address.
///
/// # Errors
/// As the database.
pub async fn for_sign_in(client: &Client, email: &Email) -> Result<Option<SignIn>> {
    let sql = "SELECT id, password_hash, verified_at IS NOT NULL AND coalesce(locked_until < clock_timestamp(), true) AS may_sign_in
        FROM accounts WHERE email = $1 AND deleted_at IS NULL";
    let read = |row: tokio_postgres::Row| SignIn {
        id: row.get("id"),
        password_hash: row.get("password_hash"),
        may_sign_in: row.get("may_sign_in"),
    };
    Ok(row_if_any(client, sql, &[&email.as_str()]).await?.map(read))
}

/// Counts a wrong password; the fifth in a row locks the account for a quarter of an hour.
///
/// # Errors
/// As the database.
pub async fn record_failure(client: &mut Client, account: Uuid) -> Result<()> {
    let transaction = client.transaction().await?;
    let sql = "UPDATE accounts SET failed_logins = (failed_logins + 1) % $2,
            locked_until = CASE WHEN failed_logins + 1 >= $2 THEN clock_timestamp() + make_interval(mins => $3) ELSE locked_until END
        WHERE id = $1 AND coalesce(locked_until < clock_timestamp(), true) RETURNING failed_logins = 0 AS locked";
    let (most, minutes) = (MAX_FAILURES.cast_signed(), LOCK_MINUTES.cast_signed());
    if let Some(row) = row_if_any(&transaction, sql, &[&account, &most, &minutes]).await? {
        let action = if row.get("locked") { "account.locked" } else { "account.sign_in_failed" };
        note(&transaction, account, action).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Who an account is.
pub struct Profile {
    /// Its address.
    pub email: String,
    /// When it was created.
    pub created_at: OffsetDateTime,
}

/// The profile of an account.
///
/// # Errors
/// As the database.
pub async fn profile(client: &Client, account: Uuid) -> Result<Option<Profile>> {
    let sql = "SELECT email, created_at FROM accounts WHERE id = $1 AND deleted_at IS NULL";
    let read =
        |row: tokio_postgres::Row| Profile { email: row.get("email"), created_at: row.get("created_at") };
    Ok(row_if_any(client, sql, &[&account]).await?.map(read))
}

/// Creates an account whose address needs no confirmation: the demo's organiser.
///
/// # Errors
/// As the database.
pub async fn create_verified(
    client: &mut Client,
    email: &Email,
    name: &str,
    password_hash: &str,
) -> Result<Uuid> {
    let transaction = client.transaction().await?;
    let account = create(&transaction, email, Some(name), password_hash).await?;
    mark_verified(&transaction, account).await?;
    transaction.commit().await?;
    Ok(account)
}
