//! `POST /vote/{id}/review`: the choices in words, or the ballot again with what is wrong.

use actix_web::HttpResponse;
use askama::Template;

use super::ballot::{Paper, ballot_page, paper};
use super::form::Voter;
use super::home_of;
use super::receipt;
use super::refused::{Step, refuse};
use crate::http::Uvote;
use crate::http::pages::page;
use crate::http::pages::reader::Reader;
use crate::http::votes::open_ballot;
use crate::store::elections::Election;

#[derive(Template)]
#[template(path = "pages/vote/review.html")]
struct ReviewPage {
    reader: Reader,
    title: String,
    /// Where the vote is cast.
    action: String,
    /// The whole ballot.
    fields: Vec<(String, String)>,
    chosen: Vec<ChosenContest>,
    /// The ballot once more, to change it.
    paper: Paper,
}

/// What was chosen in a contest.
struct ChosenContest {
    title: String,
    seats: u32,
    /// Nobody is a blank vote.
    names: Vec<String>,
}

/// Shows what would be cast. Nothing is.
pub async fn show(service: Uvote, voter: Voter) -> HttpResponse {
    let (election, admission) = match open_ballot(&service, voter.election, &voter.marked.token).await {
        Ok(opened) => opened,
        // Back from the receipt, or an answer was lost: a spent code casts nothing more, and the
        // same ballot has the same receipt.
        Err(problem) if problem.code() == "ALREADY_VOTED" => return receipt::cast(service, voter).await,
        Err(problem) => return refuse(&service, voter, &problem, Step::Review).await,
    };
    let mistakes = voter.marked.judge(&election.contests);
    if mistakes.is_empty() {
        page(&review_page(voter, election))
    } else {
        ballot_page(voter, election, &admission, &mistakes)
    }
}

fn review_page(voter: Voter, election: Election) -> ReviewPage {
    let paper = paper(&voter, election.contests, &[]);
    ReviewPage {
        title: election.title,
        action: voter.reader.to(&format!("{}/cast", home_of(voter.election))),
        fields: voter.marked.fields(),
        chosen: chosen(&paper),
        paper,
        reader: voter.reader,
    }
}

fn chosen(paper: &Paper) -> Vec<ChosenContest> {
    let contests = paper.contests.iter().map(|contest| {
        let marked = contest.candidates.iter().filter(|candidate| candidate.is_marked);
        ChosenContest {
            title: contest.title.clone(),
            seats: contest.seats,
            names: marked.map(|candidate| candidate.name.clone()).collect(),
        }
    });
    contests.collect()
}
