//! Opening, closing, publishing, archiving, copying and deleting an election. What can't be taken
//! back asks once more, and names the election.

use actix_web::web;
use askama::Template;
use uuid::Uuid;

use super::form::Form;
use super::frame::{Frame, Section};
use super::reader::{Organiser, Reader};
use super::{go_on, page};
use crate::http::Uvote;
use crate::http::error::Answer;
use crate::http::invitations::start_send;
use crate::http::steps::{Move, duplicate_election, take_step};
use crate::store::mail::{Audience, Kind};

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/elections/{id}/open", web::post().to(open))
        .route("/elections/{id}/close", web::get().to(ask_close))
        .route("/elections/{id}/close", web::post().to(close))
        .route("/elections/{id}/publish", web::get().to(ask_publish))
        .route("/elections/{id}/publish", web::post().to(publish))
        .route("/elections/{id}/archive", web::post().to(archive))
        .route("/elections/{id}/duplicate", web::post().to(duplicate))
        .route("/elections/{id}/delete", web::get().to(ask_delete))
        .route("/elections/{id}/delete", web::post().to(delete))
        .route("/elections/{id}/restore", web::post().to(restore));
}

/// Asks once more before something that can't be taken back.
#[derive(Template)]
#[template(path = "pages/elections/confirm.html")]
struct ConfirmPage {
    reader: Reader,
    frame: Frame,
    /// The step's last part of the address, and its words' name in the catalogue.
    step: &'static str,
    cast: i64,
    eligible: i64,
}

async fn ask(service: &Uvote, organiser: Organiser, id: Uuid, step: &'static str) -> Answer {
    let (frame, election) = Frame::read(service, &organiser, id, Section::Overview).await?;
    let (cast, eligible) = (election.ballots_cast, election.eligible);
    Ok(page(&ConfirmPage { reader: organiser.reader, frame, step, cast, eligible }))
}

async fn ask_close(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    ask(&service, organiser, *id, "close").await
}

async fn ask_publish(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    ask(&service, organiser, *id, "publish").await
}

async fn ask_delete(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    ask(&service, organiser, *id, "delete").await
}

/// Opens, and sends the invitations at once where that was asked for.
async fn open(service: Uvote, organiser: Organiser, id: web::Path<Uuid>, form: Form) -> Answer {
    take_step(&service, &organiser.who, *id, Move::Activate).await?;
    if form.has("invite", "yes") {
        start_send(&service, &organiser.who, *id, Kind::Invitation, Audience::NotInvited).await?;
        return Ok(go_on(&Section::Overview.of(*id), "opened-and-invited"));
    }
    Ok(go_on(&Section::Overview.of(*id), "opened"))
}

async fn close(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    take_step(&service, &organiser.who, *id, Move::Close).await?;
    Ok(go_on(&Section::Overview.of(*id), "closed"))
}

async fn publish(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    take_step(&service, &organiser.who, *id, Move::Publish).await?;
    Ok(go_on(&Section::Overview.of(*id), "published"))
}

async fn archive(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    take_step(&service, &organiser.who, *id, Move::Archive).await?;
    Ok(go_on(&Section::Overview.of(*id), "archived"))
}

async fn duplicate(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    let copy = duplicate_election(&service, &organiser.who, *id).await?;
    Ok(go_on(&Section::Overview.of(copy), "duplicated"))
}

#[derive(Template)]
#[template(path = "pages/elections/deleted.html")]
struct DeletedPage {
    reader: Reader,
    id: Uuid,
    title: String,
}

/// Says that it is gone, with the way to bring it back.
async fn delete(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    let (frame, _) = Frame::read(&service, &organiser, *id, Section::Overview).await?;
    take_step(&service, &organiser.who, *id, Move::Delete).await?;
    let mut reader = organiser.reader;
    "/dashboard".clone_into(&mut reader.path);
    Ok(page(&DeletedPage { reader, id: *id, title: frame.title }))
}

async fn restore(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    take_step(&service, &organiser.who, *id, Move::Restore).await?;
    Ok(go_on(&Section::Overview.of(*id), "restored"))
}
