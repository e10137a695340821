//! Sessions, their refresh tokens, and tickets for the live WebSocket.

use std::collections::HashSet;

use deadpool_postgres::Transaction;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::refusal::Refusal;

use super::accounts::Proven;
use super::{Client, Page, Result, accounts, execute, row, row_if_any, rows};
use crate::auth::{random_token, token_hash};

/// Days from its sign-in that a session lives, however much it is used (ASVS 5.0, 7.3.2).
const SESSION_DAYS: i32 = 30;
/// Seconds that a ticket lives.
const TICKET_SECONDS: f64 = 30.0;

/// A fresh session, or one that was carried on.
pub struct Opened {
    /// The account.
    pub account: Uuid,
    /// The session.
    pub session: Uuid,
    /// The only copy of the refresh token.
    pub refresh_token: String,
}

/// Opens a program's session after a correct sign-in; nothing when the account was locked, or its
/// password changed, while the password was compared, or the code of its second factor was used.
///
/// # Errors
/// As the database.
pub async fn open(client: &mut Client, proven: &Proven) -> Result<Option<Opened>> {
    let transaction = client.transaction().await?;
    let Some(session) = begin(&transaction, proven, None).await? else { return Ok(None) };
    let refresh_token = random_token();
    let sql = "INSERT INTO refresh_tokens (token_hash, session_id) VALUES ($1, $2)";
    execute(&transaction, sql, &[&token_hash(&refresh_token), &session]).await?;
    transaction.commit().await?;
    Ok(Some(Opened { account: proven.account, session, refresh_token }))
}

/// A browser's fresh session.
pub struct OpenedPage {
    /// The only copy of its cookie.
    pub cookie: String,
    /// The session that the same browser had before, which ends with its cookie.
    pub replaced: Option<Uuid>,
}

/// Opens a browser's session, as [`open`], in place of the one whose cookie it still has.
///
/// # Errors
/// As the database.
pub async fn open_page(
    client: &mut Client,
    proven: &Proven,
    before: Option<&str>,
) -> Result<Option<OpenedPage>> {
    let transaction = client.transaction().await?;
    let cookie = random_token();
    if begin(&transaction, proven, Some(token_hash(&cookie))).await?.is_none() {
        return Ok(None);
    }
    let replaced = match before {
        Some(before) => replace(&transaction, before).await?,
        None => None,
    };
    transaction.commit().await?;
    Ok(Some(OpenedPage { cookie, replaced }))
}

/// Ends the living session of a cookie that its browser is about to lose, whosever it is.
async fn replace(transaction: &Transaction<'_>, cookie: &str) -> Result<Option<Uuid>> {
    let sql = "UPDATE sessions SET ended_at = clock_timestamp()
        WHERE cookie_hash = $1 AND ended_at IS NULL AND expires_at > clock_timestamp() RETURNING id, account_id";
    let Some(row) = row_if_any(transaction, sql, &[&token_hash(cookie)]).await? else { return Ok(None) };
    note_ended(transaction, row.get("account_id"), "account.session_ended", 1).await?;
    Ok(Some(row.get("id")))
}

async fn begin(
    transaction: &Transaction<'_>,
    proven: &Proven,
    cookie_hash: Option<Vec<u8>>,
) -> Result<Option<Uuid>> {
    if !accounts::redeem(transaction, proven).await? {
        return Ok(None);
    }
    let sql = "UPDATE accounts SET last_login_at = clock_timestamp() WHERE id = $1";
    execute(transaction, sql, &[&proven.account]).await?;
    let session = Uuid::now_v7();
    let sql = "INSERT INTO sessions (id, account_id, expires_at, cookie_hash)
        VALUES ($1, $2, clock_timestamp() + make_interval(days => $3), $4)";
    execute(transaction, sql, &[&session, &proven.account, &SESSION_DAYS, &cookie_hash]).await?;
    accounts::note(transaction, proven.account, "account.signed_in").await?;
    Ok(Some(session))
}

/// A session that has not ended, and whose it is.
#[derive(Debug, Clone)]
pub struct Living {
    /// The account.
    pub account: Uuid,
    /// The session.
    pub session: Uuid,
    /// The account's address.
    pub email: String,
    /// When it ends by itself.
    pub expires_at: OffsetDateTime,
}

