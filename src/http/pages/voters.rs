//! `/elections/{id}/voters`: the roll, and the page of each voter on it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use url::form_urlencoded;
use uuid::Uuid;
use uvote_domain::election::{Status, TallyVisibility};

use super::form::Form;
use super::frame::{Frame, Section};
use super::imports::{self, ImportPage};
use super::reader::{Organiser, Reader, query};
use super::{go_on, page, page_with};
use crate::http::Uvote;
use crate::http::error::{Answer, Problem};
use crate::http::invitations::renew_link;
use crate::http::sign_in::{Paging, cursor};
use crate::http::voters::{
    NewVoter, VoterPatch, VoterQuery, add_voter, change_voter, export_roll, list_voters, remove_voter,
};
use crate::store::elections::Election;
use crate::store::voters::{self, Voter};

/// Voters on one page.
const PAGE: i64 = 50;

/// The routes of this file and of the import, whose addresses no voter has.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/elections/{id}/voters", web::get().to(show))
        .route("/elections/{id}/voters", web::post().to(add))
        .route("/elections/{id}/voters.csv", web::get().to(export))
        .configure(imports::routes)
        .route("/elections/{id}/voters/{voter}", web::get().to(show_voter))
        .route("/elections/{id}/voters/{voter}", web::post().to(change))
        .route("/elections/{id}/voters/{voter}/link", web::post().to(renew))
        .route("/elections/{id}/voters/{voter}/remove", web::post().to(remove));
}

/// What can be seen and done of a roll as its election stands.
#[derive(Debug, Clone, Copy)]
pub struct Stage {
    status: Status,
    visibility: TallyVisibility,
}

impl Stage {
    /// Of an election.
    pub const fn of(election: &Election) -> Self {
        Self { status: election.status, visibility: election.tally_visibility }
    }

    /// Whether voters may come, go and change.
    pub const fn may_change(self) -> bool {
        !self.status.is_over()
    }

    /// Whether a running tally hides who has voted, and whatever would tell it.
    pub fn is_hidden(self) -> bool {
        self.status == Status::Active && self.visibility != TallyVisibility::AfterClose
    }

    /// Whether there is something to show of who has voted.
    pub fn shows_voted(self) -> bool {
        !self.is_hidden() && !matches!(self.status, Status::Draft | Status::Scheduled)
    }

    /// Whether one voter can be mailed a link.
    pub fn may_mail_one(self) -> bool {
        self.status.sends_links() && !self.is_hidden()
    }

    /// Whether ballots are being cast.
    pub fn is_open(self) -> bool {
        self.status == Status::Active
    }

    /// Why something contradicts what is there, as a message of the catalogue.
    fn conflict(self, problem: Problem) -> Answer<&'static str> {
        match problem.code() {
            "CONFLICT" => Ok("roll-taken"),
            "ALREADY_VOTED" => Ok("roll-already-voted"),
            "WRONG_STATE" if !self.may_change() => Ok("roll-over"),
            "WRONG_STATE" if self.is_hidden() => Ok("roll-hidden"),
            "WRONG_STATE" => Ok("roll-no-links"),
            _ => Err(problem),
        }
    }
}

/// How the state of a delivery looks.
fn badge(delivery: &str) -> &'static str {
    match delivery {
        "sent" => "good",
        "failed" => "bad",
        "queued" => "note",
        _ => "",
    }
}

/// A voter's name, as far as it is known.
fn name(voter: &Voter) -> String {
    let names = [voter.first_name.as_deref(), voter.last_name.as_deref()];
    names.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What the list is narrowed to, as the form says it.
#[derive(Debug, Default)]
struct Search {
    text: String,
    delivery: String,
    voted: String,
}

impl Search {
    fn of(request: &HttpRequest) -> Self {
        let said = |name| query(request, name).unwrap_or_default();
        Self { text: said("q"), delivery: said("delivery"), voted: said("voted") }
    }

    const fn is_empty(&self) -> bool {
        self.text.is_empty() && self.delivery.is_empty() && self.voted.is_empty()
    }

    fn query(&self) -> VoterQuery {
        let voted = match self.voted.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        };
        let known = |word: &String| !word.is_empty();
        let text = Some(self.text.trim().to_owned()).filter(known);
        VoterQuery { q: text, voted, delivery: Some(self.delivery.clone()).filter(known) }
    }

    /// Where the list goes on.
    fn following(&self, key: &str) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("q", &self.text), ("delivery", &self.delivery), ("voted", &self.voted)] {
            if !value.is_empty() {
                pairs.append_pair(name, value);
            }
        }
        pairs.append_pair("cursor", &cursor(key)).finish()
    }
}

