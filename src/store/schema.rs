//! The schema: migrations, and whether the database has them all.

use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::{Client, Config, NoTls};

use super::{Result, StoreError, describe, tls};

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
    let known =
        embedded::migrations::runner().get_migrations().iter().map(refinery::Migration::version).max();
    let sql = "SELECT to_regclass('public.refinery_schema_history') IS NOT NULL AS there";
    if !client.query_one(sql, &[]).await?.get::<_, bool>("there") {
        return Ok(false);
    }
    client.batch_execute("SET ROLE uvote_app").await?;
    let row =
        client.query_one("SELECT max(version) AS version FROM public.refinery_schema_history", &[]).await?;
    Ok(row.get::<_, Option<i32>>("version").map(i64::from) >= known.map(i64::from))
}

/// A connection outside the pools, with the rights of its login.
///
/// # Errors
/// [`StoreError::Unavailable`] when there is no answer.
pub async fn connect(url: &str) -> Result<Client> {
    let config: Config =
        url.parse().map_err(|_| StoreError::Unavailable("the address is malformed".into()))?;
    if super::is_local(&config) {
        let (client, connection) = config.connect(NoTls).await?;
        actix::spawn(connection);
        return Ok(client);
    }
    let (client, connection) = config.connect(tls()?).await?;
    actix::spawn(connection);
    Ok(client)
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
