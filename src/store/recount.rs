//! The recount: every ballot is opened, checked against the chain, judged and counted again.

use std::pin::pin;
use std::sync::Arc;

use deadpool_postgres::{GenericClient, Transaction};
use serde::Serialize;
use serde_json::json;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::ballot::Opening;
use uvote_domain::chain::{self, GENESIS, Hash};
use uvote_domain::election::{CountState, Publication};
use uvote_domain::refusal::Refusal;
use uvote_domain::seal::{self, Purpose};
use uvote_domain::tally::Tally;

use super::audit::{self, Actor};
use super::definition::Definition;
use super::heads::{self, Head};
use super::results::{Counts, counted};
use super::{Client, Result, StoreError, execute, row, rows};

/// Ballots opened at a time, which bounds the memory of a recount.
const CHUNK: i64 = 10_000;

/// The check of a whole election.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verification {
    /// Ballots in the chain.
    pub ballots: i64,
    /// Whether every link of the chain holds.
    pub chain_intact: bool,
    /// Whether the opened ballots add up to the tally; null when the key has been destroyed.
    pub recount_matches: Option<bool>,
    /// The hash of the last ballot, 64 hex digits.
    pub head: String,
}

struct SealedBallot {
    position: i64,
    sealed: Vec<u8>,
    hash: Vec<u8>,
    previous: Vec<u8>,
}

/// How far a recount has come.
struct Recount {
    position: i64,
    hash: Hash,
    intact: bool,
    tally: Tally,
    unreadable: i64,
    openings: Vec<Opening>,
}

impl Recount {
    fn new(definition: &Definition) -> Self {
        let tally = Tally::empty(&definition.paper);
        Self { position: 0, hash: GENESIS, intact: true, tally, unreadable: 0, openings: Vec::new() }
    }

    /// Follows the chain and opens each ballot. This takes the processor for a while, so it runs
    /// on a thread of its own.
    fn take(mut self, definition: &Definition, ballots: Vec<SealedBallot>) -> Self {
        for ballot in ballots {
            let hash = chain::ballot_hash(definition.id, self.position + 1, &ballot.sealed, &self.hash);
            self.intact &=
                ballot.position == self.position + 1 && ballot.previous == self.hash && ballot.hash == hash;
            (self.position, self.hash) = (self.position + 1, hash);
            if let Some(keys) = &definition.keys {
                let opened = seal::open(&keys.ballot, Purpose::Ballot, definition.id, &ballot.sealed).ok();
                match opened.and_then(|plaintext| definition.paper.decode(&plaintext)) {
                    Some((nonce, marks)) => {
                        self.tally.add(&definition.paper, &marks);
                        self.openings.extend(definition.paper.openings(&nonce, &marks));
                    }
                    None => self.unreadable += 1,
                }
            }
        }
        self
    }

    fn ends_at(&self, head: &Head) -> bool {
        self.intact && self.position == head.position && self.hash.as_slice() == head.head_hash
    }
}

async fn read_chunk<C: GenericClient>(
    client: &C,
    election: Uuid,
    after: i64,
    up_to: i64,
) -> Result<Vec<SealedBallot>> {
    let sql = "SELECT position, sealed, ballot_hash, previous_hash FROM ballots
        WHERE election_id = $1 AND position > $2 AND position <= $3 ORDER BY position LIMIT $4";
    let found = rows(client, sql, &[&election, &after, &up_to, &CHUNK]).await?;
    let ballot = |row: &tokio_postgres::Row| SealedBallot {
        position: row.get("position"),
        sealed: row.get("sealed"),
        hash: row.get("ballot_hash"),
        previous: row.get("previous_hash"),
    };
    Ok(found.iter().map(ballot).collect())
}

