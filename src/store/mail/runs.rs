//! Bulk sends along the roll.

use deadpool_postgres::{GenericClient, Transaction};
use futures_util::future::try_join;
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;
use uvote_domain::refusal::Refusal;
use uvote_domain::seal::Key;

use super::{Kind, by_keys, queue_to_voters};
use crate::keys::Keyring;
use crate::store::audit::{self, Actor};
use crate::store::election_keys;
use crate::store::heads::{self, Head};
use crate::store::{Client, Database, Result, execute, row, row_if_any, rows, tokens};

/// Voters dealt with in one transaction of a run.
const CHUNK: i64 = 4_000;

/// The ids of the two runs of a send: ids are random, so each has half of the roll.
const HALVES: [(Uuid, Uuid); 2] = [(Uuid::nil(), MIDDLE), (MIDDLE, Uuid::max())];
const MIDDLE: Uuid = Uuid::from_u128(1 << 127);

/// Who gets a bulk send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Voters to whom no link was mailed yet.
    NotInvited,
    /// Voters who have not voted.
    NotVoted,
    /// The whole roll, but for those who have been told the results.
    Everyone,
}

impl Audience {
    const fn as_str(self) -> &'static str {
        match self {
            Self::NotInvited => "not_invited",
            Self::NotVoted => "not_voted",
            Self::Everyone => "everyone",
        }
    }

    /// Which voters `v` with tokens `t`, of the election `$1`, it means. Those whose sending was
    /// stopped count as not invited, since their mails are gone from the outbox. Whom a send under
    /// way has reminded is not meant again, even if the mail has left already.
    const fn condition(self) -> &'static str {
        match self {
            Self::NotInvited => "NOT coalesce(t.spent, false) AND NOT EXISTS (SELECT FROM mail_outbox o
                WHERE o.election_id = v.election_id AND o.voter_id = v.id AND o.kind IN ('invitation', 'reminder'))",
            Self::NotVoted => "NOT coalesce(t.spent, false) AND NOT EXISTS (SELECT FROM mail_outbox o
                WHERE o.election_id = v.election_id AND o.voter_id = v.id AND o.kind IN ('invitation', 'reminder') AND (o.state IN ('queued', 'sending')
                    OR o.queued_at >= (SELECT min(created_at) FROM mail_runs WHERE election_id = $1 AND audience = 'not_voted' AND finished_at IS NULL)))",
            Self::Everyone => "NOT EXISTS (SELECT FROM mail_outbox o
                WHERE o.election_id = v.election_id AND o.voter_id = v.id AND o.kind = 'results')",
        }
    }

    fn parse(word: &str) -> Self {
        [Self::NotInvited, Self::NotVoted]
            .into_iter()
            .find(|audience| audience.as_str() == word)
            .unwrap_or(Self::Everyone)
    }
}

/// Counts the voters of an election that an audience means.
fn meant(audience: Audience) -> String {
    format!(
        "SELECT count(*) AS meant, coalesce(max(v.number), 0) AS up_to FROM voters v
        LEFT JOIN voting_tokens t ON t.election_id = v.election_id AND t.voter_id = v.id
        WHERE v.election_id = $1 AND {}",
        audience.condition()
    )
}

/// How many voters a bulk send would mean now.
///
/// # Errors
/// As the database.
pub async fn count_meant(client: &Client, election: Uuid, audience: Audience) -> Result<i64> {
    Ok(row(client, &meant(audience), &[&election]).await?.get("meant"))
}

