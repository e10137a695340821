//! The audit log: acts are noted beside what they did, and later chained.

mod reading;

use deadpool_postgres::GenericClient;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use tokio_postgres::{IsolationLevel, Row};
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::chain::{self, GENESIS, Hash};

use super::{Client, Database, Result, StoreError, execute, row, row_if_any, rows};

pub use reading::{AuditRecord, Records, list};

/// Records chained in one transaction.
const DRAIN_CHUNK: i64 = 500;
/// Records read at once when a chain is verified.
const VERIFY_CHUNK: i64 = 5_000;

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who is signed in.
    Account(Uuid),
    /// The service itself.
    System,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account:{id}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// Something that was done: ids and counts, never an address.
pub struct Act<'a> {
    /// Whose log it belongs to.
    pub organisation: Uuid,
    /// The election it is about, if any.
    pub election: Option<Uuid>,
    /// Who did it.
    pub actor: Actor,
    /// `noun.verb_in_past`.
    pub action: &'a str,
    /// What it was done to, as `kind:id`.
    pub subject: String,
    /// More, as a JSON object.
    pub details: Value,
}

/// The result of checking a chain.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditVerification {
    /// Records that were read.
    pub records: i64,
    /// Whether every link holds.
    pub intact: bool,
    /// The first position where one does not.
    pub first_broken: Option<i64>,
}

/// Notes an act in the transaction that does it.
///
/// # Errors
/// As the database.
pub async fn note<C: GenericClient>(client: &C, act: &Act<'_>) -> Result<()> {
    let sql = "INSERT INTO audit_outbox (organisation_id, election_id, actor, action, subject, details)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let actor = act.actor.to_string();
    execute(
        client,
        sql,
        &[&act.organisation, &act.election, &actor, &act.action, &act.subject, &act.details],
    )
    .await?;
    Ok(())
}

/// Notes an act about an election, in the log of its organisation.
///
/// # Errors
/// As the database.
pub async fn note_election<C: GenericClient>(
    client: &C,
    election: Uuid,
    actor: Actor,
    action: &str,
    details: Value,
) -> Result<()> {
    let sql = "INSERT INTO audit_outbox (organisation_id, election_id, actor, action, subject, details)
        SELECT organisation_id, id, $2, $3, $4, $5 FROM elections WHERE id = $1";
    let (actor, subject) = (actor.to_string(), format!("election:{election}"));
    execute(client, sql, &[&election, &actor, &action, &subject, &details]).await?;
    Ok(())
}

/// Notes what was done to an account, in the log of its personal organisation. It is one statement,
/// which takes as long without an account.
///
/// # Errors
/// As the database.
pub async fn note_account<C: GenericClient>(
    client: &C,
    account: Uuid,
    actor: Actor,
    action: &str,
    details: Value,
) -> Result<()> {
    let sql = "INSERT INTO audit_outbox (organisation_id, actor, action, subject, details)
        SELECT id, $2, $3, $4, $5 FROM organisations WHERE personal_of = $1 AND deleted_at IS NULL";
    let (actor, subject) = (actor.to_string(), format!("account:{account}"));
    execute(client, sql, &[&account, &actor, &action, &subject, &details]).await?;
    Ok(())
}

/// The organisations that have acts waiting.
///
/// # Errors
/// As the database.
pub async fn waiting(client: &Client) -> Result<Vec<Uuid>> {
    let sql = "SELECT DISTINCT organisation_id FROM audit_outbox";
    Ok(rows(client, sql, &[]).await?.iter().map(|row| row.get("organisation_id")).collect())
}

/// Chains an organisation's waiting acts. Whoever holds the head writes, so the order is the same
/// from any number of processes. Each record moves the head, which a trigger sees to.
///
/// # Errors
/// As the database.
pub async fn drain(database: &Database, organisation: Uuid) -> Result<()> {
    let mut client = database.client().await?;
    let sql = "INSERT INTO audit_heads (organisation_id) VALUES ($1) ON CONFLICT DO NOTHING";
    execute(&client, sql, &[&organisation]).await?;
    while drain_chunk(&mut client, organisation).await? == DRAIN_CHUNK {}
    Ok(())
}

