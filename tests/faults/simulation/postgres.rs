//! A model of PostgreSQL's transactions: head locks, commits whose outcome nobody learns, connections
//! that break at every point, and work that goes on after whoever asked for it is gone.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use uvote::actors::election::Announcement;
use uvote::store::StoreError;
use uvote::store::ballots::{Batch, CommitError, Outcome};
use uvote::store::definition::Definition;

use super::agenda::{Event, Id};
use super::committer::words;
use super::store::{Row, Step};
use super::world::World;

const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
const CLIENT_TIMEOUT: Duration = Duration::from_secs(15);

/// What an election reads of its head.
pub type Loaded = (Arc<Definition>, Announcement);

/// Whoever waits for the end of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    Election(Id),
    Committer(Id),
    Process(usize),
}

/// What a transaction does.
pub enum Work {
    Load(usize),
    Commit(Vec<Part>),
    Step(usize, Step),
}

/// What a commit does to one election.
pub struct Part {
    election: usize,
    batch: Batch,
    /// Which tokens it has spent; nothing while it does not hold the head.
    spent: Option<Vec<bool>>,
}

enum Stage {
    Connect,
    Lock,
    WaitForLock,
    /// Everything up to the statements that travel with the commit.
    Read,
    /// The commit has been sent.
    Commit,
    Answer(Done),
    /// Nobody listens any more, but PostgreSQL has not noticed.
    Orphan {
        commits: bool,
    },
}

enum Done {
    Loaded(Loaded),
    Committed(Vec<Outcome>),
    Stepped,
}

pub struct Transaction {
    begun_by: Client,
    /// Nobody when it is gone.
    client: Option<Client>,
    work: Work,
    stage: Stage,
}

impl Work {
    pub fn commit(batches: &[Batch], rows: &[Row]) -> Self {
        let part = |batch: &Batch| Part {
            election: rows.iter().position(|row| row.definition().id == batch.definition.id).unwrap(),
            batch: Batch { definition: Arc::clone(&batch.definition), casts: batch.casts.clone() },
            spent: None,
        };
        Self::Commit(batches.iter().map(part).collect())
    }
}

impl Transaction {
    fn waits_for(&self, head: usize) -> bool {
        let wanted = matches!(self.work, Work::Load(election) | Work::Step(election, _) if election == head);
        wanted && matches!(self.stage, Stage::WaitForLock)
    }
}

fn unavailable() -> CommitError {
    CommitError::NothingDone(StoreError::Unavailable("the connection broke".into()))
}

fn unknown() -> CommitError {
    CommitError::Unknown("the connection broke".into())
}

impl World {
    pub fn begin(&mut self, client: Client, work: Work) {
        let id = self.name();
        let timeout = matches!(work, Work::Commit(_));
        self.transactions
            .insert(id, Transaction { begun_by: client, client: Some(client), work, stage: Stage::Connect });
        self.step_on(id);
        if timeout {
            self.after(CLIENT_TIMEOUT, Event::ClientTimeout(id));
        }
    }

    fn step_on(&mut self, id: Id) {
        let pause = self.moment_later();
        self.after(pause, Event::Transaction(id));
    }

    fn keep(&mut self, id: Id, transaction: Transaction) {
        self.transactions.insert(id, transaction);
    }

    pub fn go_on(&mut self, id: Id) {
        let Some(mut transaction) = self.transactions.remove(&id) else { return };
        if transaction.client.is_none() && !matches!(transaction.stage, Stage::Orphan { .. }) {
            let sent = matches!(transaction.stage, Stage::Commit);
            let commits = sent && self.rng.random_bool(0.5);
            transaction.stage = Stage::Orphan { commits };
        }
        match std::mem::replace(&mut transaction.stage, Stage::Connect) {
            Stage::Connect => self.connect(id, transaction),
            Stage::Lock => self.lock(id, transaction, true),
            Stage::WaitForLock => self.lock(id, transaction, false),
            Stage::Read => self.read(id, transaction),
            Stage::Commit => self.commit(id, transaction),
            Stage::Answer(_) if self.chance(|faults| faults.lost) => {
                self.fail(transaction.client, &transaction.work, unknown());
            }
            Stage::Answer(done) => self.answer(transaction.client, &transaction.work, done),
            Stage::Orphan { commits } => self.end_orphan(id, &transaction, commits),
        }
    }

