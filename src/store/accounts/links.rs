//! Links that are mailed to account holders.

use deadpool_postgres::Transaction;
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;
use uvote_domain::account::{Email, Notice};

use super::{Proven, mark_verified, note, note_with, redeem, set_password};
use crate::auth::token_hash;
use crate::keys::Keyring;
use crate::store::mail::{self, Kind};
use crate::store::{Client, Result, breaks, execute, row, row_if_any, sessions};

/// What a link that is mailed to an account holder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    VerifyEmail,
    ResetPassword,
    ChangeEmail,
}

impl Purpose {
    /// The word in the database.
    const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
        }
    }

    /// The mail that carries its link.
    pub(super) const fn mail(self) -> Kind {
        match self {
            Self::VerifyEmail => Kind::VerifyEmail,
            Self::ResetPassword => Kind::ResetPassword,
            Self::ChangeEmail => Kind::ConfirmNewAddress,
        }
    }

    /// Hours that its link lives.
    const fn hours(self) -> i32 {
        match self {
            Self::VerifyEmail | Self::ChangeEmail => 48,
            Self::ResetPassword => 1,
        }
    }
}

/// Makes a link for an account holder, whose account is locked; older ones for the same purpose are
/// no longer good. Without an account it does as much and makes none.
pub(super) async fn make_link(
    transaction: &Transaction<'_>,
    keyring: &Keyring,
    account: Uuid,
    purpose: Purpose,
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let hash = token_hash(&hex::encode(keyring.account_token(id)));
    // Deleting the older ones would search the whole outbox for their mails.
    let sql = "WITH older AS (UPDATE account_tokens SET used_at = clock_timestamp() WHERE account_id = $2 AND purpose = $3 AND used_at IS NULL)
        INSERT INTO account_tokens (id, account_id, purpose, token_hash, expires_at)
        SELECT $1, id, $3, $4, clock_timestamp() + make_interval(hours => $5) FROM accounts WHERE id = $2";
    execute(transaction, sql, &[&id, &account, &purpose.as_str(), &hash, &purpose.hours()]).await?;
    Ok(id)
}

/// Makes every link of an account useless: whoever reads an old mailbox must not come back in.
pub(super) async fn void_links(transaction: &Transaction<'_>, account: Uuid) -> Result<()> {
    let sql =
        "UPDATE account_tokens SET used_at = clock_timestamp() WHERE account_id = $1 AND used_at IS NULL";
    execute(transaction, sql, &[&account]).await?;
    Ok(())
}

/// Uses a mailed token up, if it was good.
async fn use_token(transaction: &Transaction<'_>, token: &str, purposes: &[Purpose]) -> Result<Option<Row>> {
    let hash = token_hash(token);
    // The account first, as whoever replaces a token locks it: the other order could end in a deadlock.
    let sql = "SELECT FROM accounts a JOIN account_tokens t ON t.account_id = a.id
        WHERE t.token_hash = $1 AND a.deleted_at IS NULL FOR UPDATE OF a";
    if row_if_any(transaction, sql, &[&hash]).await?.is_none() {
        return Ok(None);
    }
    let purposes: Vec<&str> = purposes.iter().map(|purpose| purpose.as_str()).collect();
    let sql = "UPDATE account_tokens SET used_at = clock_timestamp()
        WHERE token_hash = $1 AND purpose = ANY($2) AND used_at IS NULL AND expires_at > clock_timestamp()
        RETURNING id, account_id, new_email";
    row_if_any(transaction, sql, &[&hash, &purposes]).await
}

/// Confirms the address that a link was sent to, that of a new account or another one for an old
/// account; answers whether the token was good.
///
/// # Errors
/// As the database.
pub async fn verify_email(client: &mut Client, token: &str) -> Result<bool> {
    let transaction = client.transaction().await?;
    let used = use_token(&transaction, token, &[Purpose::VerifyEmail, Purpose::ChangeEmail]).await?;
    let Some(used) = used else { return Ok(false) };
    let account: Uuid = used.get("account_id");
    match used.get::<_, Option<String>>("new_email") {
        Some(email) if !move_to(&transaction, account, &email, used.get("id")).await? => return Ok(false),
        Some(_) => note(&transaction, account, "account.email_changed").await?,
        None => {
            mark_verified(&transaction, account).await?;
            note(&transaction, account, "account.verified").await?;
        }
    }
    transaction.commit().await?;
    Ok(true)
}

/// Moves an account to another address and tells the one before; answers whether the address was
/// free.
async fn move_to(transaction: &Transaction<'_>, account: Uuid, email: &str, token: Uuid) -> Result<bool> {
    let statement = transaction.prepare_cached("UPDATE accounts SET email = $2 WHERE id = $1").await?;
    match transaction.execute(&statement, &[&account, &email]).await {
        Err(error) if breaks(&error, "accounts_email") => return Ok(false),
        done => done?,
    };
    void_links(transaction, account).await?;
    let told = Kind::Notice(Notice::AddressChanged);
    mail::queue_to_account(transaction, told, account, None, Some(token)).await?;
    Ok(true)
}

/// Asks for another address: it gets a link, and the present one is told. Where the address is
/// taken, its holder is told instead, so that whoever asked does not learn it. Answers whether the
/// account was still as it was when its owner gave the password, and the code still good.
///
/// # Errors
/// As the database.
pub async fn change_email(
    client: &mut Client,
    keyring: &Keyring,
    owner: &Proven,
    email: &Email,
) -> Result<bool> {
    let transaction = client.transaction().await?;
    if !redeem(&transaction, owner).await? {
        return Ok(false);
    }
    let token = make_link(&transaction, keyring, owner.account, Purpose::ChangeEmail).await?;
    let sql = "UPDATE account_tokens t SET new_email = $2, old_email = a.email FROM accounts a
        WHERE t.id = $1 AND a.id = t.account_id
        RETURNING (SELECT h.id FROM accounts h WHERE h.email = $2 AND h.deleted_at IS NULL) AS holder";
    let holder: Option<Uuid> = row(&transaction, sql, &[&token, &email.as_str()]).await?.get("holder");
    let (kind, account, link) = match holder {
        Some(holder) => (Kind::AlreadyRegistered, holder, None),
        None => (Purpose::ChangeEmail.mail(), owner.account, Some(token)),
    };
    mail::queue_to_account(&transaction, kind, account, None, link).await?;
    let told = Kind::Notice(Notice::AddressChanging);
    mail::queue_to_account(&transaction, told, owner.account, None, Some(token)).await?;
    note(&transaction, owner.account, "account.email_change_asked").await?;
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
    let found = row_if_any(&transaction, sql, &[&email.as_str()]).await?;
    // As many statements for an unknown address, which do nothing.
    let account = found.map_or(Uuid::nil(), |row| row.get("id"));
    let link = make_link(&transaction, keyring, account, Purpose::ResetPassword).await?;
    let kind = Purpose::ResetPassword.mail();
    mail::queue_to_account(&transaction, kind, account, None, Some(link)).await?;
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
    let used = use_token(&transaction, token, &[Purpose::ResetPassword]).await?;
    let Some(account) = used.map(|row| row.get("account_id")) else { return Ok(None) };
    set_password(&transaction, account, password_hash).await?;
    mark_verified(&transaction, account).await?;
    let ended = sessions::end_all(&transaction, account, None).await?;
    note_with(&transaction, account, "account.password_reset", json!({"sessions": ended.len()})).await?;
    transaction.commit().await?;
    Ok(Some(ended))
}
