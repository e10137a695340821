//! Admitting ballots: one transaction spends tokens and extends the chains of many elections.
//!
//! The order matters. A statement that waits for a lock keeps the snapshot and the clock of its
//! start, so the heads are locked first, and whatever decides about a vote (the clock, the tokens)
//! is read by later statements.

use std::collections::HashMap;
use std::sync::Arc;

use deadpool_postgres::Object;
use futures_util::future::join;
use futures_util::join;
use rand::seq::SliceRandom;
use time::OffsetDateTime;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;
use uvote_domain::ballot::{Marks, Nonce};
use uvote_domain::chain::{self, Hash};
use uvote_domain::election::Status;
use uvote_domain::refusal::{FieldError, Refusal};
use uvote_domain::seal::{self, Purpose};
use uvote_domain::tally::running::{RunningTally, TurnoutMinute};
use uvote_domain::token::TokenHash;

use super::heads::{self, Definition, Head};
use super::{Client, Database, Parameters, Result, StoreError, describe, row_if_any};

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
    let mut locked = lock_heads(session.client()?, batches).await?;
    spend_tokens(session.client()?, &mut locked).await?;
    let plan = Plan::of(&mut locked)?;
    let judged = write(session.client()?, &statements, &plan, &mut locked).await?;
    session.finish();
    Ok(batches.iter().map(|batch| outcome(batch, &mut locked, &judged)).collect())
}

