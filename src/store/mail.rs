//! Outgoing mail: bulk sends along the roll, and the outbox that the mailer empties.

mod deliveries;
mod outbox;

use deadpool_postgres::{GenericClient, Transaction};
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;
use uvote_domain::account::Notice;
use uvote_domain::refusal::Refusal;

pub use self::deliveries::{Deliveries, DeliveryCounts, deliveries, delivery_counts};
pub use self::outbox::{Attempt, Claimed, Invited, claim, settle, waiting};
use super::audit::{self, Actor};
use super::{Client, Database, Result, execute, heads, row, row_if_any, rows, tokens};
use crate::keys::Keyring;

/// Voters dealt with in one transaction of a bulk send, which holds the election's head.
const CHUNK: i64 = 5_000;

/// What a mail says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The voter's link.
    Invitation,
    /// The voter's link again.
    Reminder,
    /// Where the results are.
    Results,
    /// An invitation for the organiser's eyes, whose link does not vote.
    Specimen,
    /// Confirms an account's address.
    VerifyEmail,
    /// Sets an account's password anew.
    ResetPassword,
    /// Tells a known address that somebody tried to register it.
    AlreadyRegistered,
    /// Asks an address to join an organisation.
    OrganisationInvitation,
    /// Confirms the address that an account is to move to.
    ConfirmNewAddress,
    /// Tells an owner what has happened to the account.
    Notice(Notice),
}

impl Kind {
    const PLAIN: [Self; 9] = [
        Self::Invitation,
        Self::Reminder,
        Self::Results,
        Self::Specimen,
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::AlreadyRegistered,
        Self::OrganisationInvitation,
        Self::ConfirmNewAddress,
    ];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reminder => "reminder",
            Self::Results => "results",
            Self::Specimen => "specimen",
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::AlreadyRegistered => "already_registered",
            Self::OrganisationInvitation => "organisation_invitation",
            Self::ConfirmNewAddress => "confirm_new_address",
            Self::Notice(notice) => notice.as_str(),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::PLAIN.into_iter().chain(Notice::ALL.map(Self::Notice)).find(|kind| kind.as_str() == word)
    }
}

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

    /// Which voters `v` with tokens `t` it means. Those whose sending was stopped count as not
    /// invited, since their mails are gone from the outbox.
    const fn condition(self) -> &'static str {
        match self {
            Self::NotInvited => "NOT coalesce(t.spent, false) AND NOT EXISTS (SELECT FROM mail_outbox o
                WHERE o.election_id = v.election_id AND o.voter_id = v.id AND o.kind IN ('invitation', 'reminder'))",
            Self::NotVoted => "NOT coalesce(t.spent, false) AND NOT EXISTS (SELECT FROM mail_outbox o
                WHERE o.election_id = v.election_id AND o.voter_id = v.id AND o.kind IN ('invitation', 'reminder') AND o.state IN ('queued', 'sending'))",
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

/// Queues mails to voters.
pub(crate) async fn queue_to_voters(
    transaction: &Transaction<'_>,
    election: Uuid,
    kind: Kind,
    voters: &[Uuid],
) -> Result<()> {
    let sql =
        "INSERT INTO mail_outbox (election_id, kind, voter_id) SELECT $1, $2, * FROM unnest($3::uuid[])";
    execute(transaction, sql, &[&election, &kind.as_str(), &voters]).await?;
    Ok(())
}

/// Queues a mail to an account holder. Without an account it does as much and queues none.
///
/// # Errors
/// As the database.
pub async fn queue_to_account<C: GenericClient>(
    client: &C,
    kind: Kind,
    account: Uuid,
    election: Option<Uuid>,
    token: Option<Uuid>,
) -> Result<()> {
    let sql = "INSERT INTO mail_outbox (election_id, kind, account_id, account_token_id) SELECT $1, $2, id, $4 FROM accounts WHERE id = $3";
    execute(client, sql, &[&election.unwrap_or_default(), &kind.as_str(), &account, &token]).await?;
    Ok(())
}

/// Takes back links to a voter that wait in the outbox: a newer one follows.
pub(crate) async fn drop_queued(transaction: &Transaction<'_>, election: Uuid, voter: Uuid) -> Result<()> {
    let sql = "DELETE FROM mail_outbox WHERE election_id = $1 AND voter_id = $2 AND state = 'queued' AND kind IN ('invitation', 'reminder')";
    execute(transaction, sql, &[&election, &voter]).await?;
    Ok(())
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

/// Does one chunk of the oldest unfinished bulk send; answers whether there was one.
///
/// # Errors
/// As the database.
pub async fn advance_run(database: &Database, keyring: &Keyring) -> Result<bool> {
    let mut client = database.client().await?;
    let sql = "SELECT id, election_id FROM mail_runs WHERE finished_at IS NULL ORDER BY id LIMIT 1";
    let Some(next) = row_if_any(&client, sql, &[]).await? else { return Ok(false) };
    let (run, election): (Uuid, Uuid) = (next.get("id"), next.get("election_id"));
    let transaction = client.transaction().await?;
    let head = heads::lock(&transaction, election).await?;
    let sql = "SELECT kind, audience, after, up_to FROM mail_runs WHERE id = $1 AND finished_at IS NULL";
    let Some(found) = row_if_any(&transaction, sql, &[&run]).await? else { return Ok(true) };
    let kind = Kind::parse(found.get("kind")).unwrap_or(Kind::Invitation);
    let possible = !head.deleted && (kind == Kind::Results || head.status.sends_links());
    let reached = if possible { advance(&transaction, keyring, election, kind, &found).await? } else { None };
    let sql = "UPDATE mail_runs SET after = coalesce($2, after), finished_at = CASE WHEN $2 IS NULL THEN clock_timestamp() END WHERE id = $1";
    execute(&transaction, sql, &[&run, &reached]).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Issues and queues along the next stretch of the roll; answers the last number of it, or nothing
/// at its end.
async fn advance(
    transaction: &Transaction<'_>,
    keyring: &Keyring,
    election: Uuid,
    kind: Kind,
    run: &Row,
) -> Result<Option<i64>> {
    let (after, up_to): (i64, i64) = (run.get("after"), run.get("up_to"));
    let sql = format!(
        "SELECT v.id, v.number, {} AS meant, t.voter_id IS NOT NULL AS issued
        FROM (SELECT election_id, id, number FROM voters WHERE election_id = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4) v
        LEFT JOIN voting_tokens t ON t.election_id = v.election_id AND t.voter_id = v.id ORDER BY v.number",
        Audience::parse(run.get("audience")).condition()
    );
    let stretch = rows(transaction, &sql, &[&election, &after, &up_to, &CHUNK]).await?;
    let Some(last) = stretch.last() else { return Ok(None) };
    let ids = |wanted: &dyn Fn(&Row) -> bool| {
        stretch.iter().filter(|row| wanted(row)).map(|row| row.get("id")).collect::<Vec<Uuid>>()
    };
    if kind != Kind::Results {
        let without = ids(&|row| row.get("meant") && !row.get::<_, bool>("issued"));
        let Some(link_key) = heads::link_key(transaction, keyring, election).await? else { return Ok(None) };
        tokens::issue(transaction, election, &link_key, &without).await?;
    }
    queue_to_voters(transaction, election, kind, &ids(&|row| row.get("meant"))).await?;
    Ok(Some(last.get("number")))
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
