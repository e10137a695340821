//! The voter's pages: code, ballot, review, receipt. They work without JavaScript, and nothing
//! before the last step spends the code.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use time::OffsetDateTime;
use time::macros::format_description;
use uuid::Uuid;
use uvote_domain::ballot::{Choices, Nonce};
use uvote_domain::refusal::{FieldError, Refusal};

use super::templates::{
    BallotCandidate, BallotContest, BallotPage, ReviewChoice, ReviewContest, ReviewPage, VoteCodePage,
    VotedPage,
};
use super::{page, problem_page};
use crate::http::error::Problem;
use crate::http::votes::{cast_ballot, open_ballot};
use crate::http::{Service, Uvote};
use crate::store::ballots::Verdict;
use crate::store::contests::Contest;
use crate::store::elections::{self, Election};
use crate::store::tokens::Admission;

/// What a voter's form says.
type Form = web::Form<Vec<(String, String)>>;

struct Filled {
    token: String,
    nonce: String,
    chosen: BTreeMap<Uuid, Vec<String>>,
}

impl Filled {
    /// The code may have been pasted as a whole link. Without JavaScript the service makes the
    /// nonce, once, on the first page: it travels with the form from then on.
    fn read(form: Vec<(String, String)>) -> Self {
        let mut filled = Self { token: String::new(), nonce: String::new(), chosen: BTreeMap::new() };
        for (name, value) in form {
            match name.as_str() {
                "token" => value.rsplit('#').next().unwrap_or_default().trim().clone_into(&mut filled.token),
                "nonce" => filled.nonce = value,
                name => {
                    if let Some(Ok(contest)) = name.strip_prefix("choice-").map(Uuid::parse_str) {
                        filled.chosen.entry(contest).or_default().push(value);
                    }
                }
            }
        }
        if filled.nonce().is_none() {
            filled.nonce = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
        }
        filled
    }

    fn nonce(&self) -> Option<Nonce> {
        URL_SAFE_NO_PAD.decode(&self.nonce).ok()?.try_into().ok()
    }

    fn chosen(&self, contest: Uuid) -> &[String] {
        self.chosen.get(&contest).map_or(&[], Vec::as_slice)
    }

    /// Only the field `blank` is a blank vote: what is missing or can't be read is a mistake.
    fn choices(&self) -> Result<Choices, Vec<FieldError>> {
        let ids = |chosen: &[String]| match chosen {
            [blank] if blank == "blank" => Some(Vec::new()),
            chosen => chosen.iter().map(|id| id.parse().ok()).collect(),
        };
        let read = |(contest, chosen): (&Uuid, &Vec<String>)| {
            let mistake = || vec![FieldError::new(format!("choices.{contest}"), "A choice can't be read.")];
            Ok((*contest, ids(chosen).ok_or_else(mistake)?))
        };
        self.chosen.iter().map(read).collect()
    }
}

/// `GET /vote/{id}`: asks for the code, or takes it from the fragment by script.
pub async fn ask_code(service: Uvote, id: web::Path<Uuid>) -> HttpResponse {
    code_page(&service, *id, None).await
}

async fn code_page(service: &Service, id: Uuid, error: Option<String>) -> HttpResponse {
    // The title of a draft is nobody's business but its organisers'. Without a database the page
    // still takes the code.
    let known = election(service, id).await.ok().filter(|election| election.activated_at.is_some());
    page(&VoteCodePage { election_id: id.to_string(), title: known.map(|election| election.title), error })
}

async fn election(service: &Service, id: Uuid) -> Result<Election, Problem> {
    let client = service.database.client().await?;
    Ok(elections::get(&client, id).await?)
}

/// `POST /vote/{id}`: the ballot, fresh or with the choices made before.
pub async fn show_ballot(service: Uvote, id: web::Path<Uuid>, form: Form) -> HttpResponse {
    let filled = Filled::read(form.into_inner());
    match open_ballot(&service, *id, &filled.token).await {
        Ok((election, admission)) => page(&ballot_page(election, &admission, &filled, &BTreeMap::new())),
        Err(problem) => refused(&service, *id, &problem).await,
    }
}

fn ballot_page(
    election: Election,
    admission: &Admission,
    filled: &Filled,
    errors: &BTreeMap<Uuid, String>,
) -> BallotPage {
    BallotPage {
        election_id: election.id.to_string(),
        title: election.title,
        description: election.description,
        closes: election.closes_at.map(in_words),
        expires: admission.expires_at.filter(|expires| Some(*expires) != election.closes_at).map(in_words),
        contact_email: election.contact_email,
        token: filled.token.clone(),
        nonce: filled.nonce.clone(),
        contests: election
            .contests
            .into_iter()
            .map(|contest| ballot_contest(contest, filled, errors))
            .collect(),
    }
}

fn ballot_contest(contest: Contest, filled: &Filled, errors: &BTreeMap<Uuid, String>) -> BallotContest {
    let chosen = filled.chosen(contest.id);
    let candidates = contest.candidates.into_iter().map(|candidate| BallotCandidate {
        chosen: chosen.contains(&candidate.id.to_string()),
        id: candidate.id.to_string(),
        name: candidate.name,
        description: candidate.description,
        photo_url: candidate.photo_url,
    });
    BallotContest {
        id: contest.id.to_string(),
        title: contest.title,
        description: contest.description,
        seats: contest.seats.unsigned_abs(),
        allow_blank: contest.allow_blank,
        blank_chosen: chosen.iter().any(|value| value == "blank"),
        error: errors.get(&contest.id).cloned(),
        candidates: candidates.collect(),
    }
}