async fn drain_chunk(client: &mut Client, organisation: Uuid) -> Result<i64> {
    let transaction = client.transaction().await?;
    let sql = "SELECT position, head_hash FROM audit_heads WHERE organisation_id = $1 FOR UPDATE";
    let head = row(&transaction, sql, &[&organisation]).await?;
    let (mut position, mut previous) = (head.get::<_, i64>("position"), hash_of(&head, "head_hash")?);
    let sql = "SELECT id, election_id, at, actor, action, subject, details, details::text AS details_text
        FROM audit_outbox WHERE organisation_id = $1 ORDER BY id LIMIT $2";
    let acts = rows(&transaction, sql, &[&organisation, &DRAIN_CHUNK]).await?;
    for act in &acts {
        position += 1;
        let hash = record_hash(organisation, position, act, &previous);
        append(&transaction, organisation, position, act, &hash, &previous).await?;
        previous = hash;
    }
    let ids: Vec<i64> = acts.iter().map(|act| act.get("id")).collect();
    execute(&transaction, "DELETE FROM audit_outbox WHERE id = ANY($1)", &[&ids]).await?;
    transaction.commit().await?;
    Ok(acts.len() as i64)
}

async fn append<C: GenericClient>(
    client: &C,
    organisation: Uuid,
    position: i64,
    act: &Row,
    hash: &Hash,
    previous: &Hash,
) -> Result<()> {
    let sql = "INSERT INTO audit_records
        (organisation_id, position, election_id, at, actor, action, subject, details, hash, previous_hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let (election, at) = (act.get::<_, Option<Uuid>>("election_id"), act.get::<_, OffsetDateTime>("at"));
    let (actor, action) = (act.get::<_, &str>("actor"), act.get::<_, &str>("action"));
    let (subject, details) = (act.get::<_, &str>("subject"), act.get::<_, Value>("details"));
    let (hash, previous) = (hash.as_slice(), previous.as_slice());
    execute(
        client,
        sql,
        &[&organisation, &position, &election, &at, &actor, &action, &subject, &details, &hash, &previous],
    )
    .await?;
    Ok(())
}

/// The details are hashed as PostgreSQL writes them, which is the same at every reading.
fn record_hash(organisation: Uuid, position: i64, record: &Row, previous: &Hash) -> Hash {
    let at = record.get::<_, OffsetDateTime>("at").unix_timestamp_nanos() / 1_000;
    let election = record.get::<_, Option<Uuid>>("election_id").map(|id| id.to_string()).unwrap_or_default();
    let text = |name: &str| record.get::<_, &str>(name).as_bytes();
    let at = at.to_string();
    let fields = [
        at.as_bytes(),
        election.as_bytes(),
        text("actor"),
        text("action"),
        text("subject"),
        text("details_text"),
    ];
    chain::audit_hash(organisation, position, &fields, previous)
}

fn hash_of(row: &Row, name: &str) -> Result<Hash> {
    let bytes: &[u8] = row.get(name);
    bytes.try_into().map_err(|_| StoreError::Database(format!("{name} is not 32 bytes")))
}

/// Recomputes an organisation's whole chain and compares its end with the head.
///
/// It reads one snapshot, so that acts chained meanwhile are no breach.
///
/// # Errors
/// As the database.
pub async fn verify(client: &mut Client, organisation: Uuid) -> Result<AuditVerification> {
    let snapshot = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    let sql = "SELECT position, election_id, at, actor, action, subject, details::text AS details_text, hash, previous_hash
        FROM audit_records WHERE organisation_id = $1 AND position > $2 ORDER BY position LIMIT $3";
    let (mut position, mut previous) = (0_i64, GENESIS);
    loop {
        let records = rows(&snapshot, sql, &[&organisation, &position, &VERIFY_CHUNK]).await?;
        for record in &records {
            let hash = record_hash(organisation, position + 1, record, &previous);
            let follows = record.get::<_, i64>("position") == position + 1
                && hash_of(record, "previous_hash")? == previous
                && hash_of(record, "hash")? == hash;
            if !follows {
                return Ok(AuditVerification {
                    records: position,
                    intact: false,
                    first_broken: Some(position + 1),
                });
            }
            (position, previous) = (position + 1, hash);
        }
        if (records.len() as i64) < VERIFY_CHUNK {
            break;
        }
    }
    let sql = "SELECT position, head_hash FROM audit_heads WHERE organisation_id = $1";
    let at_head = match row_if_any(&snapshot, sql, &[&organisation]).await? {
        Some(head) => head.get::<_, i64>("position") == position && hash_of(&head, "head_hash")? == previous,
        None => position == 0,
    };
    Ok(AuditVerification {
        records: position,
        intact: at_head,
        first_broken: (!at_head).then_some(position + 1),
    })
}
