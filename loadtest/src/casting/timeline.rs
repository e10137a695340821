use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::books::latency_histogram;
use crate::report::{Line, Plot, Report};

/// What came back in one second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// Votes acknowledged.
    pub acknowledged: u64,
    /// The 99th percentile of their latencies, in microseconds.
    pub p99: u64,
    /// Answers that were no acknowledgement, by code.
    pub errors: BTreeMap<String, u64>,
}

/// What came back in each second since the casting began.
#[derive(Clone, Debug)]
pub struct Timeline {
    over: Vec<Second>,
    current: Second,
    latency: Histogram<u64>,
}

impl Timeline {
    pub(super) fn new() -> Self {
        Self { over: Vec::new(), current: Second::default(), latency: latency_histogram() }
    }

    pub(super) fn acknowledge(&mut self, at: Duration, micros: u64) {
        self.turn_to(at);
        self.latency.saturating_record(micros);
        self.current.acknowledged += 1;
    }

    pub(super) fn fail(&mut self, at: Duration, code: &str) {
        self.turn_to(at);
        *self.current.errors.entry(code.to_owned()).or_default() += 1;
    }

    /// Ends the seconds before this time. What comes a little late counts for the second that
    /// has begun.
    fn turn_to(&mut self, at: Duration) {
        while (self.over.len() as u64) < at.as_secs() {
            let p99 = self.latency.value_at_quantile(0.99);
            self.latency.reset();
            self.over.push(Second { p99, ..mem::take(&mut self.current) });
        }
    }

    /// The seconds that are over; the last, which is not whole, is left out.
    #[must_use]
    pub fn seconds(&self) -> &[Second] {
        &self.over
    }

    /// Plots votes, latency and errors over time.
    pub fn tell(&self, report: &mut Report) {
        let plot = |title: &str, y: &str, lines| Plot {
            title: title.to_owned(),
            x: "time (s)".to_owned(),
            y: y.to_owned(),
            lines,
        };
        let votes = self.line("acknowledged", |second| second.acknowledged as f64);
        report.plot(plot("Votes acknowledged", "votes/s", vec![votes]));
        let p99 = self.line("p99", |second| second.p99 as f64 / 1_000.0);
        report.plot(plot("Latency of each second", "ms", vec![p99]));
        let errors = self.error_lines();
        if !errors.is_empty() {
            report.plot(plot("Other answers", "answers/s", errors));
        }
    }

    fn error_lines(&self) -> Vec<Line> {
        let codes: BTreeSet<&String> = self.over.iter().flat_map(|second| second.errors.keys()).collect();
        let of = |code: &String| {
            self.line(code, |second| second.errors.get(code).copied().unwrap_or_default() as f64)
        };
        codes.into_iter().map(of).collect()
    }

    fn line(&self, name: &str, value: impl Fn(&Second) -> f64) -> Line {
        let points = self.over.iter().enumerate().map(|(n, second)| (n as f64, value(second)));
        Line { name: name.to_owned(), points: points.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_has_its_own_votes_latency_and_errors() {
        let mut timeline = Timeline::new();
        let at = Duration::from_millis;
        timeline.acknowledge(at(10), 1_000);
        timeline.acknowledge(at(990), 1_000);
        timeline.fail(at(1_000), "BUSY");
        // Two threads may reach the lock in another order than the clock.
        timeline.acknowledge(at(999), 5_000);
        timeline.acknowledge(at(3_100), 9_000);
        let quiet = Second::default();
        let first = Second { acknowledged: 2, p99: 1_000, ..quiet.clone() };
        let errors = BTreeMap::from([("BUSY".to_owned(), 1)]);
        let second = Second { acknowledged: 1, p99: 5_003, errors };
        assert_eq!(timeline.seconds(), [first, second, quiet]);
    }
}