fn in_words(at: OffsetDateTime) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year] at [hour]:[minute] UTC");
    at.format(&format).unwrap_or_else(|_| at.to_string())
}

/// `POST /vote/{id}/review`: the choices in words, or the ballot again with what is wrong.
pub async fn review(service: Uvote, id: web::Path<Uuid>, form: Form) -> HttpResponse {
    let filled = Filled::read(form.into_inner());
    let (election, admission) = match open_ballot(&service, *id, &filled.token).await {
        Ok(opened) => opened,
        Err(problem) => return refused(&service, *id, &problem).await,
    };
    let errors = mistakes(&election.contests, &filled);
    if errors.is_empty() {
        page(&review_page(election, &filled))
    } else {
        page(&ballot_page(election, &admission, &filled, &errors))
    }
}

/// What a voter may have overlooked. The rules themselves judge when the ballot is cast.
fn mistakes(contests: &[Contest], filled: &Filled) -> BTreeMap<Uuid, String> {
    let mistake = |contest: &Contest| {
        let chosen = filled.chosen(contest.id);
        let blank = chosen.iter().any(|value| value == "blank");
        let most = contest.seats.unsigned_abs() as usize;
        match chosen.len() {
            0 => Some("Please choose, or mark the blank vote.".to_owned()),
            1 => None,
            _ if blank => {
                Some("You marked the blank vote beside a candidate. Please leave one of the two.".to_owned())
            }
            marked if marked > most => {
                Some(format!("You marked {marked}, but at most {most} may be chosen here."))
            }
            _ => None,
        }
    };
    contests.iter().filter_map(|contest| Some((contest.id, mistake(contest)?))).collect()
}

fn review_page(election: Election, filled: &Filled) -> ReviewPage {
    let contest = |contest: Contest| {
        let chosen = filled.chosen(contest.id);
        let marked =
            contest.candidates.into_iter().filter(|candidate| chosen.contains(&candidate.id.to_string()));
        ReviewContest {
            id: contest.id.to_string(),
            title: contest.title,
            seats: contest.seats.unsigned_abs(),
            choices: marked
                .map(|candidate| ReviewChoice { id: candidate.id.to_string(), name: candidate.name })
                .collect(),
        }
    };
    ReviewPage {
        election_id: election.id.to_string(),
        title: election.title,
        token: filled.token.clone(),
        nonce: filled.nonce.clone(),
        contests: election.contests.into_iter().map(contest).collect(),
    }
}

/// `POST /vote/{id}/cast`: the only step that spends the code. Sent twice, it gives the same receipt.
pub async fn cast(service: Uvote, id: web::Path<Uuid>, form: Form) -> HttpResponse {
    let filled = Filled::read(form.into_inner());
    let election = match election(&service, *id).await {
        Ok(election) => election,
        Err(problem) if problem.code() == "NOT_FOUND" => {
            return refused(&service, *id, &Refusal::TokenUnknown.into()).await;
        }
        Err(problem) => return refused(&service, *id, &problem).await,
    };
    let nonce = filled.nonce().unwrap_or_default();
    match cast_ballot(&service, *id, &filled.token, nonce, filled.choices()).await {
        Ok(Verdict::Admitted(receipt) | Verdict::Repeated(receipt)) => {
            let receipt_text = hex::encode(receipt.hash);
            let groups =
                receipt_text.as_bytes().chunks(8).map(|group| String::from_utf8_lossy(group).into_owned());
            page(&VotedPage {
                election_id: id.to_string(),
                title: election.title,
                receipt_groups: groups.collect(),
                receipt: receipt_text,
                position: receipt.position.unsigned_abs(),
            })
        }
        Ok(Verdict::Refused(refusal)) => refused(&service, *id, &refusal.into()).await,
        Err(problem) => refused(&service, *id, &problem).await,
    }
}

/// Says plainly what happened and what to do. A code that is not known can be mended on the spot.
async fn refused(service: &Service, id: Uuid, problem: &Problem) -> HttpResponse {
    let contact = election(service, id).await.ok().and_then(|election| election.contact_email);
    let (heading, what_to_do) = match problem.code() {
        "TOKEN_UNKNOWN" => {
            let mut response = code_page(service, id, Some(problem.detail().to_owned())).await;
            *response.status_mut() = problem.status();
            return response;
        }
        "TOKEN_REPLACED" => (
            "There is a newer link for you",
            "Open the latest e-mail about this election and use the link in it.",
        ),
        "TOKEN_EXPIRED" => ("This link has expired", "Ask the organisers for a new one."),
        "ALREADY_VOTED" => (
            "You have already voted",
            "There is nothing more to do. If it was not you, tell the organisers now.",
        ),
        "ELECTION_NOT_ACTIVE" => (
            "This election is not open",
            "Voting has not begun yet, or it is over. Your invitation says when it is open.",
        ),
        "INVALID_BALLOT" => (
            "This ballot can't be counted",
            "Open your link again and fill in the ballot once more. Your code is not spent.",
        ),
        "OUTCOME_UNKNOWN" | "BUSY" | "UNAVAILABLE" => (
            "Please send it again",
            "Reload this page to send the same ballot again. It is never counted twice.",
        ),
        _ => ("Something went wrong", "Try again in a moment."),
    };
    problem_page(problem, heading, Some(what_to_do), contact)
}
