//! The outbox as the mailer empties it.

use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Kind, by_keys};
use crate::store::{Client, Result, execute, row, rows};

/// A mail that this process has taken out of the queue for one attempt.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Its id, and its Message-ID.
    pub id: Uuid,
    /// The election, or the nil id.
    pub election_id: Uuid,
    /// What it says.
    pub kind: Kind,
    /// Attempts so far, this one included.
    pub attempts: i32,
    /// Where it goes.
    pub email: String,
    /// The recipient's name, as far as it is known.
    pub name: Option<String>,
    /// The language of the account, where it goes to one.
    pub language: Option<String>,
    /// The voter, with the generation and issue of the link.
    pub voter: Option<(Uuid, i32, OffsetDateTime)>,
    /// Whether the voter has voted meanwhile, or the link to the account is no longer good.
    pub spent: bool,
    /// The account token whose link it carries.
    pub account_token_id: Option<Uuid>,
    /// The invitation into an organisation that it carries.
    pub invited: Option<Invited>,
}

/// What an invitation into an organisation says.
#[derive(Debug, Clone)]
pub struct Invited {
    /// The invitation.
    pub id: Uuid,
    /// What the organisation is called.
    pub organisation: String,
    /// Who invites, by name, where there is one.
    pub inviter: Option<String>,
    /// `owner`, `manager` or `observer`.
    pub role: String,
}

/// Takes due mails for one attempt. Should this process die, they fall due again after the lease.
///
/// # Errors
/// As the database.
pub async fn claim(client: &mut Client, limit: i64, lease_seconds: f64) -> Result<Vec<Claimed>> {
    let sql = "WITH due AS MATERIALIZED (
            SELECT election_id, id FROM mail_outbox WHERE state IN ('queued', 'sending') AND due_at <= clock_timestamp()
            ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
        ), claimed AS (
            UPDATE mail_outbox o SET state = 'sending', attempts = o.attempts + 1, due_at = clock_timestamp() + make_interval(secs => $2)
            FROM due WHERE o.election_id = due.election_id AND o.id = due.id
            RETURNING o.id, o.election_id, o.kind, o.attempts, o.voter_id, o.account_id, o.account_token_id, o.organisation_invitation_id
        )
        SELECT c.id, c.election_id, c.kind, c.attempts, c.voter_id, c.account_token_id, coalesce(v.email, CASE WHEN c.kind IN ('address_changing', 'address_changed') THEN k.old_email ELSE k.new_email END, a.email, i.email) AS email,
            coalesce(nullif(concat_ws(' ', v.first_name, v.last_name), ''), a.name) AS name, coalesce(a.language, y.language) AS language,
            i.id AS invitation_id, i.role, g.name AS organisation, y.name AS inviter,
            coalesce(t.generation, 1) AS generation, t.issued_at, coalesce(t.spent, k.used_at IS NOT NULL OR k.expires_at < clock_timestamp(), i.expires_at < clock_timestamp(), false) AS spent
        FROM claimed c
        LEFT JOIN voters v ON v.election_id = c.election_id AND v.id = c.voter_id
        LEFT JOIN voting_tokens t ON t.election_id = c.election_id AND t.voter_id = c.voter_id
        LEFT JOIN accounts a ON a.id = c.account_id
        LEFT JOIN account_tokens k ON k.id = c.account_token_id
        LEFT JOIN organisation_invitations i ON i.id = c.organisation_invitation_id
        LEFT JOIN organisations g ON g.id = i.organisation_id
        LEFT JOIN accounts y ON y.id = i.invited_by";
    let transaction = by_keys(client).await?;
    let taken = rows(&transaction, sql, &[&limit, &lease_seconds]).await?;
    transaction.commit().await?;
    Ok(taken.iter().filter_map(claimed).collect())
}

fn claimed(row: &Row) -> Option<Claimed> {
    let voter: Option<Uuid> = row.get("voter_id");
    let issued_at = row.get::<_, Option<OffsetDateTime>>("issued_at").unwrap_or(OffsetDateTime::UNIX_EPOCH);
    Some(Claimed {
        id: row.get("id"),
        election_id: row.get("election_id"),
        kind: Kind::parse(row.get("kind"))?,
        attempts: row.get("attempts"),
        email: row.get::<_, Option<String>>("email")?,
        name: row.get("name"),
        language: row.get("language"),
        voter: voter.map(|voter| (voter, row.get("generation"), issued_at)),
        spent: row.get("spent"),
        account_token_id: row.get("account_token_id"),
        invited: row.get::<_, Option<Uuid>>("invitation_id").map(|id| Invited {
            id,
            organisation: row.get("organisation"),
            inviter: row.get("inviter"),
            role: row.get("role"),
        }),
    })
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The mail server took it.
    Sent,
    /// It will never be taken.
    Failed(String),
    /// To be tried again after so many seconds.
    Later(String, u32),
    /// There is no point in it any more.
    Dropped,
}

/// Writes down how a batch of attempts ended.
///
/// # Errors
/// As the database.
pub async fn settle(client: &mut Client, attempts: &[(Uuid, Uuid, Attempt)]) -> Result<()> {
    let (mut elections, mut ids, mut states, mut errors, mut delays) =
        (vec![], vec![], vec![], vec![], vec![]);
    for (election, id, attempt) in attempts {
        let (state, error, delay) = match attempt {
            Attempt::Sent => ("sent", None, 0.0),
            Attempt::Dropped => ("dropped", None, 0.0),
            Attempt::Failed(error) => ("failed", Some(error.as_str()), 0.0),
            Attempt::Later(error, seconds) => ("queued", Some(error.as_str()), f64::from(*seconds)),
        };
        elections.push(*election);
        ids.push(*id);
        states.push(state);
        errors.push(error);
        delays.push(delay);
    }
    let sql = "WITH ended AS MATERIALIZED (
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::float8[]) AS c (election_id, id, state, error, delay)
        ), dropped AS (
            DELETE FROM mail_outbox o USING ended c WHERE o.election_id = c.election_id AND o.id = c.id AND c.state = 'dropped'
        )
        UPDATE mail_outbox o SET state = c.state, error = c.error, due_at = clock_timestamp() + make_interval(secs => c.delay),
            finished_at = CASE WHEN c.state <> 'queued' THEN clock_timestamp() END
        FROM ended c WHERE o.election_id = c.election_id AND o.id = c.id AND c.state <> 'dropped'";
    let transaction = by_keys(client).await?;
    execute(&transaction, sql, &[&elections, &ids, &states, &errors, &delays]).await?;
    Ok(transaction.commit().await?)
}

/// Mails that wait for their turn.
///
/// # Errors
/// As the database.
pub async fn waiting(client: &Client) -> Result<i64> {
    Ok(row(client, "SELECT count(*) AS waiting FROM mail_outbox WHERE state IN ('queued', 'sending')", &[])
        .await?
        .get("waiting"))
}
