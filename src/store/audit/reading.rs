//! What of a chain somebody reads.

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::store::{Client, Page, Result, row, rows};

/// A chained record.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditRecord {
    /// Its place in the organisation's chain, from 1.
    pub position: i64,
    /// When it was done.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `account:<id>` or `system`.
    pub actor: String,
    /// `noun.verb_in_past`.
    pub action: String,
    /// What it was done to.
    pub subject: String,
    /// Ids and counts.
    pub details: Value,
    /// SHA-256 over the record and the one before, 64 hex digits.
    pub hash: String,
    /// The hash of the record before.
    pub previous_hash: String,
}

/// Which records of an organisation's chain are meant. What was done to an account stands in the
/// chain of its personal organisation, into which others may have been invited: it is nobody's
/// business but that of the account's owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// All.
    All,
    /// All but those of the account.
    Shared,
    /// Those about one election.
    OfElection(Uuid),
    /// Those about the organisation itself: its members and its name.
    OfOrganisation,
    /// Those of the account: sign-ins, password, second factor.
    OfAccount,
}

impl Records {
    const fn condition(self) -> &'static str {
        match self {
            Self::All | Self::OfElection(_) => "true",
            Self::Shared => "NOT starts_with(action, 'account.')",
            Self::OfOrganisation => "election_id IS NULL AND NOT starts_with(action, 'account.')",
            Self::OfAccount => "starts_with(action, 'account.')",
        }
    }

    const fn election(self) -> Option<Uuid> {
        if let Self::OfElection(id) = self { Some(id) } else { None }
    }
}

/// Some records of an organisation, newest first.
///
/// # Errors
/// As the database.
pub async fn list(
    client: &Client,
    organisation: Uuid,
    which: Records,
    before: Option<i64>,
    limit: i64,
) -> Result<Page<AuditRecord>> {
    let election = which.election();
    let matching =
        format!("organisation_id = $1 AND ($2::uuid IS NULL OR election_id = $2) AND {}", which.condition());
    let sql = format!(
        "SELECT position, at, actor, action, subject, details, hash, previous_hash FROM audit_records
        WHERE {matching} AND position < $3 ORDER BY position DESC LIMIT $4::int8 + 1"
    );
    let records =
        rows(client, &sql, &[&organisation, &election, &before.unwrap_or(i64::MAX), &limit]).await?;
    let sql = format!("SELECT count(*) AS total FROM audit_records WHERE {matching}");
    let total = row(client, &sql, &[&organisation, &election]).await?.get("total");
    let items = records.iter().map(record).collect();
    Ok(Page::cut(items, limit, total, |record: &AuditRecord| record.position.to_string()))
}

fn record(row: &Row) -> AuditRecord {
    AuditRecord {
        position: row.get("position"),
        at: row.get("at"),
        actor: row.get("actor"),
        action: row.get("action"),
        subject: row.get("subject"),
        details: row.get("details"),
        hash: hex::encode(row.get::<_, &[u8]>("hash")),
        previous_hash: hex::encode(row.get::<_, &[u8]>("previous_hash")),
    }
}
