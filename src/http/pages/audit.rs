//! `/elections/{id}/audit`: what was done, in sentences, and the checks that nothing of it, and no
//! ballot, was changed afterwards.

mod sentence;

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::form::Form;
use super::frame::{Frame, Section};
use super::page;
use super::reader::{Organiser, Reader, query};
use super::receipt::in_groups;
use crate::http::audit::{election_records, verify_records};
use crate::http::error::Answer;
use crate::http::results::verify_ballots;
use crate::http::sign_in::{Paging, cursor};
use crate::http::{Service, Uvote};
use crate::store::audit::{AuditRecord, AuditVerification};
use crate::store::elections::Election;
use crate::store::organisations;
use crate::store::recount::Verification;

/// Records on one page.
const PAGE: i64 = 50;

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

/// What a check has found.
struct Finding {
    is_good: bool,
    words: Vec<String>,
    /// The last link of the chain of ballots, in groups.
    head: Vec<String>,
}

/// The records of one day, newest first.
struct Day {
    name: String,
    records: Vec<Told>,
}

/// A record as a person reads it.
struct Told {
    sentence: String,
    clock: String,
    at: String,
    record: AuditRecord,
}

impl Told {
    /// As much of the hash as tells records apart at a glance.
    fn short_hash(&self) -> &str {
        self.record.hash.get(..8).unwrap_or_default()
    }
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
            (Some(of_log(reader, &found)), None)
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
    let accounts: Vec<Uuid> = found.items.iter().filter_map(sentence::account).collect();
    let client = service.database.client().await?;
    let names = organisations::member_names(&client, election.organisation_id, &accounts).await?;
    let zone = election.time_zone;
    Ok(page(&AuditPage {
        days: days(&reader, zone.as_deref(), &names, found.items),
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

fn days(
    reader: &Reader,
    zone: Option<&str>,
    names: &HashMap<Uuid, String>,
    records: Vec<AuditRecord>,
) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for record in records {
        let name = reader.language.day(record.at, zone);
        let told = Told {
            sentence: sentence::sentence(&reader.language, &record, names),
            clock: reader.language.clock(record.at, zone),
            at: record.at.format(&Rfc3339).unwrap_or_default(),
            record,
        };
        match days.last_mut().filter(|day| day.name == name) {
            Some(day) => day.records.push(told),
            None => days.push(Day { name, records: vec![told] }),
        }
    }
    days
}

fn of_log(reader: &Reader, found: &AuditVerification) -> Finding {
    let words = match found.first_broken {
        None => reader.say("audit-log-intact").count("records", found.records),
        Some(position) => reader.say("audit-log-broken").count("position", position),
    };
    Finding { is_good: found.intact, words: vec![words.to_string()], head: Vec::new() }
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
