//! Visits at a rate of their own, whatever becomes of those before.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use super::kind::Kind;
use super::site::Site;
use crate::casting::{Arrivals, Shape, Turns, latency_histogram};
use crate::report::{Amount, Report};

/// Visits that may be under way at a time.
const WORKERS: usize = 64;

/// What visitors met with.
#[derive(Default)]
pub(super) struct Met {
    /// Microseconds from when a visit was due to its complete answer, of those that were answered
    /// as they should.
    latency: BTreeMap<Kind, Histogram<u64>>,
    /// Visits that failed, by what was done and why.
    failed: BTreeMap<String, u64>,
}

struct Crowd {
    site: Arc<Site>,
    kinds: &'static [Kind],
    turns: Turns,
    met: Mutex<Met>,
}

/// Visitors who come until they are sent home.
pub(super) struct Visits {
    crowd: Arc<Crowd>,
    workers: JoinSet<()>,
}

impl Visits {
    /// Lets so many visitors come in a second, one kind after the other, for so many seconds.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn begin(
        site: &Arc<Site>,
        kinds: &'static [Kind],
        rate: u32,
        seconds: f64,
    ) -> io::Result<Self> {
        let visits = (f64::from(rate) * seconds) as usize;
        let plan = Shape::Steady { rate: rate.into(), ramp: 0.0 }.plan(visits, Arrivals::Poisson);
        let turns = Turns::planned(plan)?;
        let crowd = Arc::new(Crowd { site: Arc::clone(site), kinds, turns, met: Mutex::default() });
        let workers = (0..WORKERS).map(|_| Arc::clone(&crowd).work()).collect();
        Ok(Self { crowd, workers })
    }

    /// Lets nobody in any more, and waits for those who are there.
    pub(super) async fn end(self) -> Met {
        self.crowd.turns.stop();
        self.workers.join_all().await;
        std::mem::take(&mut self.crowd.met())
    }
}

impl Crowd {
    async fn work(self: Arc<Self>) {
        while let Some(turn) = self.turns.next().await {
            let kind = self.kinds[turn.number % self.kinds.len()];
            let visit = self.site.visit(kind).await;
            let micros = turn.due.elapsed().as_micros() as u64;
            let mut met = self.met();
            match visit {
                Ok(()) => {
                    let latency = met.latency.entry(kind).or_insert_with(latency_histogram);
                    latency.saturating_record(micros);
                }
                Err(error) => *met.failed.entry(format!("{}: {error:#}", kind.name())).or_default() += 1,
            }
        }
    }

    fn met(&self) -> std::sync::MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Met {
    /// What these and other visitors met with.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.latency.extend(other.latency);
        self.failed.extend(other.failed);
        self
    }

    /// Writes and plots the latencies by kind, beside that of votes. Failed visits are figures and
    /// no difference, for they say nothing of votes.
    pub(super) fn tell(&self, votes: &Histogram<u64>, report: &mut Report) {
        let visits = self.latency.values().map(Histogram::len).sum();
        report.figure("visits", "visits answered", Amount::Count(visits));
        report.figure("visits_failed", "visits failed", Amount::Count(self.failed.values().sum()));
        if !self.failed.is_empty() {
            let why: Vec<String> = self.failed.iter().map(|(why, n)| format!("{n} {why}")).collect();
            report.figure("visit_failures", "failures", Amount::Text(why.join("; ")));
        }
        for (kind, latency) in &self.latency {
            for ((key, label), quantile) in kind.figures().into_iter().zip([0.5, 0.99]) {
                let micros = latency.value_at_quantile(quantile);
                report.figure(key, label, Amount::Microseconds(micros));
            }
        }
        for (title, of_organisers) in
            [("Latency of voters and readers", false), ("Latency of organisers", true)]
        {
            let kinds = self.latency.iter().filter(|(kind, _)| kind.is_of_organisers() == of_organisers);
            let lines = kinds.map(|(kind, latency)| (kind.name(), latency));
            let votes = (!of_organisers).then_some(("votes", votes));
            report.percentiles(title, &votes.into_iter().chain(lines).collect::<Vec<_>>());
        }
    }
}
