//! What a service on this machine costs: processor time and memory, of it and of its PostgreSQL.

mod processes;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval_at};

use crate::report::{Amount, Line, Plot, Report};
use crate::service::Service;
use processes::Processes;
pub use processes::{Cpu, Memory, spent_here};

/// How often a sample is taken.
const ROUND: Duration = Duration::from_secs(1);
/// So many samples share one look at the memory, for which the kernel walks the page tables of the
/// service and of every backend: long enough to be seen in the latencies.
const ROUNDS_A_WEIGHING: u64 = 5;

/// Why nothing is told of a PostgreSQL.
const ELSEWHERE: &str = "can't tell: it is no child of the service's process";

#[derive(Clone, Copy)]
struct Sample {
    /// Seconds since the start.
    at: f64,
    cpu: Cpu,
    memory: Memory,
}

/// Reads the kernel's accounts of a service each second until it is stopped.
pub struct Meter {
    reading: Result<Arc<Reading>, String>,
    sampling: Option<JoinHandle<()>>,
}

struct Reading {
    processes: Processes,
    start: Instant,
    samples: Mutex<Vec<Sample>>,
}

impl Meter {
    /// Begins to read. Of a service on another machine it only says in the end that it can't tell.
    #[must_use]
    pub fn start(service: &Service) -> Self {
        let reading = Processes::of(service).map(|processes| {
            processes.forget_peaks();
            let reading = Reading { processes, start: Instant::now(), samples: Mutex::default() };
            reading.take(true);
            Arc::new(reading)
        });
        let sampling = reading.as_ref().ok().map(|reading| tokio::spawn(sample(Arc::clone(reading))));
        Self { reading, sampling }
    }

    /// Processor time up to now; `None` when it can't tell.
    #[must_use]
    pub fn cpu(&self) -> Option<Cpu> {
        self.reading.as_ref().ok()?.processes.cpu()
    }

    /// Memory in use now; `None` when it can't tell.
    #[must_use]
    pub fn memory(&self) -> Option<Memory> {
        self.reading.as_ref().ok()?.processes.memory()
    }

    /// Writes what so many votes cost (no figures by vote for none), and how the cost went over time.
    pub fn stop(self, votes: u64, report: &mut Report) {
        report.section("Cost");
        match &self.reading {
            Ok(reading) => reading.tell(votes, report),
            Err(why) => report.figure("cost", "cost", Amount::Text(format!("can't tell: {why}"))),
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(sampling) = &self.sampling {
            sampling.abort();
        }
    }
}

async fn sample(reading: Arc<Reading>) {
    let mut rounds = interval_at(tokio::time::Instant::now() + ROUND, ROUND);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for round in 1_u64.. {
        rounds.tick().await;
        let reading = Arc::clone(&reading);
        let weigh = round.is_multiple_of(ROUNDS_A_WEIGHING);
        let taken = tokio::task::spawn_blocking(move || reading.take(weigh)).await;
        if taken.is_err() {
            return;
        }
    }
}

impl Reading {
    /// Takes a sample, whose memory is that of the last one unless it is to be weighed again.
    fn take(&self, weigh: bool) {
        let at = self.start.elapsed().as_secs_f64();
        let known = self.samples().last().map(|sample| sample.memory).filter(|_| !weigh);
        let memory = known.or_else(|| self.processes.memory());
        if let (Some(cpu), Some(memory)) = (self.processes.cpu(), memory) {
            self.samples().push(Sample { at, cpu, memory });
        }
    }

    fn samples(&self) -> MutexGuard<'_, Vec<Sample>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, votes: u64, report: &mut Report) {
        self.take(true);
        let samples = self.samples();
        let [first, .., last] = samples.as_slice() else {
            let gone = "the service has ended".to_owned();
            return report.figure("cost", "cost", Amount::Text(gone));
        };
        tell_cpu(last.cpu - first.cpu, votes, report);
        let postgres = self.processes.has_postgres();
        tell_memory(&samples, self.processes.peak(), postgres, votes, report);
        report.plot(cores(&samples, postgres));
        report.plot(memory(&samples, postgres));
    }
}

