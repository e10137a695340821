//! `/elections/{id}/voters/import`: many voters at once. What would happen is shown first, and then
//! done with the same file.

use actix_multipart::{Field, Multipart};
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use uuid::Uuid;
use uvote_domain::fault::Fault;
use uvote_domain::refusal::Refusal;
use uvote_domain::voter_roll::{RollSummary, RowError};

use futures_util::StreamExt;

use super::form::Form;
use super::frame::{Frame, Section};
use super::lines::Reading;
use super::reader::{Organiser, Reader};
use super::uploads::Owner;
use super::voters::Stage;
use super::{page, page_with};
use crate::http::error::{Answer, Problem};
use crate::http::voters::{import_roll, limited};
use crate::http::{Service, Uvote};
use crate::store::voters::{Imported, Incoming};

/// Bytes of a pasted text that come back to be mended in place.
const COMES_BACK: usize = 1024 * 1024;
/// Bytes read of a file at once, and looked at to see how it is to be read.
const START: usize = 64 * 1024;

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/elections/{id}/voters/import", web::get().to(show))
        .route("/elections/{id}/voters/import", web::post().to(check))
        .route("/elections/{id}/voters/import/confirm", web::post().to(confirm))
        .route("/elections/{id}/voters/example.csv", web::get().to(example));
}

/// The form, empty or with what is wrong with what was sent.
#[derive(Template)]
#[template(path = "pages/voters/import.html")]
pub struct ImportPage {
    reader: Reader,
    frame: Frame,
    stage: Stage,
    /// For the voter who is added alone.
    form: Form,
    refused: Option<&'static str>,
    /// Whether nobody is on the roll yet, so that this is its page.
    is_first: bool,
    text: String,
    rejected: Option<RollSummary>,
    reading: Reading,
    /// Why there was nothing to look at.
    nothing: Option<Fault>,
}

impl ImportPage {
    /// The form of an election, before anything was sent.
    pub fn new(reader: Reader, frame: Frame, stage: Stage) -> Self {
        Self {
            reader,
            frame,
            stage,
            form: Form::default(),
            refused: None,
            is_first: false,
            text: String::new(),
            rejected: None,
            reading: Reading::Csv,
            nothing: None,
        }
    }

    /// As the page of a roll that has nobody on it, with the form for one voter as it stands.
    pub fn first(self, form: Form, refused: Option<&'static str>) -> Self {
        Self { form, refused, is_first: true, ..self }
    }

    fn place(&self, error: &RowError) -> String {
        let id = match error.field.as_str() {
            "email" => "roll-field-email",
            "first_name" => "roll-field-first-name",
            "last_name" => "roll-field-last-name",
            "row" => "roll-field-row",
            "header" => "roll-field-header",
            column => return column.to_owned(),
        };
        self.reader.say(id).to_string()
    }

    fn unlisted(&self, rejected: &RollSummary) -> u64 {
        rejected.rejected.saturating_sub(rejected.errors.len() as u64)
    }
}

/// What would happen.
#[derive(Template)]
#[template(path = "pages/voters/check.html")]
struct CheckPage {
    reader: Reader,
    frame: Frame,
    imported: Imported,
    reading: Reading,
    upload: Uuid,
}

impl CheckPage {
    fn added(&self) -> impl Iterator<Item = &Incoming> {
        self.imported.first.iter().filter(|row| row.before.is_none())
    }

    fn renamed(&self) -> impl Iterator<Item = (&Incoming, &str)> {
        self.imported.first.iter().filter_map(|row| Some((row, row.before.as_deref()?)))
    }

    fn changes(&self) -> u64 {
        self.imported.imported + self.imported.updated
    }
}

async fn show(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    let (frame, election) = Frame::read(&service, &organiser, *id, Section::Voters).await?;
    Ok(page(&ImportPage::new(organiser.reader, frame, Stage::of(&election))))
}

/// A text or file that was sent.
struct Received {
    upload: Uuid,
    bytes: usize,
    is_pasted: bool,
}

