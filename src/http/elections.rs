//! Elections: creating, changing, and their steps from draft to archive.

use std::ops::RangeInclusive;

use actix_web::{HttpResponse, get, patch, post, web};
use serde::Deserialize;
use time::{OffsetDateTime, UtcOffset};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use uvote_domain::election::{Publication, Status, TallyVisibility};
use uvote_domain::fault::Fault;
use uvote_domain::refusal::Refusal;
use uvote_domain::role::Action;

use super::check::{Check, present};
use super::contests::changes::{MOST_CONTESTS, check_contest};
use super::error::{Answer, Problem};
use super::openapi::Problems;
use super::sign_in::{Id, ListOf, Paging, SignedIn, bad_cursor, page};
use super::{Service, Uvote};
use crate::language::Language;
use crate::store::elections::{self, Election, ElectionDraft, Filter, Sort};
use crate::store::{heads, organisations};

/// A year that another zone would take beyond 9999 could be stored but not read again.
const YEARS: RangeInclusive<i32> = 1970..=9998;
/// Hours that a link may live.
const LIFETIMES: RangeInclusive<i32> = 1..=8_784;

/// Changes to an election: what is missing stays, null clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ElectionPatch {
    /// What it is called.
    pub title: Option<String>,
    /// What it is about.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// Whom voters may ask.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub contact_email: Option<Option<String>>,
    /// When casting begins.
    #[serde(deserialize_with = "time")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub opens_at: Option<Option<OffsetDateTime>>,
    /// When casting ends.
    #[serde(deserialize_with = "time")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closes_at: Option<Option<OffsetDateTime>>,
    /// The IANA zone in which the organisers think.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub time_zone: Option<Option<String>>,
    /// BCP 47 code of the language of the mails.
    #[schema(example = "de")]
    pub language: Option<String>,
    /// Hours that a link lives.
    pub link_lifetime_hours: Option<i32>,
    /// The organisers' own words in the invitation.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub invitation_message: Option<Option<String>>,
    /// Who may see the running tally.
    #[schema(value_type = Option<String>, example = "after_close")]
    pub tally_visibility: Option<TallyVisibility>,
    /// Whether results are public at the close.
    #[schema(value_type = Option<String>, example = "at_close")]
    pub publication: Option<Publication>,
}

fn time<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<OffsetDateTime>>, D::Error> {
    time::serde::rfc3339::option::deserialize(deserializer).map(Some)
}

/// What a list of elections is narrowed to.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ElectionQuery {
    /// `draft`, `scheduled`, `active`, `closed` or `archived`.
    status: Option<String>,
    /// Part of the title.
    q: Option<String>,
    organisation_id: Option<Uuid>,
    /// `-created_at` (default), `created_at`, `title` or `-title`.
    sort: Option<String>,
}

/// Creates a draft.
#[utoipa::path(tag = "elections", responses((status = 201, body = Election), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections")]
pub async fn create(service: Uvote, who: SignedIn, body: web::Json<ElectionDraft>) -> Answer {
    let id = create_draft(&service, &who, body.into_inner()).await?;
    let client = service.database.client().await?;
    Ok(HttpResponse::Created().json(elections::get(&client, id).await?))
}

/// Creates a draft in the organisation that it names, or in the caller's own.
///
/// # Errors
/// Every field that can't be accepted, or an organisation that is not the caller's to run.
pub async fn create_draft(service: &Service, who: &SignedIn, mut draft: ElectionDraft) -> Answer<Uuid> {
    check_draft(&mut draft)?;
    let mut client = service.database.client().await?;
    let organisation = match draft.organisation_id {
        Some(organisation) => organisation,
        None => organisations::personal(&client, who.account).await?.ok_or(Refusal::NotFound)?,
    };
    organisations::allow(&client, who.account, organisation, Action::ManageElections).await?;
    Ok(elections::create(&mut client, organisation, who.account, &draft).await?)
}

fn check_draft(draft: &mut ElectionDraft) -> Result<(), Problem> {
    let mut check = Check::default();
    check_words(
        &mut check,
        &mut Words {
            title: &mut draft.title,
            description: &mut draft.description,
            contact_email: &mut draft.contact_email,
            time_zone: &mut draft.time_zone,
            language: draft.language.as_mut(),
            invitation_message: &mut draft.invitation_message,
        },
    );
    check_times(&mut check, draft.opens_at, draft.closes_at, draft.link_lifetime_hours.unwrap_or(168));
    let fit = draft.contests.len() <= MOST_CONTESTS;
    check.demand(fit, "contests", Fault::TooManyContests(MOST_CONTESTS));
    for (index, contest) in draft.contests.iter_mut().enumerate() {
        check_contest(&mut check, &format!("contests.{index}."), contest);
    }
    check.finish()
}

