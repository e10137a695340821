use std::time::Duration;

/// The part of all votes that comes in the rush.
const RUSH: f64 = 0.2;
/// The longest rush, in seconds.
const LONGEST_RUSH: f64 = 60.0;
/// By how many times a factor of e the rate falls from the rush to the end: such that with a rush
/// of a tenth of the time it goes on where the rush ends.
const DECAY: f64 = 1.9;

/// How the rate of arrivals changes with time, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// The same rate all the time, once it is reached.
    Steady {
        /// Votes a second.
        rate: f64,
        /// How long the rate grows from nothing.
        ramp: f64,
    },
    /// A rush at an even rate, then ever fewer votes until the end.
    RushHour {
        /// From the first vote to the last.
        duration: f64,
    },
}

/// How arrivals are spread around the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Arrivals {
    /// By chance, each independent of all others, as voters are
    Poisson,
    /// At equal distances
    Even,
}

impl Shape {
    /// When each of so many votes is due, counted from the start, in ascending order.
    #[must_use]
    pub fn plan(self, votes: usize, arrivals: Arrivals) -> Vec<Duration> {
        let curve = self.curve(votes as f64);
        arrivals.parts(votes).into_iter().map(|part| Duration::from_secs_f64(curve(part))).collect()
    }

    /// The second by which this part of all votes, from 0 to 1, has arrived.
    fn curve(self, votes: f64) -> Box<dyn Fn(f64) -> f64> {
        match self {
            Self::Steady { rate, ramp } => Box::new(move |part| {
                let arrived = part * votes;
                if arrived < rate * ramp / 2.0 {
                    (2.0 * ramp * arrived / rate).sqrt()
                } else {
                    arrived / rate + ramp / 2.0
                }
            }),
            Self::RushHour { duration } => {
                let rush = LONGEST_RUSH.min(duration / 10.0);
                let rest = duration - rush;
                let decay = rest / DECAY;
                Box::new(move |part| {
                    if part < RUSH {
                        return part / RUSH * rush;
                    }
                    let part_of_rest = (part - RUSH) / (1.0 - RUSH);
                    rush - decay * (part_of_rest * (-DECAY).exp_m1()).ln_1p()
                })
            }
        }
    }
}

impl Arrivals {
    /// Which part of all votes has arrived with each vote, ascending from 0 to 1.
    fn parts(self, votes: usize) -> Vec<f64> {
        let gap = || match self {
            Self::Even => 1.0,
            Self::Poisson => -(1.0 - rand::random::<f64>()).ln(),
        };
        let mut arrived = 0.0;
        let mut next = || {
            let before = arrived;
            arrived += gap();
            before
        };
        let mut parts: Vec<f64> = (0..votes).map(|_| next()).collect();
        parts.iter_mut().for_each(|part| *part /= arrived);
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(plan: &[Duration], from: f64, to: f64) -> usize {
        plan.iter().filter(|at| (from..to).contains(&at.as_secs_f64())).count()
    }

    #[test]
    fn a_steady_rate_is_the_same_in_each_second() {
        let steady = Shape::Steady { rate: 100.0, ramp: 0.0 };
        let plan = steady.plan(1_000, Arrivals::Even);
        for second in 0..10 {
            let from = f64::from(second);
            // Half a gap of margin, for the sums of floating point.
            assert_eq!(within(&plan, from - 0.005, from + 0.995), 100, "second {second}");
        }
    }

    #[test]
    fn a_ramp_grows_evenly_to_the_rate() {
        let ramped = Shape::Steady { rate: 100.0, ramp: 4.0 };
        let plan = ramped.plan(500, Arrivals::Even);
        let by_second: Vec<usize> = (0..7).map(|s| within(&plan, f64::from(s), f64::from(s + 1))).collect();
        for (second, expected) in [12, 37, 62, 87, 100, 100, 100].into_iter().enumerate() {
            assert!(by_second[second].abs_diff(expected) <= 2, "{by_second:?}");
        }
    }

    #[test]
    fn a_rush_hour_brings_a_fifth_in_the_first_minute_and_then_fewer_and_fewer() {
        for (duration, rush) in [(3_600.0, 60.0), (600.0, 60.0), (100.0, 10.0)] {
            let plan = Shape::RushHour { duration }.plan(100_000, Arrivals::Even);
            assert!(within(&plan, 0.0, rush).abs_diff(20_000) <= 1, "{duration}");
            let minutes: Vec<usize> =
                (1..9).map(f64::from).map(|n| within(&plan, n * rush, (n + 1.0) * rush)).collect();
            let falls = minutes.is_sorted_by(|before, after| before > after);
            assert!(minutes[0] < 20_000 && falls, "{minutes:?}");
            let last = plan.last().map_or(0.0, Duration::as_secs_f64);
            assert!(last <= duration && last > duration * 0.9, "{last}");
        }
    }

    #[test]
    fn arrivals_by_chance_keep_the_rate_and_differ_in_their_distances() {
        let steady = Shape::Steady { rate: 1_000.0, ramp: 0.0 };
        let plan = steady.plan(20_000, Arrivals::Poisson);
        assert!(plan.is_sorted());
        assert!(within(&plan, 5.0, 15.0).abs_diff(10_000) < 600);
        // Of exponential gaps a part of 1/e is longer than their mean.
        let long = plan.windows(2).filter(|pair| pair[1] - pair[0] > Duration::from_millis(1)).count();
        assert!(long.abs_diff(7_358) < 500, "{long}");
    }
}
