//! What a scenario found out: differences first, then figures; as text, as JSON and as a page.

use std::io;
use std::path::Path;

use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

mod amount;
mod drawing;
mod page;
mod plot;
mod table;

pub use amount::Amount;
pub use plot::{Line, Plot};

use plot::Axis;

struct Figure {
    section: &'static str,
    key: &'static str,
    label: &'static str,
    amount: Amount,
}

/// The outcome of a scenario.
pub struct Report {
    scenario: &'static str,
    about: String,
    differences: Vec<String>,
    broken_off: Option<String>,
    /// Whether published results were compared with what the voters were told.
    compared: bool,
    section: &'static str,
    figures: Vec<Figure>,
    main: Vec<&'static str>,
    plots: Vec<(Axis, Plot)>,
    origin: Vec<(&'static str, String)>,
}

impl Report {
    /// An empty report of the scenario of this name.
    #[must_use]
    pub fn new(scenario: &'static str) -> Self {
        Self {
            scenario,
            about: String::new(),
            differences: Vec::new(),
            broken_off: None,
            compared: false,
            section: "",
            figures: Vec::new(),
            main: Vec::new(),
            plots: Vec::new(),
            origin: Vec::new(),
        }
    }

    /// Adds contradictions between what was told and what is; any makes the run a failure.
    pub fn differ(&mut self, differences: impl IntoIterator<Item = String>) {
        self.differences.extend(differences);
    }

    /// The figures that follow belong together under this heading.
    pub fn section(&mut self, heading: &'static str) {
        self.section = heading;
    }

    /// Adds a figure: `key` names it in JSON (with its unit), `label` in the table.
    pub fn figure(&mut self, key: &'static str, label: &'static str, amount: Amount) {
        debug_assert!(self.figures.iter().all(|figure| figure.key != key), "{key} is told twice");
        self.figures.push(Figure { section: self.section, key, label, amount });
    }

    /// Names the figures that answer what the scenario asks, by their keys; they stand in large
    /// type at the top of the page. One that is not there in the end is left out.
    pub fn main_figures(&mut self, keys: &[&'static str]) {
        self.main.extend(keys);
    }

    /// Adds a plot to the page, and its data to the JSON.
    pub fn plot(&mut self, plot: Plot) {
        self.plots.push((Axis::Even, plot));
    }

    /// Adds a plot of latencies by percentile: a name and its microseconds for each line.
    pub fn percentiles(&mut self, title: &str, lines: &[(&str, &Histogram<u64>)]) {
        let plot = Plot {
            title: title.to_owned(),
            x: "percentile".to_owned(),
            y: "ms".to_owned(),
            lines: lines.iter().map(|(name, micros)| Line::percentiles(name, micros)).collect(),
        };
        self.plots.push((Axis::Percentile, plot));
    }

    /// The contradictions found.
    #[must_use]
    pub fn differences(&self) -> &[String] {
        &self.differences
    }

    /// Says why the run ended before its end. What was found until then stays true, but that no
    /// difference was found says nothing any more.
    pub fn break_off(&mut self, why: String) {
        self.broken_off = Some(why);
    }

    /// Whether it says neither a figure nor a difference.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.figures.is_empty() && self.differences.is_empty()
    }

    /// Published results are compared with what the voters were told.
    pub fn books_are_compared(&mut self) {
        self.compared = true;
    }

    /// What a run says that came to its end without a difference.
    fn praise(&self) -> Option<&'static str> {
        let is_good = self.differences.is_empty() && self.broken_off.is_none();
        is_good.then_some(if self.compared { "The books agree." } else { "No difference was found." })
    }

    /// Says in a sentence what the scenario is; it stands at the top of the page.
    pub fn about(&mut self, words: String) {
        self.about = words;
    }

    /// Adds what the run was: the command, a version, the machine.
    pub fn origin(&mut self, label: &'static str, words: String) {
        self.origin.push((label, words));
    }

    /// The figures below their headings, in the order in which each heading came first.
    fn sections(&self) -> Vec<(&'static str, Vec<&Figure>)> {
        let mut sections: Vec<(&'static str, Vec<&Figure>)> = Vec::new();
        for figure in &self.figures {
            match sections.iter_mut().find(|(heading, _)| *heading == figure.section) {
                Some((_, figures)) => figures.push(figure),
                None => sections.push((figure.section, vec![figure])),
            }
        }
        sections
    }

    fn main(&self) -> impl Iterator<Item = &Figure> {
        self.main.iter().filter_map(|key| self.figures.iter().find(|figure| figure.key == *key))
    }

    /// The report as one JSON object: `scenario`, `differences`, `broken_off` (why, or null), `figures`
    /// by key, `plots` with their points, `origin` (command, versions, machine).
    #[must_use]
    pub fn to_json(&self) -> Value {
        let figures = self.figures.iter();
        let figures: Map<String, Value> =
            figures.map(|figure| (figure.key.to_owned(), figure.amount.to_json())).collect();
        let origin: Map<String, Value> =
            self.origin.iter().map(|(label, words)| ((*label).to_owned(), words.as_str().into())).collect();
        let plots: Vec<&Plot> = self.plots.iter().map(|(_, plot)| plot).collect();
        json!({
            "scenario": self.scenario,
            "differences": self.differences,
            "broken_off": self.broken_off,
            "figures": figures,
            "plots": plots,
            "origin": origin,
        })
    }

    /// Writes [`Report::to_json`] to a file.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_json(&self, file: &Path) -> io::Result<()> {
        std::fs::write(file, format!("{:#}\n", self.to_json()))
    }

    /// Writes [`Report::to_html`] to a file.
    ///
    /// # Errors
    /// When a plot can't be drawn or the file can't be written.
    pub fn write_page(&self, file: &Path) -> io::Result<()> {
        std::fs::write(file, self.to_html()?)
    }
}

#[cfg(test)]
mod tests;
