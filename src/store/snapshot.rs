//! One moment of the whole database, and what two such moments are compared by.

use futures_util::{Stream, TryStreamExt};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio_postgres::Client;
use uuid::Uuid;

use super::{Result, StoreError, schema};

/// Where every chain ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    /// Every election that is not deleted, in the order of the ids.
    pub elections: Vec<BallotHead>,
    /// Every organisation that has an audit log, in the order of the ids.
    pub organisations: Vec<AuditHead>,
}

/// Where the ballots of an election end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BallotHead {
    /// The election.
    pub id: Uuid,
    /// `draft`, `scheduled`, `active`, `closed` or `archived`.
    pub status: String,
    /// Ballots in the chain.
    pub ballots: i64,
    /// The hash of the last one, 64 hex digits.
    pub head: String,
}

/// Where the audit log of an organisation ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// The organisation.
    pub id: Uuid,
    /// Records in the chain.
    pub records: i64,
    /// The hash of the last one, 64 hex digits.
    pub head: String,
}

/// What a server is.
#[derive(Debug, Clone)]
pub struct Server {
    /// As it calls itself, such as `15.14`.
    pub version: String,
    /// The major version.
    pub major: u32,
}

/// A connection that sees one moment as long as it lives, and lets others see the same.
pub struct Snapshot {
    client: Client,
    /// What `pg_dump` is told, so that it sees that moment too.
    pub id: String,
    /// Shortly before that moment, by the clock of the server: whatever was committed by then is seen.
    pub taken_at: OffsetDateTime,
}

impl Snapshot {
    /// Takes one as the owner of a database.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is no answer.
    pub async fn take(url: &SecretString) -> Result<Self> {
        let client = schema::connect(url.expose_secret()).await?;
        // The dump may take longer than a server lets others wait in a transaction.
        let begin = "SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0; SET search_path = public;
            BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        client.batch_execute(begin).await?;
        let row =
            client.query_one("SELECT pg_export_snapshot() AS id, statement_timestamp() AS now", &[]).await?;
        Ok(Self { id: row.get("id"), taken_at: row.get("now"), client })
    }

    /// The migration that the schema is at; nothing when there is no schema.
    ///
    /// # Errors
    /// As the database.
    pub async fn schema(&self) -> Result<Option<i64>> {
        schema::version(&self.client).await
    }

    /// Where every chain ends.
    ///
    /// # Errors
    /// As the database.
    pub async fn books(&self) -> Result<Books> {
        books(&self.client).await
    }

    /// The server.
    ///
    /// # Errors
    /// As the database.
    pub async fn server(&self) -> Result<Server> {
        server(&self.client).await
    }

    /// The photos of candidates.
    ///
    /// # Errors
    /// As the database.
    pub async fn photos(&self) -> Result<Vec<Uuid>> {
        let sql = "SELECT photo_id AS id FROM candidates WHERE photo_id IS NOT NULL ORDER BY photo_id";
        Ok(self.client.query(sql, &[]).await?.iter().map(|row| row.get("id")).collect())
    }

    /// The tokens as a script that loads them, in the order of their hashes.
    ///
    /// A table lies in the order in which its rows were last written, which for tokens is the order of
    /// voting, and `pg_dump` would write it down.
    ///
    /// # Errors
    /// As the database.
    pub async fn tokens(&self) -> Result<(String, impl Stream<Item = Result<bytes::Bytes>>)> {
        let sql = "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns FROM pg_attribute
            WHERE attrelid = 'voting_tokens'::regclass AND attnum > 0 AND NOT attisdropped";
        let columns: String = self.client.query_one(sql, &[]).await?.get("columns");
        let sql =
            format!("COPY (SELECT {columns} FROM voting_tokens ORDER BY election_id, token_hash) TO STDOUT");
        let rows = self.client.copy_out(&sql).await?;
        Ok((format!("COPY public.voting_tokens ({columns}) FROM stdin;\n"), rows.map_err(StoreError::from)))
    }
}

/// Where every chain ends, as the owner of the database sees it.
///
/// # Errors
/// As the database.
pub async fn books(client: &Client) -> Result<Books> {
    let sql = "SELECT election_id AS id, status, position AS ballots, encode(head_hash, 'hex') AS head
        FROM public.election_heads WHERE deleted_at IS NULL ORDER BY election_id";
    let elections = client.query(sql, &[]).await?;
    let sql = "SELECT organisation_id AS id, position AS records, encode(head_hash, 'hex') AS head
        FROM public.audit_heads ORDER BY organisation_id";
    let organisations = client.query(sql, &[]).await?;
    let election = |row: &tokio_postgres::Row| BallotHead {
        id: row.get("id"),
        status: row.get("status"),
        ballots: row.get("ballots"),
        head: row.get("head"),
    };
    let organisation = |row: &tokio_postgres::Row| AuditHead {
        id: row.get("id"),
        records: row.get("records"),
        head: row.get("head"),
    };
    Ok(Books {
        elections: elections.iter().map(election).collect(),
        organisations: organisations.iter().map(organisation).collect(),
    })
}

/// The elections that do not have a spent token for each ballot.
///
/// # Errors
/// As the database.
pub async fn without_a_token_a_ballot(client: &Client) -> Result<Vec<Uuid>> {
    let sql = "SELECT election_id AS id FROM public.election_heads h WHERE position <>
        (SELECT count(*) FROM public.voting_tokens t WHERE t.election_id = h.election_id AND spent)";
    Ok(client.query(sql, &[]).await?.iter().map(|row| row.get("id")).collect())
}

/// The version of a server.
///
/// # Errors
/// As the database.
pub async fn server(client: &Client) -> Result<Server> {
    let sql = "SELECT current_setting('server_version') AS version,
        current_setting('server_version_num')::int4 / 10000 AS major";
    let row = client.query_one(sql, &[]).await?;
    Ok(Server { version: row.get("version"), major: row.get::<_, i32>("major").unsigned_abs() })
}
