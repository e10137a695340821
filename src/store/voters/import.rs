//! A whole roll at once, from a file.

use std::pin::pin;

use bytes::Bytes;
use deadpool_postgres::Transaction;
use futures_util::{Stream, StreamExt};
use serde::Serialize;
use serde_json::json;
use tokio_postgres::Row;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::voter_roll::{RollReader, RollSummary, VoterRow};

use super::changeable;
use crate::store::audit::{self, Actor};
use crate::store::{Client, Result, StoreError, heads, rows};

/// Rows of each kind that a dry run shows.
const SHOWN: i64 = 10;

/// What an import did, or would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Imported {
    /// New on the roll.
    pub imported: u64,
    /// On the roll already, with another name than in the file: the name was changed.
    pub updated: u64,
    /// On the roll already.
    pub unchanged: u64,
    /// Columns of the file that were not looked at.
    pub ignored_columns: Vec<String>,
    /// On a dry run, the first who would be added and the first who would be renamed.
    #[serde(skip)]
    pub first: Vec<Incoming>,
}

/// A row of the file that changes the roll.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The address.
    pub email: String,
    /// The name that the roll will have.
    pub name: String,
    /// The name that it has now, of somebody who is on it already.
    pub before: Option<String>,
}

/// Why nothing was imported.
pub enum ImportError<E> {
    /// The file has bad rows.
    Rejected(RollSummary),
    /// The file did not arrive whole.
    Body(E),
    /// The store refused or failed.
    Store(StoreError),
}

impl<E, T: Into<StoreError>> From<T> for ImportError<E> {
    fn from(error: T) -> Self {
        Self::Store(error.into())
    }
}

/// Reads a roll as it arrives and adds it all, or nothing. Memory stays the same whatever its
/// length, but for a fingerprint of each address by which doubles are found.
///
/// # Errors
/// See [`ImportError`].
pub async fn import<S, E>(
    client: &mut Client,
    election: Uuid,
    actor: Actor,
    dry_run: bool,
    file: S,
) -> std::result::Result<Imported, ImportError<E>>
where
    S: Stream<Item = std::result::Result<Bytes, E>>,
{
    changeable(&heads::get(client, election).await?)?;
    let transaction = client.transaction().await?;
    let summary = copy_rows(&transaction, file).await?;
    if summary.rejected > 0 {
        return Err(ImportError::Rejected(summary));
    }
    changeable(&heads::lock(&transaction, election).await?)?;
    let first = if dry_run { first(&transaction, election).await? } else { Vec::new() };
    let (imported, updated) = take_over(&transaction, election).await?;
    let unchanged = summary.rows.saturating_sub(imported + updated);
    if !dry_run {
        let details = json!({"imported": imported, "updated": updated, "unchanged": unchanged});
        audit::note_election(&transaction, election, actor, "voters.imported", details).await?;
        transaction.commit().await?;
    }
    Ok(Imported { imported, updated, unchanged, ignored_columns: summary.ignored_columns, first })
}

async fn copy_rows<S, E>(
    transaction: &Transaction<'_>,
    file: S,
) -> std::result::Result<RollSummary, ImportError<E>>
where
    S: Stream<Item = std::result::Result<Bytes, E>>,
{
    let sql = "CREATE TEMPORARY TABLE incoming (line bigint, email text, first_name text, last_name text) ON COMMIT DROP";
    transaction.batch_execute(sql).await?;
    let sink =
        transaction.copy_in("COPY incoming (line, email, first_name, last_name) FROM STDIN BINARY").await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &[Type::INT8, Type::TEXT, Type::TEXT, Type::TEXT]));
    let mut file = pin!(file);
    let mut reader = RollReader::new();
    let mut parsed: Vec<VoterRow> = Vec::new();
    while let Some(bytes) = file.next().await {
        reader.push(&bytes.map_err(ImportError::Body)?, &mut |row| parsed.push(row));
        for row in parsed.drain(..) {
            writer
                .as_mut()
                .write(&[&row.line.cast_signed(), &row.email.as_str(), &row.first_name, &row.last_name])
                .await?;
        }
    }
    let summary = reader.finish(&mut |row| parsed.push(row));
    for row in parsed.drain(..) {
        writer
            .as_mut()
            .write(&[&row.line.cast_signed(), &row.email.as_str(), &row.first_name, &row.last_name])
            .await?;
    }
    writer.finish().await?;
    Ok(summary)
}

/// The first rows that are new and the first that rename somebody, in the order of the file.
async fn first(transaction: &Transaction<'_>, election: Uuid) -> Result<Vec<Incoming>> {
    let sql = "SELECT i.email, concat_ws(' ', coalesce(i.first_name, v.first_name), coalesce(i.last_name, v.last_name)) AS name,
            CASE WHEN v.id IS NOT NULL THEN concat_ws(' ', v.first_name, v.last_name) END AS before
        FROM incoming i LEFT JOIN voters v ON v.election_id = $1 AND v.email = i.email
        WHERE (v.id IS NOT NULL) = $2 AND (v.id IS NULL
            OR (v.first_name, v.last_name) IS DISTINCT FROM (coalesce(i.first_name, v.first_name), coalesce(i.last_name, v.last_name)))
        ORDER BY i.line LIMIT $3";
    let mut found = rows(transaction, sql, &[&election, &false, &SHOWN]).await?;
    found.extend(rows(transaction, sql, &[&election, &true, &SHOWN]).await?);
    let incoming =
        |row: &Row| Incoming { email: row.get("email"), name: row.get("name"), before: row.get("before") };
    Ok(found.iter().map(incoming).collect())
}

/// Moves the incoming rows onto the roll; answers how many were new and how many were renamed.
async fn take_over(transaction: &Transaction<'_>, election: Uuid) -> Result<(u64, u64)> {
    let renamed = "UPDATE voters v SET first_name = coalesce(i.first_name, v.first_name), last_name = coalesce(i.last_name, v.last_name)
        FROM incoming i WHERE v.election_id = $1 AND v.email = i.email
        AND (v.first_name, v.last_name) IS DISTINCT FROM (coalesce(i.first_name, v.first_name), coalesce(i.last_name, v.last_name))";
    let updated = transaction.execute(renamed, &[&election]).await?;
    let added = "INSERT INTO voters (election_id, email, first_name, last_name)
        SELECT $1, email, first_name, last_name FROM incoming ORDER BY line ON CONFLICT (election_id, email) DO NOTHING";
    let imported = transaction.execute(added, &[&election]).await?;
    Ok((imported, updated))
}
