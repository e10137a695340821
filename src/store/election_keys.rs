//! The keys of an election, which only the master key opens.

use deadpool_postgres::GenericClient;
use uuid::Uuid;
use uvote_domain::seal::{Key, Purpose};

use super::{Client, Result, StoreError, execute, row_if_any, rows};
use crate::keys::{Keyring, random_key};

/// The key that voting links are derived from; nothing before the activation and after the close.
///
/// # Errors
/// A bug when the key does not open.
pub async fn link_key<C: GenericClient>(
    client: &C,
    keyring: &Keyring,
    election: Uuid,
) -> Result<Option<Key>> {
    let sql = "SELECT wrapped FROM election_keys WHERE election_id = $1 AND purpose = 'link'";
    let row = row_if_any(client, sql, &[&election]).await?;
    row.map(|row| unwrap(keyring, Purpose::LinkKey, election, row.get("wrapped"))).transpose()
}

/// Opens a key with the master key.
///
/// # Errors
/// A bug when it does not open.
pub fn unwrap(keyring: &Keyring, purpose: Purpose, election: Uuid, wrapped: &[u8]) -> Result<Key> {
    let key = keyring.unwrap(purpose, election, wrapped);
    key.map_err(|_| {
        StoreError::Database(
            "an election key does not open: is UVOTE_MASTER_KEY the one it was made under?".into(),
        )
    })
}

/// Makes the keys of an election that is activated.
///
/// # Errors
/// A bug when they are there already.
pub async fn make<C: GenericClient>(transaction: &C, keyring: &Keyring, election: Uuid) -> Result<()> {
    for (purpose, name) in [(Purpose::SealKey, "seal"), (Purpose::LinkKey, "link")] {
        let wrapped = keyring.wrap(purpose, election, &random_key());
        let wrapped = wrapped.map_err(|error| StoreError::Database(error.to_string()))?;
        let sql = "INSERT INTO election_keys (election_id, purpose, wrapped) VALUES ($1, $2, $3)";
        execute(transaction, sql, &[&election, &name, &wrapped]).await?;
    }
    Ok(())
}

/// Wraps every election key that the old master key has wrapped under the present one, so that the
/// old one can be forgotten. Answers how many keys there are.
///
/// # Errors
/// A bug when a key opens under neither.
pub async fn rewrap(client: &mut Client, keyring: &Keyring) -> Result<usize> {
    let transaction = client.transaction().await?;
    let sql = "SELECT election_id, purpose, wrapped FROM election_keys FOR UPDATE";
    let found = rows(&transaction, sql, &[]).await?;
    for row in &found {
        let (election, name): (Uuid, &str) = (row.get("election_id"), row.get("purpose"));
        let purpose = if name == "seal" { Purpose::SealKey } else { Purpose::LinkKey };
        let key = unwrap(keyring, purpose, election, row.get("wrapped"))?;
        let wrapped = keyring.wrap(purpose, election, &key);
        let wrapped = wrapped.map_err(|error| StoreError::Database(error.to_string()))?;
        let sql = "UPDATE election_keys SET wrapped = $3 WHERE election_id = $1 AND purpose = $2";
        execute(&transaction, sql, &[&election, &name, &wrapped]).await?;
    }
    transaction.commit().await?;
    Ok(found.len())
}

/// Destroys the sealing keys of elections whose dispute window is over; answers whose.
///
/// # Errors
/// As the database.
pub async fn destroy_old(client: &Client) -> Result<Vec<Uuid>> {
    let sql = "DELETE FROM election_keys k USING elections e, election_heads h
        WHERE e.id = k.election_id AND h.election_id = k.election_id AND k.purpose = 'seal'
        AND h.count_state = 'matched' AND h.closed_at + make_interval(days => e.dispute_days) < clock_timestamp()
        RETURNING k.election_id";
    Ok(rows(client, sql, &[]).await?.iter().map(|row| row.get("election_id")).collect())
}
