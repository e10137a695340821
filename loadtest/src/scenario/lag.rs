//! How far watchers are behind the votes, in figures and plots.

use std::collections::HashMap;
use std::time::Instant;

use hdrhistogram::Histogram;

use crate::ledger::Ledger;
use crate::report::{Amount, Line, Plot, Report};
use crate::watchers::{Lags, Sighting, TICK, ticks};

/// Writes and plots by how much the watchers, which watched from `since` on, were behind the votes of a
/// casting that began later.
pub(super) fn tell_lag(
    since: Instant,
    begun: Instant,
    watchers: &[Vec<Sighting>],
    ledger: &Ledger,
    report: &mut Report,
) {
    let begun = ticks(since, begun);
    let lags = Lags::measure(watchers, &acknowledged(since, ledger), begun);
    report.figure("lag_watchers", "watchers whose lag is told", Amount::Count(watchers.len() as u64));
    if lags.whole.is_empty() {
        return;
    }
    for (key, label, quantile) in [
        ("lag_p50_us", "lag p50", 0.5),
        ("lag_p95_us", "lag p95", 0.95),
        ("lag_p99_us", "lag p99", 0.99),
        ("lag_p999_us", "lag p99.9", 0.999),
        ("lag_max_us", "lag max", 1.0),
    ] {
        let micros = lags.whole.value_at_quantile(quantile);
        report.figure(key, label, Amount::Microseconds(micros));
    }
    report.percentiles("Lag from acknowledgement to frame", &[("lag", &lags.whole)]);
    report.plot(lag_over_time(&lags.by_second));
    report.plot(frames_over_time(watchers, begun));
}

/// When each position was acknowledged, in ticks from `since`.
fn acknowledged(since: Instant, ledger: &Ledger) -> HashMap<u32, u32> {
    let votes = ledger.acknowledged.iter();
    votes.map(|vote| (u32::try_from(vote.position).unwrap_or(u32::MAX), ticks(since, vote.at))).collect()
}

fn lag_over_time(by_second: &[Histogram<u64>]) -> Plot {
    let line = |name: &str, quantile| {
        let seconds = by_second.iter().enumerate().filter(|(_, lags)| !lags.is_empty());
        let lag = |lags: &Histogram<u64>| lags.value_at_quantile(quantile) as f64 / 1_000.0;
        Line { name: name.to_owned(), points: seconds.map(|(n, lags)| (n as f64, lag(lags))).collect() }
    };
    over_time("Lag of the votes of each second", "ms", vec![line("p99", 0.99), line("p50", 0.5)])
}

/// Frames in each whole second of the casting, whose beginning is given in ticks.
fn frames_over_time(watchers: &[Vec<Sighting>], begun: u32) -> Plot {
    let mut frames: Vec<u64> = Vec::new();
    let arrivals = watchers.iter().flatten().filter_map(|sighting| sighting.at.checked_sub(begun));
    for second in arrivals.map(|at| (TICK * at).as_secs() as usize) {
        if frames.len() <= second {
            frames.resize(second + 1, 0);
        }
        frames[second] += 1;
    }
    frames.pop();
    let points = frames.into_iter().enumerate().map(|(n, frames)| (n as f64, frames as f64)).collect();
    over_time("Frames received", "frames/s", vec![Line { name: "frames".to_owned(), points }])
}

fn over_time(title: &str, y: &str, lines: Vec<Line>) -> Plot {
    Plot { title: title.to_owned(), x: "time (s)".to_owned(), y: y.to_owned(), lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_from_the_first_vote_in_whole_seconds() {
        let saw = |at| Sighting { ballots_cast: 0, at };
        let watchers = [vec![saw(10), saw(20_001), saw(35_000)], vec![saw(30_001), saw(20_500)]];
        let plot = frames_over_time(&watchers, 20_000);
        assert_eq!(plot.lines[0].points, [(0.0, 2.0)]);
    }
}
