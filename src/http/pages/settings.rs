//! `/elections/{id}/settings`: words, times, and who may see what.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use time::OffsetDateTime;
use uuid::Uuid;
use uvote_domain::election::{Publication, Status, TallyVisibility};
use uvote_domain::fault::Fault;
use uvote_domain::refusal::{FieldError, Refusal};

use super::form::Form;
use super::frame::{Frame, Section};
use super::reader::{Organiser, Reader};
use super::{go_on, page_with, zone};
use crate::http::Uvote;
use crate::http::elections::{ElectionPatch, change_election};
use crate::http::error::Answer;
use crate::language::Language;
use crate::store::elections::Election;

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/elections/{id}/settings", web::get().to(show))
        .route("/elections/{id}/settings", web::post().to(save));
}

#[derive(Template)]
#[template(path = "pages/elections/settings.html")]
struct SettingsPage {
    reader: Reader,
    frame: Frame,
    form: Form,
    zones: Vec<String>,
    election: Election,
}

impl SettingsPage {
    fn answer(
        status: StatusCode,
        reader: Reader,
        frame: Frame,
        election: Election,
        form: Form,
    ) -> HttpResponse {
        let zones = if frame.is_draft() { zone::names() } else { Vec::new() };
        page_with(status, &Self { reader, frame, form, zones, election })
    }

    /// Those in which mails can be written.
    fn languages(&self) -> Vec<Language> {
        Language::all()
    }

    /// Whether anything can still be changed.
    fn may_change(&self) -> bool {
        self.frame.may_manage() && !self.frame.status.is_over()
    }

    fn moment(&self, at: &Option<OffsetDateTime>) -> Option<String> {
        at.map(|at| self.reader.language.moment(at, self.election.time_zone.as_deref()))
    }
}

async fn show(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    let (frame, election) = Frame::read(&service, &organiser, *id, Section::Settings).await?;
    let form = filled(&election);
    Ok(SettingsPage::answer(StatusCode::OK, organiser.reader, frame, election, form))
}

fn filled(election: &Election) -> Form {
    let zone = election.time_zone.as_deref();
    let time = |at: Option<OffsetDateTime>| at.map(|at| zone::write(at, zone)).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Form::filled([
        ("title", election.title.clone()),
        ("description", text(&election.description)),
        ("contact_email", text(&election.contact_email)),
        ("invitation_message", text(&election.invitation_message)),
        ("time_zone", election.time_zone.clone().unwrap_or_else(|| "UTC".to_owned())),
        ("language", election.language.clone()),
        ("opens_at", time(election.opens_at)),
        ("closes_at", time(election.closes_at)),
        ("link_lifetime_hours", election.link_lifetime_hours.to_string()),
        ("tally_visibility", election.tally_visibility.to_string()),
        ("publication", election.publication.to_string()),
    ])
}

async fn save(service: Uvote, organiser: Organiser, id: web::Path<Uuid>, form: Form) -> Answer {
    let (frame, election) = Frame::read(&service, &organiser, *id, Section::Settings).await?;
    let (patch, mistakes) = read(&form, &election);
    let form = if mistakes.is_empty() {
        match change_election(&service, &organiser.who, *id, patch).await {
            Ok(()) => return Ok(go_on(&Section::Settings.of(*id), "saved")),
            Err(problem) => form.refused(problem)?,
        }
    } else {
        form.refused(Refusal::Invalid(mistakes).into())?
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(SettingsPage::answer(status, organiser.reader, frame, election, form))
}

/// What the form changes, and what can't be read. What an open election has frozen is not asked for.
fn read(form: &Form, election: &Election) -> (ElectionPatch, Vec<FieldError>) {
    let mut mistakes = Vec::new();
    let is_draft = election.status == Status::Draft;
    let zone = if is_draft { form.text("time_zone") } else { election.time_zone.clone() };
    let before = filled(election);
    let mut time = |name: &str| {
        // The seconds that a form does not show stay as they are.
        let same_zone = zone.as_deref().unwrap_or("UTC") == before.value("time_zone");
        if same_zone && form.value(name) == before.value(name) {
            return None;
        }
        let Some(text) = form.text(name) else { return Some(None) };
        match zone::read(&text, zone.as_deref()) {
            Ok(at) => Some(Some(at)),
            Err(fault) => {
                mistakes.push(FieldError::new(name, fault));
                None
            }
        }
    };
    let mut patch = ElectionPatch {
        title: Some(form.value("title").to_owned()),
        description: Some(form.text("description")),
        contact_email: Some(form.text("contact_email")),
        invitation_message: Some(form.text("invitation_message")),
        language: form.text("language"),
        closes_at: time("closes_at"),
        ..ElectionPatch::default()
    };
    if is_draft {
        patch.opens_at = time("opens_at");
        patch.time_zone = Some(zone.clone());
        patch.tally_visibility = TallyVisibility::parse(form.value("tally_visibility"));
        patch.publication = Publication::parse(form.value("publication"));
        match form.value("link_lifetime_hours").trim().parse() {
            Ok(hours) => patch.link_lifetime_hours = Some(hours),
            Err(_) => mistakes.push(FieldError::new("link_lifetime_hours", Fault::LinkLifetime(1..=8_784))),
        }
    }
    // A draft may be left with a close that has passed meanwhile, but nobody sets one.
    if patch.closes_at.flatten().is_some_and(|closes_at| closes_at <= OffsetDateTime::now_utc()) {
        mistakes.push(FieldError::new("closes_at", Fault::ClosesInPast));
    }
    (patch, mistakes)
}