struct Words<'a> {
    title: &'a mut String,
    description: &'a mut Option<String>,
    contact_email: &'a mut Option<String>,
    time_zone: &'a mut Option<String>,
    language: Option<&'a mut String>,
    invitation_message: &'a mut Option<String>,
}

fn check_words(check: &mut Check, words: &mut Words<'_>) {
    if let Some(language) = words.language.as_mut() {
        check_language(check, language);
    }
    check.line("title", words.title, 200);
    check.optional_text("description", words.description, 10_000);
    check.optional_email("contact_email", words.contact_email);
    check.optional_line("time_zone", words.time_zone, 64);
    let plain =
        |zone: &String| zone.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+'));
    check.demand(words.time_zone.as_ref().is_none_or(plain), "time_zone", Fault::NotAZone);
    check.optional_text("invitation_message", words.invitation_message, 5_000);
}

/// A language with a catalogue; brought into the form of its code.
fn check_language(check: &mut Check, code: &mut String) {
    match Language::of(code) {
        Some(language) => *code = language.code(),
        None => {
            let known: Vec<String> = Language::all().iter().map(Language::code).collect();
            check.refuse("language", Fault::UnknownLanguage(known.join(", ")));
        }
    }
}

fn check_times(
    check: &mut Check,
    opens_at: Option<OffsetDateTime>,
    closes_at: Option<OffsetDateTime>,
    lifetime_hours: i32,
) {
    let ordered = opens_at.zip(closes_at).is_none_or(|(opens_at, closes_at)| opens_at < closes_at);
    check.demand(ordered, "closes_at", Fault::ClosesBeforeOpening);
    let sane = |time: OffsetDateTime| {
        time.checked_to_offset(UtcOffset::UTC).is_some_and(|time| YEARS.contains(&time.year()))
    };
    for (field, time) in [("opens_at", opens_at), ("closes_at", closes_at)] {
        check.demand(time.is_none_or(sane), field, Fault::YearOutOfRange(YEARS));
    }
    let lives = LIFETIMES.contains(&lifetime_hours);
    check.demand(lives, "link_lifetime_hours", Fault::LinkLifetime(LIFETIMES));
}

/// Lists the elections of one's organisations.
#[utoipa::path(tag = "elections", params(ElectionQuery, Paging), responses((status = 200, body = ListOf<Election>), Problems), security(("bearer" = [])))]
#[get("/api/v1/elections")]
pub async fn list(
    service: Uvote,
    who: SignedIn,
    query: web::Query<ElectionQuery>,
    paging: web::Query<Paging>,
) -> Answer {
    let query = query.into_inner();
    let status =
        |word: String| Status::parse(&word).ok_or_else(|| Problem::invalid("status", Fault::UnknownStatus));
    let filter = Filter {
        status: query.status.map(status).transpose()?,
        title: query.q.filter(|q| !q.contains('\0')),
        organisation: query.organisation_id,
        sort: sort(query.sort.as_deref())?,
        after: after_cursor(&paging)?,
    };
    let client = service.database.client().await?;
    Ok(page(elections::list(&client, who.account, &filter, paging.limit()?).await?))
}

fn sort(word: Option<&str>) -> Result<Sort, Problem> {
    match word.unwrap_or("-created_at") {
        "-created_at" => Ok(Sort::Newest),
        "created_at" => Ok(Sort::Oldest),
        "title" => Ok(Sort::Title),
        "-title" => Ok(Sort::TitleBackwards),
        _ => {
            let known = "created_at, title, or one of them with a minus";
            Err(Problem::invalid("sort", Fault::UnknownWord(known)))
        }
    }
}

/// Sort key and id of the last election of the page before.
///
/// # Errors
/// 422 for a cursor that was not handed out.
pub fn after_cursor(paging: &Paging) -> Answer<Option<(String, Uuid)>> {
    let Some(key) = paging.key()? else { return Ok(None) };
    let (id, key) = key.split_once('\n').ok_or_else(bad_cursor)?;
    Ok(Some((key.to_owned(), id.parse().map_err(|_| bad_cursor())?)))
}

/// Shows an election.
#[utoipa::path(tag = "elections", responses((status = 200, body = Election), Problems), security(("bearer" = [])))]
#[get("/api/v1/elections/{id}")]
pub async fn show(service: Uvote, who: SignedIn, id: Id) -> Answer {
    let client = service.database.client().await?;
    elections::allow(&client, who.account, *id, Action::ViewElections).await?;
    Ok(HttpResponse::Ok().json(elections::get(&client, *id).await?))
}

/// Changes an election as far as its state allows.
#[utoipa::path(tag = "elections", responses((status = 200, body = Election), Problems), security(("bearer" = [])))]
#[patch("/api/v1/elections/{id}")]
pub async fn change(service: Uvote, who: SignedIn, id: Id, body: web::Json<ElectionPatch>) -> Answer {
    change_election(&service, &who, *id, body.into_inner()).await?;
    shown(&service, *id).await
}

