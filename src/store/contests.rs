//! Contests and their candidates.

use deadpool_postgres::GenericClient;
use futures_util::future::try_join;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::contest::{self, CandidateOrder, Method};
use uvote_domain::refusal::Refusal;

use super::{Parameters, Result, execute, row_if_any, rows};

/// A contest as it is asked for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContestDraft {
    /// What is being decided.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// How it is counted.
    #[schema(value_type = Option<String>, example = "plurality")]
    pub method: Option<Method>,
    /// How many are elected, and how many may be marked.
    pub seats: Option<i32>,
    /// Whether a blank vote is possible.
    pub allow_blank: Option<bool>,
    /// `as_listed` or `random`.
    #[schema(value_type = Option<String>, example = "as_listed")]
    pub candidate_order: Option<CandidateOrder>,
    /// Who stands.
    #[serde(default)]
    pub candidates: Vec<CandidateDraft>,
}

/// A candidate as asked for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateDraft {
    /// Who or what stands.
    pub name: String,
    /// More about them.
    pub description: Option<String>,
    /// The place in the list; the end when it is missing.
    pub display_order: Option<i32>,
    #[serde(skip)]
    pub(crate) photo_id: Option<Uuid>,
}

/// A contest as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Contest {
    /// Its id.
    pub id: Uuid,
    /// What is being decided.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// How it is counted.
    #[schema(value_type = String, example = "plurality")]
    pub method: Method,
    /// How many are elected, and how many may be marked.
    pub seats: i32,
    /// Whether a blank vote is possible.
    pub allow_blank: bool,
    /// `as_listed` or `random`.
    #[schema(value_type = String, example = "as_listed")]
    pub candidate_order: CandidateOrder,
    /// Who stands, in display order.
    pub candidates: Vec<Candidate>,
    #[serde(skip)]
    pub(crate) election_id: Uuid,
}

/// A candidate as shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Candidate {
    /// Its id.
    pub id: Uuid,
    /// Who or what stands.
    pub name: String,
    /// More about them.
    pub description: Option<String>,
    /// Where the photo is, if there is one.
    pub photo_url: Option<String>,
    /// The place in the list.
    pub display_order: i32,
    #[serde(skip)]
    pub(crate) photo_id: Option<Uuid>,
}

impl Contest {
    /// What the counting rules need to know of it.
    pub fn rules(&self) -> contest::Contest {
        contest::Contest {
            id: self.id,
            method: self.method,
            seats: self.seats.unsigned_abs(),
            allow_blank: self.allow_blank,
            candidates: self.candidates.iter().map(|candidate| candidate.id).collect(),
        }
    }
}

/// The contests of several elections, in display order.
///
/// # Errors
/// As the database.
pub async fn list<C: GenericClient>(client: &C, elections: &[Uuid]) -> Result<Vec<Contest>> {
    let sql = "SELECT id, election_id, title, description, method, seats, allow_blank, candidate_order
        FROM contests WHERE election_id = ANY($1) ORDER BY election_id, display_order, id";
    let which: Parameters<'_> = &[&elections];
    let contests = rows(client, sql, which);
    let sql = "SELECT id, contest_id, name, description, photo_id, display_order
        FROM candidates WHERE election_id = ANY($1) ORDER BY display_order, id";
    let (contests, candidates) = try_join(contests, rows(client, sql, which)).await?;
    Ok(contests.iter().map(|contest| shown(contest, &candidates)).collect())
}

fn shown(contest: &Row, candidates: &[Row]) -> Contest {
    let id: Uuid = contest.get("id");
    let own = candidates.iter().filter(|candidate| candidate.get::<_, Uuid>("contest_id") == id);
    Contest {
        id,
        title: contest.get("title"),
        description: contest.get("description"),
        method: Method::parse(contest.get("method")).unwrap_or(Method::Plurality),
        seats: contest.get("seats"),
        allow_blank: contest.get("allow_blank"),
        candidate_order: CandidateOrder::parse(contest.get("candidate_order"))
            .unwrap_or(CandidateOrder::AsListed),
        candidates: own.map(candidate).collect(),
        election_id: contest.get("election_id"),
    }
}

fn candidate(row: &Row) -> Candidate {
    let photo_id: Option<Uuid> = row.get("photo_id");
    Candidate {
        id: row.get("id"),
        name: row.get("name"),
        description: row.get("description"),
        photo_url: photo_id.map(|id| format!("/photos/{id}")),
        display_order: row.get("display_order"),
        photo_id,
    }
}

/// Adds a contest with its candidates behind the others.
///
/// # Errors
/// As the database, which refuses it once the election has left its draft.
pub async fn add<C: GenericClient>(client: &C, election: Uuid, draft: &ContestDraft) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let sql = "INSERT INTO contests
        (id, election_id, title, description, method, seats, allow_blank, candidate_order, display_order)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, coalesce(max(display_order) + 1, 0) FROM contests WHERE election_id = $2";
    let method = draft.method.unwrap_or(Method::Plurality).as_str();
    let order = draft.candidate_order.unwrap_or(CandidateOrder::AsListed).as_str();
    let (seats, allow_blank) = (draft.seats.unwrap_or(1), draft.allow_blank.unwrap_or(true));
    execute(
        client,
        sql,
        &[&id, &election, &draft.title, &draft.description, &method, &seats, &allow_blank, &order],
    )
    .await?;
    for candidate in &draft.candidates {
        add_candidate(client, election, id, candidate).await?;
    }
    Ok(id)
}