/// Asks for a bulk send; answers how many voters it means that no send under way means.
///
/// # Errors
/// [`Refusal::WrongState`] when the election has no links, or no published results, to mail.
pub async fn start_run(
    client: &mut Client,
    election: Uuid,
    kind: Kind,
    audience: Audience,
    actor: Actor,
) -> Result<i64> {
    // Counting a long roll takes a while, so it is done before anybody has to wait for the head.
    let sql = meant(audience);
    let counted = row(&*client, &sql, &[&election]).await?;
    let (meant, up_to): (i64, i64) = (counted.get("meant"), counted.get("up_to"));
    let transaction = client.transaction().await?;
    let head = heads::lock(&transaction, election).await?;
    let possible =
        if kind == Kind::Results { head.published_at.is_some() } else { head.status.sends_links() };
    if !possible {
        let step =
            if kind == Kind::Results { "mail results before they are published" } else { "mail links" };
        return Err(Refusal::wrong_state(head.status, step).into());
    }
    // A second click means nobody whom the send under way does not mean already.
    let sql = "SELECT FROM mail_runs WHERE election_id = $1 AND audience = $2 AND up_to >= $3 AND finished_at IS NULL LIMIT 1";
    if row_if_any(&transaction, sql, &[&election, &audience.as_str(), &up_to]).await?.is_some() || meant == 0
    {
        return Ok(0);
    }
    let sql = "INSERT INTO mail_runs (id, election_id, kind, audience, up_to, after, until)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    for (after, until) in HALVES {
        let (id, kind, audience) = (Uuid::now_v7(), kind.as_str(), audience.as_str());
        execute(&transaction, sql, &[&id, &election, &kind, &audience, &up_to, &after, &until]).await?;
    }
    let action = if kind == Kind::Results { "result_notices.sent" } else { "invitations.sent" };
    audit::note_election(
        &transaction,
        election,
        actor,
        action,
        json!({"voters": meant, "to": audience.as_str()}),
    )
    .await?;
    transaction.commit().await?;
    Ok(meant)
}

/// Does a chunk of the oldest unfinished run, and one of the other half of its send side by side;
/// answers whether there was one.
///
/// # Errors
/// As the database.
pub async fn advance_runs(database: &Database, keyring: &Keyring) -> Result<bool> {
    let (mut holder, mut helper) = (database.client().await?, database.client().await?);
    let sql = "SELECT election_id FROM mail_runs WHERE finished_at IS NULL ORDER BY id LIMIT 1";
    let Some(next) = row_if_any(&holder, sql, &[]).await? else { return Ok(false) };
    let election: Uuid = next.get("election_id");
    let (holder, helper) = (by_keys(&mut holder).await?, by_keys(&mut helper).await?);
    let head = heads::lock(&holder, election).await?;
    let sql = "SELECT id, kind, audience, after, until, up_to FROM mail_runs
        WHERE election_id = $1 AND finished_at IS NULL ORDER BY id LIMIT 2";
    let link_key = election_keys::link_key(&holder, keyring, election).await?;
    let unfinished = rows(&holder, sql, &[&election]).await?;
    let runs: Vec<Run> = unfinished.iter().map(|row| Run::read(row, &head, link_key.as_ref())).collect();
    match runs.as_slice() {
        [first, second] if second.is_apart_from(first) => {
            try_join(first.advance(&holder), second.advance(&helper)).await?;
        }
        [oldest, ..] => oldest.advance(&holder).await?,
        [] => {}
    }
    // The head is held until both have ended.
    helper.commit().await?;
    holder.commit().await?;
    Ok(true)
}

/// A bulk send along one stretch of the roll, as it goes on.
struct Run<'a> {
    id: Uuid,
    election: Uuid,
    kind: Kind,
    audience: Audience,
    after: Uuid,
    until: Uuid,
    up_to: i64,
    link_key: Option<&'a Key>,
    possible: bool,
}

/// A voter of a stretch.
struct Passed {
    id: Uuid,
    meant: bool,
    issued: bool,
}

impl<'a> Run<'a> {
    fn read(row: &Row, head: &Head, link_key: Option<&'a Key>) -> Self {
        let kind = Kind::parse(row.get("kind")).unwrap_or(Kind::Invitation);
        let is_open = kind == Kind::Results || (head.status.sends_links() && link_key.is_some());
        Self {
            id: row.get("id"),
            election: head.election_id,
            kind,
            audience: Audience::parse(row.get("audience")),
            after: row.get("after"),
            until: row.get("until"),
            up_to: row.get("up_to"),
            link_key: link_key.filter(|_| kind != Kind::Results),
            possible: is_open && !head.deleted,
        }
    }

    /// Whether the two can advance at once: two sends may mean the same voters.
    fn is_apart_from(&self, other: &Self) -> bool {
        self.after >= other.until || other.after >= self.until
    }

    /// Issues and queues along the next chunk, and writes down how far the run is.
    async fn advance(&self, transaction: &Transaction<'_>) -> Result<()> {
        let passed = if self.possible { self.next(transaction).await? } else { Vec::new() };
        if !passed.is_empty() {
            self.queue(transaction, &passed).await?;
        }
        let reached = passed.last().map(|voter| voter.id);
        let sql = "UPDATE mail_runs SET after = coalesce($2, after), finished_at = CASE WHEN $2 IS NULL THEN clock_timestamp() END WHERE id = $1";
        execute(transaction, sql, &[&self.id, &reached]).await?;
        Ok(())
    }

