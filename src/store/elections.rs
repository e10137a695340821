//! Elections as organisers see them.

mod listing;

use deadpool_postgres::GenericClient;
use futures_util::future::try_join;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::election::{Publication, Status, TallyVisibility};
use uvote_domain::refusal::Refusal;
use uvote_domain::role::{Action, Role};

pub use self::listing::{Filter, Sort, list};
use super::audit::{self, Actor};
use super::contests::{self, CandidateDraft, Contest, ContestDraft};
use super::{Client, Parameters, Result, execute, heads, mail, row_if_any};

/// An election as it is asked for.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ElectionDraft {
    /// Whose it is; one's personal organisation when missing.
    pub organisation_id: Option<Uuid>,
    /// What it is called.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// Whom voters may ask.
    pub contact_email: Option<String>,
    /// When it opens; at the activation when missing.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub opens_at: Option<OffsetDateTime>,
    /// When it closes by itself; never when missing.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub closes_at: Option<OffsetDateTime>,
    /// IANA name of the organiser's zone.
    pub time_zone: Option<String>,
    /// BCP 47 code of the language of the mails; `en` when missing.
    #[schema(example = "de")]
    pub language: Option<String>,
    /// Hours that a link lives; 168 when missing.
    pub link_lifetime_hours: Option<i32>,
    /// The organiser's own words in the invitation.
    pub invitation_message: Option<String>,
    /// `after_close`, `organisers` or `everyone`.
    #[schema(value_type = Option<String>, example = "after_close")]
    pub tally_visibility: Option<TallyVisibility>,
    /// `at_close` or `manual`.
    #[schema(value_type = Option<String>, example = "at_close")]
    pub publication: Option<Publication>,
    /// What is voted on.
    #[serde(default)]
    pub contests: Vec<ContestDraft>,
}

/// An election as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Election {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub organisation_id: Uuid,
    /// What it is called.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// Whom voters may ask.
    pub contact_email: Option<String>,
    /// `draft`, `scheduled`, `active`, `closed` or `archived`.
    #[schema(value_type = String, example = "draft")]
    pub status: Status,
    /// When it opens, or opened.
    #[serde(with = "time::serde::rfc3339::option")]
    pub opens_at: Option<OffsetDateTime>,
    /// When it closes by itself.
    #[serde(with = "time::serde::rfc3339::option")]
    pub closes_at: Option<OffsetDateTime>,
    /// IANA name of the organiser's zone.
    pub time_zone: Option<String>,
    /// BCP 47 code of the language of the mails.
    #[schema(example = "de")]
    pub language: String,
    /// Who may see the running tally.
    #[schema(value_type = String, example = "after_close")]
    pub tally_visibility: TallyVisibility,
    /// When results become public.
    #[schema(value_type = String, example = "at_close")]
    pub publication: Publication,
    /// Hours that a link lives.
    pub link_lifetime_hours: i32,
    /// The organiser's own words in the invitation.
    pub invitation_message: Option<String>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was activated.
    #[serde(with = "time::serde::rfc3339::option")]
    pub activated_at: Option<OffsetDateTime>,
    /// When it was closed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub closed_at: Option<OffsetDateTime>,
    /// When its results became public.
    #[serde(with = "time::serde::rfc3339::option")]
    pub published_at: Option<OffsetDateTime>,
    /// What is voted on.
    pub contests: Vec<Contest>,
    /// Voters on the roll.
    pub eligible: i64,
    /// Ballots cast so far.
    pub ballots_cast: i64,
}

const SELECT: &str =
    "SELECT e.id, e.organisation_id, e.title, e.description, e.contact_email, h.status, h.opens_at,
    h.closes_at, e.time_zone, e.language, e.tally_visibility, e.publication, e.link_lifetime_hours, e.invitation_message,
    e.created_at, e.activated_at, h.closed_at, h.published_at, h.eligible, h.position
    FROM elections e JOIN election_heads h ON h.election_id = e.id";

fn read(row: &Row) -> Election {
    Election {
        id: row.get("id"),
        organisation_id: row.get("organisation_id"),
        title: row.get("title"),
        description: row.get("description"),
        contact_email: row.get("contact_email"),
        status: Status::parse(row.get("status")).unwrap_or(Status::Archived),
        opens_at: row.get("opens_at"),
        closes_at: row.get("closes_at"),
        time_zone: row.get("time_zone"),
        language: row.get("language"),
        tally_visibility: TallyVisibility::parse(row.get("tally_visibility"))
            .unwrap_or(TallyVisibility::AfterClose),
        publication: Publication::parse(row.get("publication")).unwrap_or(Publication::Manual),
        link_lifetime_hours: row.get("link_lifetime_hours"),
        invitation_message: row.get("invitation_message"),
        created_at: row.get("created_at"),
        activated_at: row.get("activated_at"),
        closed_at: row.get("closed_at"),
        published_at: row.get("published_at"),
        contests: Vec::new(),
        eligible: row.get("eligible"),
        ballots_cast: row.get("position"),
    }
}