/// The living session of a browser's cookie.
///
/// # Errors
/// As the database.
pub async fn of_cookie(client: &Client, cookie: &str) -> Result<Option<Living>> {
    let sql = "SELECT s.id, s.account_id, a.email, s.expires_at FROM sessions s JOIN accounts a ON a.id = s.account_id AND a.deleted_at IS NULL
        WHERE s.cookie_hash = $1 AND s.ended_at IS NULL AND s.expires_at > clock_timestamp()";
    let found = row_if_any(client, sql, &[&token_hash(cookie)]).await?;
    Ok(found.map(|row| Living {
        account: row.get("account_id"),
        session: row.get("id"),
        email: row.get("email"),
        expires_at: row.get("expires_at"),
    }))
}

/// What a refresh token was good for.
pub enum Refreshed {
    /// The session goes on under a new token.
    Carried(Opened),
    /// The token had been used before, so somebody has a copy: the whole session has ended.
    Reused(Uuid),
    /// No token of a living session.
    Unknown,
}

/// Exchanges a refresh token for the next one (rotation, RFC 9700, section 4.14). The session's end
/// stays where it is.
///
/// # Errors
/// As the database.
pub async fn refresh(client: &mut Client, refresh_token: &str) -> Result<Refreshed> {
    let transaction = client.transaction().await?;
    let sql = "SELECT r.used, s.id, s.account_id FROM refresh_tokens r JOIN sessions s ON s.id = r.session_id
        JOIN accounts a ON a.id = s.account_id AND a.deleted_at IS NULL
        WHERE r.token_hash = $1 AND s.ended_at IS NULL AND s.expires_at > clock_timestamp() FOR UPDATE OF r, s";
    let hash = token_hash(refresh_token);
    let Some(row) = row_if_any(&transaction, sql, &[&hash]).await? else { return Ok(Refreshed::Unknown) };
    let (session, account): (Uuid, Uuid) = (row.get("id"), row.get("account_id"));
    if row.get("used") {
        execute(&transaction, "UPDATE sessions SET ended_at = clock_timestamp() WHERE id = $1", &[&session])
            .await?;
        accounts::note(&transaction, account, "account.refresh_token_reused").await?;
        transaction.commit().await?;
        return Ok(Refreshed::Reused(session));
    }
    execute(&transaction, "UPDATE refresh_tokens SET used = true WHERE token_hash = $1", &[&hash]).await?;
    let next = random_token();
    execute(
        &transaction,
        "INSERT INTO refresh_tokens (token_hash, session_id) VALUES ($1, $2)",
        &[&token_hash(&next), &session],
    )
    .await?;
    transaction.commit().await?;
    Ok(Refreshed::Carried(Opened { account, session, refresh_token: next }))
}

/// The address of the account of a living session.
///
/// # Errors
/// As the database.
pub async fn living(client: &Client, session: Uuid, account: Uuid) -> Result<Option<String>> {
    let sql = "SELECT a.email FROM sessions s JOIN accounts a ON a.id = s.account_id AND a.deleted_at IS NULL
        WHERE s.id = $1 AND s.account_id = $2 AND s.ended_at IS NULL AND s.expires_at > clock_timestamp()";
    Ok(row_if_any(client, sql, &[&session, &account]).await?.map(|row| row.get("email")))
}

/// Which of the sessions live.
///
/// # Errors
/// As the database.
pub async fn living_among(client: &Client, sessions: &HashSet<Uuid>) -> Result<HashSet<Uuid>> {
    let asked: Vec<Uuid> = sessions.iter().copied().collect();
    let sql = "SELECT s.id FROM sessions s JOIN accounts a ON a.id = s.account_id AND a.deleted_at IS NULL
        WHERE s.id = ANY($1) AND s.ended_at IS NULL AND s.expires_at > clock_timestamp()";
    Ok(rows(client, sql, &[&asked]).await?.iter().map(|row| row.get("id")).collect())
}

/// Ends a session, or all sessions of its account, when its owner signs out; answers which ended.
///
/// # Errors
/// As the database.
pub async fn end(client: &mut Client, account: Uuid, only: Option<Uuid>) -> Result<Vec<Uuid>> {
    let transaction = client.transaction().await?;
    let ended = match only {
        Some(session) => end_one(&transaction, account, session).await?.into_iter().collect(),
        None => end_all(&transaction, account, None).await?,
    };
    note_ended(&transaction, account, "account.signed_out", ended.len()).await?;
    transaction.commit().await?;
    Ok(ended)
}

/// Ends a session of an account from another one.
///
/// # Errors
/// [`Refusal::NotFound`] when the account has no such living session.
pub async fn end_from_elsewhere(client: &mut Client, account: Uuid, session: Uuid) -> Result<()> {
    let transaction = client.transaction().await?;
    end_one(&transaction, account, session).await?.ok_or(Refusal::NotFound)?;
    note_ended(&transaction, account, "account.session_ended", 1).await?;
    transaction.commit().await?;
    Ok(())
}

