//! What PostgreSQL keeps of an election, as far as casting can tell: the head row, the tokens with
//! their spent bits, and the chain. What changes them holds the head's lock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use time::OffsetDateTime;
use uuid::Uuid;
use uvote::actors::election::{Announcement, ShownContest, ShownTally, announcement};
use uvote::keys::SealKeys;
use uvote::store::ballots::{Batch, Cast, Outcome, Receipt, Verdict};
use uvote::store::definition::Definition;
use uvote::store::heads::Head;
use uvote::store::results::Counts;
use uvote_domain::ballot::{BallotPaper, Marks};
use uvote_domain::contest::{Contest, Method};
use uvote_domain::election::{CountState, Publication, Status, TallyVisibility};
use uvote_domain::refusal::Refusal;
use uvote_domain::seal::Key;
use uvote_domain::tally::Tally;
use uvote_domain::tally::running::RunningTally;
use uvote_domain::token::TokenHash;

/// The contest of every election.
pub const CONTEST: Uuid = Uuid::from_u128(1);
/// Who stands in it.
pub const CANDIDATES: [Uuid; 2] = [Uuid::from_u128(2), Uuid::from_u128(3)];

/// A ballot in the chain, and whose token it has spent, which only a model may know.
pub struct Ballot {
    pub token: TokenHash,
    pub retry_mac: [u8; 32],
    pub marks: Marks,
    pub receipt: Receipt,
}

/// An election.
pub struct Row {
    id: Uuid,
    draft: Arc<Definition>,
    activated: Arc<Definition>,
    pub status: Status,
    pub published: bool,
    pub closes_at: Option<Duration>,
    pub revision: i64,
    pub chain: Vec<Ballot>,
    running: RunningTally,
    /// Whether each is spent.
    tokens: BTreeMap<TokenHash, bool>,
    /// What may be told of each revision.
    told: BTreeMap<i64, Announcement>,
}

fn definition(id: Uuid, keys: Option<SealKeys>, tally_visibility: TallyVisibility) -> Arc<Definition> {
    let contest = Contest {
        id: CONTEST,
        method: Method::Plurality,
        seats: 1,
        allow_blank: true,
        candidates: CANDIDATES.to_vec(),
    };
    let (paper, publication) = (BallotPaper::new(vec![contest]), Publication::AtClose);
    Arc::new(Definition { id, paper, keys, link_lifetime_hours: 24, tally_visibility, publication })
}

impl Row {
    /// A draft with these voters.
    pub fn new(id: Uuid, visibility: TallyVisibility, tokens: impl Iterator<Item = TokenHash>) -> Self {
        let keys = SealKeys::from_seal_key(&Key::from_bytes([7; 32]));
        let draft = definition(id, None, visibility);
        let mut row = Self {
            id,
            running: RunningTally::empty(&draft.paper),
            draft,
            activated: definition(id, Some(keys), visibility),
            status: Status::Draft,
            published: false,
            closes_at: None,
            revision: 0,
            chain: Vec::new(),
            tokens: tokens.map(|token| (token, false)).collect(),
            told: BTreeMap::new(),
        };
        row.changed();
        row
    }

    /// What a transaction has changed gets a revision.
    fn changed(&mut self) {
        self.revision += 1;
        let announcement = Announcement {
            election: self.id,
            revision: self.revision,
            status: self.status,
            eligible: self.tokens.len() as i64,
            ballots_cast: self.chain.len() as i64,
            tally: self.shown().map(Arc::new),
        };
        self.told.insert(self.revision, announcement);
    }

    /// The tally that may be shown, counted anew from the chain.
    fn shown(&self) -> Option<ShownTally> {
        let counted = match (self.published, self.draft.tally_visibility) {
            (true, _) => self.chain.len(),
            (false, TallyVisibility::AfterClose) => return None,
            (false, _) if self.status == Status::Draft => return None,
            (false, _) => usize::try_from(self.running.shown_at).unwrap(),
        };
        let tally = self.tally_of(counted);
        let contest = &tally.contests[0];
        let candidates = CANDIDATES.into_iter().zip(contest.votes.iter().copied()).collect();
        Some(ShownTally { contests: vec![ShownContest { id: CONTEST, blank: contest.blank, candidates }] })
    }

    fn tally_of(&self, ballots: usize) -> Tally {
        let mut tally = Tally::empty(&self.draft.paper);
        for ballot in &self.chain[..ballots] {
            tally.add(&self.draft.paper, &ballot.marks);
        }
        tally
    }

    /// Whether the running tally is that of the chain.
    pub fn is_sound(&self) -> bool {
        let places = self.chain.iter().enumerate();
        self.running.current == self.tally_of(self.chain.len())
            && places.clone().all(|(place, ballot)| ballot.receipt.position == place as i64 + 1)
            && self.tokens.values().filter(|spent| **spent).count() == self.chain.len()
            && places.into_iter().all(|(_, ballot)| self.tokens[&ballot.token])
    }