async fn lock_heads<'a>(client: &Client, batches: &'a [Batch]) -> Committed<HashMap<Uuid, Locked<'a>>> {
    let sql = format!(
        "SELECT {} FROM election_heads WHERE election_id = ANY($1) ORDER BY election_id FOR UPDATE SKIP LOCKED",
        heads::COLUMNS
    );
    let statement = client.prepare_cached(&sql).await?;
    let ids: Vec<Uuid> = batches.iter().map(|batch| batch.definition.id).collect();
    let (begun, rows) = join(client.batch_execute("BEGIN"), client.query(&statement, &[&ids])).await;
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
async fn spend_tokens(client: &Client, locked: &mut HashMap<Uuid, Locked<'_>>) -> Committed<()> {
    let sql = "UPDATE voting_tokens t SET spent = true
        FROM unnest($1::uuid[], $2::bytea[], $3::timestamptz[], $4::timestamptz[], $5::int4[])
            AS c (election_id, token_hash, opens_at, closes_at, lifetime_hours)
        WHERE t.election_id = c.election_id AND t.token_hash = c.token_hash AND NOT t.spent
            AND clock_timestamp() < coalesce(c.closes_at, 'infinity')
            AND clock_timestamp() < greatest(t.issued_at, c.opens_at) + make_interval(hours => c.lifetime_hours)
        RETURNING t.election_id, t.token_hash";
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
    let statement = client.prepare_cached(sql).await?;
    for row in client.query(&statement, &[&elections, &tokens, &opens, &closes, &lifetimes]).await? {
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

/// The columns of everything that is to be written.
#[derive(Default)]
struct Plan {
    elections: Vec<Uuid>,
    positions: Vec<i64>,
    sealed: Vec<Vec<u8>>,
    retry_macs: Vec<Vec<u8>>,
    hashes: Vec<Vec<u8>>,
    previous: Vec<Vec<u8>>,
    heads: Vec<Uuid>,
    runnings: Vec<Vec<u8>>,
    minute_elections: Vec<Uuid>,
    minutes: Vec<OffsetDateTime>,
    minute_ballots: Vec<i64>,
}

impl Plan {
    fn of(locked: &mut HashMap<Uuid, Locked<'_>>) -> Committed<Self> {
        let mut plan = Self::default();
        let now = OffsetDateTime::now_utc().unix_timestamp().div_euclid(60);
        for locked in locked.values_mut().filter(|locked| !locked.spent.is_empty()) {
            plan.add(locked, now)?;
        }
        Ok(plan)
    }

    /// Seals, shuffles and chains the admitted ballots of an election, and counts them.
    fn add(&mut self, locked: &mut Locked<'_>, minute: i64) -> Committed<()> {
        let Locked { batch, head, spent, receipts, running } = locked;
        let (Some(keys), Some(running)) = (&batch.definition.keys, running) else { return Ok(()) };
        let mut admitted: Vec<(&Cast, &Marks)> = batch
            .casts
            .iter()
            .filter(|cast| spent.contains_key(&cast.token))
            .filter_map(|cast| Some((cast, cast.marks.as_ref().ok()?)))
            .collect();
        admitted.shuffle(&mut rand::rng());
        let mut previous: Hash = head
            .head_hash
            .as_slice()
            .try_into()
            .map_err(|_| StoreError::Database("a head hash is not 32 bytes".into()))?;
        for (cast, marks) in &admitted {
            let plaintext = batch.definition.paper.encode(&cast.nonce, marks);
            let sealed =
                seal::seal(&keys.ballot, Purpose::Ballot, head.election_id, rand::random(), &plaintext)
                    .map_err(|error| StoreError::Database(error.to_string()))?;
            head.position += 1;
            let hash = chain::ballot_hash(head.election_id, head.position, &sealed, &previous);
            receipts.insert(cast.token, Receipt { hash, position: head.position });
            self.elections.push(head.election_id);
            self.positions.push(head.position);
            self.sealed.push(sealed);
            self.retry_macs.push(cast.retry_mac.to_vec());
            self.hashes.push(hash.to_vec());
            self.previous.push(previous.to_vec());
            previous = hash;
        }
        head.head_hash = previous.to_vec();
        let marks: Vec<&Marks> = admitted.iter().map(|(_, marks)| *marks).collect();
        let finished = running.count(&batch.definition.paper, &marks, head.position, minute);
        self.heads.push(head.election_id);
        self.runnings.push(batch.definition.seal_running(running)?);
        self.add_minute(head.election_id, finished);
        Ok(())
    }

    fn add_minute(&mut self, election: Uuid, finished: Option<TurnoutMinute>) {
        let Some(finished) = finished else { return };
        self.minute_elections.push(election);
        self.minutes.push(heads::minute_start(finished.minute));
        self.minute_ballots.push(i64::from(finished.ballots));
    }
}

/// What travels together with the commit. All of it is prepared before the transaction begins: a
/// statement that had to be prepared in between would reach PostgreSQL behind the commit.
struct Statements {
    ballots: Statement,
    heads: Statement,
    minutes: Statement,
    question: Statement,
}

impl Statements {
    async fn prepare(client: &Client) -> Committed<Self> {
        Ok(Self {
            ballots: client.prepare_cached(INSERT_BALLOTS).await?,
            heads: client.prepare_cached(MOVE_HEADS).await?,
            minutes: client.prepare_cached(TELL_MINUTES).await?,
            question: client.prepare_cached(JUDGE_TOKENS).await?,
        })
    }
}

const INSERT_BALLOTS: &str =
    "INSERT INTO ballots (election_id, position, sealed, retry_mac, ballot_hash, previous_hash)
    SELECT * FROM unnest($1::uuid[], $2::int8[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[])";

const MOVE_HEADS: &str = "UPDATE election_heads h SET sealed_running = c.running
    FROM unnest($1::uuid[], $2::bytea[]) AS c (election_id, running)
    WHERE h.election_id = c.election_id RETURNING h.election_id, h.revision";

const TELL_MINUTES: &str = "INSERT INTO turnout_minutes (election_id, minute, ballots)
    SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::int8[])
    ON CONFLICT (election_id, minute) DO UPDATE SET ballots = turnout_minutes.ballots + excluded.ballots";

const JUDGE_TOKENS: &str = "SELECT c.election_id, c.token_hash, t.voter_id IS NOT NULL AS known, r.token_hash IS NOT NULL AS replaced,
        coalesce(t.spent, false) AS spent, b.position, b.ballot_hash,
        coalesce(clock_timestamp() >= greatest(t.issued_at, c.opens_at) + make_interval(hours => c.lifetime_hours), false) AS expired,
        coalesce(clock_timestamp() >= h.closes_at, false) AS past_close
    FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::timestamptz[], $5::int4[])
        AS c (election_id, token_hash, retry_mac, opens_at, lifetime_hours)
    JOIN election_heads h ON h.election_id = c.election_id
    LEFT JOIN voting_tokens t ON t.election_id = c.election_id AND t.token_hash = c.token_hash
    LEFT JOIN replaced_tokens r ON r.election_id = c.election_id AND r.token_hash = c.token_hash
    LEFT JOIN ballots b ON t.spent AND b.election_id = c.election_id AND b.retry_mac = c.retry_mac";

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

async fn insert(client: &Client, statements: &Statements, plan: &Plan) -> Result<Vec<(Uuid, i64)>> {
    if plan.elections.is_empty() {
        return Ok(Vec::new());
    }
    let (ballots, heads): (_, Parameters<'_>) = (ballot_values(plan), &[&plan.heads, &plan.runnings]);
    let (inserted, moved, told) = join!(
        client.execute(&statements.ballots, &ballots),
        client.query(&statements.heads, heads),
        tell_minutes(client, &statements.minutes, plan),
    );
    inserted?;
    told?;
    Ok(moved?.iter().map(|row| (row.get("election_id"), row.get("revision"))).collect())
}

async fn tell_minutes(
    client: &Client,
    statement: &Statement,
    plan: &Plan,
) -> std::result::Result<u64, tokio_postgres::Error> {
    if plan.minutes.is_empty() {
        return Ok(0);
    }
    client.execute(statement, &[&plan.minute_elections, &plan.minutes, &plan.minute_ballots]).await
}

fn ballot_values(plan: &Plan) -> [&(dyn tokio_postgres::types::ToSql + Sync); 6] {
    [&plan.elections, &plan.positions, &plan.sealed, &plan.retry_macs, &plan.hashes, &plan.previous]
}

/// The casts that were not admitted: why not?
struct Question {
    elections: Vec<Uuid>,
    tokens: Vec<Vec<u8>>,
    retry_macs: Vec<Vec<u8>>,
    opens: Vec<Option<OffsetDateTime>>,
    lifetimes: Vec<i32>,
}

/// What the database knows of a token that was not admitted.
struct Finding {
    known: bool,
    replaced: bool,
    spent: bool,
    expired: bool,
    repeated: Option<Receipt>,
    past_close: bool,
}

type Judged = HashMap<(Uuid, TokenHash), Finding>;

impl Question {
    fn of(locked: &HashMap<Uuid, Locked<'_>>) -> Self {
        let mut question =
            Self { elections: vec![], tokens: vec![], retry_macs: vec![], opens: vec![], lifetimes: vec![] };
        for locked in locked.values() {
            for cast in locked.batch.casts.iter().filter(|cast| !locked.spent.contains_key(&cast.token)) {
                question.elections.push(locked.head.election_id);
                question.tokens.push(cast.token.to_vec());
                question.retry_macs.push(cast.retry_mac.to_vec());
                question.opens.push(locked.head.opens_at);
                question.lifetimes.push(locked.batch.definition.link_lifetime_hours);
            }
        }
        question
    }

    async fn ask(&self, client: &Client, statement: &Statement) -> Result<Judged> {
        if self.tokens.is_empty() {
            return Ok(Judged::new());
        }
        let found = client
            .query(
                statement,
                &[&self.elections, &self.tokens, &self.retry_macs, &self.opens, &self.lifetimes],
            )
            .await?;
        found.iter().map(|row| Ok(((row.get("election_id"), token_of(row)?), finding(row)?))).collect()
    }
}

fn finding(row: &Row) -> Result<Finding> {
    Ok(Finding {
        known: row.get("known"),
        replaced: row.get("replaced"),
        spent: row.get("spent"),
        expired: row.get("expired"),
        past_close: row.get("past_close"),
        repeated: receipt(row)?,
    })
}

fn receipt(row: &Row) -> Result<Option<Receipt>> {
    let (Some(position), Some(hash)) =
        (row.get::<_, Option<i64>>("position"), row.get::<_, Option<&[u8]>>("ballot_hash"))
    else {
        return Ok(None);
    };
    let hash = hash.try_into().map_err(|_| StoreError::Database("a ballot hash is not 32 bytes".into()))?;
    Ok(Some(Receipt { hash, position }))
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

/// The order of `api.md`: unknown, replaced, spent, not open, expired, invalid.
fn judge(finding: Option<&Finding>, cast: &Cast, head: &Head) -> Verdict {
    let refusal = match finding {
        Some(finding) if finding.replaced => Refusal::TokenReplaced,
        Some(finding) if !finding.known => Refusal::TokenUnknown,
        None => Refusal::TokenUnknown,
        Some(Finding { spent: true, repeated: Some(receipt), .. }) => return Verdict::Repeated(*receipt),
        Some(finding) if finding.spent => Refusal::AlreadyVoted,
        Some(finding) if head.status != Status::Active || head.deleted || finding.past_close => {
            Refusal::ElectionNotActive
        }
        Some(finding) if finding.expired => Refusal::TokenExpired,
        Some(_) => match &cast.marks {
            Err(errors) => Refusal::InvalidBallot(errors.clone()),
            // Spendable a moment after it was not: the clock or the head moved in between.
            Ok(_) => Refusal::Busy,
        },
    };
    Verdict::Refused(refusal)
}

/// The position of a receipt's ballot in the chain of an election.
///
/// # Errors
/// As the database.
pub async fn position_of(client: &Client, election: Uuid, receipt: &[u8]) -> Result<Option<i64>> {
    let sql = "SELECT position FROM ballots WHERE ballot_hash = $1 AND election_id = $2";
    Ok(row_if_any(client, sql, &[&receipt, &election]).await?.map(|row| row.get("position")))
}
