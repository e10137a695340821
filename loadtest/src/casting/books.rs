use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::{ANSWER_PATIENCE, Answer};
use crate::ledger::{Acknowledged, Choice, Ledger};
use crate::report::{Amount, Report};

/// The code under which the votes are entered that a busy service never took.
const BUSY: &str = "BUSY";

/// What came of a casting.
#[derive(Clone, Debug)]
pub struct Books {
    /// The votes.
    pub ledger: Ledger,
    /// Microseconds from sending to the complete answer, of requests that were acknowledged.
    pub latency: Histogram<u64>,
    /// Refused votes by code.
    pub refused: BTreeMap<String, u64>,
    /// Answers that left the outcome unknown, broken connections included.
    pub unknown: u64,
    /// Times that the vote certainly was not taken but may be sent again: the service said so,
    /// or did not accept a connection.
    pub busy: u64,
    /// Requests sent again.
    pub retried: u64,
    /// Acknowledgements that said that the vote had been taken before.
    pub repeated: u64,
    /// Connections that cast.
    pub concurrency: usize,
    /// From the first request to the last answer.
    pub elapsed: Duration,
}

impl Books {
    pub(super) fn new(concurrency: usize) -> Self {
        Self {
            ledger: Ledger::default(),
            latency: latency_histogram(),
            refused: BTreeMap::new(),
            unknown: 0,
            busy: 0,
            retried: 0,
            repeated: 0,
            concurrency,
            elapsed: Duration::ZERO,
        }
    }

    /// Enters what a voter was told in the end.
    pub(super) fn settle(&mut self, choice: Choice, told: Answer, latency: Duration) {
        match told {
            Answer::Acknowledged { receipt, position, again } => {
                self.latency.saturating_record(latency.as_micros() as u64);
                self.repeated += u64::from(again);
                self.ledger.acknowledged.push(Acknowledged { choice, receipt, position });
            }
            Answer::Refused(code) => *self.refused.entry(code).or_default() += 1,
            Answer::Busy(_) => *self.refused.entry(BUSY.to_owned()).or_default() += 1,
            Answer::Unknown(_) => self.ledger.unsettled.push(choice),
        }
    }

    /// Writes the figures of a casting in which so many voters were to vote, each of them
    /// entitled: a refusal is a difference, unless the service was merely too busy.
    pub fn tell(&self, voters: u64, report: &mut Report) {
        let acknowledged = self.ledger.acknowledged.len() as u64;
        let unsettled = self.ledger.unsettled.len() as u64;
        let refused = self.refused.values().sum();
        let seconds = self.elapsed.as_secs_f64();
        let rate = Amount::PerSecond(acknowledged as f64 / seconds);
        let mut count = |key, label, amount| report.figure(key, label, Amount::Count(amount));
        count("connections", "connections", self.concurrency as u64);
        count("acknowledged", "votes acknowledged", acknowledged);
        count("refused", "votes refused", refused);
        count("unsettled", "votes never settled", unsettled);
        let never_cast = voters - acknowledged - refused - unsettled;
        count("never_cast", "votes never cast", never_cast);
        count("busy", "turned away for now", self.busy);
        count("unknown", "outcome unknown", self.unknown);
        count("retried", "sent again", self.retried);
        count("repeated", "found taken already", self.repeated);
        report.figure("casting_seconds", "casting", Amount::Seconds(seconds));
        report.figure("votes_per_second", "votes", rate);
        self.tell_latency(report);
        let denied = self.refused.iter().filter(|(code, _)| *code != BUSY);
        report.differ(denied.map(|(code, n)| format!("{n} entitled voters were refused: {code}")));
    }

    fn tell_latency(&self, report: &mut Report) {
        let quantiles = [
            ("latency_p50_us", "latency p50", 0.5),
            ("latency_p95_us", "latency p95", 0.95),
            ("latency_p99_us", "latency p99", 0.99),
            ("latency_p999_us", "latency p99.9", 0.999),
            ("latency_max_us", "latency max", 1.0),
        ];
        for (key, label, quantile) in quantiles {
            let micros = self.latency.value_at_quantile(quantile);
            report.figure(key, label, Amount::Microseconds(micros));
        }
    }
}

#[expect(clippy::expect_used, reason = "the bounds are constant and valid")]
fn latency_histogram() -> Histogram<u64> {
    let longest = ANSWER_PATIENCE.as_micros() as u64;
    Histogram::new_with_bounds(1, longest, 3).expect("valid bounds")
}
