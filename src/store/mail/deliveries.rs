//! How the mails of an election fare.

use serde::Serialize;
use time::OffsetDateTime;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::store::{Client, Result, row, rows};

/// How the mails of an election fare.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deliveries {
    /// Waiting or on their way.
    pub queued: i64,
    /// Taken by the mail server.
    pub sent: i64,
    /// Given up.
    pub failed: i64,
    /// The latest of those given up.
    pub recent_failures: Vec<Failure>,
}

/// A mail that was given up.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failure {
    /// Where it was to go.
    pub email: String,
    /// What the mail server said.
    pub error: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Whose it was.
    #[serde(skip)]
    pub voter: Uuid,
    /// Whether another mail with the voter's link has been queued since.
    #[serde(skip)]
    pub followed: bool,
}

/// Only who has not voted is reminded, so reminders are not told of while that is hidden.
const TELLABLE: &str = "(o.kind <> 'reminder' OR EXISTS (SELECT FROM elections e JOIN election_heads h ON h.election_id = e.id
    WHERE e.id = o.election_id AND (e.tally_visibility = 'after_close' OR h.status IN ('closed', 'archived'))))";

/// The mails to an election's voters by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryCounts {
    /// Waiting or on their way.
    pub queued: i64,
    /// Taken by the mail server.
    pub sent: i64,
    /// Given up.
    pub failed: i64,
}

/// Counts an election's mails to voters by state. Also answers a moment of the database's clock, in
/// milliseconds since 1970: whatever was committed before it is counted.
///
/// # Errors
/// As the database.
pub async fn delivery_counts(client: &Client, election: Uuid) -> Result<(i64, DeliveryCounts)> {
    // Outside of a transaction block, a transaction's own time is that just before the statement
    // saw its rows; counting may go on long after it.
    let sql = "SELECT count(*) FILTER (WHERE state IN ('queued', 'sending')) AS queued, count(*) FILTER (WHERE state = 'sent') AS sent,
        count(*) FILTER (WHERE state = 'failed') AS failed, floor(extract(epoch FROM transaction_timestamp()) * 1000)::bigint AS counted_at
        FROM mail_outbox o WHERE election_id = $1 AND voter_id IS NOT NULL";
    let row = row(client, &format!("{sql} AND {TELLABLE}"), &[&election]).await?;
    let counts =
        DeliveryCounts { queued: row.get("queued"), sent: row.get("sent"), failed: row.get("failed") };
    Ok((row.get("counted_at"), counts))
}

/// Counts an election's mails to voters by state, and lists the latest that were given up.
///
/// # Errors
/// As the database.
pub async fn deliveries(client: &Client, election: Uuid) -> Result<Deliveries> {
    let (_, DeliveryCounts { queued, sent, failed }) = delivery_counts(client, election).await?;
    let sql = "SELECT v.id AS voter, v.email, o.error, o.finished_at, EXISTS (SELECT FROM mail_outbox n WHERE n.election_id = o.election_id
            AND n.voter_id = o.voter_id AND n.kind = 'invitation' AND n.queued_at > o.queued_at) AS followed
        FROM mail_outbox o JOIN voters v ON v.election_id = o.election_id AND v.id = o.voter_id
        WHERE o.election_id = $1 AND o.state = 'failed'";
    let sql = format!("{sql} AND {TELLABLE} ORDER BY o.finished_at DESC LIMIT 20");
    let failures = rows(client, &sql, &[&election]).await?;
    let failure = |row: &Row| Failure {
        email: row.get("email"),
        error: row.get::<_, Option<String>>("error").unwrap_or_default(),
        at: row.get("finished_at"),
        voter: row.get("voter"),
        followed: row.get("followed"),
    };
    Ok(Deliveries { queued, sent, failed, recent_failures: failures.iter().map(failure).collect() })
}
