//! Voters who cast all the time, whatever happens to the service.

use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::join;
use futures_util::{StreamExt, stream};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use uvote_loadtest::ledger::Choice;

use super::courier::Courier;
use super::election::OpenElection;
use super::ledger::{Attempt, Ballot, Ledger, Told};
use super::report::Run;

/// How soon a voter tries again. People wait longer; this measures when the service is back.
const AGAIN: Duration = Duration::from_millis(10);
/// How long the crowd waits for an acknowledgement before the run has failed.
const PATIENCE: Duration = Duration::from_secs(90);
/// One voter in so many sends two different bodies at once, each until it has an answer.
const TWO_FACED: usize = 17;
/// One voter in so many never tries again.
const SHY: usize = 5;

/// How a crowd behaves.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// Voters who vote at the same time.
    pub in_flight: usize,
    /// The mean time that passes between two votes of one of these, which makes the rate.
    pub pause: Duration,
}

impl Default for Manners {
    /// Some 100 votes a second.
    fn default() -> Self {
        Self { in_flight: 16, pause: Duration::from_millis(150) }
    }
}

/// A voting crowd. When every voter of the roll has voted, acknowledged ballots are sent again and
/// again, so that there is always somebody who notices when the service is back.
pub struct Crowd {
    shared: Rc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

struct Shared {
    courier: Courier,
    codes: Vec<Box<str>>,
    contest: String,
    candidates: Vec<String>,
    pause: Duration,
    next: Cell<usize>,
    leaving: Cell<bool>,
    ledger: RefCell<Ledger>,
    told: Notify,
}

impl Crowd {
    /// Has the roll of an election vote at the services with these addresses, until told to stop.
    pub fn gather(run: &Run, open: &OpenElection, urls: &[String], manners: Manners) -> Self {
        let shared = Rc::new(Shared {
            courier: Courier::new(urls, &open.election),
            codes: open.codes.clone(),
            contest: open.election.contest.clone(),
            candidates: open.election.candidates.clone(),
            pause: manners.pause,
            next: Cell::new(0),
            leaving: Cell::new(false),
            ledger: RefCell::default(),
            told: Notify::new(),
        });
        let mut chance = run.rng(usize::MAX);
        let worker = |_| {
            let chance = rand::SeedableRng::from_rng(&mut chance);
            rt::spawn(Rc::clone(&shared).work(chance))
        };
        let workers = (0..manners.in_flight).map(worker).collect();
        Self { shared, workers }
    }

    /// The ledger of this moment; let go of it before the next `await`.
    pub fn ledger(&self) -> Ref<'_, Ledger> {
        self.shared.ledger.borrow()
    }

    /// Waits for the first acknowledgement of a vote that was sent after a moment.
    pub async fn first_acknowledgement(&self, sent_after: Instant) -> Instant {
        let what = "a first acknowledgement";
        self.wait_for(what, |ledger| ledger.first_acknowledgement(sent_after)).await
    }

    /// Waits until so many votes more than now are acknowledged, repeats included.
    pub async fn acknowledgements(&self, more: usize) {
        let count = |ledger: &Ledger| {
            ledger.attempts.iter().filter(|a| matches!(a.told, Told::Acknowledged(_))).count()
        };
        let wanted = count(&self.ledger()) + more;
        self.wait_for("more votes", |ledger| (count(ledger) >= wanted).then_some(())).await;
    }

    /// Waits until the ledger has something to say.
    pub async fn wait_for<T>(&self, what: &str, there: impl Fn(&Ledger) -> Option<T>) -> T {
        let asked = async {
            loop {
                if let Some(found) = there(&self.ledger()) {
                    return found;
                }
                self.shared.told.notified().await;
            }
        };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(found) => found,
            Err(_) => panic!("no {what} within {PATIENCE:?}; last: {:?}", self.ledger().attempts.last()),
        }
    }

    /// Sends everybody home; what is under way is waited for. Answers the ledger.
    pub async fn disperse(self) -> Ledger {
        self.shared.leaving.set(true);
        for worker in self.workers {
            worker.await.unwrap();
        }
        self.shared.ledger.take()
    }
}

