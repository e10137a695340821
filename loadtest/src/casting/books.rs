use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::{Answer, Timeline};
use crate::ledger::{Acknowledged, Choice, Ledger};
use crate::report::{Amount, Report};

/// The longest latency that is told apart from longer ones.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What came of a casting.
#[derive(Clone, Debug)]
pub struct Books {
    /// The votes of each election.
    pub ledgers: Vec<Ledger>,
    /// Microseconds from when a vote was due to its acknowledgement.
    pub latency: Histogram<u64>,
    /// What came back when.
    pub timeline: Timeline,
    /// Answers that were no acknowledgement, by code.
    pub errors: BTreeMap<String, u64>,
    /// Refused votes by code.
    pub refused: BTreeMap<String, u64>,
    /// Voters that a busy service sent away until they gave up; none of their votes was taken.
    pub gave_up: u64,
    /// Voters who gave up without knowing what became of their votes.
    pub unsettled: u64,
    /// Answers that left the outcome unknown, broken connections included.
    pub unknown: u64,
    /// Times that the vote certainly was not taken but may be sent again: the service said so,
    /// or did not accept a connection.
    pub busy: u64,
    /// Requests sent again.
    pub retried: u64,
    /// Acknowledgements that said that the vote had been taken before.
    pub repeated: u64,
    /// Connections that were opened.
    pub connections: u64,
    /// From the first request to the last answer of each casting, added up.
    pub elapsed: Duration,
}

/// How far books had come.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    acknowledged: u64,
    elapsed: Duration,
}

/// A vote whose voter need not wait any longer.
pub(super) struct Vote {
    pub(super) choice: Choice,
    /// What the voter was told in the end.
    pub(super) told: Answer,
    /// From when the vote was due to the answer.
    pub(super) latency: Duration,
    /// From the beginning of the casting to the answer.
    pub(super) at: Duration,
}

impl Default for Books {
    fn default() -> Self {
        Self {
            ledgers: Vec::new(),
            latency: latency_histogram(),
            timeline: Timeline::new(),
            errors: BTreeMap::new(),
            refused: BTreeMap::new(),
            gave_up: 0,
            unsettled: 0,
            unknown: 0,
            busy: 0,
            retried: 0,
            repeated: 0,
            connections: 0,
            elapsed: Duration::ZERO,
        }
    }
}

impl Books {
    /// Opens them for so many elections, with room for so many more votes: to grow while votes are
    /// under way would keep them waiting.
    pub(super) fn open(&mut self, elections: usize, votes: usize) {
        self.ledgers.resize_with(elections, Ledger::default);
        if let [ledger] = &mut self.ledgers[..] {
            ledger.acknowledged.reserve(votes);
        }
    }

    /// Enters an answer that came so long after the beginning and is no acknowledgement.
    pub(super) fn fail(&mut self, told: &Answer, at: Duration) {
        self.busy += u64::from(matches!(told, Answer::Busy(_)));
        self.unknown += u64::from(matches!(told, Answer::Unknown(_)));
        if let Some(code) = told.error() {
            *self.errors.entry(code.to_owned()).or_default() += 1;
            self.timeline.fail(at, code);
        }
    }

    /// Enters what a voter was told in the end.
    pub(super) fn settle(&mut self, election: usize, vote: Vote) {
        let Vote { choice, told, latency, at } = vote;
        let ledger = &mut self.ledgers[election];
        match told {
            Answer::Acknowledged { receipt, position, again } => {
                let here = Instant::now();
                ledger.acknowledged.push(Acknowledged { choice, receipt, position, at: here });
                let micros = latency.as_micros() as u64;
                self.latency.saturating_record(micros);
                self.timeline.acknowledge(at, micros);
                self.repeated += u64::from(again);
            }
            Answer::Refused(code) => *self.refused.entry(code).or_default() += 1,
            Answer::Busy(_) => self.gave_up += 1,
            Answer::Unknown(_) => {
                ledger.unsettled.push(choice);
                self.unsettled += 1;
            }
        }
    }

    /// Votes acknowledged, in all elections.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.latency.len()
    }

    /// Voters who came, whatever they were told.
    #[must_use]
    pub fn came(&self) -> u64 {
        self.acknowledged() + self.refused.values().sum::<u64>() + self.gave_up + self.unsettled
    }

    /// How far they have come now.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { acknowledged: self.acknowledged(), elapsed: self.elapsed }
    }

    /// Votes acknowledged since, and the seconds that were spent on them.
    #[must_use]
    pub fn since(&self, mark: Mark) -> (u64, f64) {
        (self.acknowledged() - mark.acknowledged, (self.elapsed - mark.elapsed).as_secs_f64())
    }

    /// Votes acknowledged a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.acknowledged() as f64 / self.elapsed.as_secs_f64()
    }

    /// Writes the figures of a casting in which so many voters were to vote, each of them
    /// entitled.
    pub fn tell(&self, voters: u64, report: &mut Report) {
        let acknowledged = self.acknowledged();
        let refused = self.refused.values().sum::<u64>();
        let mut count = |key, label, amount| report.figure(key, label, Amount::Count(amount));
        count("connections", "connections", self.connections);
        count("acknowledged", "votes acknowledged", acknowledged);
        count("refused", "votes refused", refused);
        count("gave_up", "votes given up, as the service was busy", self.gave_up);
        count("unsettled", "votes never settled", self.unsettled);
        count("never_cast", "votes never cast", voters - self.came());
        count("busy", "turned away for now", self.busy);
        count("unknown", "outcome unknown", self.unknown);
        count("retried", "sent again", self.retried);
        count("repeated", "found taken already", self.repeated);
        report.figure("errors", "other answers", Amount::Codes(self.errors.clone()));
        let seconds = Amount::Seconds(self.elapsed.as_secs_f64());
        report.figure("casting_seconds", "casting", seconds);
        report.figure("votes_per_second", "votes", Amount::PerSecond(self.rate()));
        self.tell_latency(report);
        self.tell_refusals(report);
    }

    /// A refusal of an entitled voter is a difference, unless the service was merely too busy.
    pub fn tell_refusals(&self, report: &mut Report) {
        let refused = self.refused.iter();
        report.differ(refused.map(|(code, n)| format!("{n} entitled voters were refused: {code}")));
    }

    fn tell_latency(&self, report: &mut Report) {
        if self.latency.is_empty() {
            return;
        }
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

    /// Plots the casting over time and the latencies by percentile.
    pub fn plot(&self, report: &mut Report) {
        self.timeline.tell(report);
        report.percentiles("Latency of votes", &[("votes", &self.latency)]);
    }
}

/// An empty histogram of microseconds.
#[must_use]
#[expect(clippy::expect_used, reason = "the bounds are constant and valid")]
pub fn latency_histogram() -> Histogram<u64> {
    let longest = LONGEST.as_micros() as u64;
    Histogram::new_with_bounds(1, longest, 3).expect("valid bounds")
}
