//! Deleting an account: what stands in the way, what stays, and what is erased.

use deadpool_postgres::{GenericClient, Transaction};
use serde::Serialize;
use serde_json::json;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::refusal::Refusal;

use super::{Proven, note, redeem, void_links};
use crate::store::audit::{self, Act, Actor};
use crate::store::{Client, Result, execute, organisations, rows, second_factors, sessions};

/// What would happen with the elections of an account if it were deleted now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deletion {
    /// Elections that run, wait for their opening or are not counted: they stand in the way.
    pub elections_open: i64,
    /// Drafts, which nobody could open any more: they are deleted.
    pub elections_deleted: i64,
    /// Elections that are over: they stay, and results that are public stay public.
    pub elections_kept: i64,
    /// Organisations that would be left to nobody: give each another owner, or close its elections.
    pub organisations_blocking: Vec<BlockingOrganisation>,
}

/// An organisation whose last owner can't be deleted.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlockingOrganisation {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// How many others belong to it.
    pub other_members: i64,
    /// How many of its elections are open.
    pub elections_open: i64,
}

/// What would happen with the elections of an account if it were deleted now.
///
/// # Errors
/// As the database.
pub async fn deletion(client: &Client, account: Uuid) -> Result<Deletion> {
    Ok(summary(&orphans(client, account).await?))
}

/// The organisations that an account is the last owner of.
async fn orphans<C: GenericClient>(client: &C, account: Uuid) -> Result<Vec<Row>> {
    let sql = "SELECT o.id, o.name, held.*,
            (SELECT count(*) FROM members c WHERE c.organisation_id = o.id AND c.account_id <> $1) AS others
        FROM organisations o JOIN members m ON m.organisation_id = o.id AND m.account_id = $1 AND m.role = 'owner',
        LATERAL (SELECT count(*) FILTER (WHERE open) AS open, count(*) FILTER (WHERE draft) AS drafts, count(*) FILTER (WHERE NOT open AND NOT draft) AS kept
            FROM (SELECT h.status = 'draft' AS draft, h.status IN ('scheduled', 'active') OR h.count_state IN ('counting', 'disputed') AS open
                FROM elections e JOIN election_heads h ON h.election_id = e.id
                WHERE e.organisation_id = o.id AND h.deleted_at IS NULL) elections) held
        WHERE o.deleted_at IS NULL
            AND NOT EXISTS (SELECT FROM members c WHERE c.organisation_id = o.id AND c.role = 'owner' AND c.account_id <> $1)
        ORDER BY o.id";
    rows(client, sql, &[&account]).await
}

fn summary(orphans: &[Row]) -> Deletion {
    let sum = |column: &str| orphans.iter().map(|row| row.get::<_, i64>(column)).sum();
    let blocking = orphans.iter().map(|row| BlockingOrganisation {
        id: row.get("id"),
        name: row.get("name"),
        other_members: row.get("others"),
        elections_open: row.get("open"),
    });
    Deletion {
        elections_open: sum("open"),
        elections_deleted: sum("drafts"),
        elections_kept: sum("kept"),
        organisations_blocking: blocking
            .filter(|found| found.other_members + found.elections_open > 0)
            .collect(),
    }
}

/// Deletes an account: whoever it was is erased, and what it did stays in the logs under its id.
/// Answers which sessions ended, or nothing when the account is locked by now, its password is
/// another, or the code of its second factor was used.
///
/// # Errors
/// [`Refusal::Conflict`] while an organisation would be left to nobody; then no code is used up.
pub async fn delete(client: &mut Client, owner: &Proven) -> Result<Option<Vec<Uuid>>> {
    let transaction = client.transaction().await?;
    if !redeem(&transaction, owner).await? {
        return Ok(None);
    }
    note(&transaction, owner.account, "account.deleted").await?;
    let ended = dissolve(&transaction, owner.account, Actor::Account(owner.account)).await?;
    transaction.commit().await?;
    Ok(Some(ended))
}

