//! Voting tokens: issued in bulk along the roll, replaced one at a time.

use deadpool_postgres::{GenericClient, Transaction};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use tokio_postgres::Row;
use uuid::Uuid;
use uvote_domain::refusal::Refusal;
use uvote_domain::seal::Key;
use uvote_domain::token::{Token, TokenHash};

use super::audit::{self, Actor};
use super::election_keys;
use super::heads::{self, Head};
use super::mail::{self, Kind};
use super::{Client, Result, execute, row_if_any, voters};
use crate::keys::Keyring;

/// Gives tokens to these voters, who have none yet.
pub(crate) async fn issue(
    transaction: &Transaction<'_>,
    election: Uuid,
    link_key: &Key,
    voters: &[Uuid],
) -> Result<()> {
    let hashes: Vec<Vec<u8>> =
        voters.iter().map(|voter| Token::derive(link_key, *voter, 1).hash().to_vec()).collect();
    let sql = "INSERT INTO voting_tokens (election_id, token_hash, voter_id)
        SELECT $1, * FROM unnest($2::bytea[], $3::uuid[])";
    execute(transaction, sql, &[&election, &hashes, &voters]).await?;
    Ok(())
}

fn sends_links(head: &Head) -> Result<()> {
    if head.status.sends_links() && !head.deleted {
        Ok(())
    } else {
        Err(Refusal::wrong_state(head.status, "mail links").into())
    }
}

/// Makes a new link for a voter and queues its mail; the old link is dead from then on.
///
/// # Errors
/// [`Refusal::AlreadyVoted`], [`Refusal::WrongState`], [`Refusal::NotFound`].
pub async fn resend(
    client: &mut Client,
    keyring: &Keyring,
    election: Uuid,
    voter: Uuid,
    actor: Actor,
) -> Result<()> {
    let transaction = client.transaction().await?;
    let head = heads::lock(&transaction, election).await?;
    sends_links(&head)?;
    voters::get(&transaction, election, voter).await?;
    voters::refuse_while_hidden(&transaction, &head).await?;
    renew(&transaction, keyring, election, voter, Kind::Invitation).await?;
    audit::note_election(&transaction, election, actor, "invitation.resent", json!({"voter": voter})).await?;
    transaction.commit().await?;
    Ok(())
}

/// After a change of address: a voter who has a link gets a new one by mail.
///
/// # Errors
/// As [`resend`].
pub async fn renew_if_issued(
    transaction: &Transaction<'_>,
    keyring: &Keyring,
    election: Uuid,
    voter: Uuid,
) -> Result<()> {
    let sql = "SELECT 1 AS issued FROM voting_tokens WHERE election_id = $1 AND voter_id = $2";
    if row_if_any(transaction, sql, &[&election, &voter]).await?.is_some() {
        renew(transaction, keyring, election, voter, Kind::Invitation).await?;
    }
    Ok(())
}

async fn renew(
    transaction: &Transaction<'_>,
    keyring: &Keyring,
    election: Uuid,
    voter: Uuid,
    kind: Kind,
) -> Result<()> {
    let link_key = link_key(transaction, keyring, election).await?;
    let sql = "SELECT token_hash, generation, spent FROM voting_tokens WHERE election_id = $1 AND voter_id = $2 FOR UPDATE";
    match row_if_any(transaction, sql, &[&election, &voter]).await? {
        None => issue(transaction, election, &link_key, &[voter]).await?,
        Some(row) if row.get("spent") => return Err(Refusal::AlreadyVoted.into()),
        Some(row) => {
            let (old, generation) = (row.get::<_, &[u8]>("token_hash"), row.get::<_, i32>("generation") + 1);
            let sql = "INSERT INTO replaced_tokens (election_id, token_hash) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            execute(transaction, sql, &[&election, &old]).await?;
            let hash = Token::derive(&link_key, voter, generation).hash().to_vec();
            let sql =
                "UPDATE voting_tokens SET token_hash = $3, generation = $4, issued_at = clock_timestamp()
                WHERE election_id = $1 AND voter_id = $2";
            execute(transaction, sql, &[&election, &voter, &hash, &generation]).await?;
        }
    }
    mail::drop_queued(transaction, election, voter).await?;
    mail::queue_to_voter(transaction, election, kind, voter).await
}