async fn recount_chunk<C: GenericClient>(
    client: &C,
    definition: &Arc<Definition>,
    recount: Recount,
    up_to: i64,
) -> Result<(Recount, bool)> {
    let ballots = read_chunk(client, definition.id, recount.position, up_to).await?;
    let more = ballots.len() as i64 == CHUNK;
    let definition = Arc::clone(definition);
    let recount = tokio::task::spawn_blocking(move || recount.take(&definition, ballots)).await;
    Ok((recount.map_err(|_| StoreError::Database("the recount stopped".into()))?, more))
}

/// Counts a closed election and, when the recount agrees with the running tally, stores openings
/// and results and publishes them as the election asks for.
///
/// # Errors
/// [`Refusal::CountDisputed`] when they differ; then nothing is stored but that fact.
/// [`Refusal::Counting`] while somebody else counts.
pub async fn count(client: &mut Client, definition: &Arc<Definition>, actor: Actor) -> Result<()> {
    let transaction = client.transaction().await?;
    if !is_only_counter(&transaction, definition.id).await? {
        return Err(Refusal::Counting.into());
    }
    let head = heads::get(&transaction, definition.id).await?;
    check_countable(&head)?;
    let recount = open_all(&transaction, definition, &head).await?;
    let agrees = definition.open_running(&head).is_ok_and(|running| running.current == recount.tally);
    let admitted = spent_tokens(&transaction, definition.id).await? == head.position;
    let sound = agrees && admitted && recount.ends_at(&head) && recount.unreadable == 0;
    check_countable(&heads::lock(&transaction, definition.id).await?)?;
    if !sound {
        return dispute(transaction, definition.id, &recount).await;
    }
    store_openings(&transaction, definition.id).await?;
    store_counts(&transaction, definition, &recount.tally).await?;
    finish(transaction, definition, actor).await
}

/// One recount of an election at a time, in all processes. It does not hold the head meanwhile:
/// nothing can join the chain of a closed election, and voters who ask for their receipt again
/// must not wait.
async fn is_only_counter(transaction: &Transaction<'_>, election: Uuid) -> Result<bool> {
    let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS free";
    Ok(row(transaction, sql, &[&format!("recount of {election}")]).await?.get("free"))
}

/// Every ballot was admitted by a token of its own.
async fn spent_tokens(transaction: &Transaction<'_>, election: Uuid) -> Result<i64> {
    let sql = "SELECT count(*) AS spent FROM voting_tokens WHERE election_id = $1 AND spent";
    Ok(row(transaction, sql, &[&election]).await?.get("spent"))
}

fn check_countable(head: &Head) -> Result<()> {
    match head.count_state {
        CountState::Counting | CountState::Disputed => Ok(()),
        CountState::Matched => Err(Refusal::wrong_state(head.status, "close").into()),
        CountState::None => Err(Refusal::wrong_state(head.status, "count").into()),
    }
}

async fn open_all(
    transaction: &Transaction<'_>,
    definition: &Arc<Definition>,
    head: &Head,
) -> Result<Recount> {
    let sql =
        "CREATE TEMPORARY TABLE openings (contest_id uuid, serial bytea, choices uuid[]) ON COMMIT DROP";
    transaction.batch_execute(sql).await?;
    let mut recount = Recount::new(definition);
    loop {
        let (next, more) = recount_chunk(transaction, definition, recount, head.position).await?;
        recount = next;
        copy_openings(transaction, &recount.openings).await?;
        recount.openings.clear();
        if !more {
            return Ok(recount);
        }
    }
}

async fn copy_openings(transaction: &Transaction<'_>, openings: &[Opening]) -> Result<()> {
    let sink = transaction.copy_in("COPY openings (contest_id, serial, choices) FROM STDIN BINARY").await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &[Type::UUID, Type::BYTEA, Type::UUID_ARRAY]));
    for opening in openings {
        writer.as_mut().write(&[&opening.contest, &opening.serial.as_slice(), &opening.choices]).await?;
    }
    writer.finish().await?;
    Ok(())
}

