//! `/elections/{id}/mails`: invitations, reminders and result notices, and how they fare.

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use time::OffsetDateTime;
use uuid::Uuid;
use uvote_domain::refusal::Refusal;

use super::frame::{Frame, Section};
use super::reader::{Organiser, Reader, query};
use super::voters::Stage;
use super::{go_on, page, page_with};
use crate::actors::mailer::Letter;
use crate::http::error::{Answer, Problem};
use crate::http::invitations::{invite, send_specimen, stop_mails};
use crate::http::{Service, Uvote};
use crate::mail::{Preview, preview};
use crate::store::elections::Election;
use crate::store::mail::{self, Audience, Deliveries};

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/elections/{id}/mails", web::get().to(show))
        .route("/elections/{id}/mails/preview", web::get().to(show_preview))
        .route("/elections/{id}/mails/test", web::post().to(send_test))
        .route("/elections/{id}/mails/stop", web::post().to(stop))
        .route("/elections/{id}/mails/{what}", web::get().to(ask))
        .route("/elections/{id}/mails/{what}", web::post().to(send));
}

#[derive(Template)]
#[template(path = "pages/mails/show.html")]
struct MailsPage {
    reader: Reader,
    frame: Frame,
    stage: Stage,
    election: Election,
    deliveries: Deliveries,
    /// Voters whom each send would mean.
    invitable: i64,
    remindable: i64,
    notifiable: i64,
    /// How many mails the form before has queued or stopped.
    queued: Option<i64>,
    stopped: Option<i64>,
    preview: Preview,
}

impl MailsPage {
    fn sends_links(&self) -> bool {
        self.election.status.sends_links()
    }

    fn moment(&self, at: &OffsetDateTime) -> String {
        self.reader.language.moment(*at, self.election.time_zone.as_deref())
    }

    /// How long a link lives, in days where that is a whole number.
    fn lifetime(&self) -> String {
        let hours = self.election.link_lifetime_hours;
        if hours % 24 == 0 {
            self.reader.say("mails-days").count("count", hours / 24).to_string()
        } else {
            self.reader.say("mails-hours").count("count", hours).to_string()
        }
    }
}

async fn show(service: Uvote, organiser: Organiser, id: web::Path<Uuid>, request: HttpRequest) -> Answer {
    let (frame, election) = Frame::read(&service, &organiser, *id, Section::Mails).await?;
    let client = service.database.client().await?;
    let count = async |audience, wanted: bool| match wanted {
        true => mail::count_meant(&client, *id, audience).await,
        false => Ok(0),
    };
    let stage = Stage::of(&election);
    let (is_open, is_published) = (stage.is_open(), election.published_at.is_some());
    let number = |name| query(&request, name)?.parse().ok();
    let page_of = MailsPage {
        invitable: count(Audience::NotInvited, !election.status.is_over()).await?,
        remindable: count(Audience::NotVoted, is_open && !stage.is_hidden()).await?,
        notifiable: count(Audience::Everyone, is_published).await?,
        deliveries: mail::deliveries(&client, *id).await?,
        preview: specimen(&service, &organiser.reader, *id).await?,
        queued: number("queued"),
        stopped: number("stopped"),
        reader: organiser.reader,
        frame,
        stage,
        election,
    };
    Ok(page(&page_of))
}

/// The invitation as a voter would get it now, for the organisers' eyes.
async fn specimen(service: &Service, reader: &Reader, id: Uuid) -> Answer<Preview> {
    let client = service.database.client().await?;
    let letter = Letter::read(&client, &service.keyring, id).await?;
    let name = reader.say("mails-example-name").to_string();
    preview(&letter.language, &letter.example(&service.origin, false), Some(&name))
        .map_err(|error| Problem::internal(&error))
}

/// The HTML part alone, for a frame in which no link leads anywhere. Its policy lets nothing run; the
/// sandbox allows scripts only so that tools can look into the frame.
async fn show_preview(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    Frame::read(&service, &organiser, *id, Section::Mails).await?;
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-scripts";
    Ok(HttpResponse::Ok()
        .insert_header(("content-security-policy", policy))
        .content_type(ContentType::html())
        .body(specimen(&service, &organiser.reader, *id).await?.html))
}

/// Asks once more before many mails go out.
#[derive(Template)]
#[template(path = "pages/mails/confirm.html")]
struct ConfirmPage {
    reader: Reader,
    frame: Frame,
    /// The last part of the address, and of the words' names in the catalogue.
    what: String,
    /// Voters who would be mailed, where that may be told.
    count: Option<i64>,
    refused: bool,
}

fn audience(what: &str) -> Answer<Audience> {
    match what {
        "invitations" => Ok(Audience::NotInvited),
        "reminders" => Ok(Audience::NotVoted),
        "results" => Ok(Audience::Everyone),
        _ => Err(Refusal::NotFound.into()),
    }
}

async fn ask(service: Uvote, organiser: Organiser, path: web::Path<(Uuid, String)>) -> Answer {
    let (id, what) = path.into_inner();
    Ok(page(&confirm_page(&service, organiser, id, what, false).await?))
}

async fn confirm_page(
    service: &Service,
    organiser: Organiser,
    id: Uuid,
    what: String,
    refused: bool,
) -> Answer<ConfirmPage> {
    let audience = audience(&what)?;
    let (frame, election) = Frame::read(service, &organiser, id, Section::Mails).await?;
    let is_told = audience != Audience::NotVoted || !Stage::of(&election).is_hidden();
    let client = service.database.client().await?;
    let count = if is_told { Some(mail::count_meant(&client, id, audience).await?) } else { None };
    Ok(ConfirmPage { reader: organiser.reader, frame, what, count, refused })
}

async fn send(service: Uvote, organiser: Organiser, path: web::Path<(Uuid, String)>) -> Answer {
    let (id, what) = path.into_inner();
    match invite(&service, &organiser.who, id, audience(&what)?).await {
        Ok(_) if what == "reminders" => Ok(go_on(&Section::Mails.of(id), "reminded")),
        Ok(queued) => Ok(back(id, &format!("queued={queued}"))),
        Err(problem) if problem.code() == "WRONG_STATE" => {
            let page = confirm_page(&service, organiser, id, what, true).await?;
            Ok(page_with(StatusCode::CONFLICT, &page))
        }
        Err(problem) => Err(problem),
    }
}

async fn stop(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    let stopped = stop_mails(&service, &organiser.who, *id).await?;
    Ok(back(*id, &format!("stopped={stopped}")))
}

async fn send_test(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    send_specimen(&service, &organiser.who, *id).await?;
    Ok(go_on(&Section::Mails.of(*id), "test-sent"))
}

/// Leads back with a number, so that a reload does not send again.
fn back(id: Uuid, result: &str) -> HttpResponse {
    let location = format!("{}?{result}", Section::Mails.of(id));
    HttpResponse::SeeOther().insert_header((LOCATION, location)).finish()
}
