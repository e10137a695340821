//! Accounts.

mod deletion;
mod links;
mod proof;

use deadpool_postgres::{GenericClient, Transaction};
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::account::{Email, Notice};
use uvote_domain::refusal::Refusal;

pub(crate) use self::deletion::dissolve;
pub use self::deletion::{BlockingOrganisation, Deletion, delete, deletion};
use self::links::{Purpose, make_link, void_links};
pub use self::links::{change_email, forget_password, may_reset, reset_password, verify_email};
pub use self::proof::{Credentials, Proven, by_address, by_id, record_failure, upgrade_hash};
pub(crate) use self::proof::{hold, redeem};
use super::audit::{self, Actor};
use super::mail::{self, Kind};
use super::{Client, Result, execute, organisations, row_if_any, sessions};
use crate::keys::Keyring;

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
    let created = create(&transaction, email, name, password_hash, language).await?;
    let (account, confirmed) = match created {
        Some(account) => (account, false),
        None => register_again(&transaction, email, name, password_hash, language).await?,
    };
    // Whoever is known already takes no link, and as many statements as whoever is not.
    let holder = if confirmed { Uuid::nil() } else { account };
    let link = make_link(&transaction, keyring, holder, Purpose::VerifyEmail).await?;
    let (kind, link) =
        if confirmed { (Kind::AlreadyRegistered, None) } else { (Purpose::VerifyEmail.mail(), Some(link)) };
    mail::queue_to_account(&transaction, kind, account, None, link).await?;
    transaction.commit().await?;
    Ok(())
}

/// The account that has an address already and whether it is confirmed; until it is, whoever
/// registers last is believed.
async fn register_again(
    transaction: &Transaction<'_>,
    email: &Email,
    name: Option<&str>,
    password_hash: &str,
    language: &str,
) -> Result<(Uuid, bool)> {
    let sql = "SELECT id, verified_at IS NOT NULL AS verified FROM accounts WHERE email = $1 AND deleted_at IS NULL FOR UPDATE";
    // It can only have been deleted at this moment.
    let row = row_if_any(transaction, sql, &[&email.as_str()]).await?.ok_or(Refusal::Busy)?;
    let (account, verified): (Uuid, bool) = (row.get("id"), row.get("verified"));
    if !verified {
        let sql = "UPDATE accounts SET password_hash = $2, name = $3, language = $4 WHERE id = $1";
        execute(transaction, sql, &[&account, &password_hash, &name, &language]).await?;
    }
    Ok((account, verified))
}

/// Creates an account with its personal organisation; nothing when the address has one.
async fn create(
    transaction: &Transaction<'_>,
    email: &Email,
    name: Option<&str>,
    password_hash: &str,
    language: &str,
) -> Result<Option<Uuid>> {
    let id = Uuid::now_v7();
    let sql = "INSERT INTO accounts (id, email, name, password_hash, language) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (email) WHERE deleted_at IS NULL DO NOTHING";
    if execute(transaction, sql, &[&id, &email.as_str(), &name, &password_hash, &language]).await? == 0 {
        return Ok(None);
    }
    organisations::create_personal(transaction, id, name.unwrap_or("Personal")).await?;
    Ok(Some(id))
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
    note_with(client, account, action, json!({})).await
}

/// As [`note`], with more to tell.
pub(crate) async fn note_with<C: GenericClient>(
    client: &C,
    account: Uuid,
    action: &str,
    details: Value,
) -> Result<()> {
    audit::note_account(client, account, Actor::Account(account), action, details).await
}

/// Who an account is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Profile {
    /// The account.
    pub id: Uuid,
    /// Its address.
    pub email: String,
    /// What its owner is called.
    pub name: Option<String>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When somebody last signed in.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_login_at: Option<OffsetDateTime>,
    /// Whether signing in takes a second factor.
    pub totp_enabled: bool,
}

/// The profile of an account.
///
/// # Errors
/// [`Refusal::NotFound`] when it has been deleted.
pub async fn profile<C: GenericClient>(client: &C, account: Uuid) -> Result<Profile> {
    let sql = "SELECT a.id, a.email, a.name, a.created_at, a.last_login_at,
            EXISTS (SELECT FROM second_factors f WHERE f.account_id = a.id AND f.confirmed_at IS NOT NULL) AS totp_enabled
        FROM accounts a WHERE a.id = $1 AND a.deleted_at IS NULL";
    let row = row_if_any(client, sql, &[&account]).await?.ok_or(Refusal::NotFound)?;
    Ok(Profile {
        id: row.get("id"),
        email: row.get("email"),
        name: row.get("name"),
        created_at: row.get("created_at"),
        last_login_at: row.get("last_login_at"),
        totp_enabled: row.get("totp_enabled"),
    })
}

/// Gives the owner of an account another name, or none.
///
/// # Errors
/// As the database.
pub async fn rename(client: &mut Client, account: Uuid, name: Option<&str>) -> Result<Profile> {
    let transaction = client.transaction().await?;
    execute(&transaction, "UPDATE accounts SET name = $2 WHERE id = $1", &[&account, &name]).await?;
    note(&transaction, account, "account.updated").await?;
    let profile = profile(&transaction, account).await?;
    transaction.commit().await?;
    Ok(profile)
}

/// Gives an account another password, which ends all of its sessions but this one and makes links
/// in mails useless. Answers which sessions ended, or nothing when the account is locked by now, its
/// password is another, or the code of its second factor was used.
///
/// # Errors
/// As the database.
pub async fn change_password(
    client: &mut Client,
    owner: &Proven,
    password_hash: &str,
    session: Uuid,
) -> Result<Option<Vec<Uuid>>> {
    let transaction = client.transaction().await?;
    if !redeem(&transaction, owner).await? {
        return Ok(None);
    }
    set_password(&transaction, owner.account, password_hash).await?;
    let ended = sessions::end_all(&transaction, owner.account, Some(session)).await?;
    let details = json!({"sessions": ended.len()});
    note_with(&transaction, owner.account, "account.password_changed", details).await?;
    transaction.commit().await?;
    Ok(Some(ended))
}

/// Sets a new password and tells its owner.
async fn set_password(transaction: &Transaction<'_>, account: Uuid, password_hash: &str) -> Result<()> {
    let sql = "UPDATE accounts SET password_hash = $2, failed_logins = 0, locked_until = NULL WHERE id = $1";
    execute(transaction, sql, &[&account, &password_hash]).await?;
    void_links(transaction, account).await?;
    mail::queue_to_account(transaction, Kind::Notice(Notice::PasswordChanged), account, None, None).await
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
    let account = account.ok_or_else(|| Refusal::Conflict("This address has an account.".into()))?;
    mark_verified(&transaction, account).await?;
    transaction.commit().await?;
    Ok(account)
}
