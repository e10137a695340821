use std::time::{Duration, Instant};

use crate::meter::{Cpu, Meter};
use crate::report::{Amount, Report};
use crate::watchers::Watchers;

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
/// kept for longer than `patience` is a difference: it promises to close what stalls.
pub(super) fn tell_stalled(
    stalled: usize,
    mut dropped: Vec<Duration>,
    patience: Duration,
    report: &mut Report,
) {
    dropped.sort_unstable();
    let kept = stalled - dropped.iter().filter(|after| **after <= patience).count();
    let seconds = patience.as_secs();
    report.differ(
        (kept > 0)
            .then(|| format!("stalled watchers: {kept} of {stalled} were not dropped within {seconds} s")),
    );
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stalled_watchers_that_were_kept_too_long_are_a_difference() {
        let told = |dropped: &[u64]| {
            let (mut report, patience) = (Report::new("watch"), Duration::from_secs(45));
            let dropped = dropped.iter().map(|after| Duration::from_secs(*after));
            tell_stalled(3, dropped.collect(), patience, &mut report);
            (report.differences().to_vec(), report.to_json()["figures"]["stalled_last_seconds"].clone())
        };
        assert_eq!(told(&[44, 40, 42]), (vec![], 44.0.into()));
        let one = vec!["stalled watchers: 1 of 3 were not dropped within 45 s".to_owned()];
        assert_eq!(told(&[40, 42]), (one.clone(), 42.0.into()));
        assert_eq!(told(&[40, 42, 46]), (one, 46.0.into()));
    }
}
