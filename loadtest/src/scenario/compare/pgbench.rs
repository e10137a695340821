use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::process::Command;

/// Where Debian and its kin keep the programs of each version.
const SYSTEM: &str = "/usr/lib/postgresql";
/// Threads of pgbench.
const THREADS: &str = "2";

/// What pgbench did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outcome {
    pub(super) transactions: u64,
    /// A second, without the time to connect.
    pub(super) rate: f64,
}

/// PostgreSQL's own load generator.
pub(super) struct Pgbench {
    program: PathBuf,
    connection: String,
    sessions: u32,
}

impl Pgbench {
    /// The pgbench of `PATH`, or else the newest that is installed, with so many sessions.
    pub(super) fn find(connection: &str, sessions: u32) -> Result<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        let candidates = env::split_paths(&path).chain(versions(Path::new(SYSTEM)));
        let program = candidates.map(|directory| directory.join("pgbench")).find(|program| program.is_file());
        let program = program.context("no pgbench was found: install PostgreSQL's client programs")?;
        Ok(Self { program, connection: connection.to_owned(), sessions })
    }

    /// Runs the script over and over in each session, with these variables and with `sessions`.
    pub(super) async fn run(
        &self,
        script: &Path,
        time: Duration,
        variables: &[(&str, String)],
    ) -> Result<Outcome> {
        let mut command = Command::new(&self.program);
        let (sessions, seconds) = (self.sessions.to_string(), time.as_secs().to_string());
        command.args(["--no-vacuum", "--protocol=prepared", "--jobs", THREADS]);
        command.args(["--client", &sessions, "--time", &seconds, "--file"]).arg(script);
        let further = [("sessions", sessions), ("number", "0".to_owned())];
        for (name, value) in variables.iter().chain(&further) {
            command.args(["--define", &format!("{name}={value}")]);
        }
        let output = command.arg(&self.connection).kill_on_drop(true).output().await;
        let output = output.with_context(|| format!("can't run {}", self.program.display()))?;
        let complaints = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "pgbench: {}", complaints.lines().next().unwrap_or("failed"));
        read(&String::from_utf8_lossy(&output.stdout))
    }
}

/// The directories with the programs of each installed version, the newest first.
fn versions(system: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(system).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_unstable_by(|one, another| another.cmp(one));
    versions.into_iter().map(|(_, path)| path).collect()
}

fn read(output: &str) -> Result<Outcome> {
    let after = |start: &str| {
        let rest = output.lines().find_map(|line| line.strip_prefix(start))?;
        rest.split([' ', '/']).next()
    };
    let transactions = after("number of transactions actually processed: ");
    let rate = after("tps = ");
    let (Some(Ok(transactions)), Some(Ok(rate))) = (transactions.map(str::parse), rate.map(str::parse))
    else {
        bail!("pgbench did not say how many transactions it made: {output}");
    };
    Ok(Outcome { transactions, rate })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn transactions_and_rate_are_read_from_its_last_words() {
        let output = "pgbench (17.2)\nnumber of clients: 32\n\
            number of transactions actually processed: 69332\nnumber of failed transactions: 0 (0.000%)\n\
            initial connection time = 61.2 ms\ntps = 14035.332064 (without initial connection time)\n";
        assert_eq!(read(output).unwrap(), Outcome { transactions: 69_332, rate: 14_035.332_064 });
        assert!(read("pgbench (17.2)\n").is_err());
    }

    #[test]
    fn the_newest_version_is_the_first() {
        let system = tempfile::tempdir().unwrap();
        for version in ["9", "17", "15", "common"] {
            fs::create_dir(system.path().join(version)).unwrap();
        }
        let expected = ["17", "15", "9"].map(|version| system.path().join(version).join("bin"));
        assert_eq!(versions(system.path()), expected);
    }
}