    /// Whether an announcement is the truth of its revision.
    pub fn was(&self, said: &Announcement) -> bool {
        self.told.get(&said.revision).is_some_and(|truth| {
            (truth.status, truth.eligible, truth.ballots_cast, &truth.tally)
                == (said.status, said.eligible, said.ballots_cast, &said.tally)
        })
    }

    pub fn definition(&self) -> Arc<Definition> {
        Arc::clone(if self.status == Status::Draft { &self.draft } else { &self.activated })
    }

    fn head(&self) -> Head {
        let moment = |so: bool| so.then_some(OffsetDateTime::UNIX_EPOCH);
        Head {
            election_id: self.id,
            status: self.status,
            opens_at: None,
            closes_at: None,
            closed_at: moment(self.status == Status::Closed),
            published_at: moment(self.published),
            count_state: if self.published { CountState::Matched } else { CountState::None },
            eligible: self.tokens.len() as i64,
            position: self.chain.len() as i64,
            head_hash: Vec::new(),
            sealed_running: None,
            deleted: false,
            revision: self.revision,
        }
    }

    /// What an election reads when it loads its head.
    pub fn read(&self) -> (Arc<Definition>, Announcement) {
        let definition = self.definition();
        let counts = self.published.then(|| Counts::of(&definition, &self.running.current));
        let running = definition.keys.is_some().then_some(&self.running);
        let announcement = announcement(&definition, &self.head(), running, counts.as_ref());
        (definition, announcement)
    }

    /// Takes a step, unless somebody else has.
    pub fn take_step(&mut self, step: Step) {
        match (step, self.status, self.published) {
            (Step::Activate, Status::Draft, _) => self.status = Status::Active,
            (Step::Close, Status::Active, _) => self.status = Status::Closed,
            (Step::Publish, Status::Closed, false) => self.published = true,
            _ => return,
        }
        self.changed();
    }

    /// Spends the tokens of the casts that may count now; whether each was.
    pub fn spend(&self, batch: &Batch, now: Duration) -> Vec<bool> {
        let open = self.status == Status::Active && batch.definition.keys.is_some() && !self.is_past(now);
        let unspent = |token| self.tokens.get(token) == Some(&false);
        batch.casts.iter().map(|cast| open && cast.marks.is_ok() && unspent(&cast.token)).collect()
    }

    fn is_past(&self, now: Duration) -> bool {
        self.closes_at.is_some_and(|closes_at| now >= closes_at)
    }

    /// Writes the ballots whose tokens were spent, in any order, and judges the others.
    pub fn commit(&mut self, batch: &Batch, spent: &[bool], now: Duration, rng: &mut SmallRng) -> Outcome {
        let casts = batch.casts.iter().zip(spent);
        let mut admitted: Vec<&Cast> = casts.filter(|(_, spent)| **spent).map(|(cast, _)| cast).collect();
        admitted.shuffle(rng);
        self.chain(&admitted);
        let verdict = |(cast, spent): (&Cast, &bool)| match self.ballot(&cast.retry_mac) {
            Some(ballot) if *spent => Verdict::Admitted(ballot.receipt),
            _ => self.judge(cast, now),
        };
        Outcome::Committed {
            verdicts: batch.casts.iter().zip(spent).map(verdict).collect(),
            head: Box::new(self.head()),
            running: batch.definition.keys.is_some().then(|| Box::new(self.running.clone())),
        }
    }

    fn chain(&mut self, admitted: &[&Cast]) {
        for cast in admitted {
            let position = self.chain.len() as i64 + 1;
            let receipt = Receipt { hash: cast.retry_mac, position };
            let marks = cast.marks.clone().unwrap();
            self.chain.push(Ballot { token: cast.token, retry_mac: cast.retry_mac, marks, receipt });
            self.tokens.insert(cast.token, true);
        }
        if admitted.is_empty() {
            return;
        }
        let marks: Vec<&Marks> =
            self.chain[self.chain.len() - admitted.len()..].iter().map(|b| &b.marks).collect();
        self.running.count(&self.draft.paper, &marks, self.chain.len() as i64, 0);
        self.changed();
    }

    pub fn ballot(&self, retry_mac: &[u8; 32]) -> Option<&Ballot> {
        self.chain.iter().find(|ballot| ballot.retry_mac == *retry_mac)
    }

    fn judge(&self, cast: &Cast, now: Duration) -> Verdict {
        let tokens = if self.status == Status::Draft { None } else { self.tokens.get(&cast.token) };
        Verdict::Refused(match (tokens, &cast.marks) {
            (None, _) => Refusal::TokenUnknown,
            (Some(true), _) => match self.ballot(&cast.retry_mac) {
                Some(ballot) => return Verdict::Repeated(ballot.receipt),
                None => Refusal::AlreadyVoted,
            },
            _ if self.status != Status::Active || self.is_past(now) => Refusal::ElectionNotActive,
            (_, Err(errors)) => Refusal::InvalidBallot(errors.clone()),
            (_, Ok(_)) => Refusal::Busy,
        })
    }
}

/// A step of an election.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Activate,
    Close,
    Publish,
}
