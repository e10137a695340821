//! Voters who try again, send the same twice, change their minds, or hang up; and what they were told.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::SmallRng;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;
use uvote::actors::election::CastBallot;
use uvote::store::StoreError;
use uvote::store::ballots::{Receipt, Verdict};
use uvote_domain::ballot::{Choices, Nonce};
use uvote_domain::fault::Fault;
use uvote_domain::refusal::{FieldError, Refusal};
use uvote_domain::token::{TokenHash, retry_mac};

use super::agenda::{Event, Id};
use super::store::{CANDIDATES, CONTEST};
use super::world::World;

/// How long a voter's connection is kept waiting.
const LONGEST_WAIT: Duration = Duration::from_millis(900);

/// How long anything may take once nothing is broken any more.
const LONGEST_PATIENCE: Duration = Duration::from_secs(20);

type Answer = Result<Verdict, StoreError>;

/// Somebody with a voting code.
pub struct Voter {
    election: usize,
    pub token: TokenHash,
    on_roll: bool,
    /// The ballot first sent, and the one sent instead by who changes the mind.
    bodies: [Body; 2],
    /// How often the voter, who has an answer, tries what else would come.
    curiosity: u32,
    under_way: usize,
    done: bool,
}

/// One request, and what came of it.
struct Body {
    nonce: Nonce,
    choices: Result<Choices, Vec<FieldError>>,
    receipts: Vec<Receipt>,
    admitted: usize,
    refused: Option<Refusal>,
    /// Whether it may have been recorded without a word.
    unknown: bool,
}

/// A request that waits for its answer.
pub struct Attempt {
    voter: usize,
    body: usize,
    sent: Duration,
    answered: oneshot::Receiver<Answer>,
}

impl Voter {
    pub fn new(number: usize, elections: usize, rng: &mut SmallRng) -> Self {
        let mut token = [0; 32];
        token[0] = number as u8;
        Self {
            election: rng.random_range(0..elections),
            token,
            on_roll: rng.random_bool(0.95),
            bodies: [Body::new(0, rng), Body::new(1, rng)],
            curiosity: rng.random_range(0..3),
            under_way: 0,
            done: false,
        }
    }

    pub const fn is_on_roll_of(&self, election: usize) -> bool {
        self.on_roll && self.election == election
    }

    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// The request to send next; nothing when there is nothing left to learn.
    fn next(&mut self, rng: &mut SmallRng) -> Option<usize> {
        if let Some(unresolved) = self.bodies.iter().position(|body| body.unknown && !body.is_settled()) {
            // Who does not know what came of one ballot may be rash enough to send another.
            return Some(if rng.random_bool(0.8) { unresolved } else { 1 - unresolved });
        }
        if !self.bodies.iter().any(Body::is_settled) {
            return Some(usize::from(rng.random_bool(0.2)));
        }
        self.curiosity = self.curiosity.checked_sub(1)?;
        Some(rng.random_range(0..2))
    }
}

impl Body {
    fn new(number: u8, rng: &mut SmallRng) -> Self {
        let chosen = rng.random_range(0..=CANDIDATES.len());
        let chosen: Vec<_> = CANDIDATES.get(chosen).copied().into_iter().collect();
        let choices = match rng.random_range(0..12) {
            0 => Ok(Choices::new()),
            1 => Err(vec![FieldError::new("nonce", Fault::BadNonce)]),
            _ => Ok(Choices::from([(CONTEST, chosen)])),
        };
        let (receipts, admitted, refused, unknown) = (Vec::new(), 0, None, false);
        Self { nonce: [number; 16], choices, receipts, admitted, refused, unknown }
    }

    const fn is_settled(&self) -> bool {
        !self.receipts.is_empty() || self.refused.is_some()
    }

    fn hear(&mut self, answer: Option<Answer>, on_roll: bool) {
        let refusal = match answer {
            Some(Ok(Verdict::Admitted(receipt))) => {
                self.admitted += 1;
                return self.receipts.push(receipt);
            }
            Some(Ok(Verdict::Repeated(receipt))) => return self.receipts.push(receipt),
            Some(Ok(Verdict::Refused(refusal)) | Err(StoreError::Refused(refusal))) => refusal,
            Some(Err(_)) => return,
            None => Refusal::OutcomeUnknown,
        };
        match refusal {
            Refusal::OutcomeUnknown => self.unknown = true,
            Refusal::Busy => {}
            // A code is known from the activation on.
            Refusal::TokenUnknown if on_roll => {}
            refusal => self.refused = Some(refusal),
        }
    }
}

impl World {
    pub fn vote(&mut self, number: usize) {
        let voter = &mut self.voters[number];
        if voter.under_way > 0 {
            return;
        }
        let Some(body) = voter.next(&mut self.rng) else {
            voter.done = true;
            return;
        };
        self.cast(number, body);
        if self.rng.random_bool(0.15) {
            let twice = if self.rng.random_bool(0.6) { body } else { 1 - body };
            self.cast(number, twice);
        }
        if self.voters[number].under_way == 0 {
            self.try_later(number);
        }
    }

    fn try_later(&mut self, voter: usize) {
        let pause = Duration::from_millis(20) + self.within(800);
        self.after(pause, Event::Voter(voter));
    }

