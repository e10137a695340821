use std::future::Future;

use anyhow::Result;

use crate::meter::{Meter, spent_here};
use crate::race::median;
use crate::report::{Amount, Line, Plot, Report};

/// Who votes, with the keys and labels of rate, processor time and ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Side {
    name: &'static str,
    rate: (&'static str, &'static str),
    cpu: (&'static str, &'static str),
    memory: (&'static str, &'static str),
    driver: (&'static str, &'static str),
    ratio: Option<(&'static str, &'static str)>,
}

impl Side {
    pub(super) const fn name(self) -> &'static str {
        self.name
    }

    pub(super) const UVOTE: Self = Self {
        name: "uvote",
        rate: ("uvote_votes_per_second", "uvote"),
        driver: ("uvote_driver_us_per_vote", "sending a vote, uvote"),
        memory: ("uvote_bytes_per_vote", "memory grown by a vote, uvote (service and PostgreSQL)"),
        cpu: ("uvote_cpu_us_per_vote", "processor time of a vote, uvote (service and PostgreSQL)"),
        ratio: None,
    };
    pub(super) const TRANSACTION: Self = Self {
        name: "pgbench",
        rate: ("pgbench_votes_per_second", "pgbench, a transaction a vote"),
        driver: ("pgbench_driver_us_per_vote", "sending a vote, pgbench"),
        memory: ("pgbench_bytes_per_vote", "memory grown by a vote, pgbench (PostgreSQL alone)"),
        cpu: ("pgbench_cpu_us_per_vote", "processor time of a vote, pgbench (PostgreSQL alone)"),
        ratio: Some(("uvote_to_pgbench", "uvote by pgbench")),
    };
    pub(super) const STATEMENT: Self = Self {
        name: "pgbench, one statement",
        rate: ("statement_votes_per_second", "pgbench, a single statement a vote"),
        driver: ("statement_driver_us_per_vote", "sending a vote, single statement"),
        memory: ("statement_bytes_per_vote", "memory grown by a vote, single statement (PostgreSQL alone)"),
        cpu: ("statement_cpu_us_per_vote", "processor time of a vote, single statement (PostgreSQL alone)"),
        ratio: Some(("uvote_to_statement", "uvote by a single statement")),
    };
    pub(super) const SINGLE: Self = Self {
        name: "ballots one at a time",
        rate: ("single_votes_per_second", "uvote's tables, a transaction a vote"),
        driver: ("single_driver_us_per_vote", "sending a vote, uvote's tables"),
        memory: ("single_bytes_per_vote", "memory grown by a vote, uvote's tables (PostgreSQL alone)"),
        cpu: ("single_cpu_us_per_vote", "processor time of a vote, uvote's tables (PostgreSQL alone)"),
        ratio: Some(("uvote_to_single", "uvote by one ballot at a time")),
    };
}

/// What came of one turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) votes: u64,
    /// Votes a second.
    pub(super) rate: f64,
}

/// What came of all turns of a side.
pub(super) struct Tally {
    side: Side,
    votes: u64,
    rates: Vec<f64>,
    /// Seconds of processor time.
    cpu: Option<f64>,
    /// Bytes by which memory in use was higher at the end of turns than at their beginning.
    memory: Option<u64>,
    /// Seconds of processor time of who sends the votes: this program, or pgbench.
    driver: Option<f64>,
}

impl Tally {
    pub(super) const fn of(side: Side) -> Self {
        Self { side, votes: 0, rates: Vec::new(), cpu: Some(0.0), memory: Some(0), driver: Some(0.0) }
    }

    /// Enters a turn, and what the meter says that it took: of the service only for its own.
    pub(super) async fn enter(
        &mut self,
        meter: &Meter,
        turn: impl Future<Output = Result<Turn>>,
    ) -> Result<Turn> {
        let held = meter.memory();
        let (before, here) = (meter.cpu(), spent_here());
        let turn = turn.await?;
        let driver = spent_here().zip(here).map(|(after, before)| after - before);
        let spent = meter.cpu().zip(before).and_then(|(after, before)| {
            let spent = after - before;
            let service = if self.side == Side::UVOTE { spent.service } else { 0.0 };
            Some(spent.postgres? + service)
        });
        self.add(turn, spent, driver);
        let grown = meter.memory().zip(held).map(|(after, before)| {
            let service =
                if self.side == Side::UVOTE { after.service.saturating_sub(before.service) } else { 0 };
            service + after.postgres.saturating_sub(before.postgres)
        });
        self.memory = self.memory.zip(grown).map(|(all, one)| all + one);
        Ok(turn)
    }

