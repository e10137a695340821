//! What a scenario has to report: one line of JSON, from which `./test faults` makes its table.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use rand::rngs::StdRng;
use serde_json::json;
use uvote_loadtest::progress;

use super::seed::{self, Seed};

/// How many times as long as promised something may take: once in the long form, which has the
/// machine for itself and the program as it is shipped; so many times beside other tests. What it
/// took is reported exactly.
pub fn lenience(beside_others: u32) -> u32 {
    if seed::is_long() { 1 } else { beside_others }
}

/// One run of a scenario.
pub struct Run {
    scenario: &'static str,
    /// What its chance comes from.
    pub seed: Seed,
    /// How often to do harm.
    pub rounds: usize,
    recoveries: Vec<Duration>,
    begun: Instant,
    bar: ProgressBar,
}

/// How the votes of a run fared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Votes {
    /// Acknowledged in the end.
    pub acknowledged: u64,
    /// Whose outcome was unknown at some time, until they were sent again.
    pub unknown: u64,
    /// Acknowledged and not counted.
    pub lost: u64,
    /// Counted more than once, or without anybody having sent them.
    pub doubled: u64,
}

impl Run {
    /// Begins a scenario of so many rounds in the short and the long form.
    pub fn begin(scenario: &'static str, short: usize, long: usize) -> Self {
        let (seed, rounds) = (Seed::of_run(), seed::rounds(short, long));
        let bar = progress::bar(scenario, rounds as u64);
        Self { scenario, seed, rounds, recoveries: Vec::new(), begun: Instant::now(), bar }
    }

    /// The chance of a round; the crowd has that of `usize::MAX`.
    pub fn rng(&self, round: usize) -> StdRng {
        self.seed.rng(self.scenario, round)
    }

    /// A round is over.
    pub fn tick(&self) {
        self.bar.inc(1);
    }

    /// It took so long until the first acknowledgement, or the like, of which so much was promised.
    pub fn recovered(&mut self, took: Duration, promised: Duration) {
        self.recoveries.push(took);
        let scenario = self.scenario;
        assert!(
            took <= promised * lenience(5),
            "{scenario}: recovery took {took:?}, promised are {promised:?}"
        );
    }

    /// Reports how it went, and fails when something is wrong.
    pub fn end(mut self, votes: &Votes, complaints: &[String]) {
        self.bar.finish_and_clear();
        let seconds = |time: Duration| (time.as_secs_f64() * 1_000.0).round() / 1_000.0;
        self.recoveries.sort_unstable();
        let median = self.recoveries.get(self.recoveries.len() / 2).copied().map(seconds);
        let worst = self.recoveries.last().copied().map(seconds);
        let line = json!({"scenario": self.scenario, "rounds": self.rounds,
            "acknowledged": votes.acknowledged, "unknown": votes.unknown, "lost": votes.lost,
            "doubled": votes.doubled, "median_recovery_seconds": median, "worst_recovery_seconds": worst,
            "seconds": seconds(self.begun.elapsed()), "complaints": complaints,
            "seed": self.seed.to_string(), "long": seed::is_long()});
        if seed::is_long() {
            write(&line.to_string());
        }
        println!("{line}");
        assert!(complaints.is_empty(), "{}: {}", self.scenario, complaints.join("\n"));
    }
}

/// Appends in one write, since other tests report at the same time.
fn write(line: &str) {
    let path = std::env::var_os("UVOTE_FAULTS_REPORT").map_or_else(target, PathBuf::from);
    let mut file = File::options().create(true).append(true).open(path).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// `faults.jsonl` in the directory in which cargo builds.
fn target() -> PathBuf {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_uvote"));
    program.ancestors().nth(2).unwrap().join("faults.jsonl")
}