fn tell_cpu(spent: Cpu, votes: u64, report: &mut Report) {
    let mut figure = |key, label, amount| report.figure(key, label, amount);
    figure("cpu_service_seconds", "processor time, service", Amount::Seconds(spent.service));
    match spent.postgres {
        Some(postgres) => {
            figure("cpu_postgres_seconds", "processor time, PostgreSQL", Amount::Seconds(postgres));
        }
        None => figure("cost_of_postgres", "PostgreSQL", Amount::Text(ELSEWHERE.to_owned())),
    }
    if votes == 0 {
        return;
    }
    let each = |seconds: f64| Amount::Cpu(seconds * 1e6 / votes as f64);
    figure("cpu_service_us_per_vote", "processor time of a vote, service", each(spent.service));
    if let Some(postgres) = spent.postgres {
        figure("cpu_postgres_us_per_vote", "processor time of a vote, PostgreSQL", each(postgres));
        figure("cpu_us_per_vote", "processor time of a vote, both", each(spent.total()));
    }
}

/// Writes the peaks, and by how much they were above the beginning for each vote.
fn tell_memory(samples: &[Sample], peak: Option<u64>, postgres: bool, votes: u64, report: &mut Report) {
    let (first, sampled) = range(samples, |memory| memory.service);
    let service = (first, peak.unwrap_or(0).max(sampled));
    let postgres = postgres.then(|| range(samples, |memory| memory.postgres));
    let mut figure = |key, label, bytes| report.figure(key, label, Amount::Bytes(bytes));
    figure("service_peak_bytes", "peak memory, service", service.1);
    if let Some((_, peak)) = postgres {
        figure("postgres_peak_bytes", "peak memory, PostgreSQL", peak);
    }
    let each = |(first, peak): (u64, u64)| (peak - first).checked_div(votes);
    if let Some(bytes) = each(service) {
        figure("service_bytes_per_vote", "memory grown by a vote, service", bytes);
    }
    if let Some(bytes) = postgres.and_then(each) {
        figure("postgres_bytes_per_vote", "memory grown by a vote, PostgreSQL", bytes);
    }
}

/// The first of all samples, and the highest.
fn range(samples: &[Sample], of: fn(Memory) -> u64) -> (u64, u64) {
    let bytes = samples.iter().map(|sample| of(sample.memory));
    (bytes.clone().next().unwrap_or(0), bytes.max().unwrap_or(0))
}

/// Processors kept busy between each sample and the one before.
fn cores(samples: &[Sample], postgres: bool) -> Plot {
    let rate = |of: fn(Cpu) -> f64| {
        let pairs = samples.iter().zip(samples.iter().skip(1));
        // The last sample may come so soon that a tick of the clock looks like a full processor.
        let pairs = pairs.filter(|(a, b)| b.at - a.at > 0.5);
        pairs.map(|(a, b)| (b.at, of(b.cpu - a.cpu) / (b.at - a.at))).collect()
    };
    let service = ("service", rate(|cpu| cpu.service));
    let store = postgres.then(|| ("PostgreSQL", rate(|cpu| cpu.postgres.unwrap_or(0.0))));
    plot("Processors kept busy", "processors", [Some(service), store])
}

fn memory(samples: &[Sample], postgres: bool) -> Plot {
    let megabytes = |of: fn(Memory) -> u64| {
        samples.iter().map(|sample| (sample.at, of(sample.memory) as f64 / 1e6)).collect()
    };
    let service = ("service", megabytes(|memory| memory.service));
    let store = postgres.then(|| ("PostgreSQL", megabytes(|memory| memory.postgres)));
    plot("Memory", "MB", [Some(service), store])
}

type Points = Vec<(f64, f64)>;

fn plot(title: &str, y: &str, lines: [Option<(&str, Points)>; 2]) -> Plot {
    let lines = lines.into_iter().flatten();
    let lines = lines.map(|(name, points)| Line { name: name.to_owned(), points });
    Plot { title: title.to_owned(), x: "seconds".to_owned(), y: y.to_owned(), lines: lines.collect() }
}

#[cfg(test)]
mod tests;
