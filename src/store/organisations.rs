//! Organisations and who belongs to them.

use std::collections::HashMap;

use deadpool_postgres::GenericClient;
use uuid::Uuid;
use uvote_domain::refusal::Refusal;
use uvote_domain::role::{Action, Role};

use super::{Result, execute, row_if_any, rows};

/// Creates an organisation, perhaps as somebody's personal one.
pub(crate) async fn create<C: GenericClient>(
    client: &C,
    name: &str,
    personal_of: Option<Uuid>,
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let sql = "INSERT INTO organisations (id, name, personal_of) VALUES ($1, $2, $3)";
    execute(client, sql, &[&id, &name, &personal_of]).await?;
    Ok(id)
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
