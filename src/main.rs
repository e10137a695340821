//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use secrecy::ExposeSecret;
use uvote::config::{LogConfig, process_environment};
use uvote::embedded::demo::{self, Demo};
use uvote::store::StoreError;
use uvote::{app, backup, http, store, telemetry};
use uvote_domain::account::Email;

/// Answering a request takes hundreds of small allocations, at which the system's allocator is slower. It
/// does without huge pages, which would keep the whole 16 kB of a connection's buffers in memory, although
/// most of it never holds anything.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Elections with secret ballots, live turnout, and results that anyone can check.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Try it: a private PostgreSQL, mails kept in an inbox, and a sample election. Needs nothing.
    Demo {
        /// Where to listen.
        #[arg(long, env = "UVOTE_BIND", default_value = "127.0.0.1:8080")]
        bind: SocketAddr,
        /// Where everything is kept; the platform's data directory when missing.
        #[arg(long, env = "UVOTE_DATA_DIR")]
        data_dir: Option<PathBuf>,
        /// Begin with an empty service.
        #[arg(long)]
        no_sample: bool,
    },
    /// Run the service with the settings of the environment (see docs/ENVIRONMENT.md).
    Serve,
    /// Bring the database up to date and prepare the service's role.
    Migrate,
    /// Back the database and the photos up into a new directory, also while people vote.
    ///
    /// Takes UVOTE_OWNER_DATABASE_URL or DATABASE_URL, and UVOTE_DATA_DIR, from the environment.
    Backup {
        /// The directory to make.
        to: PathBuf,
        /// Back up the database of this data directory of `uvote demo` instead; it may be running.
        #[arg(long)]
        data_dir: Option<PathBuf>,
    },
    /// Restore a backup into an empty database and check every chain.
    ///
    /// Takes UVOTE_MASTER_KEY, which no backup holds, beside what `backup` takes.
    Restore {
        /// The directory that `backup` has made.
        from: PathBuf,
        /// Restore into this data directory for `uvote demo` instead; its secrets.json has to be there.
        #[arg(long)]
        data_dir: Option<PathBuf>,
    },
    /// Print the OpenAPI document.
    Openapi,
    /// Say who administers the site: looks after accounts, without a part in any election. Takes
    /// DATABASE_URL from the environment.
    #[command(subcommand)]
    Admin(Admin),
    /// Look after the keys of elections.
    #[command(subcommand)]
    Keys(Keys),
}

#[derive(Subcommand)]
enum Admin {
    /// Make the account of an address an administrator.
    Grant {
        /// The address that the account has confirmed.
        email: String,
    },
    /// Make the account of an address one like any other again.
    Revoke {
        /// The address that the account has confirmed.
        email: String,
    },
}

#[derive(Subcommand)]
enum Keys {
    /// Wrap all election keys under UVOTE_MASTER_KEY; those still under UVOTE_MASTER_KEY_OLD too,
    /// which can be forgotten afterwards.
    Rotate,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A second provider can't have been installed before the first line of main.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let done = match arguments.command {
        Command::Demo { bind, data_dir, no_sample } => {
            start_logs("warn");
            demo::run(Demo { bind, data_dir, sample: !no_sample })
        }
        Command::Serve => serve(),
        Command::Migrate => migrate(),
        Command::Backup { to, data_dir } => {
            start_logs("warn");
            backup::take(&to, data_dir.as_deref()).map_err(|error| error.to_string())
        }
        Command::Restore { from, data_dir } => {
            start_logs("warn");
            backup::restore(&from, data_dir.as_deref()).map_err(|error| error.to_string())
        }
        Command::Openapi => print_openapi(),
        Command::Admin(Admin::Grant { email }) => appoint(&email, true),
        Command::Admin(Admin::Revoke { email }) => appoint(&email, false),
        Command::Keys(Keys::Rotate) => rotate_keys(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            complain(&problem);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the last word of a command line goes to its terminal")]
fn complain(problem: &str) {
    eprintln!("uvote: {problem}");
}

fn start_logs(default: &str) {
    let LogConfig { filter, json } = process_environment().log();
    let chosen = std::env::var_os("UVOTE_LOG").is_some();
    telemetry::start_logs(&LogConfig { filter: if chosen { filter } else { default.to_owned() }, json });
}

fn serve() -> Result<(), String> {
    start_logs("info");
    let config = process_environment().service().map_err(|error| error.to_string())?;
    actix::System::new().block_on(async {
        app::serve_metrics(&config).map_err(|error| error.to_string())?;
        let running = app::start(config).await.map_err(|error| error.to_string())?;
        app::stop_requested().await;
        running.stop().await;
        Ok(())
    })
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn migrate() -> Result<(), String> {
    start_logs("warn");
    let (owner, service) = process_environment().owner_database().map_err(|error| error.to_string())?;
    let applied = actix::System::new().block_on(store::schema::migrate(&owner, &service));
    let applied = applied.map_err(|error| format!("UVOTE_OWNER_DATABASE_URL: {error}"))?;
    println!("{applied} migrations applied; the schema is up to date.");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print_openapi() -> Result<(), String> {
    let document = http::openapi::document().to_pretty_json().map_err(|error| error.to_string())?;
    println!("{document}");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn appoint(email: &str, admin: bool) -> Result<(), String> {
    // What goes wrong is told in the last line.
    start_logs("error");
    let email = Email::parse(email).map_err(|error| error.to_string())?;
    let url = process_environment().database().map_err(|error| error.to_string())?;
    let appointed = actix::System::new().block_on(async {
        let database = store::Database::new(url.expose_secret())?;
        store::admin::appoint(&mut database.client().await?, &email, admin).await
    });
    appointed.map_err(|error| match error {
        StoreError::Refused(_) => format!("No account has confirmed the address {email}."),
        other => format!("DATABASE_URL: {other}"),
    })?;
    let role = if admin { "an administrator" } else { "no administrator" };
    println!("{email} is {role} of this site now.");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn rotate_keys() -> Result<(), String> {
    start_logs("warn");
    let config = process_environment().service().map_err(|error| error.to_string())?;
    let rotated = actix::System::new().block_on(app::rotate_keys(&config));
    println!("{} keys are wrapped under UVOTE_MASTER_KEY.", rotated.map_err(|error| error.to_string())?);
    Ok(())
}
