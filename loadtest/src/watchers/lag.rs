//! How long after a vote was acknowledged the watchers knew of it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// A watcher's frame: how many ballots it counted and when it came, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Ballots cast.
    pub ballots_cast: u32,
    /// Ticks from the start of the watch to the arrival.
    pub at: u32,
}

/// What time is measured in: four bytes hold five days of it.
pub const TICK: Duration = Duration::from_micros(100);

/// The ticks between two moments; none when the second came first.
#[must_use]
pub fn ticks(start: Instant, end: Instant) -> u32 {
    let ticks = end.saturating_duration_since(start).as_micros() / TICK.as_micros();
    u32::try_from(ticks).unwrap_or(u32::MAX)
}

/// The lags of all votes at all watchers.
///
/// The lag of a vote at a watcher is the time from the moment its acknowledgement was here to the
/// moment at which the watcher's first frame with `ballots_cast` at or above the vote's position in
/// the chain was here; nothing when the frame came before the acknowledgement. A thousand votes and
/// a thousand watchers make a million lags. Both clocks are that of this program, so what it is late
/// itself in reading is part of the lag.
pub struct Lags {
    /// Microseconds, all together.
    pub whole: Histogram<u64>,
    /// Microseconds, by the second of the casting in which the vote was acknowledged.
    pub by_second: Vec<Histogram<u64>>,
}

/// The votes from the one after `.0` to `.1`, which a frame counts and the one before it did not.
type News = (u32, u32);

impl Lags {
    /// Brings together what each watcher saw and when each position was acknowledged, in ticks, as
    /// is when the casting began.
    #[must_use]
    pub fn measure(watchers: &[Vec<Sighting>], acknowledged: &HashMap<u32, u32>, begun: u32) -> Self {
        let mut lags = Self { whole: histogram(), by_second: Vec::new() };
        for ((before, last), arrivals) in arrivals(watchers) {
            for acknowledged in (before + 1..=last).filter_map(|position| acknowledged.get(&position)) {
                let second = (TICK * acknowledged.saturating_sub(begun)).as_secs();
                lags.enter(*acknowledged, second as usize, &arrivals);
            }
        }
        lags.by_second.iter().for_each(|second| lags.whole += second);
        lags
    }

    fn enter(&mut self, acknowledged: u32, second: usize, arrivals: &[(u32, u64)]) {
        if self.by_second.len() <= second {
            self.by_second.resize_with(second + 1, histogram);
        }
        for (at, watchers) in arrivals {
            let lag = TICK * at.saturating_sub(acknowledged);
            self.by_second[second].saturating_record_n(lag.as_micros() as u64, *watchers);
        }
    }
}

/// For each step that watchers took in the count, when how many of them took it. Most take the same
/// steps, and many in the same tick: that makes millions of frames few.
fn arrivals(watchers: &[Vec<Sighting>]) -> HashMap<News, Vec<(u32, u64)>> {
    let mut steps: HashMap<News, HashMap<u32, u64>> = HashMap::new();
    for sightings in watchers {
        let befores = [0].into_iter().chain(sightings.iter().map(|sighting| sighting.ballots_cast));
        for (before, Sighting { ballots_cast, at }) in befores.zip(sightings) {
            *steps.entry((before, *ballots_cast)).or_default().entry(*at).or_default() += 1;
        }
    }
    steps.into_iter().map(|(news, at)| (news, at.into_iter().collect())).collect()
}

fn histogram() -> Histogram<u64> {
    #[expect(clippy::expect_used, reason = "two digits are among those that a histogram can have")]
    Histogram::new_with_max(600_000_000, 2).expect("a histogram")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saw(steps: &[(u32, u32)]) -> Vec<Sighting> {
        steps.iter().map(|(ballots_cast, at)| Sighting { ballots_cast: *ballots_cast, at: *at }).collect()
    }

    fn sorted(lags: &Histogram<u64>) -> Vec<(u64, u64)> {
        let recorded = lags.iter_recorded();
        recorded.map(|step| (step.value_iterated_to() / 100, step.count_at_value())).collect()
    }

    #[test]
    fn each_vote_lags_until_the_first_frame_that_counts_it_at_each_watcher() {
        let watchers = [saw(&[(0, 0), (2, 30), (3, 50)]), saw(&[(0, 0), (3, 40)])];
        let acknowledged = HashMap::from([(1, 10), (2, 20), (3, 35)]);
        let lags = Lags::measure(&watchers, &acknowledged, 0);
        // 20, 10 and 15 ticks at the first watcher; 30, 20 and 5 at the second.
        assert_eq!(sorted(&lags.whole), [(5, 1), (10, 1), (15, 1), (20, 2), (30, 1)]);
    }

    #[test]
    fn a_frame_ahead_of_the_acknowledgement_lags_by_nothing() {
        let lags = Lags::measure(&[saw(&[(1, 5)])], &HashMap::from([(1, 9)]), 0);
        assert_eq!(sorted(&lags.whole), [(0, 1)]);
    }

    #[test]
    fn a_frame_that_counts_nothing_new_and_a_vote_without_acknowledgement_add_nothing() {
        let lags = Lags::measure(&[saw(&[(1, 5), (1, 90), (2, 95)])], &HashMap::from([(1, 5)]), 0);
        assert_eq!(lags.whole.len(), 1);
    }

    #[test]
    fn lags_belong_to_the_second_of_the_acknowledgement() {
        let watchers = [saw(&[(1, 55_000), (2, 76_000)])];
        let lags = Lags::measure(&watchers, &HashMap::from([(1, 49_999), (2, 65_000)]), 40_000);
        let counts: Vec<u64> = lags.by_second.iter().map(Histogram::len).collect();
        assert_eq!(counts, [1, 0, 1]);
    }
}