/// The role of an account in the organisation of an election, when it may do this.
///
/// # Errors
/// [`Refusal::NotFound`] for whoever is no member, [`Refusal::Forbidden`] for a role that may not.
pub async fn allow<C: GenericClient>(
    client: &C,
    account: Uuid,
    election: Uuid,
    action: Action,
) -> Result<Role> {
    allow_any(client, account, election, action, "h.deleted_at IS NULL").await
}

async fn allow_any<C: GenericClient>(
    client: &C,
    account: Uuid,
    election: Uuid,
    action: Action,
    which: &str,
) -> Result<Role> {
    let sql = format!(
        "SELECT m.role FROM elections e JOIN election_heads h ON h.election_id = e.id
        JOIN organisations o ON o.id = e.organisation_id AND o.deleted_at IS NULL
        JOIN members m ON m.organisation_id = o.id WHERE e.id = $1 AND m.account_id = $2 AND {which}"
    );
    let row = row_if_any(client, &sql, &[&election, &account]).await?.ok_or(Refusal::NotFound)?;
    let role = Role::parse(row.get("role")).ok_or(Refusal::Forbidden)?;
    if role.may(action) { Ok(role) } else { Err(Refusal::Forbidden.into()) }
}

/// An election with its contests.
///
/// # Errors
/// [`Refusal::NotFound`] when there is none, or it was deleted.
pub async fn get<C: GenericClient>(client: &C, election: Uuid) -> Result<Election> {
    let sql = format!("{SELECT} WHERE e.id = $1 AND h.deleted_at IS NULL");
    let (which, whose): (Parameters<'_>, _) = (&[&election], [election]);
    let (row, contests) = try_join(row_if_any(client, &sql, which), contests::list(client, &whose)).await?;
    Ok(Election { contests, ..read(&row.ok_or(Refusal::NotFound)?) })
}

/// Whether there is such an election, deleted or not.
///
/// # Errors
/// As the database.
pub async fn exists(client: &Client, election: Uuid) -> Result<bool> {
    let found = row_if_any(client, "SELECT FROM election_heads WHERE election_id = $1", &[&election]).await?;
    Ok(found.is_some())
}

/// Creates a draft with its contests and candidates.
///
/// # Errors
/// As the database.
pub async fn create(
    client: &mut Client,
    organisation: Uuid,
    account: Uuid,
    draft: &ElectionDraft,
) -> Result<Uuid> {
    let transaction = client.transaction().await?;
    let id = insert(&transaction, organisation, account, draft).await?;
    let details = json!({"contests": draft.contests.len()});
    audit::note_election(&transaction, id, Actor::Account(account), "election.created", details).await?;
    transaction.commit().await?;
    Ok(id)
}

async fn insert<C: GenericClient>(
    transaction: &C,
    organisation: Uuid,
    account: Uuid,
    draft: &ElectionDraft,
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let sql = "INSERT INTO elections (id, organisation_id, created_by, title, description, contact_email, time_zone,
        language, link_lifetime_hours, invitation_message, tally_visibility, publication)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let lifetime = draft.link_lifetime_hours.unwrap_or(168);
    let visibility = draft.tally_visibility.unwrap_or(TallyVisibility::AfterClose).as_str();
    let publication = draft.publication.unwrap_or(Publication::AtClose).as_str();
    let values: super::Parameters<'_> = &[
        &id,
        &organisation,
        &account,
        &draft.title,
        &draft.description,
        &draft.contact_email,
        &draft.time_zone,
        &draft.language.as_deref().unwrap_or("en"),
        &lifetime,
        &draft.invitation_message,
        &visibility,
        &publication,
    ];
    execute(transaction, sql, values).await?;
    let sql = "INSERT INTO election_heads (election_id, opens_at, closes_at) VALUES ($1, $2, $3)";
    execute(transaction, sql, &[&id, &draft.opens_at, &draft.closes_at]).await?;
    for contest in &draft.contests {
        contests::add(transaction, id, contest).await?;
    }
    Ok(id)
}

