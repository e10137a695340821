//! Admitting ballots: one transaction spends tokens and extends the chains of many elections.
//!
//! The order matters. A statement that waits for a lock keeps the snapshot and the clock of its
//! start, so the heads are locked first, and whatever decides about a vote (the clock, the tokens)
//! is read by later statements.

mod judgement;
mod plan;

use std::collections::HashMap;
use std::sync::Arc;

use deadpool_postgres::Object;
use futures_util::future::join;
use futures_util::join;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;
use uvote_domain::ballot::{Marks, Nonce};
use uvote_domain::chain::Hash;
use uvote_domain::election::Status;
use uvote_domain::refusal::{FieldError, Refusal};
use uvote_domain::tally::running::RunningTally;
use uvote_domain::token::TokenHash;

use self::judgement::{JUDGE_TOKENS, Judged, Question, judge};
use self::plan::{Plan, insert};
use super::definition::Definition;
use super::heads::{self, Head};
use super::{Client, Database, Result, StoreError, describe, row_if_any};

/// A voter's wish, as far as it can be judged without the database.
#[derive(Debug, Clone)]
pub struct Cast {
    /// The hash of the token.
    pub token: TokenHash,
    /// The voter's nonce.
    pub nonce: Nonce,
    /// The marks, or what is wrong with the choices.
    pub marks: std::result::Result<Marks, Vec<FieldError>>,
    /// Recognises the same request when it comes again.
    pub retry_mac: [u8; 32],
}

/// The waiting casts of one election; each token at most once.
pub struct Batch {
    /// The election.
    pub definition: Arc<Definition>,
    /// Its casts.
    pub casts: Vec<Cast>,
}

/// What became of a cast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Counted now.
    Admitted(Receipt),
    /// The same request was counted before.
    Repeated(Receipt),
    /// Not counted.
    Refused(Refusal),
}

/// Proof that a ballot is in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The ballot's hash.
    pub hash: Hash,
    /// Its place in the chain, from 1.
    pub position: i64,
}

/// What became of a batch.
pub enum Outcome {
    /// Everything is durable; a verdict for each cast, in their order.
    Committed {
        /// In the order of the casts.
        verdicts: Vec<Verdict>,
        /// The head as it is now.
        head: Box<Head>,
        /// Its running tally, when the election has a key.
        running: Option<Box<RunningTally>>,
    },
    /// Another process holds the head; nothing was done.
    HeldElsewhere,
}

/// Why a transaction did not end well.
#[derive(Debug, Clone)]
pub enum CommitError {
    /// Nothing was recorded.
    NothingDone(StoreError),
    /// The connection broke while the commit was under way: it may have happened.
    Unknown(String),
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        Self::NothingDone(error)
    }
}

impl From<tokio_postgres::Error> for CommitError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::NothingDone(error.into())
    }
}

type Committed<T> = std::result::Result<T, CommitError>;

/// A connection in the middle of a transaction. One that is dropped before its end is closed, not
/// given back: PostgreSQL then rolls back.
struct Session(Option<Client>);

impl Session {
    fn client(&self) -> Committed<&Client> {
        self.0.as_ref().ok_or_else(|| StoreError::Unavailable("the connection is gone".into()).into())
    }

    fn finish(mut self) {
        self.0.take();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.0.take().map(Object::take));
    }
}

/// A batch whose head is locked.
struct Locked<'a> {
    batch: &'a Batch,
    head: Head,
    spent: HashMap<TokenHash, ()>,
    receipts: HashMap<TokenHash, Receipt>,
    running: Option<RunningTally>,
}

