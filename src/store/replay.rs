//! Loading a backup: scripts that `pg_dump` or [`super::snapshot`] wrote, in one transaction.

use std::io::BufRead;
use std::pin::pin;

use bytes::{Bytes, BytesMut};
use futures_util::SinkExt;
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::Client;

use super::{Result, StoreError, schema};

/// Bytes of rows that are sent at a time.
const CHUNK: usize = 64 * 1024;

/// The database that a backup is loaded into, whole or not at all.
pub struct Loading {
    client: Client,
}

impl Loading {
    /// Begins as the owner of the database, and sees to the role that the dump grants rights to.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is no answer.
    pub async fn begin(url: &SecretString) -> Result<Self> {
        let client = schema::connect(url.expose_secret()).await?;
        let sql = "BEGIN; DO $$ BEGIN CREATE ROLE uvote_app NOLOGIN;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";
        let there = "SELECT FROM pg_roles WHERE rolname = 'uvote_app'";
        let needed = client.query_opt(there, &[]).await?.is_none();
        client.batch_execute(if needed { sql } else { "BEGIN" }).await?;
        Ok(Self { client })
    }

    /// Runs a script as it is read: statements, and rows that follow a COPY until a line `\.`.
    ///
    /// # Errors
    /// As the database; and when the script can't be read, or ends among rows.
    pub async fn replay(&self, mut script: impl BufRead) -> Result<()> {
        let (mut statements, mut line) = (String::new(), Vec::new());
        while read_line(&mut script, &mut line)? {
            let text = String::from_utf8_lossy(&line);
            if text.starts_with("COPY ") && text.ends_with(" FROM stdin;\n") {
                self.client.batch_execute(&std::mem::take(&mut statements)).await?;
                self.copy(text.trim_end(), &mut script).await?;
            } else if !is_for_others(&text) {
                statements.push_str(&text);
            }
        }
        Ok(self.client.batch_execute(&statements).await?)
    }

    async fn copy(&self, statement: &str, rows: &mut impl BufRead) -> Result<()> {
        let mut sink = pin!(self.client.copy_in::<_, Bytes>(statement).await?);
        let (mut chunk, mut line) = (BytesMut::new(), Vec::new());
        loop {
            if !read_line(rows, &mut line)? {
                return Err(StoreError::Database("the rows of the backup end too early".into()));
            }
            if line == b"\\.\n" {
                break;
            }
            chunk.extend_from_slice(&line);
            if chunk.len() >= CHUNK {
                sink.send(chunk.split().freeze()).await?;
            }
        }
        sink.send(chunk.freeze()).await?;
        sink.finish().await?;
        Ok(())
    }

    /// Commits, with the database closed to the service until [`open`].
    ///
    /// # Errors
    /// As the database.
    pub async fn finish(self) -> Result<()> {
        // What a dump says of default rights names the owner that the database had, so it is left out
        // and said anew: functions of later migrations are for nobody else either.
        let sql = "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
            ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
            REVOKE SELECT ON public.refinery_schema_history FROM uvote_app;
            COMMIT; ANALYZE";
        Ok(self.client.batch_execute(sql).await?)
    }
}

/// Lets the service use a database that was restored: without this right it does not start.
///
/// # Errors
/// As the database.
pub async fn open(client: &Client) -> Result<()> {
    Ok(client.batch_execute("GRANT SELECT ON public.refinery_schema_history TO uvote_app").await?)
}

/// Whether a database has no table yet.
///
/// # Errors
/// As the database.
pub async fn is_empty(client: &Client) -> Result<bool> {
    Ok(client.query_opt("SELECT FROM pg_tables WHERE schemaname = 'public' LIMIT 1", &[]).await?.is_none())
}

fn read_line(script: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool> {
    line.clear();
    let read = script.read_until(b'\n', line);
    Ok(read.map_err(|error| StoreError::Database(format!("the backup can't be read: {error}")))? > 0)
}

/// Whether a line is meant for `psql`, or for a server newer than PostgreSQL 16.
fn is_for_others(line: &str) -> bool {
    line.starts_with('\\') || line.starts_with("SET transaction_timeout ")
}
