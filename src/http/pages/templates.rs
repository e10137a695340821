//! What each page shows. The fields are plain, ready to print; the templates escape them.

use askama::Template;
use askama_web::WebTemplate;

use crate::embedded::inbox::Piece;

/// `/`: what this is.
#[derive(Debug, Clone, Template, WebTemplate)]
#[template(path = "pages/home.html")]
pub struct HomePage {
    /// Whether to link to the development inbox.
    pub inbox: bool,
    /// Whether to link to the documentation of the interface.
    pub docs: bool,
}

/// `GET /vote/{election}`: takes the voting code from the address or by hand.
#[derive(Debug, Clone, Template, WebTemplate)]
#[template(path = "pages/vote_code.html")]
pub struct VoteCodePage {
    /// The id in the address.
    pub election_id: String,
    /// The election's title, where it is known.
    pub title: Option<String>,
    /// Why the code sent before was not taken.
    pub error: Option<String>,
}

/// `POST /vote/{election}`: the ballot to fill in.
#[derive(Debug, Clone, Template, WebTemplate)]
#[template(path = "pages/ballot.html")]
pub struct BallotPage {
    /// The election's id.
    pub election_id: String,
    /// The election's title.
    pub title: String,
    /// What it is about; lines are kept.
    pub description: Option<String>,
    /// When voting ends, in words.
    pub closes: Option<String>,
    /// When the link stops working, in words.
    pub expires: Option<String>,
    /// Whom to ask.
    pub contact_email: Option<String>,
    /// The voting code, carried on in the form.
    pub token: String,
    /// The nonce of this vote, 16 random bytes in base64url, carried on in the form.
    pub nonce: String,
    /// The questions, in order.
    pub contests: Vec<BallotContest>,
}

/// One question of a ballot.
#[derive(Debug, Clone)]
pub struct BallotContest {
    /// Its id; the field is `choice-{id}`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is about; lines are kept.
    pub description: Option<String>,
    /// How many candidates may be marked; with one they are radio buttons.
    pub seats: u32,
    /// Whether a blank vote is offered.
    pub allow_blank: bool,
    /// Whether the blank vote is marked.
    pub blank_chosen: bool,
    /// What is wrong with the choice made before.
    pub error: Option<String>,
    /// The candidates, in the order to show.
    pub candidates: Vec<BallotCandidate>,
}

/// One candidate of a ballot.
#[derive(Debug, Clone)]
pub struct BallotCandidate {
    /// Its id; the field's value.
    pub id: String,
    /// The name.
    pub name: String,
    /// What the candidate stands for; lines are kept.
    pub description: Option<String>,
    /// A picture from this service.
    pub photo_url: Option<String>,
    /// Whether it is marked.
    pub chosen: bool,
}

/// `POST /vote/{election}/review`: the choices once more, to cast or to change.
#[derive(Debug, Clone, Template, WebTemplate)]
#[template(path = "pages/review.html")]
pub struct ReviewPage {
    /// The election's id.
    pub election_id: String,
    /// The election's title.
    pub title: String,
    /// The voting code.
    pub token: String,
    /// The nonce, the same as on the ballot.
    pub nonce: String,
    /// Every contest of the ballot.
    pub contests: Vec<ReviewContest>,
}

/// What was chosen in one contest.
#[derive(Debug, Clone)]
pub struct ReviewContest {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How many candidates could be marked.
    pub seats: u32,
    /// The candidates marked; none is a blank vote.
    pub choices: Vec<ReviewChoice>,
}

/// One candidate marked.
#[derive(Debug, Clone)]
pub struct ReviewChoice {
    /// Its id.
    pub id: String,
    /// The name.
    pub name: String,
}

/// `POST /vote/{election}/cast`: the vote is in.
#[derive(Debug, Clone, Template, WebTemplate)]
#[template(path = "pages/voted.html")]
pub struct VotedPage {
    /// The election's id.
    pub election_id: String,
    /// The election's title.
    pub title: String,
    /// 64 hex digits.
    pub receipt: String,
    /// The receipt in groups of eight.
    pub receipt_groups: Vec<String>,
    /// The ballot's place in the election's chain.
    pub position: u64,
}

/// Any page that can't be shown, and what to do now.
#[derive(Debug, Clone, Template, WebTemplate)]
#[template(path = "pages/problem.html")]
pub struct ProblemPage {
    /// What is wrong, in a few words.
    pub heading: String,
    /// Why.
    pub explanation: String,
    /// What to do about it.
    pub what_to_do: Option<String>,
    /// A way on.
    pub action: Option<PageLink>,
    /// Whom to ask.
    pub contact_email: Option<String>,
    /// What to quote when asking.
    pub request_id: Option<String>,
}

/// A link with its words.
#[derive(Debug, Clone)]
pub struct PageLink {
    /// The words.
    pub label: String,
    /// Where it leads, on this service.
    pub href: String,
}

/// `GET /elections/{election}/results`.
#[derive(Debug, Clone, Template, WebTemplate)]
#[template(path = "pages/results.html")]
pub struct ResultsPage {
    /// The election's id.
    pub election_id: String,
    /// The election's title.
    pub title: String,
    /// Whether the election still runs, so that the figures are not final.
    pub running: bool,
    /// Voters on the roll.
    pub eligible: u64,
    /// Ballots in the chain.
    pub ballots_cast: u64,
    /// Ballots of voters, 0 to 100 with two decimals, such as `41.67`.
    pub turnout_percent: String,
    /// The contests, in the ballot's order.
    pub contests: Vec<ResultContest>,
}

/// The result of one contest.
#[derive(Debug, Clone)]
pub struct ResultContest {
    /// Its title.
    pub title: String,
    /// How many win.
    pub seats: u32,
    /// Blank votes.
    pub blank: u64,
    /// Whether the last seat is tied, so that none of the tied is named a winner.
    pub tie: bool,
    /// The candidates, most votes first.
    pub candidates: Vec<ResultCandidate>,
}

/// The result of one candidate.
#[derive(Debug, Clone)]
pub struct ResultCandidate {
    /// The name.
    pub name: String,
    /// The votes.
    pub votes: u64,
    /// Of the ballots that are not blank, 0 to 100 with two decimals, such as `41.67`.
    pub percent: String,
    /// Whether the candidate has won a seat.
    pub winner: bool,
}

/// `/dev/inbox`: the captured mails, in the demo alone.
#[derive(Debug, Clone, Template, WebTemplate)]
#[template(path = "pages/inbox.html")]
pub struct InboxPage {
    /// Newest first.
    pub mails: Vec<InboxRow>,
}

/// One line of the inbox.
#[derive(Debug, Clone)]
pub struct InboxRow {
    /// Names the mail in its address.
    pub id: String,
    /// The recipient's address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// When it was written, in words.
    pub at: String,
}

/// `/dev/inbox/{id}`: one captured mail. Its HTML part is framed from `/dev/inbox/{id}/html`.
#[derive(Debug, Clone, Template, WebTemplate)]
#[template(path = "pages/inbox_mail.html")]
pub struct InboxMailPage {
    /// Names the mail in its address.
    pub id: String,
    /// The sender.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// When it was written, in words.
    pub at: String,
    /// The Message-ID.
    pub message_id: String,
    /// The text part, cut at its links.
    pub text: Vec<Piece>,
    /// Whether there is an HTML part.
    pub has_html: bool,
}