/// Adds a candidate, behind the others unless a place is given.
///
/// # Errors
/// As [`add`].
pub async fn add_candidate<C: GenericClient>(
    client: &C,
    election: Uuid,
    contest: Uuid,
    draft: &CandidateDraft,
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let sql = "INSERT INTO candidates (id, election_id, contest_id, name, description, photo_id, display_order)
        SELECT $1, $2, $3, $4, $5, $6, coalesce($7, (SELECT max(display_order) + 1 FROM candidates WHERE contest_id = $3), 0)";
    let CandidateDraft { name, description, display_order, photo_id } = draft;
    execute(client, sql, &[&id, &election, &contest, name, description, photo_id, display_order]).await?;
    Ok(id)
}

/// Replaces what a contest says of itself.
///
/// # Errors
/// As [`add`].
pub async fn replace<C: GenericClient>(client: &C, contest: &Contest) -> Result<()> {
    let sql = "UPDATE contests SET title = $2, description = $3, method = $4, seats = $5, allow_blank = $6, candidate_order = $7
        WHERE id = $1";
    let (method, order) = (contest.method.as_str(), contest.candidate_order.as_str());
    let values: super::Parameters<'_> = &[
        &contest.id,
        &contest.title,
        &contest.description,
        &method,
        &contest.seats,
        &contest.allow_blank,
        &order,
    ];
    execute(client, sql, values).await?;
    Ok(())
}

/// Replaces what a candidate says of itself.
///
/// # Errors
/// As [`add`].
pub async fn replace_candidate<C: GenericClient>(client: &C, candidate: &Candidate) -> Result<()> {
    let sql = "UPDATE candidates SET name = $2, description = $3, display_order = $4 WHERE id = $1";
    execute(client, sql, &[&candidate.id, &candidate.name, &candidate.description, &candidate.display_order])
        .await?;
    Ok(())
}

/// Puts the contests of an election into this order.
///
/// # Errors
/// As [`add`].
pub async fn reorder<C: GenericClient>(client: &C, election: Uuid, order: &[Uuid]) -> Result<()> {
    let sql = "UPDATE contests SET display_order = wanted.place - 1
        FROM unnest($2::uuid[]) WITH ORDINALITY AS wanted (id, place)
        WHERE contests.election_id = $1 AND contests.id = wanted.id";
    execute(client, sql, &[&election, &order]).await?;
    Ok(())
}

/// Puts the candidates of a contest into this order.
///
/// # Errors
/// As [`add`].
pub async fn reorder_candidates<C: GenericClient>(client: &C, contest: Uuid, order: &[Uuid]) -> Result<()> {
    let sql = "UPDATE candidates SET display_order = wanted.place - 1
        FROM unnest($2::uuid[]) WITH ORDINALITY AS wanted (id, place)
        WHERE candidates.contest_id = $1 AND candidates.id = wanted.id";
    execute(client, sql, &[&contest, &order]).await?;
    Ok(())
}

/// Says which photo a candidate has.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such candidate; otherwise as [`add`].
pub async fn set_photo<C: GenericClient>(
    client: &C,
    candidate: Uuid,
    photo: Option<Uuid>,
) -> Result<Candidate> {
    let sql = "UPDATE candidates SET photo_id = $2 WHERE id = $1
        RETURNING id, name, description, photo_id, display_order";
    let row = row_if_any(client, sql, &[&candidate, &photo]).await?.ok_or(Refusal::NotFound)?;
    Ok(self::candidate(&row))
}

/// Removes a contest with its candidates; answers the photos that they had.
///
/// # Errors
/// [`Refusal::NotFound`] when the election has no such contest; otherwise as [`add`].
pub async fn remove<C: GenericClient>(client: &C, election: Uuid, contest: Uuid) -> Result<Vec<Uuid>> {
    let sql = "DELETE FROM contests WHERE election_id = $1 AND id = $2
        RETURNING ARRAY(SELECT photo_id FROM candidates WHERE contest_id = $2 AND photo_id IS NOT NULL) AS photos";
    let row = row_if_any(client, sql, &[&election, &contest]).await?.ok_or(Refusal::NotFound)?;
    Ok(row.get("photos"))
}

/// Removes a candidate; answers the photo that it had.
///
/// # Errors
/// [`Refusal::NotFound`] when the contest has no such candidate; otherwise as [`add`].
pub async fn remove_candidate<C: GenericClient>(
    client: &C,
    contest: Uuid,
    candidate: Uuid,
) -> Result<Option<Uuid>> {
    let sql = "DELETE FROM candidates WHERE contest_id = $1 AND id = $2 RETURNING photo_id";
    let row = row_if_any(client, sql, &[&contest, &candidate]).await?.ok_or(Refusal::NotFound)?;
    Ok(row.get("photo_id"))
}
