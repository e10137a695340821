//! One contest: its words and rules, its place, and its removal.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use uuid::Uuid;
use uvote_domain::refusal::Refusal;

use super::{add_candidates, back, order, seats, target};
use crate::http::Uvote;
use crate::http::contests::{ContestPatch, changes};
use crate::http::error::Answer;
use crate::http::pages::form::Form;
use crate::http::pages::frame::{Frame, Section};
use crate::http::pages::reader::{Organiser, Reader};
use crate::http::pages::{go_on, page, page_with};
use crate::store::contests::Contest;

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/elections/{id}/ballot/contests/{contest_id}", web::get().to(show))
        .route("/elections/{id}/ballot/contests/{contest_id}", web::post().to(change))
        .route("/elections/{id}/ballot/contests/{contest_id}/move", web::post().to(shift))
        .route("/elections/{id}/ballot/contests/{contest_id}/remove", web::post().to(remove))
        .route("/elections/{id}/ballot/contests/{contest_id}/candidates", web::post().to(add_candidates));
}

#[derive(Template)]
#[template(path = "pages/ballot/contest.html")]
struct ContestPage {
    reader: Reader,
    frame: Frame,
    contest: Contest,
    form: Form,
}

impl ContestPage {
    fn address(&self) -> String {
        Section::Ballot.of(self.frame.id)
    }
}

type Place = web::Path<(Uuid, Uuid)>;

async fn show(service: Uvote, organiser: Organiser, path: Place) -> Answer {
    let (frame, contest) = read(&service, &organiser, *path).await?;
    if !frame.is_draft() || !frame.may_manage() {
        return Ok(go_on(&Section::Ballot.of(frame.id), ""));
    }
    let form = filled(&contest);
    Ok(page(&ContestPage { reader: organiser.reader, frame, contest, form }))
}

async fn read(
    service: &Uvote,
    organiser: &Organiser,
    (id, contest): (Uuid, Uuid),
) -> Answer<(Frame, Contest)> {
    let (frame, election) = Frame::read(service, organiser, id, Section::Ballot).await?;
    let found = election.contests.into_iter().find(|found| found.id == contest);
    Ok((frame, found.ok_or(Refusal::NotFound)?))
}

fn filled(contest: &Contest) -> Form {
    let blank = if contest.allow_blank { "yes" } else { "" };
    Form::filled([
        ("title", contest.title.clone()),
        ("description", contest.description.clone().unwrap_or_default()),
        ("seats", contest.seats.to_string()),
        ("allow_blank", blank.to_owned()),
        ("candidate_order", contest.candidate_order.to_string()),
    ])
}

async fn change(service: Uvote, organiser: Organiser, path: Place, form: Form) -> Answer {
    let (id, contest) = *path;
    match changes::change_contest(&service, &organiser.who, id, contest, patch(&form)).await {
        Ok(_) => Ok(back(id, "contest-changed", "contest", contest)),
        Err(problem) => {
            let form = form.refused(problem)?;
            let (frame, contest) = read(&service, &organiser, *path).await?;
            let page = ContestPage { reader: organiser.reader, frame, contest, form };
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

fn patch(form: &Form) -> ContestPatch {
    ContestPatch {
        title: Some(form.value("title").to_owned()),
        description: Some(form.text("description")),
        seats: Some(seats(form)),
        allow_blank: Some(form.has("allow_blank", "yes")),
        candidate_order: order(form),
        ..ContestPatch::default()
    }
}

async fn shift(service: Uvote, organiser: Organiser, path: Place, form: Form) -> Answer {
    let ((id, contest), (button, place)) = (*path, target(&form)?);
    changes::move_contest(&service, &organiser.who, id, contest, place).await?;
    Ok(back(id, "", button, contest))
}

async fn remove(service: Uvote, organiser: Organiser, path: Place) -> Answer {
    let (id, contest) = *path;
    changes::remove_contest(&service, &organiser.who, id, contest).await?;
    Ok(go_on(&Section::Ballot.of(id), "contest-removed"))
}