impl Shared {
    async fn work(self: Rc<Self>, mut chance: StdRng) {
        while !self.leaving.get() {
            self.turn(&mut chance).await;
            let pause = self.pause.mul_f64(chance.random_range(0.0..2.0));
            tokio::time::sleep(pause).await;
        }
    }

    /// The next voter votes, or somebody repeats.
    async fn turn(&self, chance: &mut StdRng) {
        let voter = self.next.replace(self.next.get() + 1);
        let mut door = || chance.random_range(0..self.courier.doors());
        let (one, other) = (door(), door());
        if voter >= self.codes.len() {
            return self.repeat(one, chance).await;
        }
        if voter % TWO_FACED == TWO_FACED - 1 {
            let ballots = [self.ballot(voter, chance), self.ballot(voter, chance)];
            join(self.persist(one, ballots[0]), self.persist(other, ballots[1])).await;
        } else if voter % SHY == SHY - 1 {
            self.attempt(one, self.ballot(voter, chance)).await;
        } else {
            self.persist(one, self.ballot(voter, chance)).await;
        }
    }

    /// An acknowledged ballot is sent again, if the ledger falls open at one.
    async fn repeat(&self, door: usize, chance: &mut StdRng) {
        let ballot = {
            let ledger = self.ledger.borrow();
            let place = chance.random_range(0..ledger.attempts.len().max(1));
            let attempt = ledger.attempts.get(place);
            attempt.map(|attempt| attempt.ballot).filter(|ballot| ledger.outcomes[*ballot].is_acknowledged())
        };
        if let Some(ballot) = ballot {
            self.persist(door, ballot).await;
        }
    }

    fn ballot(&self, voter: usize, chance: &mut StdRng) -> usize {
        let (nonce, place) = (chance.random::<[u8; 16]>(), chance.random_range(0..=self.candidates.len()));
        let chosen: Vec<&String> = self.candidates.get(place).into_iter().collect();
        let choice = if chosen.is_empty() { Choice::Blank } else { Choice::Candidate(place) };
        let body = json!({"token": self.codes[voter], "nonce": URL_SAFE_NO_PAD.encode(nonce),
            "choices": {&self.contest: chosen}});
        self.ledger.borrow_mut().enter(Ballot { voter, choice, nonce, body })
    }

    /// Sends a ballot until somebody says what became of it, each time at the next service.
    async fn persist(&self, first_door: usize, ballot: usize) {
        for try_number in 0.. {
            let door = (first_door + try_number) % self.courier.doors();
            let told = self.attempt(door, ballot).await;
            if self.leaving.get() || told.is_final() {
                return;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn attempt(&self, door: usize, ballot: usize) -> Told {
        let body = self.ledger.borrow().ballots[ballot].body.clone();
        self.ledger.borrow_mut().under_way += 1;
        let told = attempt(&self.courier, &self.ledger, door, ballot, &body).await;
        self.ledger.borrow_mut().under_way -= 1;
        self.told.notify_waiters();
        told
    }
}

async fn attempt(
    courier: &Courier,
    ledger: &RefCell<Ledger>,
    door: usize,
    ballot: usize,
    body: &serde_json::Value,
) -> Told {
    let sent = Instant::now();
    let told = courier.carry(door, body).await;
    ledger.borrow_mut().note(Attempt { ballot, sent, at: Instant::now(), told: told.clone() });
    told
}

/// Sends each of these ballots again until it is settled, as voters do who were never told what became
/// of theirs. One that stays unknown is for the invariants to complain of.
pub async fn resolve(courier: &Courier, ledger: &RefCell<Ledger>, ballots: &[usize]) {
    let begun = Instant::now();
    let ask = async |ballot: &usize| {
        let body = ledger.borrow().ballots[*ballot].body.clone();
        while !attempt(courier, ledger, 0, *ballot, &body).await.is_final() && begun.elapsed() < PATIENCE {
            tokio::time::sleep(AGAIN).await;
        }
    };
    let ask = &ask;
    stream::iter(ballots.iter().map(ask)).for_each_concurrent(8, |asked| asked).await;
}