/// Commits the batches of several elections in one transaction. Answers in their order.
///
/// # Errors
/// [`CommitError::Unknown`] when nobody can say whether the commit happened.
pub async fn commit_batches(database: &Database, batches: &[Batch]) -> Committed<Vec<Outcome>> {
    let session = Session(Some(database.casting_client().await?));
    let statements = Statements::prepare(session.client()?).await?;
    let mut locked = lock_heads(session.client()?, &statements.lock, batches).await?;
    spend_tokens(session.client()?, &statements.tokens, &mut locked).await?;
    let plan = Plan::of(&mut locked)?;
    let judged = write(session.client()?, &statements, &plan, &mut locked).await?;
    session.finish();
    Ok(batches.iter().map(|batch| outcome(batch, &mut locked, &judged)).collect())
}

/// Opens the connection for casting and prepares its statements, so that the first vote does not
/// wait for that.
///
/// # Errors
/// As the database.
pub async fn warm_up(database: &Database) -> Committed<()> {
    let client = database.casting_client().await?;
    Statements::prepare(&client).await?;
    Ok(())
}

async fn lock_heads<'a>(
    client: &Client,
    statement: &Statement,
    batches: &'a [Batch],
) -> Committed<HashMap<Uuid, Locked<'a>>> {
    let ids: Vec<Uuid> = batches.iter().map(|batch| batch.definition.id).collect();
    let (begun, rows) = join(client.batch_execute("BEGIN"), client.query(statement, &[&ids])).await;
    begun?;
    let mut heads: HashMap<Uuid, Head> =
        rows?.iter().map(heads::read).map(|head| (head.election_id, head)).collect();
    let lock = |batch: &'a Batch| {
        let head = heads.remove(&batch.definition.id)?;
        let running = batch.definition.open_running(&head).ok();
        let locked = Locked { batch, head, spent: HashMap::new(), receipts: HashMap::new(), running };
        Some((batch.definition.id, locked))
    };
    Ok(batches.iter().filter_map(lock).collect())
}

impl Locked<'_> {
    fn is_open(&self) -> bool {
        self.head.status == Status::Active && !self.head.deleted && self.running.is_some()
    }
}

/// Spends the tokens of every cast that may count, by the clock of this moment.
async fn spend_tokens(
    client: &Client,
    statement: &Statement,
    locked: &mut HashMap<Uuid, Locked<'_>>,
) -> Committed<()> {
    let (mut elections, mut tokens, mut opens, mut closes, mut lifetimes) =
        (vec![], vec![], vec![], vec![], vec![]);
    for locked in locked.values().filter(|locked| locked.is_open()) {
        for cast in locked.batch.casts.iter().filter(|cast| cast.marks.is_ok()) {
            elections.push(locked.head.election_id);
            tokens.push(cast.token.as_slice());
            opens.push(locked.head.opens_at);
            closes.push(locked.head.closes_at);
            lifetimes.push(locked.batch.definition.link_lifetime_hours);
        }
    }
    if tokens.is_empty() {
        return Ok(());
    }
    for row in client.query(statement, &[&elections, &tokens, &opens, &closes, &lifetimes]).await? {
        let token = token_of(&row)?;
        if let Some(locked) = locked.get_mut(&row.get("election_id")) {
            locked.spent.insert(token, ());
        }
    }
    Ok(())
}

fn token_of(row: &Row) -> Result<TokenHash> {
    row.get::<_, &[u8]>("token_hash")
        .try_into()
        .map_err(|_| StoreError::Database("a token hash is not 32 bytes".into()))
}

/// Everything a transaction says, prepared before it begins: a statement that had to be prepared in
/// between would reach PostgreSQL behind the commit that travels with it.
struct Statements {
    lock: Statement,
    tokens: Statement,
    ballots: Statement,
    heads: Statement,
    minutes: Statement,
    question: Statement,
}

impl Statements {
    async fn prepare(client: &Client) -> Committed<Self> {
        let lock = format!(
            "SELECT {} FROM election_heads WHERE election_id = ANY($1) ORDER BY election_id FOR UPDATE SKIP LOCKED",
            heads::COLUMNS
        );
        Ok(Self {
            lock: client.prepare_cached(&lock).await?,
            tokens: client.prepare_cached(SPEND_TOKENS).await?,
            ballots: client.prepare_cached(INSERT_BALLOTS).await?,
            heads: client.prepare_cached(MOVE_HEADS).await?,
            minutes: client.prepare_cached(TELL_MINUTES).await?,
            question: client.prepare_cached(JUDGE_TOKENS).await?,
        })
    }
}

