//! The steps of an election, each a transaction that holds its head.

use deadpool_postgres::GenericClient;
use serde_json::json;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;
use uvote_domain::election::{CountState, Status, Step};
use uvote_domain::fault::Fault;
use uvote_domain::refusal::{FieldError, Refusal};
use uvote_domain::tally::running::{LEAST_PER_MINUTE, RunningTally, TurnoutMinute};

use super::audit::{self, Actor};
use super::definition::{self, Definition};
use super::heads::{Head, clock, lock};
use super::{Client, Result, contests, election_keys, execute, rows};
use crate::keys::Keyring;

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
    election_keys::make(&transaction, keyring, election).await?;
    let definition = definition::read(&transaction, keyring, election).await?;
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
