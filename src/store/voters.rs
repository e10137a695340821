//! The voter roll.

mod import;

use deadpool_postgres::{GenericClient, Transaction};
use serde::Serialize;
use serde_json::json;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::account::Email;
use uvote_domain::election::Status;
use uvote_domain::refusal::Refusal;

pub use self::import::{ImportError, Imported, Incoming, import};
use super::audit::{self, Actor};
use super::heads::{self, Head};
use super::{Client, Page, Result, StoreError, execute, row, row_if_any, rows};

/// A voter as organisers see them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Voter {
    /// Its id.
    pub id: Uuid,
    /// Where the link goes.
    pub email: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Whether a ballot was cast; null while a running tally may be seen, since both together
    /// would give each vote away.
    pub voted: Option<bool>,
    /// `none`, `queued`, `sent` or `failed`: the latest mail with the voter's link.
    #[schema(example = "sent")]
    pub delivery: String,
    #[serde(skip)]
    pub(crate) number: i64,
}

/// The words about a voter.
pub struct Person {
    /// Where the link goes.
    pub email: Email,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
}

/// What is to be changed about a voter: what is missing stays.
#[derive(Debug, Default)]
pub struct Change {
    /// Another address.
    pub email: Option<Email>,
    /// Another given name, or none.
    pub first_name: Option<Option<String>>,
    /// Another family name, or none.
    pub last_name: Option<Option<String>>,
}

impl Change {
    fn apply(self, before: &Voter) -> Result<Person> {
        let kept = || Email::parse(&before.email).map_err(|error| StoreError::Database(error.to_string()));
        Ok(Person {
            email: self.email.map_or_else(kept, Ok)?,
            first_name: self.first_name.unwrap_or_else(|| before.first_name.clone()),
            last_name: self.last_name.unwrap_or_else(|| before.last_name.clone()),
        })
    }
}

/// What may be asked of a list of voters.
#[derive(Debug, Default)]
pub struct Filter {
    /// Only those whose address or name contains this.
    pub text: Option<String>,
    /// Only those who have, or have not, voted.
    pub voted: Option<bool>,
    /// Only those whose latest mail is in this state.
    pub delivery: Option<String>,
    /// The number of the last voter of the page before.
    pub before: Option<i64>,
}

impl Filter {
    const fn is_empty(&self) -> bool {
        self.text.is_none() && self.voted.is_none() && self.delivery.is_none()
    }
}

const SELECT: &str = "SELECT v.id, v.number, v.email, v.first_name, v.last_name, coalesce(t.spent, false) AS voted, s.shows_voted,
        coalesce(CASE m.state WHEN 'sending' THEN 'queued' ELSE m.state END, 'none') AS delivery
    FROM voters v
    JOIN LATERAL (SELECT e.tally_visibility = 'after_close' OR h.status IN ('closed', 'archived') AS shows_voted
        FROM elections e JOIN election_heads h ON h.election_id = e.id WHERE e.id = v.election_id) s ON true
    LEFT JOIN voting_tokens t ON t.election_id = v.election_id AND t.voter_id = v.id
    LEFT JOIN LATERAL (SELECT o.state FROM mail_outbox o WHERE o.election_id = v.election_id AND o.voter_id = v.id
        AND (o.kind = 'invitation' OR o.kind = 'reminder' AND s.shows_voted) ORDER BY o.queued_at DESC LIMIT 1) m ON true";

const MATCHING: &str = "v.election_id = $1
    AND ($2::text IS NULL OR position(lower($2) in v.email || ' ' || lower(concat_ws(' ', v.first_name, v.last_name))) > 0)
    AND ($3::bool IS NULL OR NOT s.shows_voted OR coalesce(t.spent, false) = $3)
    AND ($4::text IS NULL OR coalesce(CASE m.state WHEN 'sending' THEN 'queued' ELSE m.state END, 'none') = $4)";

