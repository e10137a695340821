//! The report as text for a terminal.

use std::io::{self, Write};

use super::{Amount, Figure, Report};

const RED: &str = "\x1b[1;31m";
const GREEN: &str = "\x1b[1;32m";
const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

impl Report {
    /// Writes differences, in red if `colour`, and below them the figures in their sections.
    ///
    /// # Errors
    /// When `out` can't be written.
    pub fn print(&self, out: &mut impl Write, colour: bool) -> io::Result<()> {
        let paint = |code, text: &str| if colour { format!("{code}{text}{PLAIN}") } else { text.to_owned() };
        for difference in &self.differences {
            writeln!(out, "{}", paint(RED, &format!("DIFFERENCE {difference}")))?;
        }
        let widths = Widths::of(&self.figures);
        for (heading, figures) in self.sections() {
            if !heading.is_empty() {
                writeln!(out, "\n{}", paint(BOLD, heading))?;
            }
            for figure in figures {
                writeln!(out, "{}", widths.line(figure))?;
            }
        }
        match self.praise() {
            Some(praise) => writeln!(out, "\n{}", paint(GREEN, praise))?,
            None if self.broken_off.is_some() => {
                writeln!(out, "\n{}", paint(RED, "The run was broken off."))?;
            }
            None => {}
        }
        Ok(())
    }
}

/// How wide the columns are.
struct Widths {
    label: usize,
    number: usize,
}

impl Widths {
    fn of(figures: &[Figure]) -> Self {
        let numbers =
            figures.iter().filter(|figure| !matches!(figure.amount, Amount::Text(_) | Amount::Codes(_)));
        let number = numbers.map(|figure| figure.amount.to_text().0.chars().count()).max();
        let label = figures.iter().map(|figure| figure.label.chars().count()).max();
        Self { label: label.unwrap_or(0), number: number.unwrap_or(0) }
    }

    /// Numbers end below each other and units begin below each other.
    fn line(&self, Figure { label, amount, .. }: &Figure) -> String {
        let (number, unit) = amount.to_text();
        let line = format!("  {label:0$}  {number:>1$} {unit}", self.label, self.number);
        line.trim_end().to_owned()
    }
}