#[derive(Template)]
#[template(path = "pages/voters/list.html")]
struct RollPage {
    reader: Reader,
    frame: Frame,
    stage: Stage,
    voters: Vec<Voter>,
    total: i64,
    search: Search,
    next: Option<String>,
    is_further: bool,
    /// How many an import has added and renamed.
    imported: Option<(i64, i64)>,
    /// For the voter who is added alone.
    form: Form,
    refused: Option<&'static str>,
}

async fn show(service: Uvote, organiser: Organiser, id: web::Path<Uuid>, request: HttpRequest) -> Answer {
    roll(&service, organiser, *id, &request, Form::default(), None).await
}

/// The roll under a form for one voter, as it stands. Without anybody on it, it is the form for many.
async fn roll(
    service: &Uvote,
    organiser: Organiser,
    id: Uuid,
    request: &HttpRequest,
    form: Form,
    refused: Option<&'static str>,
) -> Answer {
    let (frame, election) = Frame::read(service, &organiser, id, Section::Voters).await?;
    let stage = Stage::of(&election);
    let status = status(&form, refused);
    if election.eligible == 0 && stage.may_change() {
        let page = ImportPage::new(organiser.reader, frame, stage).first(form, refused);
        return Ok(page_with(status, &page));
    }
    let search = Search::of(request);
    let paging = Paging { limit: Some(PAGE), cursor: query(request, "cursor") };
    let found = list_voters(service, &organiser.who, id, search.query(), &paging).await?;
    let number = |name| query(request, name)?.parse().ok();
    let page = RollPage {
        reader: organiser.reader,
        frame,
        stage,
        voters: found.items,
        total: found.total,
        next: found.next.map(|key| search.following(&key)),
        search,
        is_further: paging.cursor.is_some(),
        imported: number("added").zip(number("renamed")),
        form,
        refused,
    };
    Ok(page_with(status, &page))
}

fn status(form: &Form, refused: Option<&'static str>) -> StatusCode {
    match refused {
        Some(_) => StatusCode::CONFLICT,
        None if !form.errors().is_empty() => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    }
}

async fn add(
    service: Uvote,
    organiser: Organiser,
    id: web::Path<Uuid>,
    request: HttpRequest,
    form: Form,
) -> Answer {
    let new = NewVoter {
        email: form.value("email").to_owned(),
        first_name: form.text("first_name"),
        last_name: form.text("last_name"),
    };
    let added = match add_voter(&service, &organiser.who, *id, new).await {
        Ok(voter) => voter,
        Err(problem) if problem.status() == StatusCode::CONFLICT => {
            let stage = Stage::of(&Frame::read(&service, &organiser, *id, Section::Voters).await?.1);
            let refused = Some(stage.conflict(problem)?);
            return roll(&service, organiser, *id, &request, form, refused).await;
        }
        Err(problem) => {
            let form = form.refused(problem)?;
            return roll(&service, organiser, *id, &request, form, None).await;
        }
    };
    if form.has("invite", "yes") {
        renew_link(&service, &organiser.who, *id, added.id).await?;
        return Ok(go_on(&Section::Voters.of(*id), "voter-invited"));
    }
    Ok(go_on(&Section::Voters.of(*id), "voter-added"))
}

async fn export(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    export_roll(&service, &organiser.who, *id).await
}