fn read(row: &Row) -> Voter {
    Voter {
        id: row.get("id"),
        email: row.get("email"),
        first_name: row.get("first_name"),
        last_name: row.get("last_name"),
        voted: row.get::<_, bool>("shows_voted").then(|| row.get("voted")),
        delivery: row.get("delivery"),
        number: row.get("number"),
    }
}

/// A page of the roll, latest entries first.
///
/// # Errors
/// As the database.
pub async fn list(client: &Client, election: Uuid, filter: &Filter, limit: i64) -> Result<Page<Voter>> {
    let sql =
        format!("{SELECT} WHERE {MATCHING} AND v.number < $5 ORDER BY v.number DESC LIMIT $6::int8 + 1");
    let before = filter.before.unwrap_or(i64::MAX);
    let found =
        rows(client, &sql, &[&election, &filter.text, &filter.voted, &filter.delivery, &before, &limit])
            .await?;
    let total = if filter.is_empty() {
        heads::get(client, election).await?.eligible
    } else {
        let from = SELECT.split_once("FROM voters v").map_or("", |(_, from)| from);
        let sql = format!("SELECT count(*) AS total FROM voters v {from} WHERE {MATCHING}");
        row(client, &sql, &[&election, &filter.text, &filter.voted, &filter.delivery]).await?.get("total")
    };
    let items = found.iter().map(read).collect();
    Ok(Page::cut(items, limit, total, |voter: &Voter| voter.number.to_string()))
}

/// The next voters of the roll in the order of entry, for an export.
///
/// # Errors
/// As the database.
pub async fn export_chunk(client: &Client, election: Uuid, after: i64, limit: i64) -> Result<Vec<Voter>> {
    let sql = format!("{SELECT} WHERE v.election_id = $1 AND v.number > $2 ORDER BY v.number LIMIT $3");
    let found = rows(client, &sql, &[&election, &after, &limit]).await?;
    Ok(found.iter().map(read).collect())
}

impl Voter {
    /// The voter's place in the order of entry.
    pub const fn number(&self) -> i64 {
        self.number
    }
}

/// One voter.
///
/// # Errors
/// [`Refusal::NotFound`] when the roll has no such voter.
pub async fn get<C: GenericClient>(client: &C, election: Uuid, voter: Uuid) -> Result<Voter> {
    let sql = format!("{SELECT} WHERE v.election_id = $1 AND v.id = $2");
    let row = row_if_any(client, &sql, &[&election, &voter]).await?.ok_or(Refusal::NotFound)?;
    Ok(read(&row))
}

fn changeable(head: &Head) -> Result<()> {
    if head.status.is_over() {
        return Err(Refusal::wrong_state(head.status, "change the roll").into());
    }
    Ok(())
}

/// Refuses what would tell by its answer whether somebody has voted, while that is hidden.
///
/// # Errors
/// [`Refusal::WrongState`] while the election is open and a running tally may be seen.
pub(crate) async fn refuse_while_hidden<C: GenericClient>(client: &C, head: &Head) -> Result<()> {
    let sql = "SELECT tally_visibility <> 'after_close' AS hidden FROM elections WHERE id = $1";
    if head.status == Status::Active && row(client, sql, &[&head.election_id]).await?.get("hidden") {
        let detail = "While a running tally can be seen, who has voted is hidden, and this would tell. Voters can ask for their link again themselves.";
        return Err(Refusal::WrongState(detail.into()).into());
    }
    Ok(())
}

/// Whether the voter's token is spent, with its row locked.
async fn has_voted<C: GenericClient>(transaction: &C, election: Uuid, voter: Uuid) -> Result<bool> {
    let sql = "SELECT spent FROM voting_tokens WHERE election_id = $1 AND voter_id = $2 FOR UPDATE";
    Ok(row_if_any(transaction, sql, &[&election, &voter]).await?.is_some_and(|row| row.get("spent")))
}

