//! `/dashboard`: one's elections by state, and the start of a new one.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use uvote_domain::election::Status;
use uvote_domain::tally::percent;

use super::form::Form;
use super::frame::Section;
use super::reader::{Organiser, Reader, query};
use super::{go_on, page, page_with};
use crate::http::error::Answer;
use crate::http::sign_in::Paging;
use crate::http::{Uvote, elections as calls};
use crate::store::elections::{self, Election, ElectionDraft, Filter};

/// Elections on one page.
const PAGE: i64 = 50;

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/dashboard", web::get().to(show))
        .route("/elections/new", web::get().to(show_new))
        .route("/elections/new", web::post().to(create));
}

#[derive(Template)]
#[template(path = "pages/elections/dashboard.html")]
struct DashboardPage {
    reader: Reader,
    groups: Vec<Group>,
    next: Option<String>,
    search: String,
    total: i64,
}

/// The elections in one state.
struct Group {
    status: Status,
    elections: Vec<Row>,
}

struct Row {
    election: Election,
    turnout: String,
    when: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/elections/new.html")]
struct NewElectionPage {
    reader: Reader,
    form: Form,
}

async fn show(service: Uvote, organiser: Organiser, request: HttpRequest) -> Answer {
    let search = query(&request, "q").unwrap_or_default();
    let paging = Paging { limit: Some(PAGE), cursor: query(&request, "cursor") };
    let filter = Filter {
        title: Some(search.trim().to_owned()).filter(|text| !text.is_empty() && !text.contains('\0')),
        after: calls::after_cursor(&paging)?,
        ..Filter::default()
    };
    let client = service.database.client().await?;
    let found = elections::list(&client, organiser.who.account, &filter, PAGE).await?;
    let next = found.next.map(|key| crate::http::sign_in::cursor(&key));
    let reader = organiser.reader;
    let groups = groups(&reader, found.items);
    Ok(page(&DashboardPage { reader, groups, next, search, total: found.total }))
}

/// What needs attention comes first.
fn groups(reader: &Reader, found: Vec<Election>) -> Vec<Group> {
    let order = [Status::Active, Status::Scheduled, Status::Draft, Status::Closed, Status::Archived];
    let mut groups: Vec<Group> =
        order.into_iter().map(|status| Group { status, elections: Vec::new() }).collect();
    for election in found {
        if let Some(group) = groups.iter_mut().find(|group| group.status == election.status) {
            group.elections.push(row(reader, election));
        }
    }
    groups.retain(|group| !group.elections.is_empty());
    groups
}

fn row(reader: &Reader, election: Election) -> Row {
    let share = percent(election.ballots_cast.unsigned_abs(), election.eligible.unsigned_abs());
    let zone = election.time_zone.as_deref();
    let (id, at) = match election.status {
        Status::Draft => ("dashboard-created", Some(election.created_at)),
        Status::Scheduled => ("dashboard-opens", election.opens_at),
        Status::Active => ("dashboard-closes", election.closes_at),
        Status::Closed | Status::Archived => ("dashboard-closed", election.closed_at),
    };
    let when = at.map(|at| reader.say(id).with("at", reader.language.moment(at, zone)).to_string());
    Row { turnout: reader.language.percent(share), when, election }
}

async fn show_new(organiser: Organiser) -> HttpResponse {
    page(&NewElectionPage { reader: organiser.reader, form: Form::default() })
}

async fn create(service: Uvote, organiser: Organiser, form: Form) -> Answer {
    let zone = form.text("time_zone").filter(|zone| jiff::tz::TimeZone::get(zone).is_ok());
    let draft = ElectionDraft {
        title: form.value("title").to_owned(),
        description: form.text("description"),
        // Voters are told whom to ask, so there is always somebody.
        contact_email: Some(organiser.who.email.clone()),
        time_zone: zone,
        language: Some(organiser.reader.language.code()),
        ..ElectionDraft::default()
    };
    Ok(match calls::create_draft(&service, &organiser.who, draft).await {
        Ok(id) => go_on(&Section::Ballot.of(id), "created"),
        Err(problem) => {
            let form = form.refused(problem)?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &NewElectionPage { reader: organiser.reader, form })
        }
    })
}
