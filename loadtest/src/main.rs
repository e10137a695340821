//! The command line of the load harness.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use uvote_loadtest::report::Report;
use uvote_loadtest::scenario::{Interrupted, Scenario, Service};

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
    let mut report = Report::new(scenario.name());
    let done = run(&mut scenario, &mut report).await;
    let told = tell(scenario.service(), &report);
    for error in [done.as_ref().err(), told.as_ref().err()].into_iter().flatten() {
        // When not even this can be written, the exit code still tells.
        let _ = writeln!(io::stderr(), "{error:#}");
    }
    match done.and(told) {
        _ if !report.differences().is_empty() => ExitCode::from(1),
        Err(error) if error.is::<Interrupted>() => ExitCode::from(130),
        Err(_) => ExitCode::from(2),
        Ok(()) => ExitCode::SUCCESS,
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

async fn run(scenario: &mut Scenario, report: &mut Report) -> Result<()> {
    // Each connection and each watcher takes a file descriptor; where the limit can't be
    // raised, opening one too many fails with a message that says so.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    report.origin("Command", command(env::args()));
    report.origin("Load tester", env!("CARGO_PKG_VERSION").to_owned());
    let done = scenario.run(report).await;
    if let Err(error) = &done {
        report.break_off(format!("{error:#}"));
    }
    done
}

/// Prints the report and writes its files; of a run that never began there is nothing to tell.
fn tell(service: &Service, report: &Report) -> Result<()> {
    if report.is_empty() {
        return Ok(());
    }
    let out = io::stdout();
    let colour = out.is_terminal();
    report.print(&mut out.lock(), colour)?;
    if let Some(file) = &service.json {
        report.write_json(file).with_context(|| format!("can't write {}", file.display()))?;
    }
    if let Some(file) = &service.report {
        report.write_page(file).with_context(|| format!("can't write {}", file.display()))?;
    }
    Ok(())
}