    async fn queue(&self, transaction: &Transaction<'_>, passed: &[Passed]) -> Result<()> {
        let meant = || passed.iter().filter(|voter| voter.meant);
        if let Some(link_key) = self.link_key {
            let without: Vec<Uuid> = meant().filter(|voter| !voter.issued).map(|voter| voter.id).collect();
            tokens::issue(transaction, self.election, link_key, &without).await?;
        }
        let voters: Vec<Uuid> = meant().map(|voter| voter.id).collect();
        queue_to_voters(transaction, self.election, self.kind, &voters).await
    }

    /// The voters of the next chunk in the order of their ids, which is that of three indexes.
    async fn next(&self, transaction: &Transaction<'_>) -> Result<Vec<Passed>> {
        let sql = format!(
            "SELECT v.id, v.number <= $4 AND {} AS meant, t.voter_id IS NOT NULL AS issued
            FROM (SELECT election_id, id, number FROM voters
                WHERE election_id = $1 AND id > $2 AND id <= $3 ORDER BY id LIMIT $5) v
            LEFT JOIN voting_tokens t ON t.election_id = v.election_id AND t.voter_id = v.id ORDER BY v.id",
            self.audience.condition()
        );
        let chunk =
            rows(transaction, &sql, &[&self.election, &self.after, &self.until, &self.up_to, &CHUNK]).await?;
        let passed =
            |row: &Row| Passed { id: row.get("id"), meant: row.get("meant"), issued: row.get("issued") };
        Ok(chunk.iter().map(passed).collect())
    }
}

/// Stops running sends and takes back what is still queued; answers how many mails that were.
///
/// # Errors
/// As the database.
pub async fn stop(client: &mut Client, election: Uuid, actor: Actor) -> Result<u64> {
    // A chunk of a run holds the head, so none is under way once the runs have ended.
    let transaction = client.transaction().await?;
    heads::lock(&transaction, election).await?;
    let ended = end_runs(&transaction, election).await?;
    audit::note_election(&transaction, election, actor, "invitations.stopped", json!({})).await?;
    transaction.commit().await?;
    let mut stopped = 0;
    for run in &ended {
        let sql = format!(
            "{} AND v.id > $2 AND v.id <= $3 AND v.number <= $4",
            meant(Audience::parse(run.get("audience")))
        );
        let (after, until): (Uuid, Uuid) = (run.get("after"), run.get("until"));
        let up_to: i64 = run.get("up_to");
        stopped += row(&*client, &sql, &[&election, &after, &until, &up_to])
            .await?
            .get::<_, i64>("meant")
            .unsigned_abs();
    }
    loop {
        let taken_back = take_back(&*client, election, CHUNK).await?;
        if taken_back == 0 {
            return Ok(stopped);
        }
        stopped += taken_back;
    }
}

/// Takes at most so many queued mails back. Those that the mailer holds at this moment are on their
/// way: waiting for them could end in a deadlock with the mailer, who would forget what it has sent.
async fn take_back<C: GenericClient>(client: &C, election: Uuid, most: i64) -> Result<u64> {
    let sql = "WITH queued AS MATERIALIZED (
            SELECT election_id, id FROM mail_outbox WHERE election_id = $1 AND state = 'queued' AND voter_id IS NOT NULL
            LIMIT $2 FOR UPDATE SKIP LOCKED
        )
        DELETE FROM mail_outbox o USING queued q WHERE o.election_id = q.election_id AND o.id = q.id";
    execute(client, sql, &[&election, &most]).await
}

/// Ends the runs of an election; answers how far each has come.
async fn end_runs<C: GenericClient>(client: &C, election: Uuid) -> Result<Vec<Row>> {
    let sql =
        "UPDATE mail_runs SET finished_at = clock_timestamp() WHERE election_id = $1 AND finished_at IS NULL
        RETURNING audience, after, until, up_to";
    rows(client, sql, &[&election]).await
}

/// Forgets the mails to the voters of an election that is being deleted, whose head is locked:
/// whoever restores it finds them not invited.
pub(crate) async fn forget_queued(transaction: &Transaction<'_>, election: Uuid) -> Result<()> {
    end_runs(transaction, election).await?;
    take_back(transaction, election, i64::MAX).await?;
    Ok(())
}
