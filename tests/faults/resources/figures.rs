//! How long answers took.

use std::time::Duration;

use crate::proof::report::lenience;

/// No answer takes longer, whatever the machine does.
pub const HANGING: Duration = Duration::from_secs(7);

/// How long half of them took, nearly all, and the slowest.
pub struct Figures {
    what: String,
    p50: Duration,
    p99: Duration,
    most: Duration,
}

impl Figures {
    /// Asserts that half and nearly all took no longer than promised, and none hung.
    pub fn bounded(&self, promised: Duration) {
        let Self { what, p50, p99, most } = self;
        assert!(*p50 <= promised * lenience(2), "{what}: the median is {p50:?}, not {promised:?}");
        assert!(*p99 <= promised * lenience(8), "{what}: the 99th percentile is {p99:?}, not {promised:?}");
        assert!(*most < HANGING, "{what}: somebody waited for {most:?}");
    }
}

/// The figures of these times, which are printed.
pub fn figures(during: &str, what: &str, took: impl Iterator<Item = Duration>) -> Figures {
    let mut took: Vec<Duration> = took.collect();
    took.sort();
    let at = |percent: usize| took.get((took.len() * percent / 100).min(took.len().saturating_sub(1)));
    let [p50, p99, most] = [50, 99, 100].map(|percent| at(percent).copied().unwrap_or_default());
    println!("{during}, {what}: {} answers, p50 {p50:.1?}, p99 {p99:.1?}, most {most:.1?}", took.len());
    Figures { what: format!("{during}, {what}"), p50, p99, most }
}
