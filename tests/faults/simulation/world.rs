//! A world of one seed: its clock, who lives in it, and how it goes on.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;
use uvote_domain::election::TallyVisibility;

use super::agenda::{Agenda, Event, Id};
use super::committer::Committer;
use super::disasters::Faults;
use super::postgres::Transaction;
use super::process::{Actor, Process};
use super::store::{Row, Step};
use super::voter::{Attempt, Voter};

/// When everything that was broken is mended for good.
const MENDED: Duration = Duration::from_secs(3);
/// When organisers close what is still open.
const EVENING: Duration = Duration::from_secs(30);
/// When nobody may wait any more.
const END: Duration = Duration::from_secs(90);

pub struct World {
    pub now: Duration,
    beginning: Instant,
    pub rng: SmallRng,
    agenda: Agenda,
    names: Id,
    pub faults: Faults,
    pub processes: Vec<Process>,
    pub actors: BTreeMap<Id, Actor>,
    pub committers: BTreeMap<Id, Committer>,
    pub rows: Vec<Row>,
    /// Who holds the lock of each head.
    pub locks: Vec<Option<Id>>,
    pub transactions: BTreeMap<Id, Transaction>,
    /// PostgreSQL is not there before.
    pub away_until: Duration,
    /// The election whose rows PostgreSQL refuses to write.
    pub cursed: Option<usize>,
    pub voters: Vec<Voter>,
    pub attempts: BTreeMap<Id, Attempt>,
    /// When something last went wrong that explains why an outcome is unknown.
    pub last_harm: Duration,
    pub broken: Option<String>,
    pub trace: Option<Vec<String>>,
}

/// What became of a world.
#[derive(Debug, PartialEq, Eq)]
pub struct Life {
    pub broken: Option<String>,
    /// What has happened, if that was wanted.
    pub trace: Vec<String>,
    /// Ballots in all chains.
    pub ballots: usize,
}

/// Lives through the world of a seed.
pub fn live(seed: u64, traced: bool) -> Life {
    let mut world = World::new(seed, traced);
    world.run();
    let ballots = world.rows.iter().map(|row| row.chain.len()).sum();
    Life { broken: world.broken, trace: world.trace.unwrap_or_default(), ballots }
}