    /// Sends a request to some process; nothing happens when that is not there.
    fn cast(&mut self, number: usize, body: usize) {
        let process = self.some_process();
        if !self.processes[process].lives {
            return;
        }
        let (answer, answered) = oneshot::channel();
        let voter = &self.voters[number];
        let Body { nonce, choices, .. } = &voter.bodies[body];
        let cast = CastBallot { token: voter.token, nonce: *nonce, choices: choices.clone(), answer };
        if !self.enqueue(process, voter.election, cast) {
            return self.note(|| format!("voter {number} is refused by process {process}"));
        }
        self.voters[number].under_way += 1;
        let id = self.name();
        self.note(|| format!("voter {number} sends ballot {body} to process {process} (attempt {id})"));
        self.attempts.insert(id, Attempt { voter: number, body, sent: self.now, answered });
        if self.chance(|faults| faults.hung_up) {
            self.after(LONGEST_WAIT, Event::HangUp(id));
        }
    }

    pub fn hang_up(&mut self, attempt: Id) {
        if let Some(Attempt { voter, body, .. }) = self.attempts.remove(&attempt) {
            self.hear(attempt, voter, body, None);
        }
    }

    /// Brings verdicts to the voters who wait for them.
    pub fn collect_answers(&mut self) {
        let mut heard = Vec::new();
        for (id, attempt) in &mut self.attempts {
            match attempt.answered.try_recv() {
                Ok(answer) => heard.push((*id, Some(answer))),
                Err(TryRecvError::Closed) => heard.push((*id, None)),
                Err(TryRecvError::Empty) => {}
            }
        }
        for (id, answer) in heard {
            if let Some(Attempt { voter, body, sent, .. }) = self.attempts.remove(&id) {
                let unknown =
                    matches!(answer, None | Some(Err(StoreError::Refused(Refusal::OutcomeUnknown))));
                self.hear(id, voter, body, answer);
                if unknown && sent > self.last_harm {
                    self.breaks(format!(
                        "voter {voter} hears nothing of attempt {id}, and nothing was wrong"
                    ));
                }
            }
        }
    }

    fn hear(&mut self, attempt: Id, number: usize, body: usize, answer: Option<Answer>) {
        self.note(|| format!("voter {number} hears of attempt {attempt}: {answer:?}"));
        let voter = &mut self.voters[number];
        let on_roll = voter.on_roll;
        voter.bodies[body].hear(answer, on_roll);
        voter.under_way -= 1;
        if voter.under_way == 0 {
            self.try_later(number);
        }
    }

    /// Long after everything is mended nobody waits for what was asked before.
    pub fn look_for_forgotten(&mut self) {
        let forgotten = self.attempts.iter().find(|(_, attempt)| attempt.sent + LONGEST_PATIENCE < self.now);
        if let Some(id) = forgotten.map(|(id, _)| *id) {
            self.breaks(format!("attempt {id} is never answered"));
        }
    }

    pub fn find_who_waits(&mut self) {
        let waiting: Vec<Id> = self.attempts.keys().copied().collect();
        let undone: Vec<usize> = (0..self.voters.len()).filter(|voter| !self.voters[*voter].done).collect();
        self.breaks(format!("nothing moves: attempts {waiting:?} wait, voters {undone:?} have no answer"));
    }

    /// Compares what everybody was told with what has been recorded.
    pub fn look_back(&mut self) {
        for number in 0..self.voters.len() {
            for body in 0..2 {
                if let Some(problem) = self.problem_with(number, body) {
                    self.breaks(format!("ballot {body} of voter {number} {problem}"));
                }
            }
        }
        for election in 0..self.rows.len() {
            let told = self.processes.iter().filter_map(|process| process.told.get(&election).copied());
            let last = told.max().unwrap_or_default();
            if !self.rows[election].is_sound() {
                self.breaks(format!("chain, tokens and tally of election {election} do not agree"));
            } else if self.broken.is_none() && last != self.rows[election].revision {
                self.breaks(format!("the end of election {election} was not announced"));
            }
        }
    }

    fn problem_with(&self, number: usize, body: usize) -> Option<String> {
        let voter = &self.voters[number];
        let row = &self.rows[voter.election];
        let mine: Vec<_> = row.chain.iter().filter(|ballot| ballot.token == voter.token).collect();
        let Body { nonce, choices, receipts, admitted, refused, unknown } = &voter.bodies[body];
        let definition = row.definition();
        let marks = choices.as_ref().ok().and_then(|choices| definition.paper.mark(choices).ok());
        let mac = marks.zip(definition.keys.as_ref());
        let mac = mac.map(|(marks, keys)| retry_mac(&keys.retry, &voter.token, nonce, marks.bytes()));
        let counted = mac.and_then(|mac| mine.iter().find(|ballot| ballot.retry_mac == mac));
        match counted {
            _ if mine.len() > 1 => Some("is one of two with one code".into()),
            _ if *admitted > 1 => Some("was admitted twice".into()),
            Some(_) if refused.is_some() => Some(format!("is counted, but was refused: {refused:?}")),
            Some(_) if receipts.is_empty() && !unknown => Some("is counted, but was never taken".into()),
            Some(ballot) if receipts.iter().any(|receipt| *receipt != ballot.receipt) => {
                Some("has a receipt that is not its own".into())
            }
            None if !receipts.is_empty() => Some("was acknowledged, but is not counted".into()),
            None if *refused == Some(Refusal::AlreadyVoted) && mine.is_empty() => {
                Some("came too late, but for no other".into())
            }
            _ => None,
        }
    }
}
