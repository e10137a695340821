//! Organisations and who belongs to them.

use std::collections::HashMap;

use deadpool_postgres::{GenericClient, Transaction};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::refusal::Refusal;
use uvote_domain::role::{Action, Role};

use super::audit::{self, Act, Actor};
use super::{Client, Page, Result, execute, row, row_if_any, rows};

/// An organisation as one of its members sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Organisation {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// Whether it is somebody's personal one, which is there as long as the account.
    pub personal: bool,
    /// What the caller is in it: `owner`, `manager` or `observer`.
    #[schema(value_type = String, example = "owner")]
    pub role: Role,
    /// Who belongs to it, in number.
    pub members: i64,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

const SELECT: &str = "SELECT o.id, o.name, o.personal_of IS NOT NULL AS personal, m.role, o.created_at,
        (SELECT count(*) FROM members c WHERE c.organisation_id = o.id) AS members
    FROM organisations o JOIN members m ON m.organisation_id = o.id AND m.account_id = $1
    WHERE o.deleted_at IS NULL";

fn read(row: &Row) -> Organisation {
    Organisation {
        id: row.get("id"),
        name: row.get("name"),
        personal: row.get("personal"),
        role: Role::parse(row.get("role")).unwrap_or(Role::Observer),
        members: row.get("members"),
        created_at: row.get("created_at"),
    }
}