    fn connect(&mut self, id: Id, mut transaction: Transaction) {
        if self.now < self.away_until || self.chance(|faults| faults.lost) {
            return self.fail(transaction.client, &transaction.work, unavailable());
        }
        transaction.stage = Stage::Lock;
        self.keep(id, transaction);
        self.step_on(id);
    }

    /// A commit skips what others hold; whoever else wants a head waits for it.
    fn lock(&mut self, id: Id, mut transaction: Transaction, first: bool) {
        match &mut transaction.work {
            Work::Commit(parts) => {
                for part in parts {
                    if self.locks[part.election].is_none() {
                        self.locks[part.election] = Some(id);
                        part.spent = Some(Vec::new());
                    }
                }
            }
            Work::Load(election) | Work::Step(election, _) if self.locks[*election].is_some() => {
                if first {
                    self.after(LOCK_TIMEOUT, Event::LockTimeout(id));
                }
                transaction.stage = Stage::WaitForLock;
                return self.keep(id, transaction);
            }
            Work::Load(election) | Work::Step(election, _) => self.locks[*election] = Some(id),
        }
        transaction.stage = Stage::Read;
        self.keep(id, transaction);
        self.step_on(id);
    }

    pub fn lock_timeout(&mut self, id: Id) {
        let waits = |transaction: &Transaction| matches!(transaction.stage, Stage::WaitForLock);
        if !self.transactions.get(&id).is_some_and(waits) {
            return;
        }
        if let Some(transaction) = self.transactions.remove(&id) {
            self.fail(transaction.client, &transaction.work, unavailable());
        }
    }

    pub fn client_timeout(&mut self, id: Id) {
        let Some(transaction) = self.transactions.get_mut(&id) else { return };
        if let Some(Client::Committer(committer)) = transaction.client.take() {
            self.harm(|| format!("committer {committer} waits no longer"));
            self.round_settled(committer, Err(CommitError::Unknown("no answer in time".into())));
        }
    }

    fn read(&mut self, id: Id, mut transaction: Transaction) {
        if self.chance(|faults| faults.lost) {
            return self.lose(id, transaction, false, unavailable());
        }
        transaction.stage = match &mut transaction.work {
            Work::Load(election) => {
                let loaded = self.rows[*election].read();
                self.release(id);
                Stage::Answer(Done::Loaded(loaded))
            }
            Work::Commit(parts) => {
                for part in parts.iter_mut().filter(|part| part.spent.is_some()) {
                    part.spent = Some(self.rows[part.election].spend(&part.batch, self.now));
                }
                Stage::Commit
            }
            Work::Step(..) => Stage::Commit,
        };
        self.keep(id, transaction);
        self.step_on(id);
    }

    fn commit(&mut self, id: Id, mut transaction: Transaction) {
        let cursed = |part: &Part| Some(part.election) == self.cursed && part.spent.is_some();
        let cursed = matches!(&transaction.work, Work::Commit(parts) if parts.iter().any(cursed));
        if cursed || self.chance(|faults| faults.refused) {
            self.release(id);
            let refused = StoreError::Database("a statement was refused".into());
            return self.fail(transaction.client, &transaction.work, CommitError::NothingDone(refused));
        }
        if self.chance(|faults| faults.lost) {
            let commits = self.rng.random_bool(0.5);
            return self.lose(id, transaction, commits, unknown());
        }
        transaction.stage = Stage::Answer(self.apply(&transaction));
        self.release(id);
        self.keep(id, transaction);
        self.step_on(id);
    }