/// Ends all sessions of an account but the one that asks; answers which ended.
///
/// # Errors
/// As the database.
pub async fn end_others(client: &mut Client, account: Uuid, current: Uuid) -> Result<Vec<Uuid>> {
    let transaction = client.transaction().await?;
    let ended = end_all(&transaction, account, Some(current)).await?;
    if !ended.is_empty() {
        note_ended(&transaction, account, "account.session_ended", ended.len()).await?;
    }
    transaction.commit().await?;
    Ok(ended)
}

/// Notes what ended so many sessions of an account at once, in one record.
async fn note_ended(
    transaction: &Transaction<'_>,
    account: Uuid,
    action: &str,
    sessions: usize,
) -> Result<()> {
    accounts::note_with(transaction, account, action, json!({"sessions": sessions})).await
}

async fn end_one(transaction: &Transaction<'_>, account: Uuid, session: Uuid) -> Result<Option<Uuid>> {
    let sql = "UPDATE sessions SET ended_at = clock_timestamp()
        WHERE account_id = $1 AND id = $2 AND ended_at IS NULL AND expires_at > clock_timestamp() RETURNING id";
    Ok(row_if_any(transaction, sql, &[&account, &session]).await?.map(|row| row.get("id")))
}

/// Ends all sessions of an account, perhaps but for one; answers which ended.
pub(crate) async fn end_all(
    transaction: &Transaction<'_>,
    account: Uuid,
    but: Option<Uuid>,
) -> Result<Vec<Uuid>> {
    let sql = "UPDATE sessions SET ended_at = clock_timestamp()
        WHERE account_id = $1 AND ended_at IS NULL AND expires_at > clock_timestamp()
            AND ($2::uuid IS NULL OR id <> $2) RETURNING id";
    Ok(rows(transaction, sql, &[&account, &but]).await?.iter().map(|row| row.get("id")).collect())
}

/// A session as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// The session.
    pub id: Uuid,
    /// When somebody signed in.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it ends by itself, however much it is used.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// `browser`, or `program` where tokens were handed out.
    #[schema(example = "program")]
    pub kind: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The living sessions of an account before a place in the list, newest first.
///
/// # Errors
/// As the database.
pub async fn list(
    client: &Client,
    account: Uuid,
    current: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Page<Session>> {
    const LIVING: &str = "account_id = $1 AND ended_at IS NULL AND expires_at > clock_timestamp()";
    let sql = format!(
        "SELECT id, created_at, expires_at, CASE WHEN cookie_hash IS NULL THEN 'program' ELSE 'browser' END AS kind, id = $2 AS current
        FROM sessions WHERE {LIVING} AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4::int8 + 1"
    );
    let found = rows(client, &sql, &[&account, &current, &before, &limit]).await?;
    let sql = format!("SELECT count(*) AS total FROM sessions WHERE {LIVING}");
    let total = row(client, &sql, &[&account]).await?.get("total");
    let read = |row: &tokio_postgres::Row| Session {
        id: row.get("id"),
        created_at: row.get("created_at"),
        expires_at: row.get("expires_at"),
        kind: row.get("kind"),
        current: row.get("current"),
    };
    Ok(Page::cut(found.iter().map(read).collect(), limit, total, |session: &Session| session.id.to_string()))
}

/// Makes a ticket with which a socket signs in once, within half a minute.
///
/// # Errors
/// As the database.
pub async fn create_ticket(client: &Client, session: Uuid) -> Result<(String, OffsetDateTime)> {
    execute(client, "DELETE FROM live_tickets WHERE expires_at < clock_timestamp()", &[]).await?;
    let ticket = random_token();
    let sql = "INSERT INTO live_tickets (ticket_hash, session_id, expires_at)
        VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3)) RETURNING expires_at";
    let row = super::row(client, sql, &[&token_hash(&ticket), &session, &TICKET_SECONDS]).await?;
    Ok((ticket, row.get("expires_at")))
}

/// Uses a ticket up; answers whose it was.
///
/// # Errors
/// As the database.
pub async fn use_ticket(client: &Client, ticket: &str) -> Result<Option<(Uuid, Uuid)>> {
    let sql = "DELETE FROM live_tickets t USING sessions s WHERE t.ticket_hash = $1 AND s.id = t.session_id
        AND s.ended_at IS NULL AND t.expires_at > clock_timestamp() RETURNING s.account_id, s.id";
    Ok(row_if_any(client, sql, &[&token_hash(ticket)])
        .await?
        .map(|row| (row.get("account_id"), row.get("id"))))
}
