//! What the rules refuse, as types. The HTTP layer holds the one table from here to statuses.

use serde::Serialize;
use thiserror::Error;

use crate::election::Status;
use crate::fault::Fault;

/// One thing wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The path of the field, such as `contests.0.title`.
    pub field: String,
    /// What is wrong and what to do; in JSON its sentence, as `message`.
    #[serde(rename = "message")]
    pub fault: Fault,
}

impl FieldError {
    /// Names the field and what is wrong with it.
    pub fn new(field: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self { field: field.into(), fault: fault.into() }
    }
}

/// A request that was understood and is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Unknown, or not for the caller to know.
    #[error("There is nothing here under this address that you may see.")]
    NotFound,
    /// Known to the caller, who may not do this.
    #[error("Your role in this organisation does not allow this.")]
    Forbidden,
    /// The step does not lead on from the present state.
    #[error("{0}")]
    WrongState(String),
    /// An election that can't be activated yet.
    #[error("The election is not ready to be activated: {}", listed(.0))]
    NotReady(Vec<FieldError>),
    /// An election with ballots can't be deleted.
    #[error("Ballots have been cast, so the election can't be deleted. Close and archive it instead.")]
    HasBallots,
    /// The voting token has been used, with other choices or another nonce.
    #[error("A ballot has already been cast with this voting code. Each code counts once.")]
    AlreadyVoted,
    /// Not open, or no longer.
    #[error("The election is not open for voting.")]
    ElectionNotActive,
    /// The request contradicts what is there.
    #[error("{0}")]
    Conflict(String),
    /// The recount and the running tally differ.
    #[error(
        "The recount differs from the running tally. Nothing is published; the ballots are kept as they are."
    )]
    CountDisputed,
    /// The recount is still going on.
    #[error("The ballots are being counted.")]
    Counting,
    /// No token of this election.
    #[error("This voting code does not belong to this election. Copy the whole code from your e-mail.")]
    TokenUnknown,
    /// The token's life is over.
    #[error("This voting code has expired. Ask for a new link.")]
    TokenExpired,
    /// A newer link was sent.
    #[error("This voting code was replaced by a newer one. Use the link in your most recent e-mail.")]
    TokenReplaced,
    /// Fields that can't be accepted as they are.
    #[error("The request has fields that can't be accepted: {}", listed(.0))]
    Invalid(Vec<FieldError>),
    /// Choices that the ballot paper does not allow.
    #[error("The ballot can't be accepted: {}", listed(.0))]
    InvalidBallot(Vec<FieldError>),
    /// Results that the caller may not see yet.
    #[error("The results of this election are not public yet.")]
    ResultsHidden,
    /// Too much work is waiting; nothing was done.
    #[error("The service is busy. Nothing was changed; try again in a moment.")]
    Busy,
    /// Nobody knows whether the commit happened.
    #[error(
        "It is not known whether this was recorded. Send the same request again: it is never counted twice."
    )]
    OutcomeUnknown,
}

impl Refusal {
    /// A step that the present state does not allow.
    pub fn wrong_state(status: Status, step: &str) -> Self {
        Self::WrongState(format!("The election is {status}, so this step ({step}) is not possible."))
    }

    /// One invalid field.
    pub fn field(field: &str, fault: impl Into<Fault>) -> Self {
        Self::Invalid(vec![FieldError::new(field, fault)])
    }
}

fn listed(errors: &[FieldError]) -> String {
    errors.iter().map(|error| error.fault.to_string()).collect::<Vec<_>>().join(" ")
}
