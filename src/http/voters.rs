//! The voter roll: one by one, in bulk from CSV, and back out as CSV.

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, delete, get, patch, post, web};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use uvote_domain::account::EmailError;
use uvote_domain::fault::Fault;
use uvote_domain::refusal::Refusal;
use uvote_domain::role::Action;
use uvote_domain::voter_roll::RollSummary;

use super::check::{Check, present};
use super::error::{Answer, Problem};
use super::openapi::Problems;
use super::results::csv_field;
use super::sign_in::{Id, ListOf, Paging, SignedIn, page};
use super::{Service, Uvote, done};
use crate::limits::Limit;
use crate::store::voters::{self, Change, Filter, ImportError, Imported, Person, Voter};
use crate::store::{Client, Page, elections, tokens};

/// Bytes that an imported file may have: a million rows of the longest addresses.
const IMPORT_LIMIT: usize = 512 * 1024 * 1024;
/// Voters read at once for an export.
const EXPORT_CHUNK: i64 = 2_000;

/// A voter to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVoter {
    /// Where the link goes.
    pub email: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
}

/// Changes to a voter: what is missing stays, null clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VoterPatch {
    /// Where the link goes.
    pub email: Option<String>,
    /// Given name.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub first_name: Option<Option<String>>,
    /// Family name.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub last_name: Option<Option<String>>,
}

/// What a list of voters is narrowed to.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VoterQuery {
    /// Part of the address or name.
    pub q: Option<String>,
    /// Whether a ballot was cast.
    pub voted: Option<bool>,
    /// `none`, `queued`, `sent` or `failed`.
    pub delivery: Option<String>,
}

/// How an import is done.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Only says what would happen.
    dry_run: Option<bool>,
}

async fn allowed(client: &Client, who: &SignedIn, election: Uuid) -> Result<(), Problem> {
    elections::allow(client, who.account, election, Action::ManageRoll).await?;
    Ok(())
}

fn person(
    email: &str,
    mut first_name: Option<String>,
    mut last_name: Option<String>,
) -> Result<Person, Problem> {
    let mut check = Check::default();
    check.optional_line("first_name", &mut first_name, 100);
    check.optional_line("last_name", &mut last_name, 100);
    let email = check.email("email", email);
    check.finish()?;
    let email = email.ok_or_else(|| Problem::invalid("email", EmailError::Missing))?;
    Ok(Person { email, first_name, last_name })
}

fn change_of(patch: VoterPatch) -> Result<Change, Problem> {
    let VoterPatch { email, mut first_name, mut last_name } = patch;
    let mut check = Check::default();
    for (field, name) in [("first_name", &mut first_name), ("last_name", &mut last_name)] {
        if let Some(name) = name {
            check.optional_line(field, name, 100);
        }
    }
    let email = email.and_then(|email| check.email("email", &email));
    check.finish()?;
    Ok(Change { email, first_name, last_name })
}

/// Adds a voter, also while the election is open.
#[utoipa::path(tag = "voters", responses((status = 201, body = Voter), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/voters")]
pub async fn add(service: Uvote, who: SignedIn, id: Id, body: web::Json<NewVoter>) -> Answer {
    Ok(HttpResponse::Created().json(add_voter(&service, &who, *id, body.into_inner()).await?))
}

/// Adds a voter, also while the election is open.
///
/// # Errors
/// 404 and 403 for whoever may not manage the roll, every field that can't be accepted, `CONFLICT` for
/// an address on the roll, `WRONG_STATE` after the close.
pub async fn add_voter(service: &Service, who: &SignedIn, election: Uuid, new: NewVoter) -> Answer<Voter> {
    let mut client = service.database.client().await?;
    allowed(&client, who, election).await?;
    let person = person(&new.email, new.first_name, new.last_name)?;
    let voter = voters::add(&mut client, election, &person, who.actor()).await?;
    service.registry.refresh(election);
    Ok(voters::get(&client, election, voter).await?)
}

/// Lists the roll, latest entries first.
#[utoipa::path(tag = "voters", params(VoterQuery, Paging), responses((status = 200, body = ListOf<Voter>), Problems), security(("bearer" = [])))]
#[get("/api/v1/elections/{id}/voters")]
pub async fn list(
    service: Uvote,
    who: SignedIn,
    id: Id,
    query: web::Query<VoterQuery>,
    paging: web::Query<Paging>,
) -> Answer {
    Ok(page(list_voters(&service, &who, *id, query.into_inner(), &paging).await?))
}

