//! A process of the service: its elections, their queues, and the messages to them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;
use uvote::actors::election::{Action, Announcement, CastBallot, Core, Queue, Queued};
use uvote::store::StoreError;
use uvote::store::ballots::{CommitError, Outcome};

use super::agenda::{Event, Id};
use super::committer::words;
use super::postgres::{Client, Loaded, Work};
use super::world::World;

const RELOAD_PAUSE: Duration = Duration::from_millis(500);

/// What lives as long as a process.
#[derive(Default)]
pub struct Process {
    pub lives: bool,
    /// The actor of each election, which may have died, and its queue, which nobody removes then.
    pub registry: BTreeMap<usize, (Id, Arc<Queue>)>,
    pub committer: Id,
    /// Elections whose step the clock takes.
    pub steps: Vec<usize>,
    /// The latest revision of each election that was announced here.
    pub told: BTreeMap<usize, i64>,
    /// The revisions of elections that this process has made.
    pub moved: BTreeMap<usize, i64>,
    /// Whether an actor has died or was forgotten, and with it what it had to announce.
    pub has_lost_actors: bool,
}

/// The actor of an election.
pub struct Actor {
    pub process: usize,
    pub election: usize,
    core: Core,
    announced: Arc<Mutex<Vec<Announcement>>>,
    last_revision: i64,
    /// Whether a load, a batch or a pause is under way.
    busy: bool,
    pub committed: Option<oneshot::Receiver<Result<Outcome, CommitError>>>,
    /// Messages that are on their way.
    mails: usize,
    /// Nobody has its address any more.
    pub forgotten: bool,
}

impl Actor {
    pub const fn is_idle(&self) -> bool {
        !self.busy && self.mails == 0
    }
}

impl World {
    pub fn restart(&mut self, process: usize) {
        if !self.processes[process].lives {
            self.note(|| format!("process {process} starts"));
            self.processes[process] = Process { lives: true, ..Process::default() };
            self.start_committer(process);
        }
    }

    pub fn send(&mut self, actor: Id, message: Event) {
        let Some(found) = self.actors.get_mut(&actor) else { return };
        found.mails += 1;
        let pause = self.moment_later();
        self.after(pause, message);
    }

    /// Queues a cast as the registry does; false when it was refused.
    pub fn enqueue(&mut self, process: usize, election: usize, cast: CastBallot) -> bool {
        let (actor, queue) = self.actor(process, election);
        match queue.push(cast, self.moment()) {
            Queued::Refused => return false,
            Queued::Attended => {}
            Queued::Asleep => self.send(actor, Event::Wake(actor)),
        }
        true
    }

    pub fn actor(&mut self, process: usize, election: usize) -> (Id, Arc<Queue>) {
        let known = self.processes[process].registry.get(&election);
        if let Some(living) = known.filter(|(known, _)| self.actors.contains_key(known)) {
            return living.clone();
        }
        let (id, queue, announced) = (self.name(), Arc::new(Queue::default()), Arc::default());
        let ear: Arc<Mutex<Vec<Announcement>>> = Arc::clone(&announced);
        let announce = Arc::new(move |announcement| ear.lock().unwrap().push(announcement));
        let core = Core::new(self.rows[election].definition().id, Arc::clone(&queue), announce);
        let (busy, committed, mails, forgotten, last_revision) = (false, None, 0, false, 0);
        let actor =
            Actor { process, election, core, announced, last_revision, busy, committed, mails, forgotten };
        self.actors.insert(id, actor);
        self.processes[process].registry.insert(election, (id, Arc::clone(&queue)));
        self.note(|| format!("process {process} starts actor {id} for election {election}"));
        (id, queue)
    }

    pub fn wake(&mut self, actor: Id) {
        self.tell(actor, |actor| {
            actor.mails -= 1;
            actor.core.woken()
        });
    }

    pub fn refresh(&mut self, actor: Id) {
        self.tell(actor, |actor| {
            actor.mails -= 1;
            actor.core.changed()
        });
    }

    pub fn pause_ends(&mut self, actor: Id) {
        self.tell(actor, |actor| actor.end(|core| core.paused()));
    }

    pub fn settled(&mut self, actor: Id, outcome: Result<Outcome, CommitError>) {
        self.note(|| match &outcome {
            Ok(outcome) => format!("actor {actor} hears of its batch: {}", words(outcome)),
            Err(error) => format!("actor {actor} hears of its batch: {error:?}"),
        });
        self.tell(actor, |actor| actor.end(|core| core.settled(outcome)));
    }

    pub fn loaded(&mut self, actor: Id, loaded: Result<Loaded, StoreError>) {
        self.note(|| match &loaded {
            Ok((_, said)) => format!("actor {actor} has read revision {}", said.revision),
            Err(error) => format!("actor {actor} has read nothing: {error}"),
        });
        self.tell(actor, |actor| actor.end(|core| core.loaded(loaded)));
    }

    /// Lets an actor handle something, and does what it wants next.
    fn tell(&mut self, id: Id, handle: impl FnOnce(&mut Actor) -> Action) {
        let Some(actor) = self.actors.get_mut(&id) else { return };
        let (action, process, election) = (handle(actor), actor.process, actor.election);
        if !matches!(action, Action::Wait) {
            actor.busy = true;
        }
        self.hear_announcements(id);
        match action {
            Action::Wait => self.forget_if_idle(id),
            Action::Load => self.begin(Client::Election(id), Work::Load(election)),
            Action::Commit(batch) => self.send_batch(id, process, batch),
            Action::Pause => self.after(RELOAD_PAUSE, Event::PauseEnds(id)),
        }
    }

    fn forget_if_idle(&mut self, id: Id) {
        if self.actors.get(&id).is_some_and(|actor| actor.forgotten && actor.is_idle()) {
            self.actors.remove(&id);
        }
    }

    fn hear_announcements(&mut self, id: Id) {
        let Some(actor) = self.actors.get_mut(&id) else { return };
        let (process, election) = (actor.process, actor.election);
        for said in std::mem::take(&mut *actor.announced.lock().unwrap()) {
            let back = said.revision < std::mem::replace(&mut actor.last_revision, said.revision);
            let told = self.processes[process].told.entry(election).or_default();
            *told = said.revision.max(*told);
            if back || !self.rows[election].was(&said) {
                self.broken.get_or_insert(format!("actor {id} announces what was never so: {said:?}"));
            }
        }
    }
}

impl Actor {
    /// What was under way has ended.
    fn end(&mut self, handle: impl FnOnce(&mut Core) -> Action) -> Action {
        self.busy = false;
        handle(&mut self.core)
    }
}