/// Changes an election as far as its state allows.
///
/// # Errors
/// Every field that can't be accepted, and what is frozen by now.
pub async fn change_election(
    service: &Service,
    who: &SignedIn,
    id: Uuid,
    patch: ElectionPatch,
) -> Answer<()> {
    let mut client = service.database.client().await?;
    elections::allow(&client, who.account, id, Action::ManageElections).await?;
    let transaction = client.transaction().await?;
    let head = heads::lock(&transaction, id).await?;
    let before = elections::get(&transaction, id).await?;
    let mut after = before.clone();
    let changed = apply(patch, &before, &mut after);
    check_change(&before, &mut after, &changed, heads::clock(&transaction).await?)?;
    if !changed.is_empty() {
        elections::replace(&transaction, &after, who.actor(), &changed).await?;
    }
    transaction.commit().await?;
    if head.status != Status::Draft {
        service.registry.refresh(id);
    }
    Ok(())
}

fn apply(patch: ElectionPatch, before: &Election, after: &mut Election) -> Vec<&'static str> {
    fn set<T: PartialEq>(
        name: &'static str,
        value: Option<T>,
        before: &T,
        after: &mut T,
        changed: &mut Vec<&'static str>,
    ) {
        if let Some(value) = value.filter(|value| value != before) {
            *after = value;
            changed.push(name);
        }
    }
    let mut changed = Vec::new();
    set("title", patch.title, &before.title, &mut after.title, &mut changed);
    set("description", patch.description, &before.description, &mut after.description, &mut changed);
    set("contact_email", patch.contact_email, &before.contact_email, &mut after.contact_email, &mut changed);
    set("opens_at", patch.opens_at, &before.opens_at, &mut after.opens_at, &mut changed);
    set("closes_at", patch.closes_at, &before.closes_at, &mut after.closes_at, &mut changed);
    set("time_zone", patch.time_zone, &before.time_zone, &mut after.time_zone, &mut changed);
    set("language", patch.language, &before.language, &mut after.language, &mut changed);
    set(
        "link_lifetime_hours",
        patch.link_lifetime_hours,
        &before.link_lifetime_hours,
        &mut after.link_lifetime_hours,
        &mut changed,
    );
    set(
        "invitation_message",
        patch.invitation_message,
        &before.invitation_message,
        &mut after.invitation_message,
        &mut changed,
    );
    set(
        "tally_visibility",
        patch.tally_visibility,
        &before.tally_visibility,
        &mut after.tally_visibility,
        &mut changed,
    );
    set("publication", patch.publication, &before.publication, &mut after.publication, &mut changed);
    changed
}

fn check_change(
    before: &Election,
    after: &mut Election,
    changed: &[&str],
    now: OffsetDateTime,
) -> Result<(), Problem> {
    const WHILE_ACTIVE: [&str; 6] =
        ["title", "description", "contact_email", "language", "invitation_message", "closes_at"];
    if before.status.is_over() && !changed.is_empty() {
        return Err(Refusal::wrong_state(before.status, "change it").into());
    }
    if before.status != Status::Draft {
        let frozen: Vec<&str> =
            changed.iter().copied().filter(|field| !WHILE_ACTIVE.contains(field)).collect();
        if !frozen.is_empty() {
            let detail = format!(
                "The election is {}, so {} can't be changed any more.",
                before.status,
                frozen.join(", ")
            );
            return Err(Refusal::WrongState(detail).into());
        }
    }
    let mut check = Check::default();
    check_words(
        &mut check,
        &mut Words {
            title: &mut after.title,
            description: &mut after.description,
            contact_email: &mut after.contact_email,
            time_zone: &mut after.time_zone,
            language: Some(&mut after.language),
            invitation_message: &mut after.invitation_message,
        },
    );
    check_times(&mut check, after.opens_at, after.closes_at, after.link_lifetime_hours);
    if before.status != Status::Draft && changed.contains(&"closes_at") {
        // Without a time the election stays open for good, so a time may not be taken away and come
        // back as an earlier one.
        let earlier =
            before.closes_at.is_some_and(|before| after.closes_at.is_none_or(|after| after < before));
        check.demand(!earlier, "closes_at", Fault::ClosesEarlier);
        check.demand(
            after.closes_at.is_none_or(|closes_at| closes_at > now),
            "closes_at",
            Fault::ClosesInPast,
        );
        let over = before.closes_at.is_some_and(|closes_at| closes_at <= now);
        check.demand(!over, "closes_at", Fault::CloseReached);
    }
    check.finish()
}

/// Answers with the election as it is now.
pub async fn shown(service: &Service, id: Uuid) -> Answer {
    let client = service.database.client().await?;
    Ok(HttpResponse::Ok().json(elections::get(&client, id).await?))
}