fn taken(error: tokio_postgres::Error) -> StoreError {
    if super::breaks(&error, "one_voter_an_address") {
        return Refusal::Conflict("This address is on the roll already.".into()).into();
    }
    error.into()
}

/// Adds a voter, also while the election is open.
///
/// # Errors
/// [`Refusal::Conflict`] when the address is on the roll, [`Refusal::WrongState`] after the close.
pub async fn add(client: &mut Client, election: Uuid, person: &Person, actor: Actor) -> Result<Uuid> {
    let transaction = client.transaction().await?;
    changeable(&heads::lock(&transaction, election).await?)?;
    let sql =
        "INSERT INTO voters (election_id, email, first_name, last_name) VALUES ($1, $2, $3, $4) RETURNING id";
    let statement = transaction.prepare_cached(sql).await?;
    let values: super::Parameters<'_> =
        &[&election, &person.email.as_str(), &person.first_name, &person.last_name];
    let id: Uuid = transaction.query_one(&statement, values).await.map_err(taken)?.get("id");
    audit::note_election(&transaction, election, actor, "voter.added", json!({"voter": id})).await?;
    transaction.commit().await?;
    Ok(id)
}

/// Changes a voter's words. Answers whether the address is another one, so that the old link has
/// to die.
///
/// # Errors
/// [`Refusal::AlreadyVoted`] once the voter has voted; otherwise as [`add`].
pub async fn replace(
    transaction: &Transaction<'_>,
    election: Uuid,
    voter: Uuid,
    change: Change,
    actor: Actor,
) -> Result<bool> {
    let head = heads::lock(transaction, election).await?;
    changeable(&head)?;
    let before = get(transaction, election, voter).await?;
    let person = change.apply(&before)?;
    let moved = before.email != person.email.as_str();
    let hidden = refuse_while_hidden(transaction, &head).await;
    if moved {
        hidden.clone()?;
    }
    if hidden.is_ok() && has_voted(transaction, election, voter).await? {
        return Err(Refusal::AlreadyVoted.into());
    }
    let sql =
        "UPDATE voters SET email = $3, first_name = $4, last_name = $5 WHERE election_id = $1 AND id = $2";
    let statement = transaction.prepare_cached(sql).await?;
    let values: super::Parameters<'_> =
        &[&election, &voter, &person.email.as_str(), &person.first_name, &person.last_name];
    transaction.execute(&statement, values).await.map_err(taken)?;
    let details = json!({"voter": voter, "address_changed": moved});
    audit::note_election(transaction, election, actor, "voter.updated", details).await?;
    Ok(moved)
}

/// Takes a voter off the roll.
///
/// # Errors
/// [`Refusal::NotFound`], or [`Refusal::AlreadyVoted`] once the voter has voted.
pub async fn remove(client: &mut Client, election: Uuid, voter: Uuid, actor: Actor) -> Result<()> {
    let transaction = client.transaction().await?;
    let head = heads::lock(&transaction, election).await?;
    changeable(&head)?;
    refuse_while_hidden(&transaction, &head).await?;
    if has_voted(&transaction, election, voter).await? {
        return Err(Refusal::AlreadyVoted.into());
    }
    if execute(&transaction, "DELETE FROM voters WHERE election_id = $1 AND id = $2", &[&election, &voter])
        .await?
        == 0
    {
        return Err(Refusal::NotFound.into());
    }
    audit::note_election(&transaction, election, actor, "voter.removed", json!({"voter": voter})).await?;
    transaction.commit().await?;
    Ok(())
}

/// The voter with an address.
///
/// # Errors
/// As the database.
pub async fn find(client: &Client, election: Uuid, email: &Email) -> Result<Option<Uuid>> {
    let sql = "SELECT id FROM voters WHERE election_id = $1 AND email = $2";
    Ok(row_if_any(client, sql, &[&election, &email.as_str()]).await?.map(|row| row.get("id")))
}
