//! One candidate: name, description and photo, place, and removal.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use askama::Template;
use uuid::Uuid;
use uvote_domain::fault::Fault;
use uvote_domain::refusal::Refusal;

use super::{back, target};
use crate::http::Uvote;
use crate::http::contests::{CandidatePatch, changes};
use crate::http::error::{Answer, Problem};
use crate::http::pages::form::Form;
use crate::http::pages::frame::{Frame, Section};
use crate::http::pages::reader::{Organiser, Reader};
use crate::http::pages::vote::ballot::initials;
use crate::http::pages::{go_on, page_with};
use crate::http::photos;
use crate::photos::FILE_LIMIT;
use crate::store::contests::{Candidate, Contest};

const ONE: &str = "/elections/{id}/ballot/contests/{contest_id}/candidates/{candidate_id}";

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route(ONE, web::get().to(show))
        .route(ONE, web::post().to(change))
        .route(&format!("{ONE}/move"), web::post().to(shift))
        .route(&format!("{ONE}/remove"), web::post().to(remove))
        .route(&format!("{ONE}/photo"), web::post().to(set_photo))
        .route(&format!("{ONE}/photo/remove"), web::post().to(clear_photo));
}

#[derive(Template)]
#[template(path = "pages/ballot/candidate.html")]
struct CandidatePage {
    reader: Reader,
    frame: Frame,
    contest: Contest,
    candidate: Candidate,
    form: Form,
    /// The message that says why a photo was not taken.
    photo_refused: Option<&'static str>,
}

impl CandidatePage {
    fn ballot(&self) -> String {
        Section::Ballot.of(self.frame.id)
    }

    fn address(&self) -> String {
        format!("{}/contests/{}/candidates/{}", self.ballot(), self.contest.id, self.candidate.id)
    }

    fn initials(&self) -> String {
        initials(&self.candidate.name)
    }

    /// Bytes that a photo may have.
    const fn limit(&self) -> usize {
        FILE_LIMIT
    }
}

type Place = web::Path<(Uuid, Uuid, Uuid)>;

async fn show(service: Uvote, organiser: Organiser, path: Place) -> Answer {
    answer(&service, organiser, *path, None, None).await
}

/// The page as it is, or with a form that was refused, or a photo.
async fn answer(
    service: &Uvote,
    organiser: Organiser,
    (id, contest, candidate): (Uuid, Uuid, Uuid),
    refused: Option<Form>,
    photo_refused: Option<&'static str>,
) -> Answer {
    let (frame, election) = Frame::read(service, &organiser, id, Section::Ballot).await?;
    if !frame.is_draft() || !frame.may_manage() {
        return Ok(go_on(&Section::Ballot.of(id), ""));
    }
    let mut contests = election.contests.into_iter();
    let contest = contests.find(|found| found.id == contest).ok_or(Refusal::NotFound)?;
    let candidate = changes::find_candidate(contest.clone(), candidate)?;
    let is_refused = refused.is_some() || photo_refused.is_some();
    let status = if is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let form = refused.unwrap_or_else(|| filled(&candidate));
    let reader = organiser.reader;
    Ok(page_with(status, &CandidatePage { reader, frame, contest, candidate, form, photo_refused }))
}

fn filled(candidate: &Candidate) -> Form {
    let description = candidate.description.clone().unwrap_or_default();
    Form::filled([("name", candidate.name.clone()), ("description", description)])
}

async fn change(service: Uvote, organiser: Organiser, path: Place, form: Form) -> Answer {
    let (id, contest, candidate) = *path;
    let patch = CandidatePatch {
        name: Some(form.value("name").to_owned()),
        description: Some(form.text("description")),
        ..CandidatePatch::default()
    };
    match changes::change_candidate(&service, &organiser.who, id, contest, candidate, patch).await {
        Ok(_) => Ok(back(id, "candidate-changed", "candidate", candidate)),
        Err(problem) => {
            let form = form.refused(problem)?;
            answer(&service, organiser, *path, Some(form), None).await
        }
    }
}

async fn shift(service: Uvote, organiser: Organiser, path: Place, form: Form) -> Answer {
    let ((id, contest, candidate), (button, place)) = (*path, target(&form)?);
    changes::move_candidate(&service, &organiser.who, id, contest, candidate, place).await?;
    Ok(back(id, "", button, candidate))
}

async fn remove(service: Uvote, organiser: Organiser, path: Place) -> Answer {
    let (id, contest, candidate) = *path;
    changes::remove_candidate(&service, &organiser.who, id, contest, candidate).await?;
    Ok(back(id, "candidate-removed", "contest", contest))
}

async fn set_photo(
    service: Uvote,
    organiser: Organiser,
    path: Place,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer {
    match take_photo(&service, &organiser, *path, &request, payload).await {
        Ok(done) => Ok(done),
        Err(problem) => {
            let why = photo_refusal(&problem).ok_or(problem)?;
            answer(&service, organiser, *path, None, Some(why)).await
        }
    }
}

async fn take_photo(
    service: &Uvote,
    organiser: &Organiser,
    (id, contest, candidate): (Uuid, Uuid, Uuid),
    request: &HttpRequest,
    payload: web::Payload,
) -> Answer {
    let file = photos::file(request, payload).await?;
    if file.is_empty() {
        return Err(Problem::invalid("file", Fault::NoFile));
    }
    photos::set(service, &organiser.who, id, contest, candidate, file).await?;
    Ok(back(id, "photo-set", "candidate", candidate))
}

/// The message that says why a photo was not taken, if that is the problem.
fn photo_refusal(problem: &Problem) -> Option<&'static str> {
    let is_missing = problem.errors().iter().any(|error| error.fault == Fault::NoFile);
    match problem.code() {
        "INVALID" if is_missing => Some("ballot-photo-missing"),
        "INVALID" => Some("ballot-photo-broken"),
        "TOO_LARGE" => Some("ballot-photo-too-large"),
        "UNSUPPORTED_MEDIA_TYPE" => Some("ballot-photo-unsupported"),
        "BUSY" => Some("ballot-photo-busy"),
        _ => None,
    }
}

async fn clear_photo(service: Uvote, organiser: Organiser, path: Place) -> Answer {
    let (id, contest, candidate) = *path;
    photos::clear(&service, &organiser.who, id, contest, candidate).await?;
    Ok(back(id, "photo-removed", "candidate", candidate))
}