/// Makes a new draft with the words, contests, candidates and photos of an election, without its times.
/// A photo belongs to one candidate, so the original comes with copies of its own.
///
/// # Errors
/// As the database.
pub async fn duplicate(client: &mut Client, original: Election, account: Uuid) -> Result<Uuid> {
    let (election, organisation) = (original.id, original.organisation_id);
    let transaction = client.transaction().await?;
    let id = insert(&transaction, organisation, account, &original.into()).await?;
    let details = json!({"duplicate_of": election});
    audit::note_election(&transaction, id, Actor::Account(account), "election.created", details).await?;
    transaction.commit().await?;
    Ok(id)
}

impl From<Election> for ElectionDraft {
    fn from(original: Election) -> Self {
        Self {
            organisation_id: Some(original.organisation_id),
            title: original.title,
            description: original.description,
            contact_email: original.contact_email,
            opens_at: None,
            closes_at: None,
            time_zone: original.time_zone,
            language: Some(original.language),
            link_lifetime_hours: Some(original.link_lifetime_hours),
            invitation_message: original.invitation_message,
            tally_visibility: Some(original.tally_visibility),
            publication: Some(original.publication),
            contests: original.contests.into_iter().map(ContestDraft::from).collect(),
        }
    }
}

impl From<Contest> for ContestDraft {
    fn from(original: Contest) -> Self {
        let candidate = |candidate: contests::Candidate| CandidateDraft {
            name: candidate.name,
            description: candidate.description,
            display_order: Some(candidate.display_order),
            photo_id: candidate.photo_id,
        };
        Self {
            title: original.title,
            description: original.description,
            method: Some(original.method),
            seats: Some(original.seats),
            allow_blank: Some(original.allow_blank),
            candidate_order: Some(original.candidate_order),
            candidates: original.candidates.into_iter().map(candidate).collect(),
        }
    }
}

/// Replaces what an election says of itself, and notes which fields changed.
///
/// # Errors
/// As the database.
pub async fn replace<C: GenericClient>(
    transaction: &C,
    election: &Election,
    actor: Actor,
    changed: &[&str],
) -> Result<()> {
    let sql = "UPDATE elections SET title = $2, description = $3, contact_email = $4, time_zone = $5,
        link_lifetime_hours = $6, invitation_message = $7, tally_visibility = $8, publication = $9, language = $10 WHERE id = $1";
    let (visibility, publication) = (election.tally_visibility.as_str(), election.publication.as_str());
    let values: super::Parameters<'_> = &[
        &election.id,
        &election.title,
        &election.description,
        &election.contact_email,
        &election.time_zone,
        &election.link_lifetime_hours,
        &election.invitation_message,
        &visibility,
        &publication,
        &election.language,
    ];
    execute(transaction, sql, values).await?;
    let sql = "UPDATE election_heads SET opens_at = $2, closes_at = $3 WHERE election_id = $1";
    execute(transaction, sql, &[&election.id, &election.opens_at, &election.closes_at]).await?;
    let details: Value = json!({"fields": changed});
    audit::note_election(transaction, election.id, actor, "election.updated", details).await
}

/// Hides an election that has no ballots.
///
/// # Errors
/// [`Refusal::HasBallots`] when one has been cast.
pub async fn delete(client: &mut Client, election: Uuid, actor: Actor) -> Result<()> {
    let transaction = client.transaction().await?;
    if heads::lock(&transaction, election).await?.position > 0 {
        return Err(Refusal::HasBallots.into());
    }
    execute(
        &transaction,
        "UPDATE election_heads SET deleted_at = clock_timestamp() WHERE election_id = $1",
        &[&election],
    )
    .await?;
    mail::forget_queued(&transaction, election).await?;
    audit::note_election(&transaction, election, actor, "election.deleted", json!({})).await?;
    transaction.commit().await?;
    Ok(())
}

/// Brings a deleted election back.
///
/// # Errors
/// [`Refusal::NotFound`] for strangers and unknown ids, [`Refusal::WrongState`] when it is not deleted.
pub async fn restore(client: &mut Client, election: Uuid, account: Uuid) -> Result<()> {
    let transaction = client.transaction().await?;
    allow_any(&transaction, account, election, Action::ManageElections, "true").await?;
    let sql = "UPDATE election_heads SET deleted_at = NULL WHERE election_id = $1 AND deleted_at IS NOT NULL";
    if execute(&transaction, sql, &[&election]).await? == 0 {
        return Err(Refusal::WrongState("The election is not deleted.".into()).into());
    }
    audit::note_election(&transaction, election, Actor::Account(account), "election.restored", json!({}))
        .await?;
    transaction.commit().await?;
    Ok(())
}
