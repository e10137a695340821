//! A problem as a page: what happened and what to do.

use actix_web::HttpResponse;
use actix_web::http::header::RETRY_AFTER;
use askama::Template;

use super::page_with;
use super::reader::Reader;
use crate::http::error::{Problem, request_id};

#[derive(Template)]
#[template(path = "pages/problem.html")]
struct ProblemPage<'a> {
    reader: &'a Reader,
    heading: String,
    explanation: String,
    request_id: Option<String>,
}

/// Answers a problem as a page, under its status.
pub fn problem_page(reader: &Reader, problem: &Problem) -> HttpResponse {
    let (heading, explanation) = match problem.code() {
        "NOT_FOUND" => (reader.say("problem-not-found"), reader.say("problem-not-found-text").to_string()),
        "OTHER_SITE" => (reader.say("problem-other-site"), reader.say("problem-other-site-text").to_string()),
        _ => (reader.say("problem-heading"), reader.problem(problem)),
    };
    let heading = heading.to_string();
    let request_id = problem.status().is_server_error().then(request_id);
    say_when(page_with(problem.status(), &ProblemPage { reader, heading, explanation, request_id }), problem)
}

/// Adds when to come back, where the problem says so.
pub fn say_when(mut response: HttpResponse, problem: &Problem) -> HttpResponse {
    if let Some(seconds) = problem.retry_after_seconds() {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}
