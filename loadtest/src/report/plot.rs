use hdrhistogram::Histogram;
use serde::Serialize;

/// Lines over a common axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plot {
    /// What it shows.
    pub title: String,
    /// The quantity along the horizontal axis, with its unit: `time (s)`.
    pub x: String,
    /// The quantity along the vertical axis, with its unit: `votes/s`.
    pub y: String,
    /// The lines, in the order of the legend.
    pub lines: Vec<Line>,
}

/// One line of a plot.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// How the horizontal axis is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Evenly.
    Even,
    /// By the share that is slower: each nine of a percentile is as wide as the one before.
    Percentile,
}

/// Points that a line of percentiles has for each halving of the share that is slower.
const TICKS_PER_HALVING: u32 = 5;

impl Line {
    /// The percentiles of a histogram of microseconds: milliseconds over percent.
    #[must_use]
    pub fn percentiles(name: &str, micros: &Histogram<u64>) -> Self {
        let steps = micros.iter_quantiles(TICKS_PER_HALVING);
        let points = steps.map(|step| (step.quantile() * 100.0, step.value_iterated_to() as f64 / 1_000.0));
        Self { name: name.to_owned(), points: points.collect() }
    }
}