/// A page of the roll, latest entries first.
///
/// # Errors
/// 404 and 403 for whoever may not manage the roll, and what can't be asked.
pub async fn list_voters(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    query: VoterQuery,
    paging: &Paging,
) -> Answer<Page<Voter>> {
    if query.delivery.as_deref().is_some_and(|word| !["none", "queued", "sent", "failed"].contains(&word)) {
        let known = "none, queued, sent or failed";
        return Err(Problem::invalid("delivery", Fault::UnknownWord(known)));
    }
    let text = query.q.filter(|q| !q.is_empty() && !q.contains('\0'));
    let filter = Filter { text, voted: query.voted, delivery: query.delivery, before: paging.number()? };
    let client = service.database.client().await?;
    allowed(&client, who, election).await?;
    Ok(voters::list(&client, election, &filter, paging.limit()?).await?)
}

/// Changes a voter. Another address makes another link, which is mailed if there was one before.
#[utoipa::path(tag = "voters", responses((status = 200, body = Voter), Problems), security(("bearer" = [])))]
#[patch("/api/v1/elections/{id}/voters/{voter_id}")]
pub async fn change(
    service: Uvote,
    who: SignedIn,
    path: web::Path<(Uuid, Uuid)>,
    body: web::Json<VoterPatch>,
) -> Answer {
    let (election, voter) = *path;
    Ok(HttpResponse::Ok().json(change_voter(&service, &who, election, voter, body.into_inner()).await?))
}

/// Changes a voter. Another address makes another link, which is mailed if there was one before.
///
/// # Errors
/// As [`add_voter`], and `ALREADY_VOTED`.
pub async fn change_voter(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    voter: Uuid,
    patch: VoterPatch,
) -> Answer<Voter> {
    let mut client = service.database.client().await?;
    allowed(&client, who, election).await?;
    let changed = change_of(patch)?;
    let transaction = client.transaction().await?;
    if voters::replace(&transaction, election, voter, changed, who.actor()).await? {
        tokens::renew_if_issued(&transaction, &service.keyring, election, voter).await?;
    }
    transaction.commit().await?;
    service.wake_mailer();
    Ok(voters::get(&client, election, voter).await?)
}

/// Takes a voter who has not voted off the roll.
#[utoipa::path(tag = "voters", responses((status = 204), Problems), security(("bearer" = [])))]
#[delete("/api/v1/elections/{id}/voters/{voter_id}")]
pub async fn remove(service: Uvote, who: SignedIn, path: web::Path<(Uuid, Uuid)>) -> Answer {
    let (election, voter) = *path;
    remove_voter(&service, &who, election, voter).await?;
    Ok(done())
}

/// Takes a voter who has not voted off the roll.
///
/// # Errors
/// 404 and 403 for whoever may not manage the roll, `ALREADY_VOTED`, and `WRONG_STATE` after the close
/// or when the answer would tell whether the voter has voted.
pub async fn remove_voter(service: &Service, who: &SignedIn, election: Uuid, voter: Uuid) -> Answer<()> {
    let mut client = service.database.client().await?;
    allowed(&client, who, election).await?;
    voters::remove(&mut client, election, voter, who.actor()).await?;
    service.registry.refresh(election);
    Ok(())
}

