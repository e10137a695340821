//! `/elections/{id}`: what a draft still lacks, and how an open election runs, live.

use actix_web::web;
use askama::Template;
use time::OffsetDateTime;
use uuid::Uuid;
use uvote_domain::election::CountState;
use uvote_domain::role::Action;

use super::frame::{Frame, Section};
use super::page;
use super::reader::{Organiser, Reader};
use crate::http::error::Answer;
use crate::http::results::read_turnout;
use crate::http::{Service, Uvote};
use crate::store::contests::Contest;
use crate::store::elections::Election;
use crate::store::heads::{self, Head};
use crate::store::mail::{self, Deliveries};
use crate::store::results::Turnout;
use crate::store::steps;

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/elections/{id}", web::get().to(show));
}

/// One thing on the way to an open election.
struct Item {
    section: Section,
    address: String,
    done: bool,
    words: String,
    missing: Vec<String>,
    /// What may be meant, and may be a slip.
    doubts: Vec<String>,
}

#[derive(Template)]
#[template(path = "pages/elections/checklist.html")]
struct ChecklistPage {
    reader: Reader,
    frame: Frame,
    election: Election,
    items: Vec<Item>,
    ready: bool,
}

impl ChecklistPage {
    fn moment(&self, at: &OffsetDateTime) -> String {
        self.reader.language.moment(*at, self.election.time_zone.as_deref())
    }
}

#[derive(Template)]
#[template(path = "pages/elections/live.html")]
struct LivePage {
    reader: Reader,
    frame: Frame,
    election: Election,
    head: Head,
    turnout: Turnout,
    deliveries: Option<Deliveries>,
}

impl LivePage {
    fn moment(&self, at: &OffsetDateTime) -> String {
        self.reader.language.moment(*at, self.election.time_zone.as_deref())
    }

    fn clock(&self, at: &OffsetDateTime) -> String {
        self.reader.language.clock(*at, self.election.time_zone.as_deref())
    }

    /// How much of the ring stays empty, 0 to 100.
    fn rest_of_ring(&self) -> f64 {
        100.0 - self.turnout.percent
    }

    /// The share as the live number shows it, whose sign stands beside it.
    fn percent(&self) -> String {
        self.reader.language.decimal(self.turnout.percent)
    }

    fn is_disputed(&self) -> bool {
        self.head.count_state == CountState::Disputed
    }

    /// Whether the counted results wait for an organiser to publish them.
    fn may_publish(&self) -> bool {
        self.frame.may_manage()
            && self.head.count_state == CountState::Matched
            && self.election.published_at.is_none()
    }
}

async fn show(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    let (frame, election) = Frame::read(&service, &organiser, *id, Section::Overview).await?;
    if frame.is_draft() {
        checklist(&service, organiser.reader, frame, election).await
    } else {
        live(&service, organiser, frame, election).await
    }
}

async fn checklist(service: &Service, reader: Reader, frame: Frame, election: Election) -> Answer {
    let client = service.database.client().await?;
    let head = heads::get(&client, frame.id).await?;
    let missing = steps::missing(&client, &head, heads::clock(&client).await?).await?;
    let lacks = |start: &str| -> Vec<String> {
        missing
            .iter()
            .filter(|error| error.field.starts_with(start))
            .map(|error| reader.fault(error))
            .collect()
    };
    let candidates: usize = election.contests.iter().map(|contest| contest.candidates.len()).sum();
    let item = |section, words: String, missing: Vec<String>| Item {
        section,
        address: section.of(head.election_id),
        done: missing.is_empty(),
        words,
        missing,
        doubts: if section == Section::Ballot { doubts(&reader, &election) } else { Vec::new() },
    };
    let ballot = reader
        .say("checklist-ballot")
        .count("contests", election.contests.len())
        .count("candidates", candidates);
    let items = vec![
        item(Section::Ballot, ballot.to_string(), lacks("contests")),
        item(
            Section::Voters,
            reader.say("checklist-voters").count("voters", election.eligible).to_string(),
            lacks("voters"),
        ),
        item(Section::Settings, schedule(&reader, &election), lacks("closes_at")),
    ];
    let ready = missing.is_empty();
    Ok(page(&ChecklistPage { reader, frame, election, items, ready }))
}

/// Contests that can be held as they are, and probably should not.
fn doubts(reader: &Reader, election: &Election) -> Vec<String> {
    let doubt = |contest: &Contest| {
        let mut names: Vec<&str> =
            contest.candidates.iter().map(|candidate| candidate.name.as_str()).collect();
        names.sort_unstable();
        let twice = names.windows(2).any(|pair| pair[0] == pair[1]);
        let empty = contest.seats.unsigned_abs() as usize > contest.candidates.len();
        let found = [(empty, "checklist-many-seats"), (twice, "checklist-same-name")];
        found
            .into_iter()
            .filter(|(holds, _)| *holds)
            .map(|(_, id)| reader.say(id).with("title", &contest.title).to_string())
            .collect::<Vec<_>>()
    };
    election.contests.iter().filter(|contest| contest.candidates.len() > 1).flat_map(doubt).collect()
}

fn schedule(reader: &Reader, election: &Election) -> String {
    let zone = election.time_zone.as_deref();
    let moment = |at: OffsetDateTime| reader.language.moment(at, zone);
    let opens = match election.opens_at {
        Some(at) => reader.say("checklist-opens-at").with("at", moment(at)).to_string(),
        None => reader.say("checklist-opens-now").to_string(),
    };
    let closes = match election.closes_at {
        Some(at) => reader.say("checklist-closes-at").with("at", moment(at)).to_string(),
        None => reader.say("checklist-closes-by-hand").to_string(),
    };
    format!("{opens} {closes}")
}

async fn live(service: &Service, organiser: Organiser, frame: Frame, election: Election) -> Answer {
    let turnout = read_turnout(service, &organiser.who, frame.id).await?;
    let client = service.database.client().await?;
    let head = heads::get(&client, frame.id).await?;
    let deliveries = if frame.role.may(Action::ManageRoll) {
        Some(mail::deliveries(&client, frame.id).await?)
    } else {
        None
    };
    let reader = organiser.reader;
    Ok(page(&LivePage { reader, frame, election, head, turnout, deliveries }))
}
