//! The one table from refusals to statuses and codes, answered as RFC 9457 problems.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;
use uvote_domain::fault::Fault;
use uvote_domain::refusal::{FieldError, Refusal};

use crate::auth::HashError;
use crate::limits::Exceeded;
use crate::photos::{PhotoRefusal, PhotoStoreError};
use crate::store::StoreError;

tokio::task_local! {
    /// The id of the request that this task answers.
    pub static REQUEST_ID: String;
}

/// What handlers answer.
pub type Answer<T = HttpResponse> = Result<T, Problem>;

/// A request that was not done.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    more: serde_json::Map<String, serde_json::Value>,
    retry_after_seconds: Option<u64>,
}

/// The body of a problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// `about:blank`: the code says it all.
    pub r#type: String,
    /// The status in words.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What happened and what to do.
    pub detail: String,
    /// For programs; see the list of codes.
    pub code: String,
    /// To be named when asking for help.
    pub request_id: String,
    /// Each field that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub errors: Option<Vec<FieldError>>,
    #[serde(flatten)]
    #[schema(ignore)]
    more: serde_json::Map<String, serde_json::Value>,
}

impl Problem {
    /// A problem with a status, a code of `api.md`, and what to do.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let retry_after_seconds = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        Self {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            more: serde_json::Map::new(),
            retry_after_seconds,
        }
    }

    /// The status.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The code.
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// What happened and what to do.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Each field that is wrong.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// A field that can't be accepted.
    pub fn invalid(field: &str, fault: impl Into<Fault>) -> Self {
        Refusal::field(field, fault).into()
    }

    /// No token, or none that is good.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHENTICATED",
            "Sign in, and send the access token as `Authorization: Bearer`.",
        )
    }

    /// Malformed beyond reading.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "MALFORMED", detail)
    }

    /// A body over its limit.
    pub fn too_large(limit: &str) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", format!("The body is larger than {limit}."))
    }

    /// A body of another type than this call takes.
    pub fn unsupported(expected: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            format!("Send the body as {expected}."),
        )
    }

    /// A bug: logged here, told without detail.
    pub fn internal(problem: &dyn std::fmt::Display) -> Self {
        tracing::error!(problem = %problem, request_id = %request_id(), "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL",
            "Something went wrong on our side. It has been logged.",
        )
    }

    fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "UNAVAILABLE",
            "The database can't be reached at the moment. Try again shortly.",
        )
    }

    /// Seconds after which the same may be done.
    pub const fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after_seconds
    }

    /// Lists what is wrong with fields or rows.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Adds a member of its own to the body.
    #[must_use]
    pub fn with(mut self, name: &str, value: serde_json::Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }
}

/// The id of the request being answered; empty outside of one.
pub fn request_id() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let body = ProblemBody {
            r#type: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or_default().to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code.to_owned(),
            request_id: request_id(),
            errors: (!self.errors.is_empty()).then(|| self.errors.clone()),
            more: self.more.clone(),
        };
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after_seconds {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header(("WWW-Authenticate", "Bearer"));
        }
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        response.body(serde_json::to_string(&body).unwrap_or_default())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = place(&refusal);
        let problem = Self::new(status, code, refusal.to_string());
        match refusal {
            Refusal::NotReady(errors) | Refusal::Invalid(errors) | Refusal::InvalidBallot(errors) => {
                problem.with_errors(errors)
            }
            _ => problem,
        }
    }
}

const fn place(refusal: &Refusal) -> (StatusCode, &'static str) {
    match refusal {
        Refusal::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND"),
        Refusal::TokenUnknown => (StatusCode::NOT_FOUND, "TOKEN_UNKNOWN"),
        Refusal::Forbidden => (StatusCode::FORBIDDEN, "FORBIDDEN"),
        Refusal::ResultsHidden => (StatusCode::FORBIDDEN, "RESULTS_HIDDEN"),
        Refusal::WrongState(_) => (StatusCode::CONFLICT, "WRONG_STATE"),
        Refusal::NotReady(_) => (StatusCode::CONFLICT, "NOT_READY"),
        Refusal::HasBallots => (StatusCode::CONFLICT, "HAS_BALLOTS"),
        Refusal::AlreadyVoted => (StatusCode::CONFLICT, "ALREADY_VOTED"),
        Refusal::ElectionNotActive => (StatusCode::CONFLICT, "ELECTION_NOT_ACTIVE"),
        Refusal::Conflict(_) => (StatusCode::CONFLICT, "CONFLICT"),
        Refusal::CountDisputed => (StatusCode::CONFLICT, "COUNT_DISPUTED"),
        Refusal::TokenExpired => (StatusCode::GONE, "TOKEN_EXPIRED"),
        Refusal::TokenReplaced => (StatusCode::GONE, "TOKEN_REPLACED"),
        Refusal::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "INVALID"),
        Refusal::InvalidBallot(_) => (StatusCode::UNPROCESSABLE_ENTITY, "INVALID_BALLOT"),
        Refusal::Busy => (StatusCode::SERVICE_UNAVAILABLE, "BUSY"),
        Refusal::OutcomeUnknown => (StatusCode::SERVICE_UNAVAILABLE, "OUTCOME_UNKNOWN"),
        Refusal::Counting => (StatusCode::SERVICE_UNAVAILABLE, "COUNTING"),
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => refusal.into(),
            StoreError::Unavailable(problem) => {
                tracing::error!(problem, request_id = %request_id(), "PostgreSQL can't be reached");
                Self::unavailable()
            }
            StoreError::CircuitOpen => Self::unavailable(),
            StoreError::Database(problem) => Self::internal(&problem),
        }
    }
}

impl From<Exceeded> for Problem {
    fn from(Exceeded { after }: Exceeded) -> Self {
        // Rounded up: whoever comes back at that second is let in.
        let seconds = u64::try_from(after.as_nanos().div_ceil(1_000_000_000)).unwrap_or(u64::MAX);
        let detail = format!("That was too often. Try again in {seconds} seconds.");
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", detail);
        problem.retry_after_seconds = Some(seconds);
        problem
    }
}

impl From<tokio_postgres::Error> for Problem {
    fn from(error: tokio_postgres::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl From<actix::MailboxError> for Problem {
    fn from(_: actix::MailboxError) -> Self {
        Refusal::OutcomeUnknown.into()
    }
}

impl From<PhotoRefusal> for Problem {
    fn from(refusal: PhotoRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            PhotoRefusal::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", detail),
            PhotoRefusal::Unsupported => {
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", detail)
            }
            PhotoRefusal::TooManyPixels | PhotoRefusal::Broken => Self::invalid("file", Fault::Other(detail)),
            PhotoRefusal::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, "BUSY", detail),
        }
    }
}

impl From<PhotoStoreError> for Problem {
    fn from(error: PhotoStoreError) -> Self {
        Self::internal(&error)
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Refusal::Busy.into(),
            HashError::Failed => Self::internal(&error),
        }
    }
}
