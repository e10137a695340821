//! What a scenario found out: differences first, then figures; as text and as JSON.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use indicatif::HumanCount;
use serde_json::{Map, Value, json};

/// The value of a figure, in the unit of its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Amount {
    /// A number of things.
    Count(u64),
    /// Seconds.
    Seconds(f64),
    /// Things per second.
    PerSecond(f64),
    /// Microseconds; in text they are shown as milliseconds.
    Microseconds(u64),
    /// Words.
    Text(String),
}

impl Amount {
    fn to_text(&self) -> String {
        match self {
            Self::Count(count) => HumanCount(*count).to_string(),
            Self::Seconds(seconds) => format!("{seconds:.2} s"),
            Self::PerSecond(rate) => format!("{}/s", HumanCount(rate.round() as u64)),
            Self::Microseconds(micros) => format!("{:.2} ms", *micros as f64 / 1_000.0),
            Self::Text(text) => text.clone(),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Count(count) | Self::Microseconds(count) => json!(count),
            Self::Seconds(amount) | Self::PerSecond(amount) => json!(amount),
            Self::Text(text) => json!(text),
        }
    }
}

struct Figure {
    key: &'static str,
    label: &'static str,
    amount: Amount,
}

/// The outcome of a scenario.
pub struct Report {
    scenario: &'static str,
    differences: Vec<String>,
    figures: Vec<Figure>,
}

const RED: &str = "\x1b[1;31m";
const PLAIN: &str = "\x1b[0m";

impl Report {
    /// An empty report of the scenario of this name.
    #[must_use]
    pub fn new(scenario: &'static str) -> Self {
        Self { scenario, differences: Vec::new(), figures: Vec::new() }
    }

    /// Adds contradictions between what was told and what is; any makes the run a failure.
    pub fn differ(&mut self, differences: impl IntoIterator<Item = String>) {
        self.differences.extend(differences);
    }

    /// Adds a figure: `key` names it in JSON (with its unit), `label` in the table.
    pub fn figure(&mut self, key: &'static str, label: &'static str, amount: Amount) {
        self.figures.push(Figure { key, label, amount });
    }

    /// The contradictions found.
    #[must_use]
    pub fn differences(&self) -> &[String] {
        &self.differences
    }

    /// Failure when there are differences.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(u8::from(!self.differences.is_empty()))
    }

    /// Writes differences, in red if `colour`, and below them the table.
    ///
    /// # Errors
    /// When `out` can't be written.
    pub fn print(&self, out: &mut impl Write, colour: bool) -> io::Result<()> {
        let (red, plain) = if colour { (RED, PLAIN) } else { ("", "") };
        for difference in &self.differences {
            writeln!(out, "{red}DIFFERENCE {difference}{plain}")?;
        }
        let width = self.figures.iter().map(|f| f.label.chars().count()).max();
        let width = width.unwrap_or(0);
        for Figure { label, amount, .. } in &self.figures {
            writeln!(out, "{label:width$}  {:>14}", amount.to_text())?;
        }
        if self.differences.is_empty() {
            writeln!(out, "The books agree.")?;
        }
        Ok(())
    }

    /// The report as one JSON object: `scenario`, `differences`, `figures` by key.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let figures = self.figures.iter();
        let figures: Map<String, Value> =
            figures.map(|figure| (figure.key.to_owned(), figure.amount.to_json())).collect();
        json!({"scenario": self.scenario, "differences": self.differences, "figures": figures})
    }

    /// Writes [`Report::to_json`] to a file.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_json(&self, file: &Path) -> io::Result<()> {
        std::fs::write(file, format!("{:#}\n", self.to_json()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut report = Report::new("election");
        report.figure("voters", "voters", Amount::Count(12_345));
        report.figure("latency_p50_us", "latency p50", Amount::Microseconds(1_500));
        report
    }

    fn text(report: &Report, colour: bool) -> String {
        let mut out = Vec::new();
        report.print(&mut out, colour).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn figures_stand_in_a_table_with_their_units() {
        let expected = "voters               12,345\n\
            latency p50         1.50 ms\n\
            The books agree.\n";
        assert_eq!(text(&report(), true), expected);
    }

    #[test]
    fn a_difference_is_the_first_line_in_red_and_a_failure() {
        let mut report = report();
        assert_eq!(report.exit_code(), ExitCode::SUCCESS);
        report.differ(["ballots_cast: expected 2, the service says 1".to_owned()]);
        let printed = text(&report, true);
        let first = printed.lines().next().unwrap();
        assert!(first.starts_with(RED) && first.ends_with(PLAIN), "{first}");
        assert!(!text(&report, false).contains('\x1b'));
        assert!(!printed.contains("agree"));
        assert_eq!(report.exit_code(), ExitCode::from(1));
    }

    #[test]
    fn the_json_holds_plain_numbers_under_their_keys() {
        let expected = json!({"scenario": "election", "differences": [],
            "figures": {"voters": 12_345, "latency_p50_us": 1_500}});
        assert_eq!(report().to_json(), expected);
    }
}
