//! Draws plots as SVG. Colours are those of the light theme; the page's style sheet finds a line by
//! its colour and gives it the dark theme's, and dashes that tell it apart in print.

use std::error::Error;

use indicatif::HumanFloatCount;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::plot::{Axis, Line, Plot};

/// Width and height; the page scales it.
const SIZE: (u32, u32) = (560, 330);
/// Where a percentile axis is marked.
const MARKED: [f64; 7] = [0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999];
const FRAME: RGBColor = RGBColor(0x8A, 0x8F, 0x98);
const GRID: RGBColor = RGBColor(0xE3, 0xE6, 0xEA);
const TEXT: RGBColor = RGBColor(0x5B, 0x62, 0x6E);

/// How a line looks.
pub struct Hue {
    /// Its colour on white.
    pub light: RGBColor,
    /// Its colour on black, for a style sheet.
    pub dark: &'static str,
    /// Its dashes, for a style sheet.
    pub dashes: &'static str,
}

/// One look for each line of a plot, over again when there are more.
pub const HUES: [Hue; 6] = [
    Hue { light: RGBColor(0x1F, 0x5F, 0xBF), dark: "#7CB2FF", dashes: "none" },
    Hue { light: RGBColor(0xC2, 0x4E, 0x00), dark: "#FFA25C", dashes: "7 3" },
    Hue { light: RGBColor(0x0B, 0x7A, 0x5B), dark: "#5AD6AE", dashes: "2 2" },
    Hue { light: RGBColor(0x93, 0x38, 0x9A), dark: "#E39AE8", dashes: "9 3 2 3" },
    Hue { light: RGBColor(0x7A, 0x63, 0x00), dark: "#E0C95A", dashes: "4 4" },
    Hue { light: RGBColor(0xB8, 0x28, 0x45), dark: "#FF8FA3", dashes: "12 4" },
];

/// Why a plot can't be drawn.
pub type Fault = Box<dyn Error + Send + Sync>;

impl Hue {
    /// The look of a plot's line with this number.
    #[must_use]
    pub fn of(line: usize) -> &'static Self {
        &HUES[line % HUES.len()]
    }

    /// The colour on white as it stands in the SVG.
    #[must_use]
    pub fn name(&self) -> String {
        let RGBColor(red, green, blue) = self.light;
        format!("#{red:02X}{green:02X}{blue:02X}")
    }
}

/// The plot as an SVG element.
///
/// # Errors
/// When it can't be drawn.
pub fn svg(axis: Axis, plot: &Plot) -> Result<String, Fault> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let high = plot.lines.iter().flat_map(|line| &line.points).map(|(_, y)| *y).fold(0.0, f64::max);
        let mut chart = ChartBuilder::on(&area)
            .margin(4)
            .margin_right(24)
            .margin_top(10)
            .x_label_area_size(50)
            .y_label_area_size(76)
            .build_cartesian_2d(Across::of(axis, plot), 0.0..if high > 0.0 { high * 1.05 } else { 1.0 })?;
        let label = ("sans-serif", 17, &TEXT);
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(FRAME)
            .label_style(label)
            .axis_desc_style(label)
            .x_desc(&plot.x)
            .y_desc(&plot.y)
            .x_label_formatter(&|x| mark(axis, *x))
            .y_label_formatter(&|y| HumanFloatCount(*y).to_string())
            .x_labels(7)
            .y_labels(6)
            .draw()?;
        for (number, Line { points, .. }) in plot.lines.iter().enumerate() {
            let points = points.iter().map(|(x, y)| (place(axis, *x), *y));
            let points = points.filter(|(x, y)| x.is_finite() && y.is_finite());
            chart.draw_series(LineSeries::new(points, Hue::of(number).light.stroke_width(3)))?;
        }
        area.present()?;
    }
    Ok(svg)
}

/// Where on the axis a value stands: a percentile by the nines that it has.
fn place(axis: Axis, x: f64) -> f64 {
    match axis {
        Axis::Even => x,
        Axis::Percentile => -(1.0 - x / 100.0).log10(),
    }
}

/// The inverse of [`place`], as it is written below the axis.
fn mark(axis: Axis, x: f64) -> String {
    match axis {
        Axis::Even => HumanFloatCount(x).to_string(),
        Axis::Percentile => {
            let nearest = MARKED.iter().min_by(|a, b| apart(**a, x).total_cmp(&apart(**b, x)));
            nearest.map_or_else(String::new, f64::to_string)
        }
    }
}

fn apart(percentile: f64, x: f64) -> f64 {
    (place(Axis::Percentile, percentile) - x).abs()
}

/// The horizontal axis from the first point to the last, which for a percentile is at most the
/// last one that something is slower than.
struct Across {
    axis: Axis,
    even: RangedCoordf64,
}

impl Across {
    fn of(axis: Axis, plot: &Plot) -> Self {
        let places = plot.lines.iter().flat_map(|line| &line.points).map(|(x, _)| place(axis, *x));
        let (low, high) = places
            .filter(|x| x.is_finite())
            .fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
        let range = if low < high { low..high } else { 0.0..1.0 };
        Self { axis, even: range.into() }
    }
}

impl Ranged for Across {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.even.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let range = self.range();
        let mut marks = match self.axis {
            Axis::Even => self.even.key_points(hint),
            Axis::Percentile => MARKED.map(|percentile| place(self.axis, percentile)).to_vec(),
        };
        marks.retain(|mark| (range.start..=range.end).contains(mark));
        marks
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.even.range()
    }
}