/// An account's organisations before a place in the list, newest first.
///
/// # Errors
/// As the database.
pub async fn list(
    client: &Client,
    account: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Page<Organisation>> {
    let sql = format!("{SELECT} AND ($2::uuid IS NULL OR o.id < $2) ORDER BY o.id DESC LIMIT $3::int8 + 1");
    let items = rows(client, &sql, &[&account, &before, &limit]).await?.iter().map(read).collect();
    let sql = "SELECT count(*) AS total FROM members m JOIN organisations o ON o.id = m.organisation_id
        WHERE m.account_id = $1 AND o.deleted_at IS NULL";
    let total = row(client, sql, &[&account]).await?.get("total");
    Ok(Page::cut(items, limit, total, |organisation: &Organisation| organisation.id.to_string()))
}

/// The organisations in which an account may do something, by their names.
///
/// # Errors
/// As the database.
pub async fn where_allowed(client: &Client, account: Uuid, action: Action) -> Result<Vec<Organisation>> {
    let sql = format!("{SELECT} ORDER BY lower(o.name), o.id");
    let all = rows(client, &sql, &[&account]).await?;
    Ok(all.iter().map(read).filter(|organisation| organisation.role.may(action)).collect())
}

/// An organisation as an account sees it.
///
/// # Errors
/// [`Refusal::NotFound`] for whoever is no member.
pub async fn get<C: GenericClient>(client: &C, account: Uuid, organisation: Uuid) -> Result<Organisation> {
    let sql = format!("{SELECT} AND o.id = $2");
    Ok(read(&row_if_any(client, &sql, &[&account, &organisation]).await?.ok_or(Refusal::NotFound)?))
}

/// Founds an organisation, whose owner is whoever asks for it.
///
/// # Errors
/// As the database.
pub async fn found(client: &mut Client, account: Uuid, name: &str) -> Result<Uuid> {
    let transaction = client.transaction().await?;
    let organisation = create(&transaction, name).await?;
    add_member(&transaction, organisation, account, Role::Owner).await?;
    note(&transaction, account, organisation, "organisation.created").await?;
    transaction.commit().await?;
    Ok(organisation)
}

/// Gives an organisation another name.
///
/// # Errors
/// As [`allow`].
pub async fn rename(client: &mut Client, account: Uuid, organisation: Uuid, name: &str) -> Result<()> {
    let transaction = client.transaction().await?;
    lock(&transaction, organisation).await?;
    allow(&transaction, account, organisation, Action::ManageOrganisation).await?;
    let sql = "UPDATE organisations SET name = $2 WHERE id = $1 AND name <> $2";
    if execute(&transaction, sql, &[&organisation, &name]).await? > 0 {
        note(&transaction, account, organisation, "organisation.renamed").await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Hides an organisation with everything in it. Its drafts are deleted too, so that none of them
/// can be activated at the same moment; results that are public stay so.
///
/// # Errors
/// As [`allow`]; [`Refusal::Conflict`] for a personal one, and while an election runs.
pub async fn delete(client: &mut Client, account: Uuid, organisation: Uuid) -> Result<()> {
    let transaction = client.transaction().await?;
    let personal_of = lock(&transaction, organisation).await?;
    allow(&transaction, account, organisation, Action::ManageOrganisation).await?;
    if personal_of.is_some() {
        return Err(Refusal::Conflict("A personal organisation can't be deleted.".into()).into());
    }
    delete_drafts(&transaction, organisation).await?;
    let sql = "DELETE FROM organisation_invitations WHERE organisation_id = $1";
    execute(&transaction, sql, &[&organisation]).await?;
    let sql = "UPDATE organisations SET deleted_at = clock_timestamp() WHERE id = $1";
    execute(&transaction, sql, &[&organisation]).await?;
    note(&transaction, account, organisation, "organisation.deleted").await?;
    transaction.commit().await?;
    Ok(())
}

/// Deletes the drafts of an organisation unless an election runs or waits to be counted.
pub(crate) async fn delete_drafts(transaction: &Transaction<'_>, organisation: Uuid) -> Result<()> {
    let sql = "SELECT h.election_id, h.status IN ('scheduled', 'active') OR h.count_state IN ('counting', 'disputed') AS runs
        FROM election_heads h JOIN elections e ON e.id = h.election_id
        WHERE e.organisation_id = $1 AND h.deleted_at IS NULL ORDER BY h.election_id FOR UPDATE OF h";
    let heads = rows(transaction, sql, &[&organisation]).await?;
    if heads.iter().any(|head| head.get("runs")) {
        let detail = "An election of this organisation is running. Close it first.";
        return Err(Refusal::Conflict(detail.into()).into());
    }
    let ids: Vec<Uuid> = heads.iter().map(|head| head.get("election_id")).collect();
    let sql = "UPDATE election_heads SET deleted_at = clock_timestamp()
        WHERE election_id = ANY($1) AND status = 'draft'";
    execute(transaction, sql, &[&ids]).await?;
    Ok(())
}

/// Locks an organisation, so that nobody else changes it or its members until the transaction ends;
/// answers whose personal one it is. What others have changed meanwhile is seen by statements after
/// this one.
///
/// # Errors
/// [`Refusal::NotFound`] when there is none, or it was deleted.
pub(crate) async fn lock(transaction: &Transaction<'_>, organisation: Uuid) -> Result<Option<Uuid>> {
    let sql = "SELECT personal_of FROM organisations WHERE id = $1 AND deleted_at IS NULL FOR UPDATE";
    Ok(row_if_any(transaction, sql, &[&organisation]).await?.ok_or(Refusal::NotFound)?.get("personal_of"))
}

async fn note(transaction: &Transaction<'_>, account: Uuid, organisation: Uuid, action: &str) -> Result<()> {
    let (actor, subject) = (Actor::Account(account), format!("organisation:{organisation}"));
    audit::note(
        transaction,
        &Act { organisation, election: None, actor, action, subject, details: json!({}) },
    )
    .await
}

/// Creates an organisation.
pub(crate) async fn create<C: GenericClient>(client: &C, name: &str) -> Result<Uuid> {
    let id = Uuid::now_v7();
    execute(client, "INSERT INTO organisations (id, name) VALUES ($1, $2)", &[&id, &name]).await?;
    Ok(id)
}

/// Creates the personal organisation of a new account, who owns it.
pub(crate) async fn create_personal<C: GenericClient>(client: &C, account: Uuid, name: &str) -> Result<()> {
    let sql = "WITH personal AS (INSERT INTO organisations (id, name, personal_of) VALUES ($1, $2, $3) RETURNING id)
        INSERT INTO members (organisation_id, account_id, role) SELECT id, $3, $4 FROM personal";
    execute(client, sql, &[&Uuid::now_v7(), &name, &account, &Role::Owner.as_str()]).await?;
    Ok(())
}

/// Makes an account a member.
pub(crate) async fn add_member<C: GenericClient>(
    client: &C,
    organisation: Uuid,
    account: Uuid,
    role: Role,
) -> Result<()> {
    let sql = "INSERT INTO members (organisation_id, account_id, role) VALUES ($1, $2, $3)";
    execute(client, sql, &[&organisation, &account, &role.as_str()]).await?;
    Ok(())
}

/// The personal organisation of an account.
///
/// # Errors
/// As the database.
pub async fn personal<C: GenericClient>(client: &C, account: Uuid) -> Result<Option<Uuid>> {
    let sql = "SELECT id FROM organisations WHERE personal_of = $1 AND deleted_at IS NULL";
    Ok(row_if_any(client, sql, &[&account]).await?.map(|row| row.get("id")))
}

/// Whether an account may do something in an organisation.
///
/// # Errors
/// [`Refusal::NotFound`] for whoever is no member, [`Refusal::Forbidden`] for a role that may not.
pub async fn allow<C: GenericClient>(
    client: &C,
    account: Uuid,
    organisation: Uuid,
    action: Action,
) -> Result<Role> {
    let sql = "SELECT m.role FROM members m JOIN organisations o ON o.id = m.organisation_id AND o.deleted_at IS NULL
        WHERE m.organisation_id = $1 AND m.account_id = $2";
    let row = row_if_any(client, sql, &[&organisation, &account]).await?.ok_or(Refusal::NotFound)?;
    let role = Role::parse(row.get("role")).ok_or(Refusal::Forbidden)?;
    if role.may(action) { Ok(role) } else { Err(Refusal::Forbidden.into()) }
}

/// What those of the accounts who are members now are called: by their name, or else their address.
///
/// # Errors
/// As the database.
pub async fn member_names<C: GenericClient>(
    client: &C,
    organisation: Uuid,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, String>> {
    let sql = "SELECT a.id, coalesce(a.name, a.email) AS name FROM members m
        JOIN accounts a ON a.id = m.account_id AND a.deleted_at IS NULL
        WHERE m.organisation_id = $1 AND m.account_id = ANY($2)";
    let members = rows(client, sql, &[&organisation, &accounts]).await?;
    Ok(members.iter().map(|row| (row.get("id"), row.get("name"))).collect())
}

/// What an organisation is called.
///
/// # Errors
/// As the database.
pub async fn name<C: GenericClient>(client: &C, organisation: Uuid) -> Result<String> {
    let row = row_if_any(client, "SELECT name FROM organisations WHERE id = $1", &[&organisation]).await?;
    Ok(row.ok_or(Refusal::NotFound)?.get("name"))
}
