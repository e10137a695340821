//! `POST /vote/{id}/cast`: the only step that spends the code. Sent twice, it gives the same receipt.

use actix_web::HttpResponse;
use askama::Template;
use uuid::Uuid;

use super::ballot::ballot_page;
use super::form::Voter;
use super::known;
use super::refused::{Step, refuse};
use crate::http::error::Problem;
use crate::http::pages::page;
use crate::http::pages::qr::Qr;
use crate::http::pages::reader::Reader;
use crate::http::pages::receipt::in_groups;
use crate::http::votes::{cast_ballot, open_ballot};
use crate::http::{Service, Uvote};
use crate::store::ballots::{Receipt, Verdict};

#[derive(Template)]
#[template(path = "pages/vote/voted.html")]
struct VotedPage {
    reader: Reader,
    title: Option<String>,
    /// 64 hex digits.
    receipt: String,
    groups: Vec<String>,
    position: i64,
    /// Where it can be checked.
    check: String,
    /// The same for a camera.
    qr: Option<Qr>,
}

/// Casts the ballot.
pub async fn cast(service: Uvote, voter: Voter) -> HttpResponse {
    let (nonce, choices) = (voter.marked.nonce, voter.marked.choices());
    let problem = match cast_ballot(&service, voter.election, &voter.marked.token, nonce, choices).await {
        Ok(Verdict::Admitted(receipt) | Verdict::Repeated(receipt)) => {
            return page(&voted_page(&service, voter, &receipt).await);
        }
        Ok(Verdict::Refused(refusal)) => Problem::from(refusal),
        Err(problem) => problem,
    };
    match problem.code() {
        "INVALID_BALLOT" => mend(&service, voter, &problem).await,
        _ => refuse(&service, voter, &problem, Step::Cast).await,
    }
}

/// The vote is in, so nothing that fails from here on may keep its receipt from the voter.
async fn voted_page(service: &Service, voter: Voter, receipt: &Receipt) -> VotedPage {
    let text = hex::encode(receipt.hash);
    let check = check_path(voter.election, &text);
    VotedPage {
        title: known(service, voter.election).await.map(|election| election.title),
        groups: in_groups(&text),
        position: receipt.position,
        qr: Qr::of(&format!("{}{check}", service.origin)),
        check,
        receipt: text,
        reader: voter.reader,
    }
}

/// The receipt stands behind the # since no server needs to see who looks at which.
fn check_path(election: Uuid, receipt: &str) -> String {
    format!("/elections/{election}/receipt#{receipt}")
}

/// A ballot against the rules has spent nothing: it comes back to be mended.
async fn mend(service: &Service, voter: Voter, problem: &Problem) -> HttpResponse {
    match open_ballot(service, voter.election, &voter.marked.token).await {
        Ok((election, admission)) => ballot_page(voter, election, &admission, problem.errors()),
        Err(problem) => refuse(service, voter, &problem, Step::Ballot).await,
    }
}
