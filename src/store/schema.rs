//! The schema: migrations, and whether the database has them all.

use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::{Client, Config, NoTls};

use super::lines::{Newest, Servers};
use super::{Result, StoreError, describe, needs_tls, parse, tls};

mod embedded {
    #![allow(missing_docs)]
    refinery::embed_migrations!("migrations");
}

/// Brings the database up to date as its owner, and lets the service's login act as `uvote_app`.
/// Answers how many migrations were new.
///
/// # Errors
/// When the database can't be reached, or a migration fails; each migration is a transaction.
pub async fn migrate(owner: &SecretString, service: &SecretString) -> Result<usize> {
    let mut client = connect(owner.expose_secret()).await?;
    let report = embedded::migrations::runner().run_async(&mut client).await;
    let report = report.map_err(|error| StoreError::Database(explain(&error)))?;
    let login = service
        .expose_secret()
        .parse::<Config>()
        .ok()
        .and_then(|config| config.get_user().map(str::to_owned));
    if let Some(login) = login {
        grant_role(&client, &login).await?;
    }
    Ok(report.applied_migrations().len())
}

async fn grant_role(client: &Client, login: &str) -> Result<()> {
    let sql = "SELECT format('GRANT uvote_app TO %I', rolname) FROM pg_roles
        WHERE rolname = $1 AND NOT pg_has_role(oid, 'uvote_app', 'SET')";
    // PostgreSQL 15 does not know the privilege SET; membership says the same there.
    let sql = if is_older_than_16(client).await? { sql.replace("'SET'", "'MEMBER'") } else { sql.to_owned() };
    if let Some(row) = client.query_opt(&sql, &[&login]).await? {
        client.batch_execute(row.get(0)).await?;
    }
    Ok(())
}

async fn is_older_than_16(client: &Client) -> Result<bool> {
    let row =
        client.query_one("SELECT current_setting('server_version_num')::int4 < 160000 AS older", &[]).await?;
    Ok(row.get("older"))
}

/// Creates a database on a server of our own, unless it is there.
///
/// # Errors
/// When the server can't be reached.
pub async fn create_database(server: &str, name: &str) -> Result<()> {
    let client = connect(server).await?;
    if client.query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name]).await?.is_none() {
        client.batch_execute(&format!("CREATE DATABASE {name}")).await?;
    }
    Ok(())
}

/// Whether the database has every migration that this program knows.
///
/// # Errors
/// [`StoreError::Unavailable`] when the database can't be reached.
pub async fn is_current(url: &SecretString) -> Result<bool> {
    let client = connect(url.expose_secret()).await?;
    if !has_history(&client).await? {
        return Ok(false);
    }
    client.batch_execute("SET ROLE uvote_app").await?;
    let sql = "SELECT has_table_privilege('public.refinery_schema_history', 'SELECT') AS is_open";
    if !client.query_one(sql, &[]).await?.get::<_, bool>("is_open") {
        return Err(StoreError::Database(CLOSED.into()));
    }
    Ok(version(&client).await? >= Some(newest()))
}

/// What [`super::replay`] leaves behind until everything is verified.
const CLOSED: &str = "the service has no rights yet, since a restore did not end well or still runs; \
    unless it runs, drop the database and restore into a new one";

/// The newest migration that a database has; nothing when it has none.
///
/// # Errors
/// As the database.
pub async fn version(client: &Client) -> Result<Option<i64>> {
    if !has_history(client).await? {
        return Ok(None);
    }
    let sql = "SELECT max(version)::int8 AS version FROM public.refinery_schema_history";
    Ok(client.query_one(sql, &[]).await?.get("version"))
}

async fn has_history(client: &Client) -> Result<bool> {
    let sql = "SELECT to_regclass('public.refinery_schema_history') IS NOT NULL AS there";
    Ok(client.query_one(sql, &[]).await?.get("there"))
}

/// The newest migration that this program knows.
pub fn newest() -> i64 {
    let runner = embedded::migrations::runner();
    runner.get_migrations().iter().map(|migration| i64::from(migration.version())).max().unwrap_or_default()
}

/// A connection outside the pools, with the rights of its login.
///
/// # Errors
/// [`StoreError::Unavailable`] when there is no answer.
pub async fn connect(url: &str) -> Result<Client> {
    let config = parse(url)?;
    let opened = if needs_tls(&config) {
        Servers::new(&config, tls()?, Newest::default()).open().await
    } else {
        Servers::new(&config, NoTls, Newest::default()).open().await
    };
    Ok(opened?.0)
}

fn explain(error: &refinery::Error) -> String {
    let source = std::error::Error::source(error);
    match source.and_then(|source| source.downcast_ref::<tokio_postgres::Error>()) {
        Some(database) => format!("{error}: {}", describe(database)),
        None => error.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[actix_web::test]
    async fn a_server_that_takes_no_tls_is_told_in_one_line_with_what_to_do() {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgresql://uvote@{}/uvote?sslmode=require", listener.local_addr().unwrap());
        let server = async {
            let (mut line, _) = listener.accept().await.unwrap();
            line.read_exact(&mut [0; 8]).await.unwrap();
            line.write_all(b"N").await.unwrap();
        };
        let url = SecretString::from(url);
        let (refused, ()) = futures_util::join!(is_current(&url), server);
        let told = refused.unwrap_err().to_string();
        assert!(
            told.contains("does not support TLS") && told.contains("sslmode=disable to DATABASE_URL"),
            "{told}"
        );
        assert!(!told.contains('\n'), "{told}");
    }
}
