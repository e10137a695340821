//! The head row: an election's live state, and the lock that serialises it.

use std::collections::HashMap;

use deadpool_postgres::GenericClient;
use futures_util::join;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;
use uvote_domain::election::{CountState, Status};
use uvote_domain::refusal::Refusal;

use super::{Client, Parameters, Result, row, row_if_any, rows};

/// A head row as it was read.
#[derive(Debug, Clone)]
pub struct Head {
    /// The election.
    pub election_id: Uuid,
    /// Where it stands.
    pub status: Status,
    /// When it opens, or opened.
    pub opens_at: Option<OffsetDateTime>,
    /// When it closes by itself.
    pub closes_at: Option<OffsetDateTime>,
    /// When it was closed.
    pub closed_at: Option<OffsetDateTime>,
    /// When its results became public.
    pub published_at: Option<OffsetDateTime>,
    /// How far the recount has come.
    pub count_state: CountState,
    /// Voters on the roll.
    pub eligible: i64,
    /// Ballots in the chain.
    pub position: i64,
    /// Hash of the last ballot.
    pub head_hash: Vec<u8>,
    /// The sealed running tally, from the activation on.
    pub sealed_running: Option<Vec<u8>>,
    /// Whether the election was deleted, which only one without ballots can be.
    pub deleted: bool,
    /// Grows with every change.
    pub revision: i64,
}

pub(crate) const COLUMNS: &str =
    "election_id, status, opens_at, closes_at, closed_at, published_at, count_state,
    eligible, position, head_hash, sealed_running, revision, deleted_at IS NOT NULL AS deleted";

pub(crate) fn read(row: &Row) -> Head {
    Head {
        election_id: row.get("election_id"),
        status: Status::parse(row.get("status")).unwrap_or(Status::Archived),
        opens_at: row.get("opens_at"),
        closes_at: row.get("closes_at"),
        closed_at: row.get("closed_at"),
        published_at: row.get("published_at"),
        count_state: CountState::parse(row.get("count_state")).unwrap_or(CountState::Disputed),
        eligible: row.get("eligible"),
        position: row.get("position"),
        head_hash: row.get("head_hash"),
        sealed_running: row.get("sealed_running"),
        deleted: row.get("deleted"),
        revision: row.get("revision"),
    }
}

/// The head of an election without waiting for whoever changes it.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such election.
pub async fn get<C: GenericClient>(client: &C, election: Uuid) -> Result<Head> {
    let sql = format!("SELECT {COLUMNS} FROM election_heads WHERE election_id = $1");
    Ok(read(&row_if_any(client, &sql, &[&election]).await?.ok_or(Refusal::NotFound)?))
}

/// The revisions of elections.
///
/// # Errors
/// As the database.
pub async fn revisions(client: &Client, elections: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
    let sql = "SELECT election_id, revision FROM election_heads WHERE election_id = ANY($1)";
    let found = rows(client, sql, &[&elections]).await?;
    Ok(found.iter().map(|row| (row.get("election_id"), row.get("revision"))).collect())
}

/// Others hold a head for a reason: a batch of votes, or a piece of a long roll.
const PATIENTLY: &str = "SET LOCAL lock_timeout = '5s'";

/// Locks the head until the transaction ends, which waits for a commit that is under way. What
/// other tables say must be read in statements of their own, after this one.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such election.
pub async fn lock<C: GenericClient>(transaction: &C, election: Uuid) -> Result<Head> {
    let sql = format!("SELECT {COLUMNS} FROM election_heads WHERE election_id = $1 FOR UPDATE");
    let which: Parameters<'_> = &[&election];
    let (patient, row) = join!(transaction.batch_execute(PATIENTLY), row_if_any(transaction, &sql, which));
    patient?;
    Ok(read(&row?.ok_or(Refusal::NotFound)?))
}

/// The database's clock, read at this moment and not at the start of the transaction.
///
/// # Errors
/// As the database.
pub async fn clock<C: GenericClient>(client: &C) -> Result<OffsetDateTime> {
    Ok(row(client, "SELECT clock_timestamp() AS now", &[]).await?.get("now"))
}
