use std::time::Duration;

use super::storm::Logins;
use crate::casting::Books;
use crate::meter::Cpu;
use crate::report::{Amount, Report};

/// What goes on in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Casting,
    Storm,
    Both,
}

impl Part {
    pub(super) const ALL: [Self; 3] = [Self::Casting, Self::Storm, Self::Both];

    pub(super) fn casts(self) -> bool {
        self != Self::Storm
    }

    pub(super) fn storms(self) -> bool {
        self != Self::Casting
    }

    /// How many parts have votes cast.
    pub(super) fn casting() -> usize {
        Self::ALL.into_iter().filter(|part| part.casts()).count()
    }
}

/// What came of all turns of one part.
pub(super) struct Turns {
    pub(super) part: Part,
    pub(super) books: Books,
    logins: Logins,
    cpu: Option<Cpu>,
    elapsed: Duration,
}

impl Turns {
    pub(super) fn new(part: Part) -> Self {
        Self {
            part,
            books: Books::default(),
            logins: Logins::new(),
            cpu: Some(Cpu { service: 0.0, postgres: Some(0.0) }),
            elapsed: Duration::ZERO,
        }
    }

    /// Adds what came of a turn that took so long, beside its votes.
    pub(super) fn enter(&mut self, logins: &Logins, cpu: Option<Cpu>, elapsed: Duration) {
        self.logins.add(logins);
        self.cpu = self.cpu.zip(cpu).map(|(all, one)| all + one);
        self.elapsed += elapsed;
    }

    fn logins_per_second(&self) -> Amount {
        Amount::PerSecond(self.logins.judged() as f64 / self.elapsed.as_secs_f64())
    }

    fn p99(&self) -> Amount {
        Amount::Microseconds(self.books.latency.value_at_quantile(0.99))
    }

    fn processors(&self) -> Option<f64> {
        self.cpu.map(|cpu| cpu.service / self.elapsed.as_secs_f64())
    }
}

/// Writes what voting alone, the storm alone, and both beside each other came to.
pub(super) fn tell([casting, storm, both]: &[Turns; 3], report: &mut Report) {
    if [casting, storm, both].iter().any(|turns| turns.elapsed.is_zero()) {
        return;
    }
    let (alone, beside) = (casting.books.rate(), both.books.rate());
    report.main_figures(&["votes_kept", "logins_per_second_beside", "latency_p99_beside_us"]);
    for (key, label, amount) in [
        ("votes_per_second_alone", "votes, alone", Amount::PerSecond(alone)),
        ("votes_per_second_beside", "votes, beside the storm", Amount::PerSecond(beside)),
        ("votes_kept", "votes kept in the storm", Amount::Ratio(beside / alone)),
        ("latency_p99_alone_us", "latency of votes p99, alone", casting.p99()),
        ("errors_alone", "other answers, alone", Amount::Codes(casting.books.errors.clone())),
        ("latency_p99_beside_us", "latency of votes p99, beside the storm", both.p99()),
        ("logins_per_second_alone", "sign-ins, alone", storm.logins_per_second()),
        ("logins_per_second_beside", "sign-ins, beside voting", both.logins_per_second()),
        ("logins_taken", "right passwords", Amount::Count(storm.logins.taken + both.logins.taken)),
        ("logins_refused", "wrong passwords", Amount::Count(storm.logins.refused + both.logins.refused)),
        ("logins_turned_away", "sign-ins turned away", Amount::Count(turned_away(storm, both))),
    ] {
        report.figure(key, label, amount);
    }
    tell_processors([casting, storm, both], report);
    let lines = [("alone", &casting.books.latency), ("beside the storm", &both.books.latency)];
    report.percentiles("Latency of votes, alone and beside the storm", &lines);
}

fn turned_away(storm: &Turns, both: &Turns) -> u64 {
    storm.logins.turned_away + both.logins.turned_away
}

/// Writes how many processors the service itself kept busy, on average.
fn tell_processors([casting, storm, both]: [&Turns; 3], report: &mut Report) {
    for (key, label, turns) in [
        ("processors_casting", "processors of the service, casting", casting),
        ("processors_storm", "processors of the service, storm", storm),
        ("processors_both", "processors of the service, both", both),
    ] {
        if let (Some(processors), Some(cpu)) = (turns.processors(), turns.cpu) {
            let seconds = format!("{processors:.2} ({:.1} s)", cpu.service);
            report.figure(key, label, Amount::Text(seconds));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(part: Part, votes: u64, service: f64) -> Turns {
        let mut turns = Turns::new(part);
        for _ in 0..2 {
            let cpu = Cpu { service, postgres: None };
            turns.enter(&Logins::new(), Some(cpu), Duration::from_secs(5));
        }
        (0..votes).for_each(|_| turns.books.latency.saturating_record(1));
        turns.books.elapsed = Duration::from_secs(10);
        turns
    }

    #[test]
    fn what_is_kept_is_the_rate_beside_the_storm_by_that_alone() {
        let mut report = Report::new("test");
        let turns = [turn(Part::Casting, 1_000, 2.0), turn(Part::Storm, 0, 5.0), turn(Part::Both, 750, 7.5)];
        tell(&turns, &mut report);
        let figures = &report.to_json()["figures"];
        assert_eq!(figures["votes_per_second_alone"], 100.0);
        assert_eq!(figures["votes_kept"], 0.75);
        assert_eq!(figures["processors_both"], "1.50 (15.0 s)");
    }

    #[test]
    fn without_a_meter_nothing_is_said_of_processors() {
        let mut turns = Turns::new(Part::Both);
        turns.enter(&Logins::new(), None, Duration::from_secs(1));
        assert_eq!(turns.processors(), None);
    }
}
