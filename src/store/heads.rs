//! The head row: an election's live state, and the lock that serialises it.

use std::collections::HashMap;

use deadpool_postgres::GenericClient;
use futures_util::join;
use serde_json::json;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;
use uvote_domain::ballot::BallotPaper;
use uvote_domain::election::{CountState, Publication, Status, Step, TallyVisibility};
use uvote_domain::fault::Fault;
use uvote_domain::refusal::{FieldError, Refusal};
use uvote_domain::seal::{self, Key, Purpose};
use uvote_domain::tally::running::{LEAST_PER_MINUTE, RunningTally, TurnoutMinute};

use super::audit::{self, Actor};
use super::{Client, Parameters, Result, StoreError, contests, execute, row, row_if_any, rows};
use crate::keys::{Keyring, SealKeys, random_key};

/// A head row as it was read.
#[derive(Debug, Clone)]
pub struct Head {
    /// The election.
    pub election_id: Uuid,
    /// Where it stands.
    pub status: Status,
    /// When it opens, or opened.
    pub opens_at: Option<OffsetDateTime>,
    /// When it closes by itself.
    pub closes_at: Option<OffsetDateTime>,
    /// When it was closed.
    pub closed_at: Option<OffsetDateTime>,
    /// When its results became public.
    pub published_at: Option<OffsetDateTime>,
    /// How far the recount has come.
    pub count_state: CountState,
    /// Voters on the roll.
    pub eligible: i64,
    /// Ballots in the chain.
    pub position: i64,
    /// Hash of the last ballot.
    pub head_hash: Vec<u8>,
    /// The sealed running tally, from the activation on.
    pub sealed_running: Option<Vec<u8>>,
    /// Whether the election was deleted, which only one without ballots can be.
    pub deleted: bool,
    /// Grows with every change.
    pub revision: i64,
}

/// What casting, counting and showing need to know of an election, frozen once it is scheduled.
#[derive(Debug)]
pub struct Definition {
    /// The election.
    pub id: Uuid,
    /// What can be marked.
    pub paper: BallotPaper,
    /// The keys it seals with; nothing before the activation and after the dispute window.
    pub keys: Option<SealKeys>,
    /// Hours that a link lives.
    pub link_lifetime_hours: i32,
    /// Who may see the running tally.
    pub tally_visibility: TallyVisibility,
    /// When results become public.
    pub publication: Publication,
}

pub(crate) const COLUMNS: &str =
    "election_id, status, opens_at, closes_at, closed_at, published_at, count_state,
    eligible, position, head_hash, sealed_running, revision, deleted_at IS NOT NULL AS deleted";

pub(crate) fn read(row: &Row) -> Head {
    Head {
        election_id: row.get("election_id"),
        status: Status::parse(row.get("status")).unwrap_or(Status::Archived),
        opens_at: row.get("opens_at"),
        closes_at: row.get("closes_at"),
        closed_at: row.get("closed_at"),
        published_at: row.get("published_at"),
        count_state: CountState::parse(row.get("count_state")).unwrap_or(CountState::Disputed),
        eligible: row.get("eligible"),
        position: row.get("position"),
        head_hash: row.get("head_hash"),
        sealed_running: row.get("sealed_running"),
        deleted: row.get("deleted"),
        revision: row.get("revision"),
    }
}

/// The head of an election without waiting for whoever changes it.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such election.
pub async fn get<C: GenericClient>(client: &C, election: Uuid) -> Result<Head> {
    let sql = format!("SELECT {COLUMNS} FROM election_heads WHERE election_id = $1");
    Ok(read(&row_if_any(client, &sql, &[&election]).await?.ok_or(Refusal::NotFound)?))
}

/// The revisions of elections.
///
/// # Errors
/// As the database.
pub async fn revisions(client: &Client, elections: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
    let sql = "SELECT election_id, revision FROM election_heads WHERE election_id = ANY($1)";
    let found = rows(client, sql, &[&elections]).await?;
    Ok(found.iter().map(|row| (row.get("election_id"), row.get("revision"))).collect())
}

