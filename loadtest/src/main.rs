//! The command line of the load harness.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use uvote_loadtest::scenario::{Interrupted, Scenario};

/// Drives a running uvote over its public interfaces and checks its books.
///
/// The service must send its mail here: start it with SMTP_URL=smtp://127.0.0.1:2525 (or what
/// --smtp-bind says) and UVOTE_LIMITS=off.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    scenario: Scenario,
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut scenario = Arguments::parse().scenario;
    match run(&mut scenario).await {
        Ok(code) => code,
        Err(error) => {
            // When not even this can be written, the exit code still tells.
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::from(if error.is::<Interrupted>() { 130 } else { 2 })
        }
    }
}

/// The command line, without the password.
fn command(arguments: impl Iterator<Item = String>) -> String {
    let mut hidden = false;
    let shown = arguments.map(|argument| {
        let is_secret = std::mem::replace(&mut hidden, argument == "--password");
        if is_secret || argument.starts_with("--password=") { "…".to_owned() } else { argument }
    });
    shown.collect::<Vec<_>>().join(" ")
}

async fn run(scenario: &mut Scenario) -> Result<ExitCode> {
    // Each connection and each watcher takes a file descriptor; where the limit can't be
    // raised, opening one too many fails with a message that says so.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let mut report = scenario.run().await?;
    report.origin("Command", command(env::args()));
    report.origin("Load tester", env!("CARGO_PKG_VERSION").to_owned());
    let out = io::stdout();
    let colour = out.is_terminal();
    report.print(&mut out.lock(), colour)?;
    if let Some(file) = &scenario.service().json {
        report.write_json(file).with_context(|| format!("can't write {}", file.display()))?;
    }
    if let Some(file) = &scenario.service().report {
        report.write_page(file).with_context(|| format!("can't write {}", file.display()))?;
    }
    Ok(report.exit_code())
}
