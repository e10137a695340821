//! The report as a page that needs nothing but itself.

use std::io;

use askama::Template;
use indicatif::HumanFloatCount;
use time::OffsetDateTime;
use time::macros::format_description;

use super::drawing::{self, HUES, Hue};
use super::{Amount, Figure, Line, Plot, Report};

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    scenario: &'a str,
    about: &'a str,
    differences: &'a [String],
    broken_off: Option<&'a str>,
    praise: Option<&'static str>,
    date: String,
    main: Vec<Cell<'a>>,
    plots: Vec<Drawn<'a>>,
    sections: Vec<(&'a str, Vec<Cell<'a>>)>,
    origin: &'a [(&'static str, String)],
    hues: &'static [Hue],
}

/// A figure as it is shown.
struct Cell<'a> {
    label: &'a str,
    number: String,
    unit: &'static str,
    is_words: bool,
}

struct Drawn<'a> {
    plot: &'a Plot,
    svg: String,
}

impl<'a> From<&'a Figure> for Cell<'a> {
    fn from(figure: &'a Figure) -> Self {
        let (number, unit) = figure.amount.to_text();
        let is_words = matches!(figure.amount, Amount::Text(_) | Amount::Codes(_));
        Self { label: figure.label, number, unit, is_words }
    }
}

/// To a tenth, with separators between thousands.
fn rounded(number: f64) -> String {
    HumanFloatCount((number * 10.0).round() / 10.0).to_string()
}

fn cells<'a>(figures: impl IntoIterator<Item = &'a Figure>) -> Vec<Cell<'a>> {
    figures.into_iter().map(Cell::from).collect()
}

impl Drawn<'_> {
    fn hue(number: &usize) -> String {
        Hue::of(*number).name()
    }

    /// What a line shows, for those who can't see it.
    fn words(line: &Line) -> String {
        let heights = line.points.iter().map(|(_, y)| *y).filter(|y| y.is_finite());
        let (low, high) = heights.fold((f64::MAX, f64::MIN), |(low, high), y| (low.min(y), high.max(y)));
        match line.points.last() {
            Some((_, last)) => {
                let [low, high, last] = [low, high, *last].map(rounded);
                format!("from {low} to {high}, {last} at the end")
            }
            None => "no data".to_owned(),
        }
    }
}

impl Report {
    /// The report as one HTML page, with nothing to load from elsewhere.
    ///
    /// # Errors
    /// When a plot can't be drawn.
    pub fn to_html(&self) -> io::Result<String> {
        let plots = self.plots.iter();
        let plots = plots.map(|(axis, plot)| Ok(Drawn { plot, svg: drawing::svg(*axis, plot)? }));
        let plots = plots.collect::<Result<_, drawing::Fault>>().map_err(io::Error::other)?;
        let day = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
        let page = Page {
            scenario: self.scenario,
            about: &self.about,
            differences: &self.differences,
            broken_off: self.broken_off.as_deref(),
            praise: self.praise(),
            date: OffsetDateTime::now_utc().format(day).map_err(io::Error::other)?,
            main: cells(self.main()),
            plots,
            sections: self
                .sections()
                .into_iter()
                .map(|(heading, figures)| (heading, cells(figures)))
                .collect(),
            origin: &self.origin,
            hues: &HUES,
        };
        page.render().map_err(io::Error::other)
    }
}
