//! Who belongs to an organisation, and who is invited to.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::{GenericClient, Transaction};
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::account::Email;
use uvote_domain::fault::Fault;
use uvote_domain::refusal::Refusal;
use uvote_domain::role::{Action, Role};

use super::audit::{self, Act, Actor};
use super::mail;
use super::organisations::{allow, lock};
use super::{Client, Page, Result, StoreError, execute, row, row_if_any, rows};
use crate::auth::token_hash;
use crate::keys::Keyring;

/// Days that an invitation lives.
const INVITATION_DAYS: i32 = 7;

/// A member of an organisation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Member {
    /// The account.
    pub account_id: Uuid,
    /// Its name, where it has given one.
    pub name: Option<String>,
    /// Its address.
    pub email: String,
    /// `owner`, `manager` or `observer`.
    #[schema(value_type = String, example = "manager")]
    pub role: Role,
    /// When it joined.
    #[serde(with = "time::serde::rfc3339")]
    pub joined_at: OffsetDateTime,
}

/// An invitation that has not been taken up yet.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PendingInvitation {
    /// Its id.
    pub id: Uuid,
    /// Who is invited.
    pub email: String,
    /// As what: `owner`, `manager` or `observer`.
    #[schema(value_type = String, example = "manager")]
    pub role: Role,
    /// The account that invites.
    pub invited_by: Uuid,
    /// When it was sent.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Until when it can be taken up.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

const SELECT: &str = "SELECT m.account_id, a.name, a.email, m.role, m.created_at
    FROM members m JOIN accounts a ON a.id = m.account_id
    WHERE m.organisation_id = $1 AND a.deleted_at IS NULL";

fn read(row: &Row) -> Member {
    Member {
        account_id: row.get("account_id"),
        name: row.get("name"),
        email: row.get("email"),
        role: role(row),
        joined_at: row.get("created_at"),
    }
}

fn role(row: &Row) -> Role {
    Role::parse(row.get("role")).unwrap_or(Role::Observer)
}

