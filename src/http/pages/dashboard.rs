//! `/dashboard`: one's elections by state, and the start of a new one.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use askama::Template;
use uuid::Uuid;
use uvote_domain::election::Status;
use uvote_domain::role::Action;
use uvote_domain::tally::percent;

use super::form::Form;
use super::frame::Section;
use super::reader::{Organiser, Reader, query};
use super::{go_on, page, page_with};
use crate::http::error::Answer;
use crate::http::sign_in::Paging;
use crate::http::{Service, Uvote, elections as calls};
use crate::store::elections::{self, Election, ElectionDraft, Filter};
use crate::store::organisations::{self, Organisation};

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
    organisations: Vec<Organisation>,
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
    /// Whose it is, where the reader belongs to several.
    organisation: Option<String>,
    turnout: String,
    when: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/elections/new.html")]
struct NewElectionPage {
    reader: Reader,
    form: Form,
    /// Where the reader may run elections.
    organisations: Vec<Organisation>,
}

impl NewElectionPage {
    /// The form, with a choice of organisation where there is one; the personal one comes first.
    async fn read(service: &Service, organiser: Organiser, form: Form) -> Answer<Self> {
        let client = service.database.client().await?;
        let account = organiser.who.account;
        let mut organisations =
            organisations::where_allowed(&client, account, Action::ManageElections).await?;
        let own = organisations::personal(&client, account).await?;
        organisations.sort_by_key(|organisation| Some(organisation.id) != own);
        Ok(Self { reader: organiser.reader, form, organisations })
    }

    fn is_chosen(&self, organisation: &Organisation) -> bool {
        self.form.has("organisation", &organisation.id.to_string())
    }
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
    let organisations =
        organisations::where_allowed(&client, organiser.who.account, Action::ViewElections).await?;
    let groups = groups(&reader, &organisations, found.items);
    Ok(page(&DashboardPage { reader, groups, organisations, next, search, total: found.total }))
}

/// What needs attention comes first.
fn groups(reader: &Reader, organisations: &[Organisation], found: Vec<Election>) -> Vec<Group> {
    let order = [Status::Active, Status::Scheduled, Status::Draft, Status::Closed, Status::Archived];
    let mut groups: Vec<Group> =
        order.into_iter().map(|status| Group { status, elections: Vec::new() }).collect();
    for election in found {
        if let Some(group) = groups.iter_mut().find(|group| group.status == election.status) {
            group.elections.push(row(reader, organisations, election));
        }
    }
    groups.retain(|group| !group.elections.is_empty());
    groups
}

fn row(reader: &Reader, organisations: &[Organisation], election: Election) -> Row {
    let share = percent(election.ballots_cast.unsigned_abs(), election.eligible.unsigned_abs());
    let zone = election.time_zone.as_deref();
    let (id, at) = match election.status {
        Status::Draft => ("dashboard-created", Some(election.created_at)),
        Status::Scheduled => ("dashboard-opens", election.opens_at),
        Status::Active => ("dashboard-closes", election.closes_at),
        Status::Closed | Status::Archived => ("dashboard-closed", election.closed_at),
    };
    let when = at.map(|at| reader.say(id).with("at", reader.language.moment(at, zone)).to_string());
    let whose = organisations.iter().find(|organisation| organisation.id == election.organisation_id);
    let organisation = whose.filter(|_| organisations.len() > 1).map(|whose| whose.name.clone());
    Row { turnout: reader.language.percent(share), when, organisation, election }
}

async fn show_new(service: Uvote, organiser: Organiser, request: HttpRequest) -> Answer {
    let organisation = query(&request, "organisation").unwrap_or_default();
    let form = Form::filled([("organisation", organisation)]);
    Ok(page(&NewElectionPage::read(&service, organiser, form).await?))
}

async fn create(service: Uvote, organiser: Organiser, form: Form) -> Answer {
    let zone = form.text("time_zone").filter(|zone| jiff::tz::TimeZone::get(zone).is_ok());
    let draft = ElectionDraft {
        organisation_id: form.value("organisation").parse::<Uuid>().ok(),
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
            let page = NewElectionPage::read(&service, organiser, form).await?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    })
}
