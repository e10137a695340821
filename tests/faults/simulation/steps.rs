//! Steps that organisers take, and those that the clock of a process finds due.

use std::time::Duration;

use uvote_domain::election::Status;

use super::agenda::Event;
use super::postgres::{Client, Work};
use super::store::Step;
use super::world::World;

/// How often clocks look, and how soon who sees a step fail tries again.
const ROUND: Duration = Duration::from_millis(500);

impl World {
    /// Takes up what is due: closing, and what follows a close.
    pub fn look_at_clock(&mut self, process: usize) {
        for election in 0..self.rows.len() {
            let row = &self.rows[election];
            let step = match row.status {
                Status::Active if row.closes_at.is_some_and(|at| at <= self.now) => Step::Close,
                Status::Closed if !row.published => Step::Publish,
                _ => continue,
            };
            if self.processes[process].lives && !self.processes[process].steps.contains(&election) {
                self.processes[process].steps.push(election);
                self.take_step(process, election, step);
            }
        }
        self.after(ROUND, Event::Clock(process));
    }

    pub fn take_step(&mut self, process: usize, election: usize, step: Step) {
        if self.processes[process].lives {
            self.begin(Client::Process(process), Work::Step(election, step));
        } else {
            self.after(ROUND, Event::Organiser(process, election, step));
        }
    }

    /// Whatever came of a step, the head is read again. Who sees it fail tries again.
    pub fn step_ended(&mut self, process: usize, election: usize, step: Step) {
        self.processes[process].steps.retain(|under_way| *under_way != election);
        let (actor, _) = self.actor(process, election);
        self.send(actor, Event::Refresh(actor));
        let done = match step {
            Step::Activate => self.rows[election].status != Status::Draft,
            Step::Close | Step::Publish => self.rows[election].status == Status::Closed,
        };
        if !done {
            self.after(ROUND, Event::Organiser(process, election, step));
        }
    }
}
