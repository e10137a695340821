//! The committer of a process: batches that reach it, and what it answers.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;
use uvote::actors::committer::{Action, Answer, Rounds};
use uvote::store::ballots::{Batch, CommitError, Outcome, Verdict};

use super::agenda::{Event, Id};
use super::postgres::{Client, Work};
use super::process::Process;
use super::world::World;

const PAUSE: Duration = Duration::from_millis(2);

/// The committer of a process, and the batches of its transaction.
pub struct Committer {
    rounds: Rounds,
    pub batches: Vec<Batch>,
}

impl World {
    pub fn start_committer(&mut self, process: usize) -> Id {
        let id = self.name();
        self.committers.insert(id, Committer { rounds: Rounds::default(), batches: Vec::new() });
        self.processes[process].committer = id;
        id
    }

    pub fn send_batch(&mut self, actor: Id, process: usize, batch: Batch) {
        self.note(|| format!("actor {actor} commits {} casts", batch.casts.len()));
        let (answer, committed) = oneshot::channel();
        self.actors.get_mut(&actor).unwrap().committed = Some(committed);
        let committer = self.processes[process].committer;
        let committer =
            if self.committers.contains_key(&committer) { committer } else { self.start_committer(process) };
        let pause = self.moment_later();
        self.after(pause, Event::Batch(committer, batch, answer));
    }

    pub fn take_batch(&mut self, committer: Id, batch: Batch, answer: Answer) {
        let now = self.moment();
        self.tell_committer(committer, |committer| committer.rounds.add(batch, answer, now));
    }

    pub fn committer_pause_ends(&mut self, committer: Id) {
        self.tell_committer(committer, |committer| committer.rounds.paused());
    }

    pub fn round_settled(&mut self, committer: Id, outcomes: Result<Vec<Outcome>, CommitError>) {
        let now = self.moment();
        self.tell_committer(committer, |committer| {
            let batches = std::mem::take(&mut committer.batches);
            committer.rounds.settled(batches, outcomes, now)
        });
    }

    fn tell_committer(&mut self, id: Id, handle: impl FnOnce(&mut Committer) -> Action) {
        let Some(committer) = self.committers.get_mut(&id) else { return };
        match handle(committer) {
            Action::Wait => {}
            Action::Commit(batches) => {
                let work = Work::commit(&batches, &self.rows);
                committer.batches = batches;
                self.begin(Client::Committer(id), work);
            }
            Action::Pause => self.after(PAUSE, Event::CommitterPauseEnds(id)),
        }
    }

    /// Brings the committers' answers to the elections that wait for them.
    pub fn collect_outcomes(&mut self) {
        let mut settled = Vec::new();
        for (id, actor) in &mut self.actors {
            let Some(committed) = &mut actor.committed else { continue };
            let outcome = match committed.try_recv() {
                Ok(outcome) => outcome,
                Err(TryRecvError::Empty) => continue,
                Err(TryRecvError::Closed) => Err(CommitError::Unknown("the committer has stopped".into())),
            };
            actor.committed = None;
            settled.push((*id, outcome));
        }
        for (actor, outcome) in settled {
            let pause = self.moment_later();
            self.after(pause, Event::Settled(actor, outcome));
        }
    }

    /// A committer has brought an election to this revision, whether it knows or not.
    pub fn election_moved(&mut self, committer: Id, election: usize) {
        let revision = self.rows[election].revision;
        let by = self.processes.iter_mut().find(|process| process.lives && process.committer == committer);
        if let Some(process) = by {
            process.moved.insert(election, revision);
        }
    }

    /// Whoever has moved an election has announced it by now.
    pub fn look_for_silence(&mut self) {
        for process in 0..self.processes.len() {
            let Process { told, moved, has_lost_actors, .. } = &self.processes[process];
            let silent = moved.iter().find(|(election, revision)| told.get(*election) < Some(*revision));
            if let Some((election, revision)) = silent.filter(|_| !has_lost_actors) {
                self.breaks(format!(
                    "process {process} is silent on revision {revision} of election {election}"
                ));
                return;
            }
        }
    }
}

pub fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::HeldElsewhere => "held elsewhere".into(),
        Outcome::Committed { verdicts, head, .. } => {
            let words = verdicts.iter().map(|verdict| match verdict {
                Verdict::Admitted(receipt) => format!("admitted {}", receipt.position),
                Verdict::Repeated(receipt) => format!("repeated {}", receipt.position),
                Verdict::Refused(refusal) => format!("{refusal:?}"),
            });
            format!("revision {}, {}", head.revision, words.collect::<Vec<_>>().join(", "))
        }
    }
}