/// Deletes an account whose row is locked, on whose behalf or against whose will it is; answers
/// which sessions ended.
///
/// # Errors
/// [`Refusal::Conflict`] while an organisation would be left to nobody.
pub(crate) async fn dissolve(
    transaction: &Transaction<'_>,
    account: Uuid,
    actor: Actor,
) -> Result<Vec<Uuid>> {
    let joined = lock_organisations(transaction, account).await?;
    let orphans = orphans(transaction, account).await?;
    if let Some(blocking) = summary(&orphans).organisations_blocking.first() {
        return Err(Refusal::Conflict(why(blocking)).into());
    }
    for orphan in &orphans {
        retire(transaction, orphan.get("id")).await?;
    }
    let orphans: Vec<Uuid> = orphans.iter().map(|row| row.get("id")).collect();
    leave(transaction, account, actor, joined.into_iter().filter(|id| !orphans.contains(id))).await?;
    let ended = sessions::end_all(transaction, account, None).await?;
    erase(transaction, account).await?;
    Ok(ended)
}

fn why(blocking: &BlockingOrganisation) -> String {
    let name = &blocking.name;
    if blocking.elections_open > 0 {
        return format!("An election of {name} is open, and you are its last owner. Close it first.");
    }
    format!("Others belong to {name}, and you are its last owner. Make one of them an owner first.")
}

/// Locks the organisations of an account in the order of their ids.
async fn lock_organisations(transaction: &Transaction<'_>, account: Uuid) -> Result<Vec<Uuid>> {
    let sql =
        "SELECT o.id FROM organisations o JOIN members m ON m.organisation_id = o.id AND m.account_id = $1
        WHERE o.deleted_at IS NULL ORDER BY o.id FOR UPDATE OF o";
    Ok(rows(transaction, sql, &[&account]).await?.iter().map(|row| row.get("id")).collect())
}

/// Hides an organisation that has no open election and nobody else.
async fn retire(transaction: &Transaction<'_>, organisation: Uuid) -> Result<()> {
    organisations::delete_drafts(transaction, organisation).await?;
    let sql = "DELETE FROM organisation_invitations WHERE organisation_id = $1";
    execute(transaction, sql, &[&organisation]).await?;
    let sql = "UPDATE organisations SET deleted_at = clock_timestamp() WHERE id = $1";
    execute(transaction, sql, &[&organisation]).await?;
    Ok(())
}

/// Takes an account out of all organisations, which those that go on note.
async fn leave(
    transaction: &Transaction<'_>,
    account: Uuid,
    actor: Actor,
    going_on: impl Iterator<Item = Uuid>,
) -> Result<()> {
    execute(transaction, "DELETE FROM members WHERE account_id = $1", &[&account]).await?;
    for organisation in going_on {
        let (subject, action, details) = (format!("account:{account}"), "member.removed", json!({}));
        audit::note(transaction, &Act { organisation, election: None, actor, action, subject, details })
            .await?;
    }
    Ok(())
}

/// Erases who the owner of an account was; its address is free.
async fn erase(transaction: &Transaction<'_>, account: Uuid) -> Result<()> {
    let sql = "UPDATE organisations o SET name = 'Personal' FROM accounts a
        WHERE a.id = $1 AND o.personal_of = a.id AND o.name = a.name";
    execute(transaction, sql, &[&account]).await?;
    let sql = "UPDATE accounts SET deleted_at = clock_timestamp(), email = id || '@deleted.invalid', name = NULL, password_hash = '', site_admin = false
        WHERE id = $1";
    execute(transaction, sql, &[&account]).await?;
    second_factors::forget(transaction, account).await?;
    void_links(transaction, account).await?;
    let sql = "UPDATE account_tokens SET new_email = NULL, old_email = NULL WHERE account_id = $1 AND new_email IS NOT NULL";
    execute(transaction, sql, &[&account]).await?;
    let sql = "DELETE FROM mail_outbox WHERE account_id = $1 AND state IN ('queued', 'sending')";
    execute(transaction, sql, &[&account]).await?;
    Ok(())
}
