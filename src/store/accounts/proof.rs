//! What proves that somebody owns an account, and what a failure to prove it does.

use deadpool_postgres::Transaction;
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;
use uvote_domain::account::{Email, LOCK_MINUTES, MAX_FAILURES, Notice};

use crate::store::audit::{self, Actor};
use crate::store::mail::{self, Kind};
use crate::store::second_factors::{self, Factor, SecondFactor};
use crate::store::{Client, Result, execute, row_if_any};

/// What sign-in compares with what somebody sends.
pub struct Credentials {
    /// The account.
    pub account: Uuid,
    /// Its argon2id hash.
    pub password_hash: String,
    /// Whether its address is confirmed and it is not locked.
    pub may_sign_in: bool,
    /// The codes that it asks for, if it does.
    pub second_factor: Option<SecondFactor>,
}

/// An account whose password was given, with the password's hash as it was then.
pub struct Proven {
    /// The account.
    pub account: Uuid,
    /// Its argon2id hash.
    pub password_hash: String,
    /// The code that was given, to be spent.
    pub factor: Factor,
}

const SELECT: &str = "SELECT a.id, a.email, a.password_hash, f.secret, f.last_step,
        a.verified_at IS NOT NULL AND a.locked_at IS NULL AND coalesce(a.locked_until < clock_timestamp(), true) AS may_sign_in,
        ARRAY (SELECT r.code_hash FROM recovery_codes r WHERE r.account_id = a.id AND r.used_at IS NULL) AS recovery_codes
    FROM accounts a LEFT JOIN second_factors f ON f.account_id = a.id AND f.confirmed_at IS NOT NULL
    WHERE a.deleted_at IS NULL AND";

/// The account that signs in with an address.
///
/// # Errors
/// As the database.
pub async fn by_address(client: &Client, email: &Email) -> Result<Option<Credentials>> {
    let found = row_if_any(client, &format!("{SELECT} a.email = $1"), &[&email.as_str()]).await?;
    Ok(found.map(credentials))
}

/// An account whose owner is asked for the password once more.
///
/// # Errors
/// As the database.
pub async fn by_id(client: &Client, account: Uuid) -> Result<Option<Credentials>> {
    Ok(row_if_any(client, &format!("{SELECT} a.id = $1"), &[&account]).await?.map(credentials))
}

fn credentials(row: Row) -> Credentials {
    let second_factor = row.get::<_, Option<Vec<u8>>>("secret").map(|secret| SecondFactor {
        account: row.get("id"),
        email: row.get("email"),
        secret,
        last_step: row.get("last_step"),
        recovery_codes: row.get("recovery_codes"),
    });
    Credentials {
        account: row.get("id"),
        password_hash: row.get("password_hash"),
        may_sign_in: row.get("may_sign_in"),
        second_factor,
    }
}

/// Locks the row of an account whose password was right, and starts the count of failures again.
/// Answers whether the account may still be used with it: guesses sent at once must not slip past
/// the lock, nor an old password past its replacement.
pub(crate) async fn hold(transaction: &Transaction<'_>, proven: &Proven) -> Result<bool> {
    let sql = "UPDATE accounts SET failed_logins = 0
        WHERE id = $1 AND deleted_at IS NULL AND locked_at IS NULL AND coalesce(locked_until < clock_timestamp(), true) AND password_hash = $2";
    Ok(execute(transaction, sql, &[&proven.account, &proven.password_hash]).await? == 1)
}

/// As [`hold`], and uses up the code that came with the password.
pub(crate) async fn redeem(transaction: &Transaction<'_>, proven: &Proven) -> Result<bool> {
    Ok(hold(transaction, proven).await? && second_factors::spend(transaction, proven).await?)
}

/// Counts a failure to prove who one is; the fifth in a row locks the account for a quarter of an
/// hour, of which only its owner is told. Without an account it does as much and changes nothing.
///
/// # Errors
/// As the database.
pub async fn record_failure(client: &mut Client, account: Option<Uuid>) -> Result<()> {
    let transaction = client.transaction().await?;
    // Waiting for the disk would tell by the time that an address is known.
    execute(&transaction, "SET LOCAL synchronous_commit = off", &[]).await?;
    let sql = "UPDATE accounts SET failed_logins = (failed_logins + 1) % $2,
            locked_until = CASE WHEN failed_logins + 1 >= $2 THEN clock_timestamp() + make_interval(mins => $3) ELSE locked_until END
        WHERE id = $1 AND coalesce(locked_until < clock_timestamp(), true) RETURNING failed_logins = 0 AS locked";
    let (most, minutes) = (MAX_FAILURES.cast_signed(), LOCK_MINUTES.cast_signed());
    let account = account.unwrap_or_default();
    let counted = row_if_any(&transaction, sql, &[&account, &most, &minutes]).await?;
    match counted.map(|row| row.get("locked")) {
        Some(true) => {
            let told = Kind::Notice(Notice::Locked);
            mail::queue_to_account(&transaction, told, account, None, None).await?;
            note_failure(&transaction, account, "account.locked").await?;
        }
        _ => note_failure(&transaction, account, "account.sign_in_failed").await?,
    }
    transaction.commit().await?;
    Ok(())
}

/// Nobody knows who it was, so the record does not name the account as the one who did it.
async fn note_failure(transaction: &Transaction<'_>, account: Uuid, action: &str) -> Result<()> {
    audit::note_account(transaction, account, Actor::System, action, json!({})).await
}

/// Keeps a right password under another hash, made as hashes are made today.
///
/// # Errors
/// As the database.
pub async fn upgrade_hash(client: &Client, account: Uuid, old: &str, new: &str) -> Result<()> {
    let sql = "UPDATE accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    execute(client, sql, &[&account, &old, &new]).await?;
    Ok(())
}