/// The order of the serials is the only one that the openings have: it says nothing of the chain.
async fn store_openings(transaction: &Transaction<'_>, election: Uuid) -> Result<()> {
    let sql = "INSERT INTO opened_ballots (election_id, contest_id, number, serial, choices)
        SELECT $1, contest_id, row_number() OVER (PARTITION BY contest_id ORDER BY serial, choices), serial, choices
        FROM openings ORDER BY contest_id, serial, choices";
    transaction.execute(sql, &[&election]).await?;
    Ok(())
}

async fn store_counts(transaction: &Transaction<'_>, definition: &Definition, tally: &Tally) -> Result<()> {
    for (contest, counted) in definition.paper.contests().iter().zip(&tally.contests) {
        let sql = "INSERT INTO contest_counts (election_id, contest_id, blank) VALUES ($1, $2, $3)";
        execute(transaction, sql, &[&definition.id, &contest.id, &counted.blank.cast_signed()]).await?;
        let votes: Vec<i64> = counted.votes.iter().map(|votes| votes.cast_signed()).collect();
        let sql = "INSERT INTO candidate_counts (election_id, candidate_id, votes) SELECT $1, * FROM unnest($2::uuid[], $3::int8[])";
        execute(transaction, sql, &[&definition.id, &contest.candidates, &votes]).await?;
    }
    Ok(())
}

async fn finish(transaction: Transaction<'_>, definition: &Definition, actor: Actor) -> Result<()> {
    let at_once = definition.publication == Publication::AtClose;
    let sql = "UPDATE election_heads SET count_state = 'matched',
        published_at = CASE WHEN $2 THEN clock_timestamp() END WHERE election_id = $1";
    execute(&transaction, sql, &[&definition.id, &at_once]).await?;
    audit::note_election(&transaction, definition.id, actor, "election.counted", json!({})).await?;
    if at_once {
        audit::note_election(&transaction, definition.id, actor, "election.published", json!({})).await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn dispute(transaction: Transaction<'_>, election: Uuid, recount: &Recount) -> Result<()> {
    tracing::error!(%election, ballots = recount.position, unreadable = recount.unreadable, chain_intact = recount.intact,
        "the recount differs from the running tally: nothing is published");
    let sql = "UPDATE election_heads SET count_state = 'disputed' WHERE election_id = $1 AND count_state <> 'disputed'";
    if execute(&transaction, sql, &[&election]).await? == 1 {
        let details = json!({"ballots": recount.position, "unreadable": recount.unreadable, "chain_intact": recount.intact});
        audit::note_election(&transaction, election, Actor::System, "election.count_disputed", details)
            .await?;
    }
    transaction.commit().await?;
    Err(Refusal::CountDisputed.into())
}

/// Checks the chain and, while the key lives, opens every ballot and compares: with the published
/// counts, or before them with the running tally.
///
/// # Errors
/// As the database.
pub async fn verify(client: &mut Client, definition: &Arc<Definition>) -> Result<Verification> {
    let transaction = client
        .build_transaction()
        .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    let head = heads::get(&transaction, definition.id).await?;
    let mut recount = Recount::new(definition);
    loop {
        let (next, more) = recount_chunk(&transaction, definition, recount, head.position).await?;
        recount = next;
        recount.openings.clear();
        if !more {
            break;
        }
    }
    transaction.commit().await?;
    let matches = if definition.keys.is_some() {
        Some(recount.unreadable == 0 && agrees(client, definition, &head, &recount.tally).await?)
    } else {
        None
    };
    Ok(Verification {
        ballots: recount.position,
        chain_intact: recount.ends_at(&head),
        recount_matches: matches,
        head: hex::encode(&head.head_hash),
    })
}

async fn agrees(client: &Client, definition: &Definition, head: &Head, tally: &Tally) -> Result<bool> {
    if head.count_state != CountState::Matched {
        return Ok(definition.open_running(head).is_ok_and(|running| running.current == *tally));
    }
    let stored = counted(client, definition.id).await?;
    let found = Counts::of(definition, tally);
    Ok(stored.votes == found.votes && stored.blank == found.blank)
}
