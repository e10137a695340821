//! The command line of the load harness.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Command, CommandFactory, Parser};
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

/// Options whose values are nobody's business.
const SECRET: [&str; 2] = ["--password", "--database-url"];

/// The command line, without secrets.
fn command(arguments: impl Iterator<Item = String>) -> String {
    let mut hidden = false;
    let shown = arguments.map(|argument| {
        let is_secret = std::mem::replace(&mut hidden, SECRET.contains(&argument.as_str()));
        let named = argument.split_once('=').map(|(name, _)| name).filter(|name| SECRET.contains(name));
        match named {
            Some(name) => format!("{name}=…"),
            None if is_secret => "…".to_owned(),
            None => argument,
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// What the service and this program share, if they share it.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let memory = <procfs::Meminfo as procfs::Current>::current().map_or(0, |memory| memory.mem_total);
    format!("{cores} processors, {:.1} GB of memory, {}", memory as f64 / 1e9, env::consts::OS)
}

async fn run(scenario: &mut Scenario, report: &mut Report) -> Result<()> {
    // Each connection and each watcher takes a file descriptor; where the limit can't be
    // raised, opening one too many fails with a message that says so.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    report.origin("Command", command(env::args()));
    let build = if cfg!(debug_assertions) { "debug build" } else { "release build" };
    report.origin("Load tester", format!("{}, {build}", env!("CARGO_PKG_VERSION")));
    report.origin("Its machine", machine());
    let about = Arguments::command().find_subcommand(scenario.name()).and_then(Command::get_about).cloned();
    report.about(about.map(|about| about.to_string()).unwrap_or_default());
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
    let written = |file: &Option<PathBuf>, write: fn(&Report, &Path) -> io::Result<()>| match file {
        Some(file) => write(report, file).with_context(|| format!("can't write {}", file.display())),
        None => Ok(()),
    };
    // A reader who has gone is no reason to lose the files.
    let (json, page) =
        (written(&service.json, Report::write_json), written(&service.report, Report::write_page));
    report.print(&mut out.lock(), colour)?;
    json.and(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_told_without_its_secrets() {
        let line = ["x", "--password", "hush", "--database-url=host=a password=hush", "--voters", "5"];
        let told = command(line.map(str::to_owned).into_iter());
        assert_eq!(told, "x --password … --database-url=… --voters 5");
    }
}
