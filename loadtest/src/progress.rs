//! Progress bars; they show on a terminal only and leave nothing behind.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// A bar for so many things, with their rate.
#[must_use]
pub fn bar(phase: &'static str, length: u64) -> ProgressBar {
    // A template that does not parse would only cost the looks.
    let style =
        ProgressStyle::with_template("{msg:>12} {wide_bar} {human_pos}/{human_len}  {per_sec:.0}  {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style).with_message(phase).with_finish(ProgressFinish::AndClear)
}

/// A sign of life for a phase of unknown length.
#[must_use]
pub fn waiting(phase: &'static str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(phase).with_finish(ProgressFinish::AndClear);
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}
