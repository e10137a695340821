//! The voter roll.

mod import;

use deadpool_postgres::{GenericClient, Transaction};
use serde::Serialize;
use serde_json::json;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
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

const FROM: &str = "voters v
    JOIN LATERAL (SELECT e.tally_visibility = 'after_close' OR h.status IN ('closed', 'archived') AS shows_voted
        FROM elections e JOIN election_heads h ON h.election_id = e.id WHERE e.id = v.election_id) s ON true
    LEFT JOIN voting_tokens t ON t.election_id = v.election_id AND t.voter_id = v.id";

/// A subquery and no join, so that PostgreSQL leaves it out where nobody asks for it: of a million
/// voters that were counted, it would look for the mails of each.
const DELIVERY: &str = "coalesce((SELECT CASE o.state WHEN 'sending' THEN 'queued' ELSE o.state END FROM mail_outbox o
    WHERE o.election_id = v.election_id AND o.voter_id = v.id
        AND (o.kind = 'invitation' OR o.kind = 'reminder' AND s.shows_voted) ORDER BY o.queued_at DESC LIMIT 1), 'none')";

fn select() -> String {
    format!(
        "SELECT v.id, v.number, v.email, v.first_name, v.last_name, coalesce(t.spent, false) AS voted,
            s.shows_voted, {DELIVERY} AS delivery FROM {FROM}"
    )
}

/// The conditions of a list, with what fills their parameters. Those that nobody asked for are left
/// out, because a plan that has to serve every case reads the tokens and mails of the whole roll.
struct Matching<'a> {
    conditions: String,
    values: Vec<&'a (dyn ToSql + Sync)>,
}

impl<'a> Matching<'a> {
    fn of(filter: &'a Filter, election: &'a Uuid) -> Self {
        let mut matching = Self { conditions: "v.election_id = $1".into(), values: vec![election] };
        if let Some(text) = &filter.text {
            let words = "v.email || ' ' || lower(concat_ws(' ', v.first_name, v.last_name))";
            matching.demand(text, |text| format!("position(lower({text}) in {words}) > 0"));
        }
        if let Some(voted) = &filter.voted {
            matching
                .demand(voted, |voted| format!("(NOT s.shows_voted OR coalesce(t.spent, false) = {voted})"));
        }
        if let Some(delivery) = &filter.delivery {
            matching.demand(delivery, |delivery| format!("{DELIVERY} = {delivery}"));
        }
        matching
    }

    fn demand(&mut self, value: &'a (dyn ToSql + Sync), condition: impl FnOnce(&str) -> String) {
        self.values.push(value);
        let condition = condition(&format!("${}", self.values.len()));
        self.conditions = format!("{} AND {condition}", self.conditions);
    }
}

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
    let total = count(client, election, filter).await?;
    let before = filter.before.unwrap_or(i64::MAX);
    let mut matching = Matching::of(filter, &election);
    matching.demand(&before, |before| format!("v.number < {before}"));
    matching.values.push(&limit);
    let Matching { conditions, values } = matching;
    let sql =
        format!("{} WHERE {conditions} ORDER BY v.number DESC LIMIT ${}::int8 + 1", select(), values.len());
    let items = rows(client, &sql, &values).await?.iter().map(read).collect();
    Ok(Page::cut(items, limit, total, |voter: &Voter| voter.number.to_string()))
}

async fn count(client: &Client, election: Uuid, filter: &Filter) -> Result<i64> {
    if filter.is_empty() {
        return Ok(heads::get(client, election).await?.eligible);
    }
    let Matching { conditions, values } = Matching::of(filter, &election);
    let sql = format!("SELECT count(*) AS total FROM {FROM} WHERE {conditions}");
    Ok(row(client, &sql, &values).await?.get("total"))
}

/// The next voters of the roll in the order of entry, for an export.
///
/// # Errors
/// As the database.
pub async fn export_chunk(client: &Client, election: Uuid, after: i64, limit: i64) -> Result<Vec<Voter>> {
    let sql = format!("{} WHERE v.election_id = $1 AND v.number > $2 ORDER BY v.number LIMIT $3", select());
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
    let sql = format!("{} WHERE v.election_id = $1 AND v.id = $2", select());
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
