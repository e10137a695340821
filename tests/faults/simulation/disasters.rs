//! What goes wrong: now and then at every point, and all at once.

use std::mem;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::SmallRng;
use rand::seq::IteratorRandom;
use uvote_domain::election::Status;

use super::agenda::{Event, Id};
use super::postgres::Client;
use super::store::Step;
use super::world::World;

/// How often things go wrong in this world; each kind of fault is missing from half of them.
#[derive(Default)]
pub struct Faults {
    /// A connection breaks at a point of a transaction.
    pub lost: f64,
    /// PostgreSQL refuses a statement.
    pub refused: f64,
    /// Something takes seconds.
    pub stalled: f64,
    /// A voter hangs up before the answer.
    pub hung_up: f64,
    /// The mean pause between two disasters.
    pub disasters: Option<Duration>,
}

impl Faults {
    pub fn of(rng: &mut SmallRng) -> Self {
        let mut rate = |most: f64| if rng.random_bool(0.5) { rng.random_range(0.0..most) } else { 0.0 };
        Self {
            lost: rate(0.3),
            refused: rate(0.3),
            stalled: rate(0.1),
            hung_up: rate(0.5),
            disasters: Some(rate(0.4)).filter(|mean| *mean > 0.01).map(Duration::from_secs_f64),
        }
    }
}

impl World {
    pub fn disaster(&mut self) {
        let Some(mean) = self.faults.disasters else { return };
        let (process, election) = (self.some_process(), self.rng.random_range(0..self.rows.len()));
        match self.rng.random_range(0..9) {
            0 => self.kill(process),
            1 => self.crash_postgres(),
            2 => self.panic(),
            3 => self.panic_committer(process),
            4 => self.forget_actors(process),
            5 => self.cursed = if self.cursed.is_some() { None } else { Some(election) },
            6 => self.crash_connections(),
            _ => self.disturb(),
        }
        let next = mean.mul_f64(self.rng.random_range(0.0..2.0));
        self.after(next, Event::Disaster);
    }

    pub fn mend(&mut self) {
        self.note(|| "everything is mended".into());
        (self.faults, self.cursed, self.away_until) = (Faults::default(), None, self.now);
        for process in 0..self.processes.len() {
            self.restart(process);
        }
        // An organiser who saw a process die tries again.
        for election in 0..self.rows.len() {
            if self.rows[election].status == Status::Draft {
                self.after(Duration::ZERO, Event::Organiser(0, election, Step::Activate));
            }
        }
    }

    /// Ends a process without a word; another takes its place.
    pub fn kill(&mut self, process: usize) {
        if !mem::replace(&mut self.processes[process].lives, false) {
            return;
        }
        self.harm(|| format!("process {process} dies"));
        let died: Vec<Id> =
            self.actors.iter().filter(|(_, actor)| actor.process == process).map(|(id, _)| *id).collect();
        died.into_iter().for_each(|actor| self.bury(actor));
        self.bury_committer(process);
        self.leave(&|client| *client == Client::Process(process));
        let pause = self.within(1_000);
        self.after(pause, Event::Restart(process));
    }

    /// Somebody's actor panics.
    pub fn panic(&mut self) {
        if let Some(actor) = self.actors.keys().copied().choose(&mut self.rng) {
            self.harm(|| format!("actor {actor} panics"));
            self.processes[self.actors[&actor].process].has_lost_actors = true;
            self.bury(actor);
        }
    }

    fn bury(&mut self, actor: Id) {
        self.actors.remove(&actor);
        self.leave(&|client| *client == Client::Election(actor));
    }

    pub fn panic_committer(&mut self, process: usize) {
        self.harm(|| format!("the committer of process {process} panics"));
        self.bury_committer(process);
    }

    fn bury_committer(&mut self, process: usize) {
        let committer = self.processes[process].committer;
        self.committers.remove(&committer);
        self.leave(&|client| *client == Client::Committer(committer));
    }

    /// The registry has no room for idle actors, and lets all go.
    pub fn forget_actors(&mut self, process: usize) {
        self.note(|| format!("process {process} forgets its actors"));
        self.processes[process].registry.clear();
        self.processes[process].has_lost_actors = true;
        for actor in self.actors.values_mut().filter(|actor| actor.process == process) {
            actor.forgotten = true;
        }
        self.actors.retain(|_, actor| !actor.forgotten || !actor.is_idle());
    }

    /// A message that tells nobody anything new.
    pub fn disturb(&mut self) {
        let Some(actor) = self.actors.keys().copied().choose(&mut self.rng) else { return };
        let refresh = self.rng.random_bool(0.5);
        self.send(actor, if refresh { Event::Refresh(actor) } else { Event::Wake(actor) });
    }

    pub fn crash_postgres(&mut self) {
        self.away_until = self.now + self.within(2_000);
        self.crash_connections();
    }
}