#[derive(Template)]
#[template(path = "pages/voters/voter.html")]
struct VoterPage {
    reader: Reader,
    frame: Frame,
    stage: Stage,
    voter: Voter,
    form: Form,
    refused: Option<&'static str>,
}

impl VoterPage {
    /// Whether nothing says that the voter has voted, which would be the end of all changes.
    fn may_change(&self) -> bool {
        self.stage.may_change() && self.voter.voted != Some(true)
    }

    fn title(&self) -> String {
        Some(name(&self.voter)).filter(|name| !name.is_empty()).unwrap_or_else(|| self.voter.email.clone())
    }
}

async fn show_voter(service: Uvote, organiser: Organiser, path: web::Path<(Uuid, Uuid)>) -> Answer {
    let (election, voter) = *path;
    Ok(page(&voter_page(&service, organiser, election, voter).await?))
}

async fn voter_page(service: &Uvote, organiser: Organiser, election: Uuid, voter: Uuid) -> Answer<VoterPage> {
    let (frame, of) = Frame::read(service, &organiser, election, Section::Voters).await?;
    let voter = voters::get(&service.database.client().await?, election, voter).await?;
    let form = Form::filled([
        ("email", voter.email.clone()),
        ("first_name", voter.first_name.clone().unwrap_or_default()),
        ("last_name", voter.last_name.clone().unwrap_or_default()),
    ]);
    Ok(VoterPage { reader: organiser.reader, frame, stage: Stage::of(&of), voter, form, refused: None })
}

/// The voter's page again, which says why something was not done.
async fn refuse(
    service: &Uvote,
    organiser: Organiser,
    (election, voter): (Uuid, Uuid),
    form: Option<Form>,
    problem: Problem,
) -> Answer {
    let mut shown = voter_page(service, organiser, election, voter).await?;
    if problem.status() == StatusCode::CONFLICT {
        shown.refused = Some(shown.stage.conflict(problem)?);
        shown.form = form.unwrap_or(shown.form);
    } else {
        shown.form = form.unwrap_or_default().refused(problem)?;
    }
    Ok(page_with(status(&shown.form, shown.refused), &shown))
}

fn address(election: Uuid, voter: Uuid) -> String {
    format!("/elections/{election}/voters/{voter}")
}

async fn change(service: Uvote, organiser: Organiser, path: web::Path<(Uuid, Uuid)>, form: Form) -> Answer {
    let (election, voter) = *path;
    let patch = VoterPatch {
        email: Some(form.value("email").to_owned()),
        first_name: Some(form.text("first_name")),
        last_name: Some(form.text("last_name")),
    };
    let before = voters::get(&service.database.client().await?, election, voter).await?;
    match change_voter(&service, &organiser.who, election, voter, patch).await {
        Ok(changed) if changed.email == before.email => Ok(go_on(&address(election, voter), "voter-changed")),
        Ok(_) if before.delivery == "none" => Ok(go_on(&address(election, voter), "voter-moved")),
        Ok(_) => Ok(go_on(&address(election, voter), "voter-moved-with-link")),
        Err(problem) => refuse(&service, organiser, *path, Some(form), problem).await,
    }
}

/// From the list of mails that failed, the way leads back there.
async fn renew(service: Uvote, organiser: Organiser, path: web::Path<(Uuid, Uuid)>, form: Form) -> Answer {
    let (election, voter) = *path;
    match renew_link(&service, &organiser.who, election, voter).await {
        Ok(()) if form.has("from", "mails") => Ok(go_on(&Section::Mails.of(election), "link-sent")),
        Ok(()) => Ok(go_on(&address(election, voter), "link-sent")),
        Err(problem) => refuse(&service, organiser, *path, None, problem).await,
    }
}

async fn remove(service: Uvote, organiser: Organiser, path: web::Path<(Uuid, Uuid)>) -> Answer<HttpResponse> {
    let (election, voter) = *path;
    match remove_voter(&service, &organiser.who, election, voter).await {
        Ok(()) => Ok(go_on(&Section::Voters.of(election), "voter-removed")),
        Err(problem) => refuse(&service, organiser, *path, None, problem).await,
    }
}
