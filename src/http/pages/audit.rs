//! `/elections/{id}/audit`: what was done, in sentences, and the checks that nothing of it, and no
//! ballot, was changed afterwards.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use uuid::Uuid;

use super::form::Form;
use super::frame::{Frame, Section};
use super::page;
use super::reader::{Organiser, Reader, query};
use super::receipt::in_groups;
use super::records::{self, Day, Finding, PAGE};
use crate::http::audit::{election_records, verify_records};
use crate::http::error::Answer;
use crate::http::results::verify_ballots;
use crate::http::sign_in::{Paging, cursor};
use crate::http::{Service, Uvote};
use crate::store::elections::Election;
use crate::store::organisations;
use crate::store::recount::Verification;

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/elections/{id}/audit", web::get().to(show))
        .route("/elections/{id}/audit", web::post().to(check));
}

#[derive(Template)]
#[template(path = "pages/audit.html")]
struct AuditPage {
    reader: Reader,
    frame: Frame,
    zone: String,
    /// What the check of the log has found, when it was just asked for.
    log: Option<Finding>,
    /// What the check of the ballots has found, when it was just asked for.
    ballots: Option<Finding>,
    days: Vec<Day>,
    total: i64,
    is_first: bool,
    older: Option<String>,
}

async fn show(service: Uvote, organiser: Organiser, id: web::Path<Uuid>, request: HttpRequest) -> Answer {
    let (frame, election) = Frame::read(&service, &organiser, *id, Section::Audit).await?;
    let paging = Paging { limit: Some(PAGE), cursor: query(&request, "cursor") };
    answer(&service, organiser, (frame, election), paging.number()?, (None, None)).await
}

/// Answers the page itself, since a check changes nothing and a reload may well ask for it again.
async fn check(service: Uvote, organiser: Organiser, id: web::Path<Uuid>, form: Form) -> Answer {
    let (frame, election) = Frame::read(&service, &organiser, *id, Section::Audit).await?;
    let (who, reader) = (&organiser.who, &organiser.reader);
    let findings = match form.value("check") {
        "log" => {
            let found = verify_records(&service, who, election.organisation_id).await?;
            (Some(Finding::of_log(reader, &found)), None)
        }
        "ballots" if !frame.is_draft() => {
            let found = verify_ballots(&service, who, *id).await?;
            (None, Some(of_ballots(reader, &frame, &found)))
        }
        _ => (None, None),
    };
    answer(&service, organiser, (frame, election), None, findings).await
}

async fn answer(
    service: &Service,
    organiser: Organiser,
    (frame, election): (Frame, Election),
    before: Option<i64>,
    (log, ballots): (Option<Finding>, Option<Finding>),
) -> Answer<HttpResponse> {
    let Organiser { who, reader } = organiser;
    let found = election_records(service, &who, frame.id, before, PAGE).await?;
    let accounts = records::accounts(&found.items);
    let client = service.database.client().await?;
    let names = organisations::member_names(&client, election.organisation_id, &accounts).await?;
    let zone = election.time_zone;
    Ok(page(&AuditPage {
        days: records::days(&reader, zone.as_deref(), &names, found.items),
        zone: zone.unwrap_or_else(|| "UTC".to_owned()),
        total: found.total,
        is_first: before.is_none(),
        older: found.next.map(|key| cursor(&key)),
        reader,
        frame,
        log,
        ballots,
    }))
}

fn of_ballots(reader: &Reader, frame: &Frame, found: &Verification) -> Finding {
    let chain = if found.chain_intact { "audit-ballots-intact" } else { "audit-ballots-broken" };
    let recount = match found.recount_matches {
        Some(true) if frame.status.is_over() => "audit-recount-matches",
        Some(true) => "audit-recount-running",
        Some(false) => "audit-recount-differs",
        None => "audit-recount-impossible",
    };
    Finding {
        is_good: found.chain_intact && found.recount_matches != Some(false),
        words: vec![
            reader.say(chain).count("ballots", found.ballots).to_string(),
            reader.say(recount).to_string(),
        ],
        head: in_groups(&found.head),
    }
}
