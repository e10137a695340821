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
use super::{Client, Result, execute, organisations, row_if_any, rows};
use crate::auth::token_hash;
use crate::keys::Keyring;

/// What a link that is mailed to an account holder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    VerifyEmail,
    ResetPassword,
}

impl Purpose {
    /// The word in the database.
    const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
        }
    }

    /// The mail that carries its link.
    const fn mail(self) -> Kind {
        match self {
            Self::VerifyEmail => Kind::VerifyEmail,
            Self::ResetPassword => Kind::ResetPassword,
        }
    }

    /// Hours that its link lives.
    const fn hours(self) -> i32 {
        match self {
            Self::VerifyEmail => 48,
            Self::ResetPassword => 1,
        }
    }
}

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
    language: &str,
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
            let sql = "UPDATE accounts SET password_hash = $2, name = $3, language = $4 WHERE id = $1";
            execute(&transaction, sql, &[&id, &password_hash, &name, &language]).await?;
            id
        }
        None => create(&transaction, email, name, password_hash, language).await?,
    };
    mail_link(&transaction, keyring, account, Purpose::VerifyEmail).await?;
    transaction.commit().await?;
    Ok(())
}

/// Creates an account with its personal organisation.
pub(crate) async fn create(
    transaction: &Transaction<'_>,
    email: &Email,
    name: Option<&str>,
    password_hash: &str,
    language: &str,
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let sql = "INSERT INTO accounts (id, email, name, password_hash, language) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (email) WHERE deleted_at IS NULL DO NOTHING";
    if execute(transaction, sql, &[&id, &email.as_str(), &name, &password_hash, &language]).await? == 0 {
        // Somebody else registers the same address at this moment.
        return Err(Refusal::Busy.into());
    }
    let organisation = organisations::create(transaction, name.unwrap_or("Personal"), Some(id)).await?;
    organisations::add_member(transaction, organisation, id, Role::Owner).await?;
    Ok(id)
}

/// Mails an account holder, whose account is locked, a link; older ones for the same purpose are no
/// longer good.
async fn mail_link(
    transaction: &Transaction<'_>,
    keyring: &Keyring,
    account: Uuid,
    purpose: Purpose,
) -> Result<()> {
    let id = Uuid::now_v7();
    let hash = token_hash(&hex::encode(keyring.account_token(id)));
    // Deleting the older ones would search the whole outbox for their mails.
    let sql = "WITH older AS (UPDATE account_tokens SET used_at = clock_timestamp() WHERE account_id = $2 AND purpose = $3 AND used_at IS NULL)
        INSERT INTO account_tokens (id, account_id, purpose, token_hash, expires_at)
        VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(hours => $5))";
    execute(transaction, sql, &[&id, &account, &purpose.as_str(), &hash, &purpose.hours()]).await?;
    mail::queue_to_account(transaction, purpose.mail(), account, None, Some(id)).await
}

/// Uses a mailed token up; answers whose it was if it was good.
async fn use_token(transaction: &Transaction<'_>, token: &str, purpose: Purpose) -> Result<Option<Uuid>> {
    let hash = token_hash(token);
    // The account first, as whoever replaces a token locks it: the other order could end in a deadlock.
    let sql = "SELECT FROM accounts a JOIN account_tokens t ON t.account_id = a.id
        WHERE t.token_hash = $1 AND a.deleted_at IS NULL FOR UPDATE OF a";
    if row_if_any(transaction, sql, &[&hash]).await?.is_none() {
        return Ok(None);
    }
    let sql = "UPDATE account_tokens SET used_at = clock_timestamp()
        WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > clock_timestamp() RETURNING account_id";
    let used = row_if_any(transaction, sql, &[&hash, &purpose.as_str()]).await?;
    Ok(used.map(|row| row.get("account_id")))
}

/// Confirms the address that a verification link was sent to; answers whether the token was good.
///
/// # Errors
/// As the database.
pub async fn verify_email(client: &mut Client, token: &str) -> Result<bool> {
    let transaction = client.transaction().await?;
    let Some(account) = use_token(&transaction, token, Purpose::VerifyEmail).await? else {
        return Ok(false);
    };
    mark_verified(&transaction, account).await?;
    note(&transaction, account, "account.verified").await?;
    transaction.commit().await?;
    Ok(true)
}

/// Mails the holder of an address, if it has an account, a link that sets a new password. Whoever
/// has not confirmed the address gets it too: a link that confirmed the address alone would let in
/// whoever had registered it with a password of their own.
///
/// # Errors
/// As the database.
pub async fn forget_password(client: &mut Client, keyring: &Keyring, email: &Email) -> Result<()> {
    let transaction = client.transaction().await?;
    // Waiting for the disk would tell by the time that an address is known. A crash loses at most
    // a mail that can be asked for again.
    execute(&transaction, "SET LOCAL synchronous_commit = off", &[]).await?;
    let sql = "SELECT id FROM accounts WHERE email = $1 AND deleted_at IS NULL FOR UPDATE";
    if let Some(row) = row_if_any(&transaction, sql, &[&email.as_str()]).await? {
        mail_link(&transaction, keyring, row.get("id"), Purpose::ResetPassword).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// The address of whoever may set a new password with a token, which stays good.
///
/// # Errors
/// As the database.
pub async fn may_reset(client: &Client, token: &str) -> Result<Option<String>> {
    let sql = "SELECT a.email FROM account_tokens t JOIN accounts a ON a.id = t.account_id AND a.deleted_at IS NULL
        WHERE t.token_hash = $1 AND t.purpose = $2 AND t.used_at IS NULL AND t.expires_at > clock_timestamp()";
    let holder = row_if_any(client, sql, &[&token_hash(token), &Purpose::ResetPassword.as_str()]).await?;
    Ok(holder.map(|row| row.get("email")))
}

/// Sets a new password with the token of a mail, which also confirms the address and lifts a lock;
/// answers the sessions that end by it, or nothing when the token was not good.
///
/// # Errors
/// As the database.
pub async fn reset_password(
    client: &mut Client,
    token: &str,
    password_hash: &str,
) -> Result<Option<Vec<Uuid>>> {
    let transaction = client.transaction().await?;
    let Some(account) = use_token(&transaction, token, Purpose::ResetPassword).await? else {
        return Ok(None);
    };
    let sql = "UPDATE accounts SET password_hash = $2, failed_logins = 0, locked_until = NULL WHERE id = $1";
    execute(&transaction, sql, &[&account, &password_hash]).await?;
    mark_verified(&transaction, account).await?;
    let sql = "UPDATE sessions SET ended_at = clock_timestamp() WHERE account_id = $1 AND ended_at IS NULL RETURNING id";
    let ended = rows(&transaction, sql, &[&account]).await?;
    note(&transaction, account, "account.password_reset").await?;
    transaction.commit().await?;
    Ok(Some(ended.iter().map(|row| row.get("id")).collect()))
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
    let account = create(&transaction, email, Some(name), password_hash, "en").await?;
    mark_verified(&transaction, account).await?;
    transaction.commit().await?;
    Ok(account)
}
