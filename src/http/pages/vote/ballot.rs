//! `POST /vote/{id}`: the ballot, fresh or with the marks made before.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use uvote_domain::ballot::Nonce;
use uvote_domain::contest::CandidateOrder;
use uvote_domain::fault::Fault;
use uvote_domain::refusal::FieldError;

use super::form::{Marked, Voter, field_of};
use super::home_of;
use super::refused::{Step, refuse};
use crate::http::Uvote;
use crate::http::pages::page_with;
use crate::http::pages::reader::Reader;
use crate::http::votes::open_ballot;
use crate::store::contests::{Candidate, Contest};
use crate::store::elections::Election;
use crate::store::tokens::Admission;

#[derive(Template)]
#[template(path = "pages/vote/ballot.html")]
struct BallotPage {
    reader: Reader,
    title: String,
    description: Option<String>,
    closes: Option<String>,
    /// When the link stops working, where that comes before the close.
    expires: Option<String>,
    contact: Option<String>,
    paper: Paper,
}

/// The form of a ballot.
pub struct Paper {
    /// Where it is sent.
    pub action: String,
    /// The voting code, carried on.
    pub token: String,
    /// The nonce, carried on.
    pub nonce: String,
    /// What there is to decide.
    pub contests: Vec<PaperContest>,
    /// What is wrong with the marks: the id of the place on the page, and words.
    pub mistakes: Vec<(String, String)>,
}

/// A contest on a ballot.
pub struct PaperContest {
    /// Its id; the field is `choice-{id}`.
    pub id: Uuid,
    /// What is decided.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// How many may be marked; one is marked by radio buttons.
    pub seats: u32,
    /// Whether a blank vote is possible.
    pub allow_blank: bool,
    /// Whether it is marked.
    pub is_blank: bool,
    /// What is wrong with the marks.
    pub mistake: Option<String>,
    /// Whether the first field has the focus, since this is the first mistake.
    pub has_focus: bool,
    /// Who stands, in this voter's order.
    pub candidates: Vec<PaperCandidate>,
}

impl PaperContest {
    /// The kind of its fields.
    pub const fn kind(&self) -> &'static str {
        if self.seats > 1 { "checkbox" } else { "radio" }
    }
}

/// A candidate on a ballot.
pub struct PaperCandidate {
    /// Its id.
    pub id: Uuid,
    /// Who or what stands.
    pub name: String,
    /// More about them.
    pub description: Option<String>,
    /// The address of the photo.
    pub photo: Option<String>,
    /// What stands in its place.
    pub initials: String,
    /// Whether it is marked.
    pub is_marked: bool,
}

/// Shows the ballot.
pub async fn show(service: Uvote, voter: Voter) -> HttpResponse {
    match open_ballot(&service, voter.election, &voter.marked.token).await {
        Ok((election, admission)) => ballot_page(voter, election, &admission, &[]),
        Err(problem) => refuse(&service, voter, &problem, Step::Ballot).await,
    }
}

/// The ballot with the marks that were made, and with what is wrong about them.
pub fn ballot_page(
    voter: Voter,
    election: Election,
    admission: &Admission,
    errors: &[FieldError],
) -> HttpResponse {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let moment = |at| voter.reader.language.moment(at, election.time_zone.as_deref());
    let expires = admission.expires_at.filter(|expires| Some(*expires) != election.closes_at);
    let page = BallotPage {
        closes: election.closes_at.map(moment),
        expires: expires.map(moment),
        paper: paper(&voter, election.contests, errors),
        title: election.title,
        description: election.description,
        contact: election.contact_email,
        reader: voter.reader,
    };
    page_with(status, &page)
}

/// The form of a ballot with the marks that were made.
pub fn paper(voter: &Voter, contests: Vec<Contest>, errors: &[FieldError]) -> Paper {
    let mut contests: Vec<PaperContest> =
        contests.into_iter().map(|contest| paper_contest(voter, contest, errors)).collect();
    let place = |contest: &PaperContest| Some((format!("first-{}", contest.id), contest.mistake.clone()?));
    let mut mistakes: Vec<_> = contests.iter().filter_map(place).collect();
    if let Some(first) = contests.iter_mut().find(|contest| contest.mistake.is_some()) {
        first.has_focus = true;
    }
    let elsewhere =
        errors.iter().filter(|error| contests.iter().all(|contest| field_of(contest.id) != error.field));
    mistakes.extend(elsewhere.map(|error| ("main".to_owned(), voter.reader.fault(error))));
    Paper {
        action: voter.reader.to(&format!("{}/review", home_of(voter.election))),
        token: voter.marked.token.clone(),
        nonce: voter.marked.nonce_text(),
        contests,
        mistakes,
    }
}

fn paper_contest(voter: &Voter, mut contest: Contest, errors: &[FieldError]) -> PaperContest {
    let marked = &voter.marked;
    let error = errors.iter().find(|error| error.field == field_of(contest.id));
    let mistake = error.map(|error| in_words(&voter.reader, &contest, marked, error));
    if contest.candidate_order == CandidateOrder::Random {
        contest.candidates.sort_by_cached_key(|candidate| place(&marked.nonce, candidate.id));
    }
    let chosen = marked.chosen(contest.id);
    PaperContest {
        id: contest.id,
        title: contest.title,
        description: contest.description,
        seats: contest.seats.unsigned_abs(),
        allow_blank: contest.allow_blank,
        is_blank: marked.is_blank(contest.id),
        mistake,
        has_focus: false,
        candidates: contest
            .candidates
            .into_iter()
            .map(|candidate| paper_candidate(candidate, chosen))
            .collect(),
    }
}

/// Where a candidate stands in a random order: as random as the nonce, and the same on each page
/// of this vote, since nothing may move between marking and going back.
fn place(nonce: &Nonce, candidate: Uuid) -> [u8; 32] {
    Sha256::new().chain_update(nonce).chain_update(candidate.as_bytes()).finalize().into()
}

fn paper_candidate(candidate: Candidate, chosen: &[String]) -> PaperCandidate {
    PaperCandidate {
        is_marked: chosen.contains(&candidate.id.to_string()),
        id: candidate.id,
        initials: initials(&candidate.name),
        name: candidate.name,
        description: candidate.description,
        photo: candidate.photo_url,
    }
}

/// The first letters of the first and the last word.
pub fn initials(name: &str) -> String {
    let mut letters = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let (first, last) = (letters.next(), letters.next_back());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

fn in_words(reader: &Reader, contest: &Contest, marked: &Marked, error: &FieldError) -> String {
    let chosen = marked.chosen(contest.id).len();
    match error.fault {
        Fault::UnreadableChoice if marked.is_blank(contest.id) => {
            reader.say("voting-blank-beside").to_string()
        }
        Fault::ContestMissing if !contest.allow_blank => reader.say("voting-please-choose").to_string(),
        Fault::TooManyChosen(most) => {
            reader.say("voting-too-many").count("marked", chosen).count("most", most).to_string()
        }
        _ => reader.fault(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        for (name, expected) in
            [("Ada Lovelace", "AL"), ("ada", "A"), ("Ada M. King (née Byron)", "AB"), ("—", ""), ("ßa", "SS")]
        {
            assert_eq!(initials(name), expected);
        }
    }

    #[test]
    fn the_order_of_candidates_follows_the_nonce_and_nothing_else() {
        let order = |nonce: u8| {
            let mut candidates: Vec<Uuid> = (0..20).map(Uuid::from_u128).collect();
            candidates.sort_by_cached_key(|candidate| place(&[nonce; 16], *candidate));
            candidates
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
    }
}