/// Others hold a head for a reason: a batch of votes, or a piece of a long roll.
const PATIENTLY: &str = "SET LOCAL lock_timeout = '5s'";

/// Locks the head until the transaction ends, which waits for a commit that is under way. What
/// other tables say must be read in statements of their own, after this one.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such election.
pub async fn lock<C: GenericClient>(transaction: &C, election: Uuid) -> Result<Head> {
    let sql = format!("SELECT {COLUMNS} FROM election_heads WHERE election_id = $1 FOR UPDATE");
    let which: Parameters<'_> = &[&election];
    let (patient, row) = join!(transaction.batch_execute(PATIENTLY), row_if_any(transaction, &sql, which));
    patient?;
    Ok(read(&row?.ok_or(Refusal::NotFound)?))
}

/// The database's clock, read at this moment and not at the start of the transaction.
///
/// # Errors
/// As the database.
pub async fn clock<C: GenericClient>(client: &C) -> Result<OffsetDateTime> {
    Ok(row(client, "SELECT clock_timestamp() AS now", &[]).await?.get("now"))
}

/// Reads an election's definition and opens its keys.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such election; a bug when a key does not open.
pub async fn definition<C: GenericClient>(
    client: &C,
    keyring: &Keyring,
    election: Uuid,
) -> Result<Definition> {
    let sql = "SELECT e.link_lifetime_hours, e.tally_visibility, e.publication, k.wrapped FROM elections e
        JOIN election_heads h ON h.election_id = e.id
        LEFT JOIN election_keys k ON k.election_id = e.id AND k.purpose = 'seal'
        WHERE e.id = $1 AND h.deleted_at IS NULL";
    let row = row_if_any(client, sql, &[&election]).await?.ok_or(Refusal::NotFound)?;
    let keys = match row.get::<_, Option<&[u8]>>("wrapped") {
        Some(wrapped) => {
            Some(SealKeys::from_seal_key(&unwrap(keyring, Purpose::SealKey, election, wrapped)?))
        }
        None => None,
    };
    let contests = contests::list(client, &[election]).await?;
    Ok(Definition {
        id: election,
        paper: BallotPaper::new(contests.iter().map(contests::Contest::rules).collect()),
        keys,
        link_lifetime_hours: row.get("link_lifetime_hours"),
        tally_visibility: TallyVisibility::parse(row.get("tally_visibility"))
            .unwrap_or(TallyVisibility::AfterClose),
        publication: Publication::parse(row.get("publication")).unwrap_or(Publication::Manual),
    })
}

/// The key that voting links are derived from; nothing before the activation and after the close.
///
/// # Errors
/// A bug when the key does not open.
pub async fn link_key<C: GenericClient>(
    client: &C,
    keyring: &Keyring,
    election: Uuid,
) -> Result<Option<Key>> {
    let sql = "SELECT wrapped FROM election_keys WHERE election_id = $1 AND purpose = 'link'";
    let row = row_if_any(client, sql, &[&election]).await?;
    row.map(|row| unwrap(keyring, Purpose::LinkKey, election, row.get("wrapped"))).transpose()
}

fn unwrap(keyring: &Keyring, purpose: Purpose, election: Uuid, wrapped: &[u8]) -> Result<Key> {
    let key = keyring.unwrap(purpose, election, wrapped);
    key.map_err(|_| {
        StoreError::Database(
            "an election key does not open: is UVOTE_MASTER_KEY the one it was made under?".into(),
        )
    })
}

impl Definition {
    /// Opens the running tally of a head.
    ///
    /// # Errors
    /// A bug when there is none or it does not open.
    pub fn open_running(&self, head: &Head) -> Result<RunningTally> {
        let broken = || StoreError::Database("the running tally does not open".into());
        let (Some(keys), Some(sealed)) = (&self.keys, &head.sealed_running) else { return Err(broken()) };
        let opened =
            seal::open(&keys.running, Purpose::RunningTally, self.id, sealed).map_err(|_| broken())?;
        RunningTally::decode(&self.paper, &opened).ok_or_else(broken)
    }