    fn add(&mut self, turn: Turn, spent: Option<f64>, driver: Option<f64>) {
        self.votes += turn.votes;
        self.rates.push(turn.rate);
        self.cpu = self.cpu.zip(spent).map(|(all, one)| all + one);
        self.driver = self.driver.zip(driver).map(|(all, one)| all + one);
    }

    fn tell_spent(
        &self,
        (key, label): (&'static str, &'static str),
        spent: Option<f64>,
        report: &mut Report,
    ) {
        if let Some(seconds) = spent {
            report.figure(key, label, Amount::Cpu(seconds * 1e6 / self.votes as f64));
        }
    }

    /// The median of the rounds.
    fn rate(&self) -> f64 {
        median(self.rates.clone())
    }
}

/// Writes medians, ratios and processor time; the first tally is that of the service.
pub(super) fn tell(tallies: &[Tally], report: &mut Report) {
    let tallies: Vec<&Tally> = tallies.iter().filter(|tally| !tally.rates.is_empty()).collect();
    let Some(uvote) = tallies.first().filter(|first| first.side == Side::UVOTE) else { return };
    report.main_figures(&["uvote_to_pgbench", "uvote_to_single", "uvote_cpu_us_per_vote"]);
    report.section("Ratios of the medians");
    for tally in &tallies {
        if let Some((key, label)) = tally.side.ratio {
            report.figure(key, label, Amount::Ratio(uvote.rate() / tally.rate()));
        }
    }
    report.section("Votes, medians of the rounds");
    for tally in &tallies {
        let (key, label) = tally.side.rate;
        report.figure(key, label, Amount::PerSecond(tally.rate()));
    }
    report.section("Processor time and memory");
    for tally in &tallies {
        tally.tell_spent(tally.side.cpu, tally.cpu, report);
    }
    for tally in &tallies {
        tally.tell_spent(tally.side.driver, tally.driver, report);
    }
    for tally in &tallies {
        let (key, label) = tally.side.memory;
        if let Some(each) = tally.memory.and_then(|bytes| bytes.checked_div(tally.votes)) {
            report.figure(key, label, Amount::Bytes(each));
        }
    }
    report.plot(rounds(&tallies));
}

fn rounds(tallies: &[&Tally]) -> Plot {
    let lines = tallies.iter().map(|tally| Line {
        name: tally.side.name.to_owned(),
        points: (1..).map(f64::from).zip(tally.rates.iter().copied()).collect(),
    });
    Plot {
        title: "Votes a second by round".to_owned(),
        x: "round".to_owned(),
        y: "votes/s".to_owned(),
        lines: lines.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(side: Side, rates: &[f64], cpu: f64) -> Tally {
        let mut tally = Tally::of(side);
        for rate in rates {
            tally.add(Turn { votes: 100, rate: *rate }, Some(cpu), None);
        }
        tally
    }

    #[test]
    fn the_median_is_not_moved_by_one_bad_round() {
        assert_eq!(tally(Side::UVOTE, &[10.0, 1.0, 12.0], 0.0).rate(), 10.0);
        assert_eq!(tally(Side::UVOTE, &[10.0, 20.0], 0.0).rate(), 15.0);
    }

    #[test]
    fn a_ratio_is_that_of_the_medians_and_time_is_shared_among_votes() {
        let mut report = Report::new("test");
        let tallies =
            [tally(Side::UVOTE, &[30.0, 20.0, 10.0], 0.01), tally(Side::TRANSACTION, &[16.0], 0.02)];
        tell(&tallies, &mut report);
        let figures = &report.to_json()["figures"];
        assert_eq!(figures["uvote_to_pgbench"], 1.25);
        assert_eq!(figures["uvote_cpu_us_per_vote"], 100.0);
        assert_eq!(figures["pgbench_cpu_us_per_vote"], 200.0);
    }
}
