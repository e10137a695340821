//! Accounts as the site's administrators see and keep them; nothing of any election.

use deadpool_postgres::{GenericClient, Transaction};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::account::Email;
use uvote_domain::refusal::Refusal;

use super::audit::{self, Actor};
use super::{Client, Page, Result, StoreError, accounts, execute, row, row_if_any, rows, sessions};

const STILL_NEEDED: &str = "The account is the last owner of an organisation that others belong to or that has an \
    open election. Lock it instead, or ask its owner.";

/// An account as an administrator sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptAccount {
    /// Its id.
    pub id: Uuid,
    /// Its address.
    pub email: String,
    /// Its name, where it has given one.
    pub name: Option<String>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it last signed in.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_login_at: Option<OffsetDateTime>,
    /// Whether nobody can sign in to it now, for good or for a while.
    pub locked: bool,
    /// Whether its address is confirmed.
    pub verified: bool,
}

fn read(row: &Row) -> KeptAccount {
    KeptAccount {
        id: row.get("id"),
        email: row.get("email"),
        name: row.get("name"),
        created_at: row.get("created_at"),
        last_login_at: row.get("last_login_at"),
        locked: row.get("locked"),
        verified: row.get("verified"),
    }
}

/// Whether an account administers the site.
///
/// # Errors
/// [`Refusal::NotFound`] for everybody else, who need not know that there is such a thing.
pub async fn allow<C: GenericClient>(client: &C, account: Uuid) -> Result<()> {
    let sql =
        "SELECT FROM accounts WHERE id = $1 AND site_admin AND locked_at IS NULL AND deleted_at IS NULL";
    row_if_any(client, sql, &[&account]).await?.map(drop).ok_or_else(|| Refusal::NotFound.into())
}

/// The accounts whose address or name holds a text, before a place in the list, newest first.
///
/// # Errors
/// As the database.
pub async fn list(
    client: &Client,
    text: Option<&str>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Page<KeptAccount>> {
    let matching = "deleted_at IS NULL
        AND ($1::text IS NULL OR position(lower($1) IN email) > 0 OR position(lower($1) IN lower(name)) > 0)";
    let sql = format!(
        "SELECT id, email, name, created_at, last_login_at, verified_at IS NOT NULL AS verified,
            locked_at IS NOT NULL OR coalesce(locked_until > clock_timestamp(), false) AS locked
        FROM accounts WHERE {matching} AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3::int8 + 1"
    );
    let items = rows(client, &sql, &[&text, &before, &limit]).await?.iter().map(read).collect();
    let count = format!("SELECT count(*) AS total FROM accounts WHERE {matching}");
    let total = row(client, &count, &[&text]).await?.get("total");
    Ok(Page::cut(items, limit, total, |account: &KeptAccount| account.id.to_string()))
}

/// Locks an account until it is unlocked; answers the sessions that end by it.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such account.
pub async fn lock(client: &mut Client, admin: Uuid, account: Uuid) -> Result<Vec<Uuid>> {
    let transaction = client.transaction().await?;
    let locked_before = is_locked(&transaction, account).await?;
    let ended = sessions::end_all(&transaction, account, None).await?;
    if !locked_before {
        let sql = "UPDATE accounts SET locked_at = clock_timestamp() WHERE id = $1";
        execute(&transaction, sql, &[&account]).await?;
        let details = json!({"sessions": ended.len()});
        audit::note_account(&transaction, account, Actor::Account(admin), "account.locked", details).await?;
    }
    transaction.commit().await?;
    Ok(ended)
}

/// Lifts a lock, also one that failed sign-ins have brought about.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such account.
pub async fn unlock(client: &mut Client, admin: Uuid, account: Uuid) -> Result<()> {
    let transaction = client.transaction().await?;
    is_locked(&transaction, account).await?;
    let sql = "UPDATE accounts SET locked_at = NULL, locked_until = NULL, failed_logins = 0
        WHERE id = $1 AND (locked_at IS NOT NULL OR locked_until > clock_timestamp())";
    if execute(&transaction, sql, &[&account]).await? > 0 {
        let (actor, action) = (Actor::Account(admin), "account.unlocked");
        audit::note_account(&transaction, account, actor, action, json!({})).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Deletes an account by the rules of its owner; answers the sessions that end by it.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such account, [`Refusal::Conflict`] while an organisation
/// would be left to nobody.
pub async fn delete(client: &mut Client, admin: Uuid, account: Uuid) -> Result<Vec<Uuid>> {
    let transaction = client.transaction().await?;
    is_locked(&transaction, account).await?;
    let (actor, action) = (Actor::Account(admin), "account.deleted");
    audit::note_account(&transaction, account, actor, action, json!({})).await?;
    let ended = accounts::dissolve(&transaction, account, actor).await;
    let ended = ended.map_err(|error| match error {
        // What the account's owner is told names its organisations and elections.
        StoreError::Refused(Refusal::Conflict(_)) => Refusal::Conflict(STILL_NEEDED.into()).into(),
        other => other,
    })?;
    transaction.commit().await?;
    Ok(ended)
}

/// Takes hold of an account until the transaction ends; answers whether an administrator has locked
/// it.
async fn is_locked(transaction: &Transaction<'_>, account: Uuid) -> Result<bool> {
    let sql = "SELECT locked_at IS NOT NULL AS locked FROM accounts WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE";
    Ok(row_if_any(transaction, sql, &[&account]).await?.ok_or(Refusal::NotFound)?.get("locked"))
}

/// Makes the account of an address an administrator, or one no longer.
///
/// # Errors
/// [`Refusal::NotFound`] when no account has confirmed the address.
pub async fn appoint(client: &mut Client, email: &Email, admin: bool) -> Result<()> {
    let transaction = client.transaction().await?;
    let sql = "SELECT id, site_admin FROM accounts
        WHERE email = $1 AND deleted_at IS NULL AND verified_at IS NOT NULL FOR UPDATE";
    let found = row_if_any(&transaction, sql, &[&email.as_str()]).await?.ok_or(Refusal::NotFound)?;
    let account = found.get("id");
    if found.get::<_, bool>("site_admin") != admin {
        execute(&transaction, "UPDATE accounts SET site_admin = $2 WHERE id = $1", &[&account, &admin])
            .await?;
        let action = if admin { "account.admin_granted" } else { "account.admin_revoked" };
        audit::note_account(&transaction, account, Actor::System, action, json!({})).await?;
    }
    transaction.commit().await?;
    Ok(())
}