/// Imports a roll from CSV, all of it or nothing.
#[utoipa::path(tag = "voters", params(ImportQuery), request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Imported), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/voters/import")]
pub async fn import(
    service: Uvote,
    who: SignedIn,
    id: Id,
    query: web::Query<ImportQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer {
    let dry_run = query.dry_run.unwrap_or(false);
    let content_type = request.content_type().to_ascii_lowercase();
    let imported = if content_type == "text/csv" {
        import_roll(&service, &who, *id, dry_run, limited(payload)).await?
    } else if content_type == "multipart/form-data" {
        // Before the form is touched, so that whoever may not import is told so and nothing else.
        allowed(&service.database.client().await?, &who, *id).await?;
        let mut form = Multipart::new(request.headers(), payload);
        let file = file_field(&mut form).await?;
        import_roll(&service, &who, *id, dry_run, limited(file)).await?
    } else {
        allowed(&service.database.client().await?, &who, *id).await?;
        return Err(Problem::unsupported("text/csv, or as multipart/form-data with the field `file`"));
    };
    Ok(HttpResponse::Ok().json(imported.map_err(rejected)?))
}

/// Reads a roll as it arrives and adds it all, or says what is wrong with it and adds nothing.
///
/// # Errors
/// 404 and 403 for whoever may not manage the roll, `WRONG_STATE` after the close, `BUSY` while too many
/// others import, 429 when it was too often, and whatever befalls the file on its way.
pub async fn import_roll(
    service: &Service,
    who: &SignedIn,
    election: Uuid,
    dry_run: bool,
    file: impl Stream<Item = Result<Bytes, Problem>>,
) -> Answer<Result<Imported, RollSummary>> {
    let mut client = service.database.client().await?;
    allowed(&client, who, election).await?;
    service.limits.take(Limit::Import, who.account).await?;
    let _turn = service.imports.try_acquire().map_err(|_| Refusal::Busy)?;
    let imported = match voters::import(&mut client, election, who.actor(), dry_run, file).await {
        Ok(imported) => imported,
        Err(ImportError::Store(error)) => return Err(error.into()),
        Err(ImportError::Body(problem)) => return Err(problem),
        Err(ImportError::Rejected(summary)) => return Ok(Err(summary)),
    };
    service.registry.refresh(election);
    Ok(Ok(imported))
}

/// The first field called `file`. It can be read only while the form is there.
///
/// # Errors
/// 400 for a form that can't be read, 422 for one without the field.
pub async fn file_field(form: &mut Multipart) -> Result<actix_multipart::Field, Problem> {
    while let Some(field) = form.next().await {
        let field = field.map_err(|error| Problem::malformed(format!("The form can't be read: {error}.")))?;
        if field.name() == Some("file") {
            return Ok(field);
        }
    }
    Err(Problem::invalid("file", Fault::NoFile))
}

/// A file on its way, as long as it is no larger than a roll may be.
pub(super) fn limited<E: std::fmt::Display>(
    body: impl Stream<Item = Result<Bytes, E>>,
) -> impl Stream<Item = Result<Bytes, Problem>> {
    body.scan(0, |length, bytes| {
        let bytes =
            bytes.map_err(|error| Problem::malformed(format!("The file did not arrive whole: {error}.")));
        *length += bytes.as_ref().map_or(0, Bytes::len);
        let bytes = if *length > IMPORT_LIMIT { Err(Problem::too_large("512 MiB")) } else { bytes };
        std::future::ready(Some(bytes))
    })
}

fn rejected(summary: RollSummary) -> Problem {
    let detail = format!(
        "{} of the file's rows can't be imported, so nothing was. Mend them and import the file again; rows that are on the roll already do no harm.",
        summary.rejected
    );
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "IMPORT_REJECTED", detail)
        .with("errors", json!(summary.errors))
        .with("rejected", json!(summary.rejected))
        .with("ignored_columns", json!(summary.ignored_columns))
}

/// The roll as CSV, in the order of entry.
#[utoipa::path(tag = "voters", responses((status = 200, body = String, content_type = "text/csv"), Problems), security(("bearer" = [])))]
#[get("/api/v1/elections/{id}/voters.csv")]
pub async fn export(service: Uvote, who: SignedIn, id: Id) -> Answer {
    export_roll(&service, &who, *id).await
}

/// The roll as CSV, in the order of entry.
///
/// # Errors
/// 404 and 403 for whoever may not manage the roll.
pub async fn export_roll(service: &Uvote, who: &SignedIn, id: Uuid) -> Answer {
    allowed(&service.database.client().await?, who, id).await?;
    let service = service.clone();
    let header = Ok(Bytes::from_static(b"email,first_name,last_name,voted,delivery\r\n"));
    let rows = stream::try_unfold(Some(0), move |after| {
        let service = service.clone();
        async move {
            let Some(after) = after else { return Ok::<_, Problem>(None) };
            let client = service.database.client().await?;
            let voters = voters::export_chunk(&client, id, after, EXPORT_CHUNK).await?;
            let next = voters.last().map(Voter::number);
            Ok(Some((voters.iter().map(line).collect::<String>().into(), next)))
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", "attachment; filename=\"voters.csv\""))
        .streaming(stream::once(std::future::ready(header)).chain(rows)))
}

fn line(voter: &Voter) -> String {
    let name = |name: &Option<String>| csv_field(name.as_deref().unwrap_or_default());
    let voted = match voter.voted {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    };
    let (email, first, last) = (csv_field(&voter.email), name(&voter.first_name), name(&voter.last_name));
    format!("{email},{first},{last},{voted},{}\r\n", voter.delivery)
}