/// Mails a voter the same link again, or a new one when that has expired, without telling the
/// caller anything about it. It goes out as a reminder, since organisers must not see by it who
/// has not voted while that is hidden.
///
/// # Errors
/// As the database.
pub async fn send_again(client: &mut Client, keyring: &Keyring, election: Uuid, voter: Uuid) -> Result<()> {
    let transaction = client.transaction().await?;
    let head = heads::lock(&transaction, election).await?;
    let sql =
        "SELECT t.spent, t.issued_at, e.link_lifetime_hours, clock_timestamp() AS now FROM voting_tokens t
        JOIN elections e ON e.id = t.election_id WHERE t.election_id = $1 AND t.voter_id = $2";
    let issued = row_if_any(&transaction, sql, &[&election, &voter]).await?;
    if sends_links(&head).is_err() || issued.as_ref().is_some_and(|row| row.get("spent")) {
        return Ok(());
    }
    let is_dead = |row: &Row| {
        expiry(row.get("issued_at"), head.opens_at, row.get("link_lifetime_hours"))
            <= row.get::<_, OffsetDateTime>("now")
    };
    if issued.as_ref().is_none_or(is_dead) {
        renew(&transaction, keyring, election, voter, Kind::Reminder).await?;
    } else {
        mail::drop_queued(&transaction, election, voter).await?;
        mail::queue_to_voter(&transaction, election, Kind::Reminder, voter).await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn link_key<C: GenericClient>(client: &C, keyring: &Keyring, election: Uuid) -> Result<Key> {
    let key = election_keys::link_key(client, keyring, election).await?;
    key.ok_or_else(|| Refusal::WrongState("The election has no links yet. Activate it first.".into()).into())
}

/// What a token opens, without spending it.
pub struct Admission {
    /// When the token expires; nothing when it does not.
    pub expires_at: Option<OffsetDateTime>,
}

/// Judges a token in the order of casting, without a ballot.
///
/// # Errors
/// The refusal that casting would give: unknown, replaced, spent, not active, expired.
pub async fn admit(client: &Client, election: Uuid, token: Option<TokenHash>) -> Result<Admission> {
    let token = token.ok_or(Refusal::TokenUnknown)?;
    let sql = "SELECT t.spent, r.token_hash IS NOT NULL AS replaced, t.issued_at, e.link_lifetime_hours,
            h.status, h.opens_at, h.closes_at, clock_timestamp() AS now
        FROM election_heads h JOIN elections e ON e.id = h.election_id
        LEFT JOIN voting_tokens t ON t.election_id = h.election_id AND t.token_hash = $2
        LEFT JOIN replaced_tokens r ON r.election_id = h.election_id AND r.token_hash = $2
        WHERE h.election_id = $1 AND h.deleted_at IS NULL";
    let row = row_if_any(client, sql, &[&election, &token.as_slice()]).await?.ok_or(Refusal::TokenUnknown)?;
    if row.get("replaced") {
        return Err(Refusal::TokenReplaced.into());
    }
    if row.get::<_, Option<bool>>("spent").ok_or(Refusal::TokenUnknown)? {
        return Err(Refusal::AlreadyVoted.into());
    }
    let now: OffsetDateTime = row.get("now");
    let closes_at: Option<OffsetDateTime> = row.get("closes_at");
    if row.get::<_, &str>("status") != "active" || closes_at.is_some_and(|closes_at| closes_at <= now) {
        return Err(Refusal::ElectionNotActive.into());
    }
    let lives_until = expiry(row.get("issued_at"), row.get("opens_at"), row.get("link_lifetime_hours"));
    if lives_until <= now {
        return Err(Refusal::TokenExpired.into());
    }
    Ok(Admission { expires_at: Some(closes_at.map_or(lives_until, |closes_at| closes_at.min(lives_until))) })
}

/// When a link dies of age: its lifetime after the later of its issue and the opening.
pub(crate) fn expiry(
    issued_at: OffsetDateTime,
    opens_at: Option<OffsetDateTime>,
    lifetime_hours: i32,
) -> OffsetDateTime {
    opens_at.map_or(issued_at, |opens_at| opens_at.max(issued_at))
        + Duration::hours(i64::from(lifetime_hours))
}
