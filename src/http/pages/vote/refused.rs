//! Where a voter can't go on: what happened, what to do, and whom to ask.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use time::OffsetDateTime;
use uvote_domain::election::Status;

use super::code;
use super::form::Voter;
use super::{home_of, known, link_of};
use crate::http::Service;
use crate::http::error::{Problem, request_id};
use crate::http::pages::page_with;
use crate::http::pages::problem::{problem_page, say_when};
use crate::http::pages::reader::Reader;
use crate::store::elections::Election;

/// What a voter was about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To see the ballot.
    Ballot,
    /// To review it.
    Review,
    /// To cast it.
    Cast,
}

/// Why a voter can't go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Replaced,
    Expired,
    Used,
    /// Voting begins then.
    Early(OffsetDateTime),
    /// Voting ended then.
    Over(OffsetDateTime),
    /// Nobody knows whether the vote is in.
    Unknown,
    /// The service can't answer at the moment.
    Down,
}

#[derive(Template)]
#[template(path = "pages/vote/refused.html")]
struct RefusedPage {
    reader: Reader,
    title: Option<String>,
    reason: Reason,
    heading: String,
    explanation: String,
    advice: String,
    contact: Option<String>,
    /// Where a new link is to be had.
    link: String,
    /// Where the receipt of a vote is checked.
    receipt: String,
    /// Where the results are, once they are public.
    results: Option<String>,
    /// Where and what to send once more.
    again: String,
    token: String,
    fields: Vec<(String, String)>,
    /// Where the sent form leads when the link is opened anew, for the script.
    step: &'static str,
    request_id: Option<String>,
}

impl Step {
    const fn path(self) -> &'static str {
        match self {
            Self::Ballot => "",
            Self::Review => "/review",
            Self::Cast => "/cast",
        }
    }
}

impl Reason {
    fn of(problem: &Problem, election: Option<&Election>) -> Option<Self> {
        match problem.code() {
            "TOKEN_REPLACED" => Some(Self::Replaced),
            "TOKEN_EXPIRED" => Some(Self::Expired),
            "ALREADY_VOTED" => Some(Self::Used),
            "ELECTION_NOT_ACTIVE" => Some(Self::not_active(election?)),
            "OUTCOME_UNKNOWN" => Some(Self::Unknown),
            "RATE_LIMITED" => Some(Self::Down),
            _ => problem.status().is_server_error().then_some(Self::Down),
        }
    }

    /// An election that has opened in the meantime is asked once more.
    fn not_active(election: &Election) -> Self {
        match (election.status, election.opens_at, election.closed_at.or(election.closes_at)) {
            (Status::Scheduled, Some(opens), _) => Self::Early(opens),
            (_, _, Some(closed)) => Self::Over(closed),
            _ => Self::Down,
        }
    }

    /// Its messages in the catalogue: what happened, how that came, and what to do.
    const fn messages(self) -> [&'static str; 3] {
        match self {
            Self::Replaced => ["voting-replaced", "voting-replaced-text", "voting-replaced-do"],
            Self::Expired => ["voting-expired", "voting-expired-text", "voting-expired-do"],
            Self::Used => ["voting-used", "voting-used-text", "voting-used-do"],
            Self::Early(_) => ["voting-early", "voting-early-text", "voting-early-do"],
            Self::Over(_) => ["voting-over", "voting-over-text", "voting-over-do"],
            Self::Unknown => ["voting-unknown", "voting-unknown-text", "voting-unknown-do"],
            Self::Down => ["voting-down", "voting-down-text", "voting-down-do"],
        }
    }

    /// Whether another link helps.
    const fn needs_link(self) -> bool {
        matches!(self, Self::Replaced | Self::Expired)
    }

    /// Whether the same may do later what it did not do now.
    const fn may_pass(self) -> bool {
        matches!(self, Self::Early(_) | Self::Unknown | Self::Down)
    }

    const fn is_used(self) -> bool {
        matches!(self, Self::Used)
    }

    const fn is_early(self) -> bool {
        matches!(self, Self::Early(_))
    }

    const fn when(self) -> Option<OffsetDateTime> {
        match self {
            Self::Early(at) | Self::Over(at) => Some(at),
            _ => None,
        }
    }
}

/// Says plainly what happened and what to do. What was sent is kept in a form where sending it once
/// more can help.
pub async fn refuse(service: &Service, voter: Voter, problem: &Problem, step: Step) -> HttpResponse {
    if problem.code() == "TOKEN_UNKNOWN" {
        return code::ask_again(service, voter).await;
    }
    let election = known(service, voter.election).await;
    match Reason::of(problem, election.as_ref()) {
        Some(reason) => say_when(refused_page(voter, problem.status(), reason, election, step), problem),
        None => problem_page(&voter.reader, problem),
    }
}

fn refused_page(
    voter: Voter,
    status: StatusCode,
    reason: Reason,
    election: Option<Election>,
    step: Step,
) -> HttpResponse {
    let Voter { election: id, reader, marked } = voter;
    let zone = election.as_ref().and_then(|election| election.time_zone.as_deref());
    let when = reason.when().map(|at| reader.language.moment(at, zone)).unwrap_or_default();
    let [heading, explanation, advice] =
        reason.messages().map(|id| reader.say(id).with("when", &when).to_string());
    let is_public = election.as_ref().is_some_and(|election| election.published_at.is_some());
    let page = RefusedPage {
        again: reader.to(&format!("{}{}", home_of(id), step.path())),
        link: reader.to(&link_of(id)),
        receipt: reader.to(&format!("/elections/{id}/receipt")),
        results: is_public.then(|| reader.to(&format!("/elections/{id}/results"))),
        reason,
        heading,
        explanation,
        advice,
        contact: election.as_ref().and_then(|election| election.contact_email.clone()),
        title: election.map(|election| election.title),
        fields: marked.fields(),
        step: if step == Step::Ballot { "" } else { "/review" },
        request_id: status.is_server_error().then(request_id),
        token: marked.token,
        reader,
    };
    page_with(status, &page)
}
