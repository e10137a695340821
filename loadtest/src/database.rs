//! The PostgreSQL of a service that a run has for itself, seen from within.

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::election::Election;

/// A connection with the rights of the owner.
pub struct Database {
    client: Client,
    /// What the tokens of a run are derived from.
    secret: [u8; 32],
    driving: JoinHandle<()>,
}

impl Drop for Database {
    fn drop(&mut self) {
        self.driving.abort();
    }
}

impl Database {
    /// Connects with a connection string as libpq reads it, without TLS.
    ///
    /// # Errors
    /// When nobody listens, or the login is refused.
    pub async fn connect(connection: &str) -> Result<Self> {
        let connecting = tokio_postgres::connect(connection, NoTls);
        let (client, driver) = connecting.await.context("connecting to PostgreSQL")?;
        // What ends the connection shows in the next statement.
        let driving = tokio::spawn(async move { drop(driver.await) });
        Ok(Self { client, secret: rand::random(), driving })
    }

    /// What tokens are derived from, in hexadecimal: SHA-256 of it and their number is the token.
    #[must_use]
    pub fn secret(&self) -> String {
        hex::encode(self.secret)
    }

    /// Runs statements without parameters.
    ///
    /// # Errors
    /// When one fails.
    pub async fn run(&self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).await.context("preparing the database")
    }

    /// The number that a query answers.
    ///
    /// # Errors
    /// When it fails, or answers something else.
    pub async fn number(&self, sql: &str) -> Result<u64> {
        let row = self.client.query_one(sql, &[]).await.context("counting in the database")?;
        Ok(row.try_get::<_, i64>(0)?.try_into()?)
    }

    /// A setting of the server, as `SHOW` has it.
    ///
    /// # Errors
    /// When there is none of this name.
    pub async fn setting(&self, name: &str) -> Result<String> {
        let row = self.client.query_one("SELECT current_setting($1)", &[&name]).await?;
        Ok(row.try_get(0)?)
    }

    /// Gives every voter of an election a link as the service would, but without the mail, which
    /// for a large roll would take far longer than what is to be measured. Answers the tokens.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn issue_tokens(&mut self, election: &Election) -> Result<Vec<Box<str>>> {
        let (id, secret) = (Uuid::parse_str(&election.id)?, self.secret);
        let transaction = self.client.transaction().await?;
        // The roll was written just now: to look up each voter again would only take time.
        transaction.batch_execute("SET LOCAL session_replication_role = replica").await?;
        let sql = "INSERT INTO voting_tokens (election_id, voter_id, token_hash)
            SELECT election_id, id, sha256(sha256($2 || int8send(row_number() OVER () - 1)))
            FROM voters WHERE election_id = $1";
        let issued = transaction.execute(sql, &[&id, &secret.as_slice()]).await;
        let issued = issued.context("issuing links")?;
        transaction.commit().await?;
        self.run("VACUUM ANALYZE voting_tokens").await?;
        Ok((0..issued).map(|number| token(&secret, number)).collect())
    }
}

/// The text of a token: 32 bytes in base64url, of which the database knows the SHA-256.
fn token(secret: &[u8; 32], number: u64) -> Box<str> {
    let bytes = Sha256::new().chain_update(secret).chain_update(number.to_be_bytes()).finalize();
    URL_SAFE_NO_PAD.encode(bytes).into()
}