const SPEND_TOKENS: &str = "UPDATE voting_tokens t SET spent = true
    FROM unnest($1::uuid[], $2::bytea[], $3::timestamptz[], $4::timestamptz[], $5::int4[])
        AS c (election_id, token_hash, opens_at, closes_at, lifetime_hours)
    WHERE t.election_id = c.election_id AND t.token_hash = c.token_hash AND NOT t.spent
        AND clock_timestamp() < coalesce(c.closes_at, 'infinity')
        AND clock_timestamp() < greatest(t.issued_at, c.opens_at) + make_interval(hours => c.lifetime_hours)
    RETURNING t.election_id, t.token_hash";

const INSERT_BALLOTS: &str =
    "INSERT INTO ballots (election_id, position, sealed, retry_mac, ballot_hash, previous_hash)
    SELECT * FROM unnest($1::uuid[], $2::int8[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[])";

const MOVE_HEADS: &str = "UPDATE election_heads h SET sealed_running = c.running
    FROM unnest($1::uuid[], $2::bytea[]) AS c (election_id, running)
    WHERE h.election_id = c.election_id RETURNING h.election_id, h.revision";

const TELL_MINUTES: &str = "INSERT INTO turnout_minutes (election_id, minute, ballots)
    SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::int8[])
    ON CONFLICT (election_id, minute) DO UPDATE SET ballots = turnout_minutes.ballots + excluded.ballots";
/// Writes the plan, judges what was not admitted, and commits, all in one go.
///
/// The commit travels behind the inserts. Should one of those fail, PostgreSQL turns the commit
/// into a rollback, so only their errors together tell what happened.
async fn write(
    client: &Client,
    statements: &Statements,
    plan: &Plan,
    locked: &mut HashMap<Uuid, Locked<'_>>,
) -> Committed<Judged> {
    let question = Question::of(locked);
    let (written, judged, committed) = join!(
        insert(client, statements, plan),
        question.ask(client, &statements.question),
        client.batch_execute("COMMIT")
    );
    let heads = match written {
        Ok(heads) => heads,
        Err(StoreError::Database(problem)) => return Err(StoreError::Database(problem).into()),
        Err(error) => return Err(CommitError::Unknown(error.to_string())),
    };
    committed.map_err(|error| CommitError::Unknown(describe(&error)))?;
    for (election, revision) in heads {
        if let Some(locked) = locked.get_mut(&election) {
            locked.head.revision = revision;
        }
    }
    Ok(judged?)
}

fn outcome(batch: &Batch, locked: &mut HashMap<Uuid, Locked<'_>>, judged: &Judged) -> Outcome {
    let Some(locked) = locked.remove(&batch.definition.id) else { return Outcome::HeldElsewhere };
    let verdict = |cast: &Cast| match locked.receipts.get(&cast.token) {
        Some(receipt) => Verdict::Admitted(*receipt),
        None => judge(judged.get(&(batch.definition.id, cast.token)), cast, &locked.head),
    };
    Outcome::Committed {
        verdicts: batch.casts.iter().map(verdict).collect(),
        head: Box::new(locked.head.clone()),
        running: locked.running.map(Box::new),
    }
}

/// The position of a receipt's ballot in the chain of an election.
///
/// # Errors
/// As the database.
pub async fn position_of(client: &Client, election: Uuid, receipt: &[u8]) -> Result<Option<i64>> {
    // OFFSET keeps the index of receipts in use, where that of the election looks as good without statistics.
    let sql = "SELECT position FROM (SELECT * FROM ballots WHERE ballot_hash = $1 OFFSET 0) b WHERE election_id = $2";
    Ok(row_if_any(client, sql, &[&receipt, &election]).await?.map(|row| row.get("position")))
}