    /// Seals a running tally for the head.
    ///
    /// # Errors
    /// A bug when the election has no key.
    pub fn seal_running(&self, running: &RunningTally) -> Result<Vec<u8>> {
        let keys = self
            .keys
            .as_ref()
            .ok_or_else(|| StoreError::Database("the election has no sealing key".into()))?;
        seal::seal(&keys.running, Purpose::RunningTally, self.id, rand::random(), &running.encode())
            .map_err(|error| StoreError::Database(error.to_string()))
    }
}

/// Activates a draft: makes its keys, seals an empty tally, and opens or schedules it.
///
/// # Errors
/// [`Refusal::WrongState`], or [`Refusal::NotReady`] with everything that is missing.
pub async fn activate(
    client: &mut Client,
    keyring: &Keyring,
    election: Uuid,
    actor: Actor,
) -> Result<Status> {
    let transaction = client.transaction().await?;
    let head = lock(&transaction, election).await?;
    head.status.after(Step::Schedule)?;
    let now = clock(&transaction).await?;
    let missing = missing(&transaction, &head, now).await?;
    if !missing.is_empty() {
        return Err(Refusal::NotReady(missing).into());
    }
    make_keys(&transaction, keyring, election).await?;
    let definition = definition(&transaction, keyring, election).await?;
    let sealed = definition.seal_running(&RunningTally::empty(&definition.paper))?;
    let opens_at = head.opens_at.filter(|opens_at| *opens_at > now);
    let status = if opens_at.is_some() { Status::Scheduled } else { Status::Active };
    let sql =
        "UPDATE election_heads SET status = $2, opens_at = $3, sealed_running = $4 WHERE election_id = $1";
    execute(&transaction, sql, &[&election, &status.as_str(), &opens_at.unwrap_or(now), &sealed]).await?;
    execute(&transaction, "UPDATE elections SET activated_at = $2 WHERE id = $1", &[&election, &now]).await?;
    audit::note_election(
        &transaction,
        election,
        actor,
        "election.activated",
        json!({"eligible": head.eligible}),
    )
    .await?;
    if status == Status::Active {
        audit::note_election(&transaction, election, actor, "election.opened", json!({})).await?;
    }
    transaction.commit().await?;
    Ok(status)
}

async fn make_keys<C: GenericClient>(transaction: &C, keyring: &Keyring, election: Uuid) -> Result<()> {
    for (purpose, name) in [(Purpose::SealKey, "seal"), (Purpose::LinkKey, "link")] {
        let wrapped = keyring.wrap(purpose, election, &random_key());
        let wrapped = wrapped.map_err(|error| StoreError::Database(error.to_string()))?;
        let sql = "INSERT INTO election_keys (election_id, purpose, wrapped) VALUES ($1, $2, $3)";
        execute(transaction, sql, &[&election, &name, &wrapped]).await?;
    }
    Ok(())
}

/// What an election lacks to be activated.
///
/// # Errors
/// As the database.
pub async fn missing<C: GenericClient>(
    client: &C,
    head: &Head,
    now: OffsetDateTime,
) -> Result<Vec<FieldError>> {
    let contests = contests::list(client, &[head.election_id]).await?;
    let mut missing = Vec::new();
    if contests.is_empty() {
        missing.push(FieldError::new("contests", Fault::NoContest));
    }
    for (index, contest) in
        contests.into_iter().enumerate().filter(|(_, contest)| contest.candidates.len() < 2)
    {
        let fault = Fault::TooFewCandidates(contest.title);
        missing.push(FieldError::new(format!("contests.{index}.candidates"), fault));
    }
    if head.eligible == 0 {
        missing.push(FieldError::new("voters", Fault::NoVoter));
    }
    if head.closes_at.is_some_and(|closes_at| closes_at <= now) {
        missing.push(FieldError::new("closes_at", Fault::ClosePassed));
    }
    Ok(missing)
}