/// The members of an organisation before a place in the list, who joined last first.
///
/// # Errors
/// As the database.
pub async fn list(
    client: &Client,
    organisation: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Page<Member>> {
    let sql = format!("{SELECT} AND ($2::uuid IS NULL OR (m.created_at, m.account_id) <
            (SELECT b.created_at, b.account_id FROM members b WHERE b.organisation_id = $1 AND b.account_id = $2))
        ORDER BY m.created_at DESC, m.account_id DESC LIMIT $3::int8 + 1");
    let items = rows(client, &sql, &[&organisation, &before, &limit]).await?.iter().map(read).collect();
    let sql = "SELECT count(*) AS total FROM members m JOIN accounts a ON a.id = m.account_id
        WHERE m.organisation_id = $1 AND a.deleted_at IS NULL";
    let total = row(client, sql, &[&organisation]).await?.get("total");
    Ok(Page::cut(items, limit, total, |member: &Member| member.account_id.to_string()))
}

/// A member of an organisation.
///
/// # Errors
/// [`Refusal::NotFound`] for whoever is none.
pub async fn get(client: &Client, organisation: Uuid, member: Uuid) -> Result<Member> {
    let sql = format!("{SELECT} AND m.account_id = $2");
    Ok(read(&row_if_any(client, &sql, &[&organisation, &member]).await?.ok_or(Refusal::NotFound)?))
}

/// Gives a member another role.
///
/// # Errors
/// As [`allow`]; [`Refusal::NotFound`] for whoever is no member, [`Refusal::Conflict`] for the last
/// owner and for whose personal organisation it is.
pub async fn change_role(
    client: &mut Client,
    account: Uuid,
    organisation: Uuid,
    member: Uuid,
    role: Role,
) -> Result<()> {
    let transaction = client.transaction().await?;
    let personal_of = lock(&transaction, organisation).await?;
    allow(&transaction, account, organisation, Action::ManageMembers).await?;
    let before = role_of(&transaction, organisation, member).await?.ok_or(Refusal::NotFound)?;
    if before == role {
        return Ok(());
    }
    keep_owned(&transaction, organisation, member, before, personal_of).await?;
    let sql = "UPDATE members SET role = $3 WHERE organisation_id = $1 AND account_id = $2";
    execute(&transaction, sql, &[&organisation, &member, &role.as_str()]).await?;
    let details = json!({"role": role, "previous_role": before});
    note(&transaction, account, organisation, "member.role_changed", format!("account:{member}"), details)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// Takes a member out of an organisation. Everybody may leave; others take somebody's permission.
///
/// # Errors
/// As [`change_role`].
pub async fn remove(client: &mut Client, account: Uuid, organisation: Uuid, member: Uuid) -> Result<()> {
    let transaction = client.transaction().await?;
    let personal_of = lock(&transaction, organisation).await?;
    let needed = if account == member { Action::ViewMembers } else { Action::ManageMembers };
    allow(&transaction, account, organisation, needed).await?;
    let role = role_of(&transaction, organisation, member).await?.ok_or(Refusal::NotFound)?;
    keep_owned(&transaction, organisation, member, role, personal_of).await?;
    let sql = "DELETE FROM members WHERE organisation_id = $1 AND account_id = $2";
    execute(&transaction, sql, &[&organisation, &member]).await?;
    let (subject, details) = (format!("account:{member}"), json!({"role": role}));
    note(&transaction, account, organisation, "member.removed", subject, details).await?;
    transaction.commit().await?;
    Ok(())
}

/// Refuses to take its role from the last owner, or from whose personal organisation it is.
async fn keep_owned(
    transaction: &Transaction<'_>,
    organisation: Uuid,
    member: Uuid,
    role: Role,
    personal_of: Option<Uuid>,
) -> Result<()> {
    if role != Role::Owner {
        return Ok(());
    }
    if personal_of == Some(member) {
        let detail = "This is the personal organisation of that account, which stays its owner.";
        return Err(Refusal::Conflict(detail.into()).into());
    }
    let sql = "SELECT FROM members m JOIN accounts a ON a.id = m.account_id AND a.deleted_at IS NULL
        WHERE m.organisation_id = $1 AND m.account_id <> $2 AND m.role = 'owner' LIMIT 1";
    if row_if_any(transaction, sql, &[&organisation, &member]).await?.is_none() {
        let detail = "An organisation keeps at least one owner. Make somebody else an owner first.";
        return Err(Refusal::Conflict(detail.into()).into());
    }
    Ok(())
}

/// The roles that accounts have now in the organisations of elections, each pair an account and an
/// election; those who are no members, and elections that are gone, are missing.
///
/// # Errors
/// As the database.
pub async fn roles_at(client: &Client, pairs: &HashSet<(Uuid, Uuid)>) -> Result<HashMap<(Uuid, Uuid), Role>> {
    let (accounts, elections): (Vec<Uuid>, Vec<Uuid>) = pairs.iter().copied().unzip();
    let sql = "SELECT m.account_id, e.id AS election_id, m.role
        FROM unnest($1::uuid[], $2::uuid[]) AS asked (account_id, election_id)
        JOIN elections e ON e.id = asked.election_id
        JOIN election_heads h ON h.election_id = e.id AND h.deleted_at IS NULL
        JOIN organisations o ON o.id = e.organisation_id AND o.deleted_at IS NULL
        JOIN members m ON m.organisation_id = o.id AND m.account_id = asked.account_id";
    let found = rows(client, sql, &[&accounts, &elections]).await?;
    Ok(found.iter().map(|row| ((row.get("account_id"), row.get("election_id")), role(row))).collect())
}

async fn role_of<C: GenericClient>(client: &C, organisation: Uuid, account: Uuid) -> Result<Option<Role>> {
    let sql = "SELECT m.role FROM members m JOIN accounts a ON a.id = m.account_id AND a.deleted_at IS NULL
        WHERE m.organisation_id = $1 AND m.account_id = $2";
    Ok(row_if_any(client, sql, &[&organisation, &account]).await?.as_ref().map(role))
}

/// Invites an address by mail, in place of an older invitation of it. Whether it has an account
/// makes no difference.
///
/// # Errors
/// As [`allow`]; [`Refusal::Conflict`] when it is the address of a member.
pub async fn invite(
    client: &mut Client,
    keyring: &Keyring,
    account: Uuid,
    organisation: Uuid,
    email: &Email,
    role: Role,
) -> Result<()> {
    let transaction = client.transaction().await?;
    lock(&transaction, organisation).await?;
    allow(&transaction, account, organisation, Action::ManageMembers).await?;
    let sql = "SELECT FROM members m JOIN accounts a ON a.id = m.account_id AND a.deleted_at IS NULL
        WHERE m.organisation_id = $1 AND a.email = $2";
    if row_if_any(&transaction, sql, &[&organisation, &email.as_str()]).await?.is_some() {
        return Err(Refusal::Conflict("This address belongs to a member already.".into()).into());
    }
    // The mail of an invitation that is replaced goes with it, unless it is on its way.
    let sql = "DELETE FROM organisation_invitations
        WHERE organisation_id = $1 AND (email = $2 OR expires_at <= clock_timestamp())";
    execute(&transaction, sql, &[&organisation, &email.as_str()]).await?;
    let id = Uuid::now_v7();
    let hash = token_hash(&hex::encode(keyring.invitation_token(id)));
    let sql = "WITH invited AS (
            INSERT INTO organisation_invitations (id, organisation_id, email, role, invited_by, token_hash, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + make_interval(days => $7)) RETURNING id
        )
        INSERT INTO mail_outbox (kind, organisation_invitation_id, due_at)
            SELECT 'organisation_invitation', id, clock_timestamp() - $8::text::interval FROM invited";
    execute(
        &transaction,
        sql,
        &[
            &id,
            &organisation,
            &email.as_str(),
            &role.as_str(),
            &account,
            &hash,
            &INVITATION_DAYS,
            &mail::AHEAD,
        ],
    )
    .await?;
    let (subject, details) = (format!("organisation_invitation:{id}"), json!({"role": role}));
    note(&transaction, account, organisation, "member.invited", subject, details).await?;
    transaction.commit().await?;
    Ok(())
}

/// The invitations of an organisation that can still be taken up, before a place in the list,
/// newest first.
///
/// # Errors
/// As the database.
pub async fn invitations(
    client: &Client,
    organisation: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Page<PendingInvitation>> {
    let sql = "SELECT id, email, role, invited_by, created_at, expires_at FROM organisation_invitations
        WHERE organisation_id = $1 AND expires_at > clock_timestamp() AND ($2::uuid IS NULL OR id < $2)
        ORDER BY id DESC LIMIT $3::int8 + 1";
    let read = |row: &Row| PendingInvitation {
        id: row.get("id"),
        email: row.get("email"),
        role: role(row),
        invited_by: row.get("invited_by"),
        created_at: row.get("created_at"),
        expires_at: row.get("expires_at"),
    };
    let items = rows(client, sql, &[&organisation, &before, &limit]).await?.iter().map(read).collect();
    let sql = "SELECT count(*) AS total FROM organisation_invitations
        WHERE organisation_id = $1 AND expires_at > clock_timestamp()";
    let total = row(client, sql, &[&organisation]).await?.get("total");
    Ok(Page::cut(items, limit, total, |invitation: &PendingInvitation| invitation.id.to_string()))
}

/// Takes an invitation back, whose link is dead from then on.
///
/// # Errors
/// As [`allow`]; [`Refusal::NotFound`] when there is no such invitation.
pub async fn take_back(
    client: &mut Client,
    account: Uuid,
    organisation: Uuid,
    invitation: Uuid,
) -> Result<()> {
    let transaction = client.transaction().await?;
    lock(&transaction, organisation).await?;
    allow(&transaction, account, organisation, Action::ManageMembers).await?;
    let sql = "DELETE FROM organisation_invitations WHERE organisation_id = $1 AND id = $2";
    if execute(&transaction, sql, &[&organisation, &invitation]).await? == 0 {
        return Err(Refusal::NotFound.into());
    }
    let subject = format!("organisation_invitation:{invitation}");
    note(&transaction, account, organisation, "member.invitation_taken_back", subject, json!({})).await?;
    transaction.commit().await?;
    Ok(())
}

/// Makes the account whose address is invited a member; answers of which organisation. Whoever has
/// become one meanwhile keeps the role.
///
/// # Errors
/// [`Refusal::Invalid`] for a token that is not good, or that went to another address.
pub async fn accept(client: &mut Client, account: Uuid, email: &str, token: &str) -> Result<Uuid> {
    let spent = || Refusal::field("token", Fault::InvitationSpent);
    let hash = token_hash(token);
    let transaction = client.transaction().await?;
    let sql = "SELECT organisation_id FROM organisation_invitations WHERE token_hash = $1";
    let organisation =
        row_if_any(&transaction, sql, &[&hash]).await?.ok_or_else(spent)?.get("organisation_id");
    match lock(&transaction, organisation).await {
        Err(StoreError::Refused(_)) => return Err(spent().into()),
        locked => drop(locked?),
    }
    // Read anew: it may have been taken back while the lock was waited for.
    let sql = "SELECT id, email, role FROM organisation_invitations
        WHERE token_hash = $1 AND expires_at > clock_timestamp()";
    let invitation = row_if_any(&transaction, sql, &[&hash]).await?.ok_or_else(spent)?;
    if invitation.get::<_, &str>("email") != email {
        return Err(Refusal::field("token", Fault::InvitedElsewhere).into());
    }
    let (id, role): (Uuid, Role) = (invitation.get("id"), role(&invitation));
    execute(&transaction, "DELETE FROM organisation_invitations WHERE id = $1", &[&id]).await?;
    let sql =
        "INSERT INTO members (organisation_id, account_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    if execute(&transaction, sql, &[&organisation, &account, &role.as_str()]).await? > 0 {
        let (subject, details) = (format!("account:{account}"), json!({"role": role, "invitation": id}));
        note(&transaction, account, organisation, "member.joined", subject, details).await?;
    }
    transaction.commit().await?;
    Ok(organisation)
}

async fn note(
    transaction: &Transaction<'_>,
    account: Uuid,
    organisation: Uuid,
    action: &str,
    subject: String,
    details: Value,
) -> Result<()> {
    let actor = Actor::Account(account);
    audit::note(transaction, &Act { organisation, election: None, actor, action, subject, details }).await
}