    fn apply(&mut self, transaction: &Transaction) -> Done {
        match &transaction.work {
            Work::Step(election, step) => {
                self.rows[*election].take_step(*step);
                self.note(|| format!("{step:?} of election {election} is committed"));
                Done::Stepped
            }
            Work::Commit(parts) => {
                let mut outcomes = Vec::with_capacity(parts.len());
                for Part { election, batch, spent } in parts {
                    let row = &mut self.rows[*election];
                    let outcome = match spent {
                        Some(spent) => row.commit(batch, spent, self.now, &mut self.rng),
                        None => Outcome::HeldElsewhere,
                    };
                    self.note(|| format!("election {election} in PostgreSQL: {}", words(&outcome)));
                    outcomes.push(outcome);
                    if let (Client::Committer(committer), Some(_)) = (transaction.begun_by, spent) {
                        self.election_moved(committer, *election);
                    }
                }
                Done::Committed(outcomes)
            }
            Work::Load(_) => unreachable!("a load commits nothing"),
        }
    }

    /// The connection breaks: whoever began is told, and PostgreSQL notices later.
    fn lose(&mut self, id: Id, mut transaction: Transaction, commits: bool, error: CommitError) {
        self.fail(transaction.client.take(), &transaction.work, error);
        transaction.stage = Stage::Orphan { commits };
        self.keep(id, transaction);
        let pause = self.within(2_000);
        self.after(pause, Event::Transaction(id));
    }

    fn end_orphan(&mut self, id: Id, transaction: &Transaction, commits: bool) {
        self.note(|| format!("PostgreSQL ends transaction {id} by itself: {commits}"));
        if commits {
            self.apply(transaction);
        }
        self.release(id);
    }

    /// Gives back every lock of a transaction to those who wait.
    fn release(&mut self, id: Id) {
        for election in 0..self.locks.len() {
            if self.locks[election] == Some(id) {
                self.locks[election] = None;
                let next = self.transactions.iter().find(|(_, next)| next.waits_for(election));
                if let Some(next) = next.map(|(next, _)| *next) {
                    self.after(Duration::ZERO, Event::Transaction(next));
                }
            }
        }
    }

    /// Whoever these clients are, they wait no longer.
    pub fn leave(&mut self, gone: &dyn Fn(&Client) -> bool) {
        for transaction in self.transactions.values_mut() {
            transaction.client = transaction.client.filter(|client| !gone(client));
        }
    }

    /// Every connection breaks, and PostgreSQL knows it.
    pub fn crash_connections(&mut self) {
        self.note(|| "every connection to PostgreSQL breaks".into());
        self.locks.fill(None);
        for (_, transaction) in std::mem::take(&mut self.transactions) {
            let error = match transaction.stage {
                Stage::Commit | Stage::Answer(_) => unknown(),
                _ => unavailable(),
            };
            self.fail(transaction.client, &transaction.work, error);
        }
    }

    /// Tells whoever began a transaction that it failed.
    fn fail(&mut self, client: Option<Client>, work: &Work, error: CommitError) {
        self.harm(|| format!("{client:?} is told: {error:?}"));
        match (client, work) {
            (Some(Client::Election(actor)), _) => {
                self.loaded(actor, Err(StoreError::Unavailable("the connection broke".into())));
            }
            (Some(Client::Committer(committer)), _) => self.round_settled(committer, Err(error)),
            (Some(Client::Process(process)), Work::Step(election, step)) => {
                self.step_ended(process, *election, *step);
            }
            _ => {}
        }
    }

    fn answer(&mut self, client: Option<Client>, work: &Work, done: Done) {
        match (client, work, done) {
            (Some(Client::Election(actor)), _, Done::Loaded(loaded)) => self.loaded(actor, Ok(loaded)),
            (Some(Client::Committer(committer)), _, Done::Committed(outcomes)) => {
                self.round_settled(committer, Ok(outcomes));
            }
            (Some(Client::Process(process)), Work::Step(election, step), _) => {
                self.step_ended(process, *election, *step);
            }
            _ => {}
        }
    }
}
