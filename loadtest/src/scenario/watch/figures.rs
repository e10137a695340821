use std::collections::HashMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::ledger::Ledger;
use crate::meter::{Cpu, Meter};
use crate::report::{Amount, Line, Plot, Report};
use crate::watchers::{Lags, Sighting, TICK, Watchers, ticks};

/// What the scenario is run for.
pub(super) const MAIN: [&str; 6] = [
    "lag_p99_us",
    "lag_p50_us",
    "frames_per_second",
    "votes_per_second",
    "latency_p99_us",
    "resident_bytes_per_watcher",
];

/// Where things stand at a moment.
#[derive(Clone, Copy)]
pub(super) struct Standing {
    /// The moment.
    pub(super) at: Instant,
    /// Frames received.
    frames: u64,
    /// Processor time spent, if it can be told.
    spent: Option<Cpu>,
}

impl Standing {
    /// Now.
    pub(super) fn of(watchers: &Watchers, meter: &Meter) -> Self {
        Self { at: Instant::now(), frames: watchers.frames(), spent: meter.cpu() }
    }
}

/// Writes how the watchers joined, and by how many bytes the service has grown by it.
pub(super) fn tell_joining(
    reading: usize,
    stalling: usize,
    took: Duration,
    grown: Option<u64>,
    report: &mut Report,
) {
    let all = (reading + stalling) as u64;
    report.section("Watchers");
    report.figure("watchers", "watchers", Amount::Count(reading as u64));
    if stalling > 0 {
        report.figure("stalled", "watchers that never read", Amount::Count(stalling as u64));
    }
    report.figure("join_seconds", "all joined in", Amount::Seconds(took.as_secs_f64()));
    if let Some(each) = grown.and_then(|grown| grown.checked_div(all)) {
        report.figure("resident_bytes_per_watcher", "service memory a watcher", Amount::Bytes(each));
    }
}

/// Writes when the service dropped those that never read, counted from the first vote. One that it
/// kept is a difference: it promises to close what stalls.
pub(super) fn tell_stalled(stalled: usize, mut dropped: Vec<Duration>, report: &mut Report) {
    dropped.sort_unstable();
    let kept = stalled - dropped.len();
    let kept = (kept > 0).then(|| format!("stalled watchers: {kept} of {stalled} were not dropped"));
    report.differ(kept);
    report.figure("stalled_dropped", "stalled, dropped", Amount::Count(dropped.len() as u64));
    let middle = dropped.get(dropped.len() / 2);
    for (key, label, at) in [
        ("stalled_first_seconds", "first dropped after", dropped.first()),
        ("stalled_p50_seconds", "half dropped after", middle),
        ("stalled_last_seconds", "last dropped after", dropped.last()),
    ] {
        if let Some(at) = at {
            report.figure(key, label, Amount::Seconds(at.as_secs_f64()));
        }
    }
}

/// Writes how many frames came while the votes were cast, and what they and the votes cost together.
pub(super) fn tell_frames(before: Standing, after: Standing, report: &mut Report) {
    let frames = after.frames - before.frames;
    let rate = frames as f64 / (after.at - before.at).as_secs_f64();
    report.figure("frames_per_second", "frames", Amount::PerSecond(rate));
    let spent = after.spent.zip(before.spent).map(|(after, before)| after - before);
    if let Some(spent) = spent.filter(|_| frames > 0) {
        let each = Amount::Cpu(spent.service * 1e6 / frames as f64);
        report.figure("cpu_service_us_per_frame", "service CPU a frame, votes included", each);
    }
}

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
    fn stalled_watchers_that_were_kept_are_a_difference() {
        let (mut all, mut some) = (Report::new("watch"), Report::new("watch"));
        tell_stalled(3, [44, 40, 42].map(Duration::from_secs).to_vec(), &mut all);
        tell_stalled(3, [40, 42].map(Duration::from_secs).to_vec(), &mut some);
        assert!(all.differences().is_empty(), "{:?}", all.differences());
        assert_eq!(all.to_json()["figures"]["stalled_last_seconds"], 44.0);
        assert_eq!(some.differences(), ["stalled watchers: 1 of 3 were not dropped"]);
    }

    #[test]
    fn frames_are_counted_from_the_first_vote_in_whole_seconds() {
        let saw = |at| Sighting { ballots_cast: 0, at };
        let watchers = [vec![saw(10), saw(20_001), saw(35_000)], vec![saw(30_001), saw(20_500)]];
        let plot = frames_over_time(&watchers, 20_000);
        assert_eq!(plot.lines[0].points, [(0.0, 2.0)]);
    }
}
