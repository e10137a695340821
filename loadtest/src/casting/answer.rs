use std::time::Duration;

use bytes::Bytes;
use hyper::{Response, StatusCode};
use serde::Deserialize;

use crate::organiser::retry_after;

/// What a voter was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The ballot is in the chain.
    Acknowledged {
        /// The ballot's hash.
        receipt: [u8; 32],
        /// Its place in the chain, from 1.
        position: u64,
        /// Whether the service says that it had this very vote already (200).
        again: bool,
    },
    /// The vote was not taken, and sending it again changes nothing (4xx).
    Refused(String),
    /// The vote was not taken; it may be sent again.
    Busy(Later),
    /// The vote may or may not have been taken; sending the same body again settles it.
    Unknown(Later),
}

/// That a vote is to be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// Why, as a code: of the service, or of this program when there was no answer.
    pub code: String,
    /// How soon.
    pub pause: Duration,
}

#[derive(Deserialize)]
struct Receipt {
    receipt: String,
    position: u64,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
}

impl Answer {
    /// Reads the service's answer to a vote. An acknowledgement that can't be read is no
    /// acknowledgement: what became of the vote is unknown.
    #[must_use]
    pub fn read(answer: &Response<Bytes>) -> Self {
        let is_success = matches!(answer.status(), StatusCode::CREATED | StatusCode::OK);
        if let Some(told) = is_success.then(|| acknowledged(answer)).flatten() {
            return told;
        }
        let later = Later { code: code(answer), pause: retry_after(answer.headers()) };
        match answer.status() {
            StatusCode::TOO_MANY_REQUESTS => Self::Busy(later),
            StatusCode::SERVICE_UNAVAILABLE if later.code == "BUSY" => Self::Busy(later),
            status if status.is_client_error() => Self::Refused(later.code),
            _ => Self::Unknown(later),
        }
    }

    /// That the vote is to be sent again, and when; `None` when its outcome is known.
    #[must_use]
    pub fn later(&self) -> Option<&Later> {
        match self {
            Self::Busy(later) | Self::Unknown(later) => Some(later),
            Self::Acknowledged { .. } | Self::Refused(_) => None,
        }
    }

    /// The code of what is no acknowledgement.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Acknowledged { .. } => None,
            Self::Refused(code) => Some(code),
            Self::Busy(later) | Self::Unknown(later) => Some(&later.code),
        }
    }
}

fn acknowledged(answer: &Response<Bytes>) -> Option<Answer> {
    let told: Receipt = serde_json::from_slice(answer.body()).ok()?;
    let mut receipt = [0; 32];
    hex::decode_to_slice(&told.receipt, &mut receipt).ok()?;
    Some(Answer::Acknowledged { receipt, position: told.position, again: answer.status() == StatusCode::OK })
}

fn code(answer: &Response<Bytes>) -> String {
    serde_json::from_slice(answer.body()).map_or_else(|_| answer.status().to_string(), |p: Problem| p.code)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(status: u16, body: String) -> Answer {
        let answer = Response::builder().status(status).header("retry-after", "3");
        Answer::read(&answer.body(Bytes::from(body)).unwrap())
    }

    fn later(code: &str) -> Later {
        Later { code: code.to_owned(), pause: Duration::from_secs(3) }
    }

    fn problem(code: &str) -> String {
        format!("{{\"code\":\"{code}\",\"title\":\"x\"}}")
    }

    #[test]
    fn a_receipt_is_an_acknowledgement_the_second_time_too() {
        let body = format!("{{\"receipt\":\"{}\",\"position\":7}}", "0a".repeat(32));
        for (status, again) in [(201, false), (200, true)] {
            let expected = Answer::Acknowledged { receipt: [10; 32], position: 7, again };
            assert_eq!(read(status, body.clone()), expected);
        }
    }

    #[test]
    fn an_acknowledgement_without_a_receipt_leaves_the_outcome_unknown() {
        for body in ["{}", "", "{\"receipt\":\"abc\",\"position\":1}"] {
            assert_eq!(read(201, body.to_owned()), Answer::Unknown(later("201 Created")));
        }
    }

    #[test]
    fn refusals_busy_and_unknown_are_told_apart() {
        let refused = Answer::Refused("ALREADY_VOTED".into());
        assert_eq!(read(409, problem("ALREADY_VOTED")), refused);
        for (status, code) in [(429, "RATE_LIMITED"), (503, "BUSY")] {
            assert_eq!(read(status, problem(code)), Answer::Busy(later(code)));
        }
        for (status, code) in [(503, "OUTCOME_UNKNOWN"), (500, "INTERNAL")] {
            assert_eq!(read(status, problem(code)), Answer::Unknown(later(code)));
        }
        assert_eq!(read(502, "<html>".into()), Answer::Unknown(later("502 Bad Gateway")));
    }
}
