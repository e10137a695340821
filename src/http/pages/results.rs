//! `/elections/{id}/results`: who has won, for everyone once it is public.

use std::cmp::Reverse;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use askama::Template;
use uuid::Uuid;
use uvote_domain::election::{Publication, TallyVisibility};

use super::page_with;
use super::reader::{Reader, signed_in};
use crate::http::error::{Answer, Problem};
use crate::http::sign_in::Anybody;
use crate::http::{Service, Uvote, results};
use crate::store::elections::{self, Election};
use crate::store::heads;
use crate::store::results::{CandidateResult, ContestResult, Results};

#[derive(Template)]
#[template(path = "pages/results.html")]
struct ResultsPage {
    reader: Reader,
    title: String,
    /// Whether the election still runs, so that the figures are not final.
    is_running: bool,
    /// Whether everyone may see them, and not members of the organisation alone.
    is_public: bool,
    eligible: i64,
    ballots_cast: i64,
    turnout: String,
    contests: Vec<Contest>,
    /// Where receipts are checked.
    receipt: String,
    /// The table to download, where everyone may see it.
    csv: Option<String>,
    /// The last link of the chain of ballots, once none follows.
    head: Option<String>,
}

struct Contest {
    title: String,
    /// Who has won, in words.
    outcome: Vec<String>,
    seats: i32,
    blank: u64,
    candidates: Vec<Candidate>,
}

struct Candidate {
    name: String,
    votes: u64,
    /// Of the ballots that are not blank, 0 to 100.
    share: f64,
    percent: String,
    has_won: bool,
}

/// Why there are no results to see yet, and when to come back.
#[derive(Template)]
#[template(path = "pages/results_hidden.html")]
struct HiddenPage {
    reader: Reader,
    title: String,
    heading: String,
    explanation: String,
    contact: Option<String>,
}

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/elections/{id}/results", web::get().to(show));
}

async fn show(service: Uvote, id: web::Path<Uuid>, reader: Reader, request: HttpRequest) -> Answer {
    let who = Anybody(signed_in(&request).await?);
    match results::visible(&service, who, *id).await {
        Ok(visible) => shown(&service, reader, visible.results).await,
        Err(problem) if matches!(problem.code(), "RESULTS_HIDDEN" | "COUNTING") => {
            hidden(&service, *id, reader, &problem).await
        }
        Err(problem) => Err(problem),
    }
}

async fn shown(service: &Service, reader: Reader, results: Results) -> Answer {
    let client = service.database.client().await?;
    let election = elections::get(&client, results.election_id).await?;
    let head = heads::get(&client, results.election_id).await?;
    let is_running = !results.status.is_over();
    let is_public = head.published_at.is_some() || election.tally_visibility == TallyVisibility::Everyone;
    let page = ResultsPage {
        receipt: reader.to(&format!("/elections/{}/receipt", election.id)),
        csv: is_public.then(|| format!("/api/v1/elections/{}/results.csv", election.id)),
        title: results.title,
        is_running,
        is_public,
        eligible: results.eligible,
        ballots_cast: results.ballots_cast,
        turnout: reader.language.percent(results.turnout_percent),
        contests: results.contests.into_iter().map(|result| contest(&reader, result, is_running)).collect(),
        head: (!is_running).then(|| hex::encode(head.head_hash)),
        reader,
    };
    Ok(page_with(StatusCode::OK, &page))
}

fn contest(reader: &Reader, mut result: ContestResult, is_running: bool) -> Contest {
    result.candidates.sort_by_key(|candidate| Reverse(candidate.votes));
    let outcome = outcome(reader, &result, is_running);
    let candidate = |candidate: CandidateResult| Candidate {
        name: candidate.name,
        votes: candidate.votes,
        share: candidate.percent,
        percent: reader.language.percent(candidate.percent),
        has_won: candidate.winner,
    };
    Contest {
        title: result.title,
        outcome,
        seats: result.seats,
        blank: result.blank,
        candidates: result.candidates.into_iter().map(candidate).collect(),
    }
}

/// What a contest has come to, in sentences: winners, a tie, seats that nobody has won.
fn outcome(reader: &Reader, result: &ContestResult, is_running: bool) -> Vec<String> {
    let winners: Vec<&str> = names(&result.candidates, |candidate| candidate.winner);
    let left = i64::from(result.seats) - i64::try_from(winners.len()).unwrap_or(i64::MAX);
    let mut sentences = Vec::new();
    if !winners.is_empty() {
        let id = if is_running { "results-ahead" } else { "results-won" };
        let said = reader.say(id).count("count", winners.len()).with("names", listed(reader, &winners));
        sentences.push(said.to_string());
    }
    let best_loser = result.candidates.iter().find(|candidate| !candidate.winner);
    if let Some(votes) = best_loser.map(|candidate| candidate.votes).filter(|_| result.tie) {
        let tied = names(&result.candidates, |candidate| !candidate.winner && candidate.votes == votes);
        let said = reader.say("results-tie").with("names", listed(reader, &tied));
        sentences.push(said.count("votes", votes).count("seats", left).to_string());
    } else if winners.is_empty() {
        let id = if is_running { "results-nobody-ahead" } else { "results-nobody" };
        sentences.push(reader.say(id).to_string());
    } else if left > 0 && !is_running {
        sentences.push(reader.say("results-seats-left").count("seats", left).to_string());
    }
    sentences
}

fn names(candidates: &[CandidateResult], which: impl Fn(&CandidateResult) -> bool) -> Vec<&str> {
    candidates.iter().filter(|candidate| which(candidate)).map(|candidate| candidate.name.as_str()).collect()
}

/// Names as a sentence lists them.
fn listed(reader: &Reader, names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => {
            reader.say("results-list").with("first", first.join(", ")).with("last", last).to_string()
        }
    }
}

async fn hidden(service: &Service, id: Uuid, reader: Reader, problem: &Problem) -> Answer {
    let client = service.database.client().await?;
    let election = elections::get(&client, id).await?;
    let (heading, explanation) = why_hidden(&reader, &election, problem.code() == "COUNTING");
    let page =
        HiddenPage { title: election.title, heading, explanation, contact: election.contact_email, reader };
    Ok(page_with(problem.status(), &page))
}

fn why_hidden(reader: &Reader, election: &Election, is_counting: bool) -> (String, String) {
    if is_counting {
        return (reader.say("results-counting").to_string(), reader.say("results-counting-text").to_string());
    }
    let by_hand = election.publication == Publication::Manual;
    let text = match election.closes_at {
        _ if election.status.is_over() => reader.say("results-hidden-over"),
        Some(closes) if by_hand => {
            reader.say("results-hidden-until-by-hand").with("when", moment(reader, election, closes))
        }
        Some(closes) => reader.say("results-hidden-until").with("when", moment(reader, election, closes)),
        None if by_hand => reader.say("results-hidden-open-by-hand"),
        None => reader.say("results-hidden-open"),
    };
    (reader.say("results-hidden").to_string(), text.to_string())
}

fn moment(reader: &Reader, election: &Election, at: time::OffsetDateTime) -> String {
    reader.language.moment(at, election.time_zone.as_deref())
}
