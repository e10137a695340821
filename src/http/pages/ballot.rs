//! What is voted on: contests with their candidates while the election is a draft, and afterwards
//! what voters see.

mod candidates;
mod contest;
mod preview;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use uuid::Uuid;
use uvote_domain::contest::CandidateOrder;
use uvote_domain::fault::Fault;
use uvote_domain::refusal::FieldError;

use super::form::Form;
use super::frame::{Frame, Section};
use super::reader::{Organiser, Reader};
use super::vote::ballot::initials;
use super::{go_on, page, page_with};
use crate::http::contests::changes;
use crate::http::error::{Answer, Problem};
use crate::http::{Service, Uvote};
use crate::store::contests::{CandidateDraft, Contest, ContestDraft};

/// The routes of this subject.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/elections/{id}/ballot", web::get().to(show))
        .route("/elections/{id}/ballot/contests", web::post().to(add))
        .configure(contest::routes)
        .configure(candidates::routes)
        .configure(preview::routes);
}

/// The contests in order. Its one form holds the fields of a new contest, and under
/// `candidates-{id}` the names to be added to a contest that is there.
#[derive(Template)]
#[template(path = "pages/ballot/contests.html")]
struct ContestsPage {
    reader: Reader,
    frame: Frame,
    contests: Vec<Contest>,
    form: Form,
}

impl ContestsPage {
    fn address(&self) -> String {
        Section::Ballot.of(self.frame.id)
    }

    fn may_change(&self) -> bool {
        self.frame.is_draft() && self.frame.may_manage()
    }

    fn is_shuffled(&self, contest: &Contest) -> bool {
        contest.candidate_order == CandidateOrder::Random
    }

    fn initials(&self, name: &str) -> String {
        initials(name)
    }

    /// Whether something is wrong with one of these fields, so that they have to be seen.
    fn is_wrong(&self, names: &[&str]) -> bool {
        self.form.errors().iter().any(|error| names.contains(&error.field.as_str()))
    }

    /// Whether something is wrong with the form of a new contest.
    fn is_new_wrong(&self) -> bool {
        self.form.errors().iter().any(|error| !error.field.starts_with("candidates-"))
    }
}

async fn show(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    let (frame, election) = Frame::read(&service, &organiser, *id, Section::Ballot).await?;
    let (reader, form) = (organiser.reader, Form::filled(usual()));
    Ok(page(&ContestsPage { reader, frame, contests: election.contests, form }))
}

/// What the form of a new contest says to begin with.
fn usual() -> [(&'static str, String); 3] {
    [("seats", "1"), ("allow_blank", "yes"), ("candidate_order", "as_listed")]
        .map(|(name, value)| (name, value.to_owned()))
}

async fn add(service: Uvote, organiser: Organiser, id: web::Path<Uuid>, form: Form) -> Answer {
    match changes::add_contest(&service, &organiser.who, *id, draft(&form)).await {
        Ok(contest) => Ok(back(*id, "contest-added", "contest", contest.id)),
        Err(problem) => {
            let problem = gathered(&problem, "candidates.", "candidates").unwrap_or(problem);
            refused(&service, organiser, *id, form.refused(problem)?).await
        }
    }
}

fn draft(form: &Form) -> ContestDraft {
    ContestDraft {
        title: form.value("title").to_owned(),
        description: form.text("description"),
        method: None,
        seats: Some(seats(form)),
        allow_blank: Some(form.has("allow_blank", "yes")),
        candidate_order: order(form),
        candidates: names(form.value("candidates")),
    }
}

/// What is no number is refused as one that is out of range.
fn seats(form: &Form) -> i32 {
    form.value("seats").trim().parse().unwrap_or(0)
}

fn order(form: &Form) -> Option<CandidateOrder> {
    CandidateOrder::parse(form.value("candidate_order"))
}

/// One candidate for each line that says something.
fn names(lines: &str) -> Vec<CandidateDraft> {
    let names = lines.lines().map(str::trim).filter(|name| !name.is_empty());
    let named = |name: &str| CandidateDraft {
        name: name.to_owned(),
        description: None,
        display_order: None,
        photo_id: None,
    };
    names.map(named).collect()
}

/// What is wrong with single lines is shown once at the field that holds all lines.
fn gathered(problem: &Problem, start: &str, field: &str) -> Option<Problem> {
    let mut errors: Vec<FieldError> = Vec::new();
    for error in problem.errors() {
        let within = error.field.starts_with(start);
        let field = if within { field } else { error.field.as_str() };
        let error = FieldError::new(field, error.fault.clone());
        if !errors.contains(&error) {
            errors.push(error);
        }
    }
    let again = Problem::new(problem.status(), problem.code(), problem.detail());
    (!errors.is_empty()).then(|| again.with_errors(errors))
}

async fn add_candidates(
    service: Uvote,
    organiser: Organiser,
    path: web::Path<(Uuid, Uuid)>,
    form: Form,
) -> Answer {
    let (election, contest) = *path;
    let field = format!("candidates-{contest}");
    let drafts = names(form.value(&field));
    let done = if drafts.is_empty() {
        Err(Problem::invalid(&field, Fault::Empty))
    } else {
        changes::add_candidates(&service, &organiser.who, election, contest, drafts).await
    };
    match done {
        Ok(_) => Ok(back(election, "candidates-added", "contest", contest)),
        Err(problem) => {
            let problem = gathered(&problem, "", &field).unwrap_or(problem);
            let usual = usual().into_iter().chain([(field.as_str(), form.value(&field).to_owned())]);
            refused(&service, organiser, election, Form::filled(usual).refused(problem)?).await
        }
    }
}

/// The page again, with what is wrong.
async fn refused(service: &Service, organiser: Organiser, id: Uuid, form: Form) -> Answer {
    let (frame, election) = Frame::read(service, &organiser, id, Section::Ballot).await?;
    let reader = organiser.reader;
    let page = ContestsPage { reader, frame, contests: election.contests, form };
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// Back to where something was done, at the part of the page that shows it. After a move that is
/// the button that was pressed, which so keeps the focus.
fn back(election: Uuid, done: &str, part: &str, id: Uuid) -> HttpResponse {
    let page = Section::Ballot.of(election);
    match done {
        "" => go_on(&format!("{page}#{part}-{id}"), ""),
        done => go_on(&page, &format!("{done}#{part}-{id}")),
    }
}

/// Which button of a move was pressed, and the place that it leads to, counted from 0.
fn target(form: &Form) -> Answer<(&'static str, usize)> {
    let place = |button: &'static str| Some((button, form.value(button).parse().ok()?));
    place("up").or_else(|| place("down")).ok_or_else(|| Problem::malformed("`up` or `down` must be a place."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_that_says_something_is_a_candidate() {
        let found: Vec<String> = names(" Ada\r\n\r\n \t\nBen \n").into_iter().map(|one| one.name).collect();
        assert_eq!(found, ["Ada", "Ben"]);
    }
}
