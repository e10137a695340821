//! The ballot as a voter will see it, without a way to cast it.

use actix_web::web;
use askama::Template;
use uuid::Uuid;

use crate::http::Uvote;
use crate::http::error::Answer;
use crate::http::pages::frame::{Frame, Section};
use crate::http::pages::page;
use crate::http::pages::reader::{Organiser, Reader};
use crate::http::pages::vote::ballot::{Paper, paper};
use crate::http::pages::vote::form::Voter;

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/elections/{id}/ballot/preview", web::get().to(show));
}

#[derive(Template)]
#[template(path = "pages/ballot/preview.html")]
struct PreviewPage {
    reader: Reader,
    frame: Frame,
    description: Option<String>,
    closes: Option<String>,
    contact: Option<String>,
    paper: Paper,
}

impl PreviewPage {
    fn back(&self) -> String {
        Section::Ballot.of(self.frame.id)
    }
}

async fn show(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    let (frame, election) = Frame::read(&service, &organiser, *id, Section::Ballot).await?;
    let onlooker = Voter::onlooker(*id, organiser.reader.clone());
    let moment = |at| organiser.reader.language.moment(at, election.time_zone.as_deref());
    Ok(page(&PreviewPage {
        closes: election.closes_at.map(moment),
        paper: paper(&onlooker, election.contests, &[]),
        description: election.description,
        contact: election.contact_email,
        frame,
        reader: organiser.reader,
    }))
}
