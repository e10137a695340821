//! `uvote demo`: the whole service on one machine that has nothing.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;
use uuid::Uuid;

use super::postgres::{Options, Postgres};
use super::sample::{ORGANISER, Sample};
use super::secrets::Secrets;
use crate::app::{self, Running};
use crate::config::{self, Config, Environment, process_environment};
use crate::keys::Keyring;
use crate::store::schema;

/// How to run a demo.
pub struct Demo {
    /// Where to listen.
    pub bind: SocketAddr,
    /// Where everything is kept; the platform's data directory when missing.
    pub data_dir: Option<PathBuf>,
    /// Whether to make a sample election.
    pub sample: bool,
}

/// Runs a demo until it is asked to stop.
///
/// # Errors
/// One line that says what to do.
pub fn run(demo: Demo) -> Result<(), String> {
    let directory = demo.data_dir.clone().unwrap_or_else(config::data_directory);
    fs::create_dir_all(&directory).map_err(|error| {
        format!("{}: can't be made: {error}; choose another with --data-dir", directory.display())
    })?;
    // Started here, on the main thread: PostgreSQL is told to stop when this thread dies.
    let mut postgres = Postgres::start(&directory, Options::default()).map_err(|error| error.to_string())?;
    let secrets = Secrets::keep(&directory)
        .map_err(|error| format!("secrets.json in {}: {error}", directory.display()))?;
    let result = actix::System::new().block_on(run_on(&demo, &directory, &postgres, secrets));
    postgres.stop();
    result
}

async fn run_on(demo: &Demo, directory: &Path, postgres: &Postgres, secrets: Secrets) -> Result<(), String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    schema::create_database(&postgres.connection("postgres"), "uvote")
        .await
        .map_err(|error| words(&error))?;
    let config = config(demo, directory, postgres, &secrets)?;
    schema::migrate(&config.database_url, &config.database_url).await.map_err(|error| words(&error))?;
    let keyring = Arc::new(Keyring::new(config.master_key.clone(), None));
    let (origin, inbox) = (config.origin.clone(), config.inbox.is_some());
    if let Err(error) = app::serve_metrics(&config) {
        tracing::warn!(%error, "no metrics");
    }
    let running = app::start(config).await.map_err(|error| words(&error))?;
    let sample = Sample { database: running.database(), keyring, registry: running.registry() };
    let told = tell(demo, directory, &origin, inbox, &sample, secrets.organiser_password).await;
    if told.is_ok() {
        app::stop_requested().await;
    }
    stop(running).await;
    told.map_err(|error| words(&error))
}

#[expect(clippy::print_stderr, reason = "the demo speaks to whoever has started it")]
async fn stop(running: Running) {
    eprintln!("\nStopping.");
    running.stop().await;
}

/// The settings of a demo, read like those of a real service so that the same checks hold.
fn config(demo: &Demo, directory: &Path, postgres: &Postgres, secrets: &Secrets) -> Result<Config, String> {
    let host = if demo.bind.ip().is_loopback() || demo.bind.ip().is_unspecified() {
        "localhost".to_owned()
    } else {
        demo.bind.ip().to_string()
    };
    let given = process_environment();
    let inbox = directory.join("inbox");
    let captured = given.get("SMTP_URL").is_none();
    let values = |name: &str| match name {
        "UVOTE_BIND" => Some(demo.bind.to_string()),
        "UVOTE_ORIGIN" => Some(format!("http://{host}:{}", demo.bind.port())),
        "UVOTE_MASTER_KEY" => Some(secrets.master_key.clone()),
        "UVOTE_JWT_SECRET" => Some(secrets.jwt_secret.clone()),
        "DATABASE_URL" => Some(postgres.connection("uvote")),
        "SMTP_URL" if captured => Some(format!("file://{}", inbox.display())),
        "SMTP_URL" => given.get("SMTP_URL"),
        "UVOTE_MAIL_FROM" => {
            given.get("UVOTE_MAIL_FROM").or_else(|| Some("uvote demo <elections@example.org>".to_owned()))
        }
        "UVOTE_METRICS_BIND" | "REDIS_URL" | "UVOTE_TRUSTED_PROXIES" | "UVOTE_LIMITS" => given.get(name),
        limit if limit.starts_with("UVOTE_LIMIT_") => given.get(name),
        _ => None,
    };
    let mut config = Environment(values).service().map_err(|error| error.to_string())?;
    config.inbox = captured.then_some(inbox);
    config.data_dir = directory.to_owned();
    Ok(config)
}

/// Says what to open, after the sample is there.
async fn tell(
    demo: &Demo,
    directory: &Path,
    origin: &str,
    inbox: bool,
    sample: &Sample,
    password: String,
) -> Result<(), crate::store::StoreError> {
    let mut lines = vec![
        String::new(),
        "uvote demo is running.".to_owned(),
        String::new(),
        format!("  What it is     {origin}/"),
    ];
    if inbox {
        lines.push(format!("  Outgoing mail  {origin}/dev/inbox"));
    }
    lines.push(format!("  Interface      {origin}/docs/"));
    if demo.sample {
        let election = sample.keep(SecretString::from(password.clone())).await?;
        lines.extend(story(origin, election, sample.spare_code(election).await?, &password));
        actix::spawn(sample.clone().trickle(election));
    }
    lines.push(String::new());
    lines.push(format!("  Data stays in {}. Stop with Ctrl-C.", directory.display()));
    print(&lines.join("\n"));
    Ok(())
}

fn story(origin: &str, election: Uuid, code: Option<String>, password: &str) -> Vec<String> {
    let vote = code.map_or_else(
        || "every sample voter has voted".to_owned(),
        |code| format!("{origin}/vote/{election}#{code}"),
    );
    vec![
        format!("  Vote           {vote}"),
        format!("  Watch it live  {origin}/elections/{election}"),
        format!("    sign in as   {ORGANISER}"),
        format!("    password     {password}"),
        String::new(),
        "  200 sample voters are invited, and some of them are voting now.".to_owned(),
    ]
}

#[expect(clippy::print_stdout, reason = "the demo speaks to whoever has started it")]
fn print(text: &str) {
    println!("{text}");
}