/// Opens a scheduled election whose time has come; one that is open already stays so.
///
/// # Errors
/// As the database.
pub async fn open(client: &mut Client, election: Uuid) -> Result<()> {
    let transaction = client.transaction().await?;
    let head = lock(&transaction, election).await?;
    if head.status != Status::Scheduled {
        return Ok(());
    }
    let sql = "UPDATE election_heads SET status = 'active' WHERE election_id = $1 AND opens_at <= clock_timestamp()";
    if execute(&transaction, sql, &[&election]).await? == 1 {
        audit::note_election(&transaction, election, Actor::System, "election.opened", json!({})).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Ends casting for good: no ballot gets past this. The link key dies here, and what was left of
/// the last minutes of turnout is written down.
///
/// # Errors
/// [`Refusal::WrongState`] when the election is not active.
pub async fn close(client: &mut Client, definition: &Definition, actor: Actor) -> Result<()> {
    let election = definition.id;
    let transaction = client.transaction().await?;
    let head = lock(&transaction, election).await?;
    head.status.after(Step::Close)?;
    let now = clock(&transaction).await?;
    if actor == Actor::System && head.closes_at.is_none_or(|closes_at| closes_at > now) {
        return Err(Refusal::WrongState("The closing time has been moved meanwhile.".into()).into());
    }
    if let Ok(running) = definition.open_running(&head) {
        write_last_minute(&transaction, election, running.minute).await?;
    }
    let sql = "UPDATE election_heads SET status = 'closed', closed_at = clock_timestamp(), count_state = 'counting' WHERE election_id = $1";
    execute(&transaction, sql, &[&election]).await?;
    execute(
        &transaction,
        "DELETE FROM election_keys WHERE election_id = $1 AND purpose = 'link'",
        &[&election],
    )
    .await?;
    let details = json!({"ballots_cast": head.position, "eligible": head.eligible});
    audit::note_election(&transaction, election, actor, "election.closed", details).await?;
    transaction.commit().await?;
    Ok(())
}

/// Too few ballots to be told alone join the minute before; without one they are not told.
async fn write_last_minute<C: GenericClient>(
    transaction: &C,
    election: Uuid,
    last: TurnoutMinute,
) -> Result<()> {
    let ballots = i64::from(last.ballots);
    if last.ballots == 0 {
        return Ok(());
    }
    let sql = "UPDATE turnout_minutes SET ballots = ballots + $2 WHERE election_id = $1
        AND minute = (SELECT max(minute) FROM turnout_minutes WHERE election_id = $1)";
    if last.ballots < LEAST_PER_MINUTE {
        execute(transaction, sql, &[&election, &ballots]).await?;
        return Ok(());
    }
    let sql = "INSERT INTO turnout_minutes (election_id, minute, ballots) VALUES ($1, $2, $3)";
    execute(transaction, sql, &[&election, &minute_start(last.minute), &ballots]).await?;
    Ok(())
}

/// The time at which a minute, counted from 1970, begins.
pub(crate) fn minute_start(minute: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(minute * 60).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Makes the results of a closed election public.
///
/// # Errors
/// [`Refusal::WrongState`] when it is not closed or already public, [`Refusal::Counting`] or
/// [`Refusal::CountDisputed`] while there is nothing to publish.
pub async fn publish(client: &mut Client, election: Uuid, actor: Actor) -> Result<()> {
    let transaction = client.transaction().await?;
    let head = lock(&transaction, election).await?;
    match head.count_state {
        CountState::None => return Err(Refusal::wrong_state(head.status, "publish").into()),
        CountState::Counting => return Err(Refusal::Counting.into()),
        CountState::Disputed => return Err(Refusal::CountDisputed.into()),
        CountState::Matched if head.published_at.is_some() => {
            return Err(Refusal::WrongState("The results are published already.".into()).into());
        }
        CountState::Matched => {}
    }
    execute(
        &transaction,
        "UPDATE election_heads SET published_at = clock_timestamp() WHERE election_id = $1",
        &[&election],
    )
    .await?;
    audit::note_election(&transaction, election, actor, "election.published", json!({})).await?;
    transaction.commit().await?;
    Ok(())
}

/// Puts a closed election away.
///
/// # Errors
/// [`Refusal::WrongState`] when it is not closed.
pub async fn archive(client: &mut Client, election: Uuid, actor: Actor) -> Result<()> {
    let transaction = client.transaction().await?;
    let head = lock(&transaction, election).await?;
    head.status.after(Step::Archive)?;
    match head.count_state {
        CountState::Matched => {}
        CountState::Disputed => return Err(Refusal::CountDisputed.into()),
        CountState::None | CountState::Counting => return Err(Refusal::Counting.into()),
    }
    execute(
        &transaction,
        "UPDATE election_heads SET status = 'archived' WHERE election_id = $1",
        &[&election],
    )
    .await?;
    audit::note_election(&transaction, election, actor, "election.archived", json!({})).await?;
    transaction.commit().await?;
    Ok(())
}

/// A step whose time has come.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    /// The election.
    pub election: Uuid,
    /// Whether it is to be opened, or to be closed and counted.
    pub step: Step,
}

/// What is due by the database's clock: openings, closings, and recounts that never ended.
///
/// # Errors
/// As the database.
pub async fn due(client: &Client) -> Result<Vec<Due>> {
    let sql = "SELECT h.election_id, h.status FROM election_heads h
        WHERE h.deleted_at IS NULL AND (h.status = 'scheduled' AND h.opens_at <= clock_timestamp()
            OR h.status = 'active' AND h.closes_at <= clock_timestamp()
            OR h.status = 'closed' AND h.count_state = 'counting')";
    let step = |row: &Row| if row.get::<_, &str>("status") == "scheduled" { Step::Open } else { Step::Close };
    let found = rows(client, sql, &[]).await?;
    Ok(found.iter().map(|row| Due { election: row.get("election_id"), step: step(row) }).collect())
}

/// Wraps every election key that the old master key has wrapped under the present one, so that the
/// old one can be forgotten. Answers how many keys there are.
///
/// # Errors
/// A bug when a key opens under neither.
pub async fn rewrap_keys(client: &mut Client, keyring: &Keyring) -> Result<usize> {
    let transaction = client.transaction().await?;
    let sql = "SELECT election_id, purpose, wrapped FROM election_keys FOR UPDATE";
    let found = rows(&transaction, sql, &[]).await?;
    for row in &found {
        let (election, name): (Uuid, &str) = (row.get("election_id"), row.get("purpose"));
        let purpose = if name == "seal" { Purpose::SealKey } else { Purpose::LinkKey };
        let key = unwrap(keyring, purpose, election, row.get("wrapped"))?;
        let wrapped = keyring.wrap(purpose, election, &key);
        let wrapped = wrapped.map_err(|error| StoreError::Database(error.to_string()))?;
        let sql = "UPDATE election_keys SET wrapped = $3 WHERE election_id = $1 AND purpose = $2";
        execute(&transaction, sql, &[&election, &name, &wrapped]).await?;
    }
    transaction.commit().await?;
    Ok(found.len())
}

/// Destroys the sealing keys of elections whose dispute window is over; answers whose.
///
/// # Errors
/// As the database.
pub async fn destroy_old_keys(client: &Client) -> Result<Vec<Uuid>> {
    let sql = "DELETE FROM election_keys k USING elections e, election_heads h
        WHERE e.id = k.election_id AND h.election_id = k.election_id AND k.purpose = 'seal'
        AND h.count_state = 'matched' AND h.closed_at + make_interval(days => e.dispute_days) < clock_timestamp()
        RETURNING k.election_id";
    Ok(rows(client, sql, &[]).await?.iter().map(|row| row.get("election_id")).collect())
}