impl World {
    fn new(seed: u64, traced: bool) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let elections = rng.random_range(1..=3);
        let voters: Vec<Voter> =
            (0..rng.random_range(2..=12)).map(|number| Voter::new(number, elections, &mut rng)).collect();
        let row = |number: usize| {
            let visibilities =
                [TallyVisibility::Everyone, TallyVisibility::Organisers, TallyVisibility::AfterClose];
            let on_roll = voters.iter().filter(|voter| voter.is_on_roll_of(number)).map(|voter| voter.token);
            Row::new(Uuid::from_u128(number as u128 + 9), visibilities[number % 3], on_roll)
        };
        let rows = (0..elections).map(row).collect();
        let mut world = Self {
            now: Duration::ZERO,
            beginning: Instant::now(),
            agenda: Agenda::default(),
            names: 0,
            faults: Faults::of(&mut rng),
            processes: Vec::new(),
            actors: BTreeMap::new(),
            committers: BTreeMap::new(),
            rows,
            locks: vec![None; elections],
            transactions: BTreeMap::new(),
            away_until: Duration::ZERO,
            cursed: None,
            voters,
            attempts: BTreeMap::new(),
            last_harm: Duration::ZERO,
            broken: None,
            trace: traced.then(Vec::new),
            rng,
        };
        world.plan();
        world
    }

    fn plan(&mut self) {
        for process in 0..self.rng.random_range(1..=2) {
            self.processes.push(Process::default());
            self.restart(process);
            self.after(Duration::from_millis(137), Event::Clock(process));
        }
        for election in 0..self.rows.len() {
            let activation = self.within(500);
            self.after(activation, Event::Organiser(0, election, Step::Activate));
            if self.rng.random_bool(0.3) {
                self.rows[election].closes_at = Some(self.within(4_000));
            } else if self.rng.random_bool(0.4) {
                let (close, process) = (self.within(4_000), self.some_process());
                self.after(close, Event::Organiser(process, election, Step::Close));
            }
            self.after(EVENING, Event::Organiser(0, election, Step::Close));
        }
        for voter in 0..self.voters.len() {
            let start = self.within(2_500);
            self.after(start, Event::Voter(voter));
        }
        self.after(Duration::from_millis(1), Event::Disaster);
        self.after(MENDED, Event::Mended);
        self.after(EVENING - Duration::from_secs(1), Event::Evening);
    }

    fn run(&mut self) {
        while self.broken.is_none() && !self.is_over() {
            let Some((at, event)) = self.agenda.next() else { break };
            self.now = at;
            if at > END {
                self.find_who_waits();
                break;
            }
            self.happen(event);
            self.collect_outcomes();
            self.collect_answers();
        }
        self.look_back();
    }

    fn is_over(&self) -> bool {
        self.now > EVENING
            && self.attempts.is_empty()
            && self.voters.iter().all(Voter::is_done)
            && self.rows.iter().all(|row| row.published)
            && self.transactions.is_empty()
            && self.actors.values().all(Actor::is_idle)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Voter(voter) => self.vote(voter),
            Event::HangUp(attempt) => self.hang_up(attempt),
            Event::Wake(actor) => self.wake(actor),
            Event::Refresh(actor) => self.refresh(actor),
            Event::Batch(committer, batch, answer) => self.take_batch(committer, batch, answer),
            Event::Settled(actor, outcome) => self.settled(actor, outcome),
            Event::PauseEnds(actor) => self.pause_ends(actor),
            Event::CommitterPauseEnds(committer) => self.committer_pause_ends(committer),
            Event::Transaction(transaction) => self.go_on(transaction),
            Event::LockTimeout(transaction) => self.lock_timeout(transaction),
            Event::ClientTimeout(transaction) => self.client_timeout(transaction),
            Event::Clock(process) => self.look_at_clock(process),
            Event::Organiser(process, election, step) => self.take_step(process, election, step),
            Event::Disaster => self.disaster(),
            Event::Restart(process) => self.restart(process),
            Event::Mended => self.mend(),
            Event::Evening => {
                self.look_for_silence();
                self.look_for_forgotten();
            }
        }
    }

    pub fn after(&mut self, pause: Duration, event: Event) {
        self.agenda.add(self.now + pause, event);
    }

    /// A name that nobody has.
    pub const fn name(&mut self) -> Id {
        self.names += 1;
        self.names
    }

    /// This moment, for those who compare moments.
    pub fn moment(&self) -> Instant {
        self.beginning + self.now
    }

    pub fn within(&mut self, milliseconds: u64) -> Duration {
        Duration::from_micros(self.rng.random_range(0..milliseconds * 1_000))
    }

    /// How long a message or a statement takes: now and then long enough for anything to happen.
    pub fn moment_later(&mut self) -> Duration {
        let stalls = self.rng.random_bool(self.faults.stalled);
        let (least, most) = if stalls { (10, 20_000) } else { (0, 3) };
        let scale = self.within(most);
        Duration::from_millis(least) + scale.mul_f64(self.rng.random::<f64>())
    }

    pub fn chance(&mut self, of: impl Fn(&Faults) -> f64) -> bool {
        let likely = of(&self.faults);
        self.rng.random_bool(likely)
    }

    pub fn some_process(&mut self) -> usize {
        self.rng.random_range(0..self.processes.len())
    }

    pub fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>10.3} ms  {}", self.now.as_secs_f64() * 1_000.0, what()));
        }
    }

    pub fn harm(&mut self, what: impl FnOnce() -> String) {
        self.last_harm = self.now;
        self.note(what);
    }

    pub fn breaks(&mut self, what: String) {
        self.note(|| format!("BROKEN: {what}"));
        self.broken.get_or_insert(what);
    }
}
