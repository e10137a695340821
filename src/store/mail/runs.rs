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
use crate::store::{Client, Database, Result, execute, heads, row, row_if_any, rows, tokens};

/// Voters dealt with in one transaction of a bulk send.
const CHUNK: i64 = 4_000;

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
    let sql = "SELECT FROM mail_runs WHERE election_id = $1 AND audience = $2 AND up_to >= $3 AND finished_at IS NULL";
    if row_if_any(&transaction, sql, &[&election, &audience.as_str(), &up_to]).await?.is_some() || meant == 0
    {
        return Ok(0);
    }
    let sql = "INSERT INTO mail_runs (id, election_id, kind, audience, up_to) VALUES ($1, $2, $3, $4, $5)";
    execute(&transaction, sql, &[&Uuid::now_v7(), &election, &kind.as_str(), &audience.as_str(), &up_to])
        .await?;
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

/// Does two chunks of the oldest unfinished bulk send side by side; answers whether there was one.
///
/// # Errors
/// As the database.
pub async fn advance_run(database: &Database, keyring: &Keyring) -> Result<bool> {
    let (mut holder, mut helper) = (database.client().await?, database.client().await?);
    let sql = "SELECT id, election_id FROM mail_runs WHERE finished_at IS NULL ORDER BY id LIMIT 1";
    let Some(next) = row_if_any(&holder, sql, &[]).await? else { return Ok(false) };
    let (run, election): (Uuid, Uuid) = (next.get("id"), next.get("election_id"));
    let (holder, helper) = (by_keys(&mut holder).await?, by_keys(&mut helper).await?);
    let head = heads::lock(&holder, election).await?;
    let sql = "SELECT kind, audience, after, up_to FROM mail_runs WHERE id = $1 AND finished_at IS NULL";
    let Some(found) = row_if_any(&holder, sql, &[&run]).await? else { return Ok(true) };
    let send = Run::read(&holder, keyring, election, &found).await?;
    let possible = !head.deleted && (send.kind == Kind::Results || head.status.sends_links());
    let reached = if possible { send.advance(&holder, &helper).await? } else { None };
    let sql = "UPDATE mail_runs SET after = coalesce($2, after), finished_at = CASE WHEN $2 IS NULL THEN clock_timestamp() END WHERE id = $1";
    execute(&holder, sql, &[&run, &reached]).await?;
    // The head is held until both have ended. If the second commit fails the chunk of the first is
    // gone over again, and nobody in it is meant any more.
    helper.commit().await?;
    holder.commit().await?;
    Ok(true)
}

/// A bulk send as it goes on.
struct Run {
    election: Uuid,
    kind: Kind,
    audience: Audience,
    after: i64,
    up_to: i64,
    link_key: Option<Key>,
}

impl Run {
    async fn read(
        transaction: &Transaction<'_>,
        keyring: &Keyring,
        election: Uuid,
        run: &Row,
    ) -> Result<Self> {
        Ok(Self {
            election,
            kind: Kind::parse(run.get("kind")).unwrap_or(Kind::Invitation),
            audience: Audience::parse(run.get("audience")),
            after: run.get("after"),
            up_to: run.get("up_to"),
            link_key: heads::link_key(transaction, keyring, election).await?,
        })
    }

    /// Issues and queues along the next two stretches of the roll; answers the last number of them,
    /// or nothing at its end.
    async fn advance(&self, first: &Transaction<'_>, second: &Transaction<'_>) -> Result<Option<i64>> {
        if self.kind != Kind::Results && self.link_key.is_none() {
            return Ok(None);
        }
        let Some(middle) = self.end_of_stretch(first, self.after).await? else { return Ok(None) };
        let end = self.end_of_stretch(first, middle).await?.unwrap_or(middle);
        try_join(self.queue(first, self.after, middle), self.queue(second, middle, end)).await?;
        Ok(Some(end))
    }

    /// The number of the last voter of the chunk after this number.
    async fn end_of_stretch(&self, transaction: &Transaction<'_>, after: i64) -> Result<Option<i64>> {
        let sql = "SELECT max(number) AS last FROM (SELECT number FROM voters
            WHERE election_id = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4) stretch";
        Ok(row(transaction, sql, &[&self.election, &after, &self.up_to, &CHUNK]).await?.get("last"))
    }

    /// Issues and queues along one stretch, in the order of the voters' ids: that of three indexes,
    /// whose pages are then each visited once.
    async fn queue(&self, transaction: &Transaction<'_>, after: i64, last: i64) -> Result<()> {
        let meant = self.meant(transaction, after, last).await?;
        if let Some(link_key) = self.link_key.as_ref().filter(|_| self.kind != Kind::Results) {
            let without: Vec<Uuid> =
                meant.iter().filter(|(_, issued)| !issued).map(|(voter, _)| *voter).collect();
            tokens::issue(transaction, self.election, link_key, &without).await?;
        }
        let voters: Vec<Uuid> = meant.iter().map(|(voter, _)| *voter).collect();
        queue_to_voters(transaction, self.election, self.kind, &voters).await
    }

    /// The voters of one stretch whom the send means, and whether each has a token.
    async fn meant(&self, transaction: &Transaction<'_>, after: i64, last: i64) -> Result<Vec<(Uuid, bool)>> {
        let sql = format!(
            "SELECT v.id, {} AS meant, t.voter_id IS NOT NULL AS issued
            FROM (SELECT election_id, id FROM
                (SELECT election_id, id FROM voters WHERE election_id = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4) stretch ORDER BY id) v
            LEFT JOIN voting_tokens t ON t.election_id = v.election_id AND t.voter_id = v.id ORDER BY v.id",
            self.audience.condition()
        );
        let stretch = rows(transaction, &sql, &[&self.election, &after, &last, &CHUNK]).await?;
        let meant = stretch.iter().filter(|row| row.get("meant"));
        Ok(meant.map(|row| (row.get("id"), row.get("issued"))).collect())
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
    audit::note_election(&transaction, election, actor, "invitations.stopped", json!({"runs": ended.len()}))
        .await?;
    transaction.commit().await?;
    let mut stopped = 0;
    for run in &ended {
        let sql =
            format!("{} AND v.number > $2 AND v.number <= $3", meant(Audience::parse(run.get("audience"))));
        let (after, up_to): (i64, i64) = (run.get("after"), run.get("up_to"));
        stopped +=
            row(&*client, &sql, &[&election, &after, &up_to]).await?.get::<_, i64>("meant").unsigned_abs();
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
        RETURNING audience, after, up_to";
    rows(client, sql, &[&election]).await
}

/// Forgets the mails to the voters of an election that is being deleted, whose head is locked:
/// whoever restores it finds them not invited.
pub(crate) async fn forget_queued(transaction: &Transaction<'_>, election: Uuid) -> Result<()> {
    end_runs(transaction, election).await?;
    take_back(transaction, election, i64::MAX).await?;
    Ok(())
}
