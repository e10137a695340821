//! Pages: the voter's way without an account, results, and what the demo shows.

pub mod inbox;
pub mod templates;
pub mod vote;

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, Responder, web};
use askama::Template;
use uuid::Uuid;

use super::error::{Problem, request_id};
use super::sign_in::Anybody;
use super::{Uvote, results};
use templates::{HomePage, ProblemPage, ResultCandidate, ResultContest, ResultsPage};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Every page.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(home))
        .route("/static/{file}", web::get().to(asset))
        .route("/favicon.ico", web::get().to(favicon))
        .route("/vote/{id}", web::get().to(vote::ask_code))
        .route("/vote/{id}", web::post().to(vote::show_ballot))
        .route("/vote/{id}/review", web::post().to(vote::review))
        .route("/vote/{id}/cast", web::post().to(vote::cast))
        .route("/elections/{id}/results", web::get().to(show_results));
}

/// Answers a page under the policy that all pages have.
fn page(page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => HttpResponse::Ok()
            .insert_header(("content-security-policy", POLICY))
            .content_type(ContentType::html())
            .body(html),
        Err(error) => HttpResponse::from_error(Problem::internal(&error)),
    }
}

/// Answers a problem as a page.
fn problem_page(
    problem: &Problem,
    heading: &str,
    what_to_do: Option<&str>,
    contact_email: Option<String>,
) -> HttpResponse {
    let mut response = page(&ProblemPage {
        heading: heading.to_owned(),
        explanation: problem.detail().to_owned(),
        what_to_do: what_to_do.map(str::to_owned),
        action: None,
        contact_email,
        request_id: problem.status().is_server_error().then(request_id),
    });
    *response.status_mut() = problem.status();
    response
}

async fn home(service: Uvote) -> HttpResponse {
    page(&HomePage { inbox: service.inbox.is_some(), docs: service.docs })
}

async fn asset(file: web::Path<String>) -> HttpResponse {
    let (kind, body) = match file.as_str() {
        "style.css" => ("text/css; charset=utf-8", include_str!("../../../static/style.css")),
        "vote.js" => ("text/javascript; charset=utf-8", include_str!("../../../static/vote.js")),
        "favicon.svg" => ("image/svg+xml", include_str!("../../../static/favicon.svg")),
        _ => return HttpResponse::NotFound().finish(),
    };
    HttpResponse::Ok().insert_header(("cache-control", "public, max-age=3600")).content_type(kind).body(body)
}

async fn favicon(request: HttpRequest) -> impl Responder {
    web::Redirect::to("/static/favicon.svg").respond_to(&request)
}

async fn show_results(service: Uvote, id: web::Path<Uuid>) -> HttpResponse {
    let results = match results::visible(&service, Anybody(None), *id).await {
        Ok(results) => results,
        Err(problem) => return problem_page(&problem, "No results to show", None, None),
    };
    page(&ResultsPage {
        election_id: id.to_string(),
        title: results.title,
        running: !results.status.is_over(),
        eligible: results.eligible.unsigned_abs(),
        ballots_cast: results.ballots_cast.unsigned_abs(),
        turnout_percent: format!("{:.2}", results.turnout_percent),
        contests: results.contests.into_iter().map(contest).collect(),
    })
}

fn contest(contest: crate::store::results::ContestResult) -> ResultContest {
    let mut candidates: Vec<ResultCandidate> = contest
        .candidates
        .into_iter()
        .map(|candidate| ResultCandidate {
            name: candidate.name,
            votes: candidate.votes,
            percent: format!("{:.2}", candidate.percent),
            winner: candidate.winner,
        })
        .collect();
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.votes));
    ResultContest {
        title: contest.title,
        seats: contest.seats.unsigned_abs(),
        blank: contest.blank,
        tie: contest.tie,
        candidates,
    }
}