async fn check(
    service: Uvote,
    organiser: Organiser,
    id: web::Path<Uuid>,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer {
    let (frame, election) = Frame::read(&service, &organiser, *id, Section::Voters).await?;
    let owner = Owner { election: *id, account: organiser.who.account };
    let blank = ImportPage::new(organiser.reader.clone(), frame.clone(), Stage::of(&election));
    let mut form = Multipart::new(request.headers(), payload);
    let Some(received) = receive(&service, owner, &mut form).await? else {
        let page = ImportPage { nothing: Some(Fault::NoFile), ..blank };
        return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &page));
    };
    let (reading, outcome) = read(&service, &organiser, owner, received.upload, true).await?;
    match outcome {
        Ok(imported) => {
            let (reader, upload) = (organiser.reader, received.upload);
            Ok(page(&CheckPage { reader, frame, imported, reading, upload }))
        }
        Err(summary) => {
            let text = pasted(&service, owner, &received).await?;
            service.uploads.forget_all(owner).await;
            let page = ImportPage { text, reading, rejected: Some(summary), ..blank };
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

/// Keeps the first field that is not empty, for browsers send all of them.
async fn receive(service: &Service, owner: Owner, form: &mut Multipart) -> Answer<Option<Received>> {
    while let Some(field) = form.next().await {
        let field: Field =
            field.map_err(|error| Problem::malformed(format!("The form can't be read: {error}.")))?;
        let is_pasted = field.name() == Some("text");
        if !is_pasted && field.name() != Some("file") {
            continue;
        }
        let (upload, bytes) = service.uploads.keep(owner, limited(field)).await?;
        if bytes > 0 {
            return Ok(Some(Received { upload, bytes, is_pasted }));
        }
    }
    Ok(None)
}

/// Reads what was sent, and adds it unless this is the dry run.
async fn read(
    service: &Service,
    organiser: &Organiser,
    owner: Owner,
    upload: Uuid,
    dry_run: bool,
) -> Answer<(Reading, Result<Imported, RollSummary>)> {
    let file = service.uploads.open(owner, upload).await?.ok_or(Refusal::NotFound)?;
    let mut file = BufReader::with_capacity(START, file);
    let start = file.fill_buf().await.map_err(|error| Problem::internal(&error))?;
    let reading = Reading::of(start);
    let outcome = import_roll(service, &organiser.who, owner.election, dry_run, reading.csv(file)).await?;
    Ok((reading, outcome))
}

/// A text that its author mends where it was pasted.
async fn pasted(service: &Service, owner: Owner, received: &Received) -> Answer<String> {
    let kept = received.is_pasted && received.bytes <= COMES_BACK;
    let Some(mut file) = service.uploads.open(owner, received.upload).await?.filter(|_| kept) else {
        return Ok(String::new());
    };
    let mut text = Vec::with_capacity(received.bytes);
    file.read_to_end(&mut text).await.map_err(|error| Problem::internal(&error))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Does what the dry run has shown. A second click, or a page that was left open for too long, finds
/// nothing to do and leads to the roll, which shows what is on it.
async fn confirm(service: Uvote, organiser: Organiser, id: web::Path<Uuid>, form: Form) -> Answer {
    let (frame, election) = Frame::read(&service, &organiser, *id, Section::Voters).await?;
    let owner = Owner { election: *id, account: organiser.who.account };
    let upload = form.value("upload").parse().unwrap_or_default();
    let roll = Section::Voters.of(*id);
    let (reading, outcome) = match read(&service, &organiser, owner, upload, false).await {
        Ok(read) => read,
        Err(problem) if problem.code() == "NOT_FOUND" => return Ok(super::go_on(&roll, "roll-upload-gone")),
        Err(problem) => return Err(problem),
    };
    service.uploads.forget_all(owner).await;
    match outcome {
        Ok(Imported { imported, updated, .. }) => {
            let location = format!("{roll}?added={imported}&renamed={updated}");
            Ok(HttpResponse::SeeOther().insert_header((LOCATION, location)).finish())
        }
        Err(summary) => {
            let blank = ImportPage::new(organiser.reader, frame, Stage::of(&election));
            let page = ImportPage { reading, rejected: Some(summary), ..blank };
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

/// A file to begin with.
async fn example(_: Organiser) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", "attachment; filename=\"voters-example.csv\""))
        .body(
            "email,first_name,last_name\r\nada@example.org,Ada,Lovelace\r\nalan@example.org,Alan,Turing\r\n",
        )
}
