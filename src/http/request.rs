//! What happens around every request: its id and its client, its metrics and its log line, and the
//! headers that every answer has.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{JsonPayloadError, QueryPayloadError};
use actix_web::http::header::{
    AcceptLanguage, CONTENT_SECURITY_POLICY, Header, HeaderMap, HeaderName, HeaderValue,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, web};
use uuid::Uuid;
use uvote_domain::fault::Fault;
use uvote_domain::refusal::Refusal;

use super::Uvote;
use super::caching;
use super::clients::{CLIENT, Client};
use super::compression;
use super::error::{Problem, REQUEST_ID};
use super::line::Turn;
use crate::language::Language;

/// Bytes that a body may have, imports apart.
pub const BODY_LIMIT: usize = 64 * 1024;
const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id, measures it, and logs it.
///
/// Of voting routes it logs nothing: not even the time may be set beside an address elsewhere.
///
/// # Errors
/// Whatever the request itself answers.
pub async fn around<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let id = sane_id(request.headers()).unwrap_or_else(|| Uuid::now_v7().to_string());
    let begun = Instant::now();
    let method = request.method().clone();
    let client = Client::of_request(&request);
    let turn = Turn::taken(&request);
    let answered = CLIENT.scope(client, REQUEST_ID.scope(id.clone(), next.call(request))).await;
    turn.give(answered.as_ref().ok().map(ServiceResponse::status));
    let mut response = answered?;
    let route = response.request().match_pattern().unwrap_or_else(|| "none".to_owned());
    let status = response.status().as_u16();
    let seconds = begun.elapsed().as_secs_f64();
    metrics::histogram!("uvote_http_seconds", "route" => route.clone(), "status" => status.to_string())
        .record(seconds);
    if !is_voting(&route) {
        tracing::info!(%method, route, status, milliseconds = seconds * 1_000.0, request_id = %id, "request");
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID_HEADER, value);
    }
    let service = response.request().app_data::<Uvote>();
    let over_tls = service.is_some_and(|service| service.origin.starts_with("https://"));
    if route.starts_with("/docs/") {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(DOCS_POLICY));
    }
    compression::settle(response.headers_mut());
    caching::settle(response.headers_mut());
    protect(response.headers_mut(), over_tls);
    Ok(response)
}

/// The language that a client would rather read than others.
pub fn preferred_language(request: &HttpRequest) -> Language {
    let wanted = AcceptLanguage::parse(request).map(|wanted| wanted.ranked()).unwrap_or_default();
    Language::first_of(wanted.iter().filter_map(|wanted| Some(wanted.item()?.as_str())))
}

fn is_voting(route: &str) -> bool {
    route.starts_with("/vote/")
        || route.starts_with("/photos/")
        || ["/votes", "/ballot", "/receipt", "/receipts/{receipt}", "/link-requests"]
            .iter()
            .any(|end| route.ends_with(end))
}

/// What every answer has unless it says otherwise itself.
const HEADERS: [(&str, &str); 7] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    (
        "content-security-policy",
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (
        "permissions-policy",
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];
/// The page that browses the interface brings its own script, and styles within it.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Two years of nothing but TLS (RFC 6797), subdomains included as ASVS 3.4.1 asks.
const ONLY_TLS: (&str, &str) = ("strict-transport-security", "max-age=63072000; includeSubDomains");

fn protect(headers: &mut HeaderMap, over_tls: bool) {
    for (name, value) in HEADERS.into_iter().chain(over_tls.then_some(ONLY_TLS)) {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// A caller's own id is kept when it is short and plain.
fn sane_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID_HEADER)?.to_str().ok()?;
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    ((8..=64).contains(&id.len()) && id.chars().all(plain)).then(|| id.to_owned())
}

/// How bodies, queries and paths are read, and what is answered when they can't be.
pub fn reading(config: &mut web::ServiceConfig) {
    let json =
        web::JsonConfig::default().limit(BODY_LIMIT).error_handler(|error, _| json_problem(&error).into());
    let query = web::QueryConfig::default().error_handler(|error, _| query_problem(&error).into());
    let path = web::PathConfig::default()
        .error_handler(|_, _: &HttpRequest| Problem::from(Refusal::NotFound).into());
    let form = web::FormConfig::default()
        .limit(BODY_LIMIT)
        .error_handler(|error, _| Problem::malformed(error.to_string()).into());
    config.app_data(json).app_data(query).app_data(path).app_data(form);
}

fn json_problem(error: &JsonPayloadError) -> Problem {
    match error {
        JsonPayloadError::ContentType => Problem::unsupported("application/json"),
        JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
            Problem::too_large("64 KiB")
        }
        JsonPayloadError::Deserialize(error) if error.is_data() => data_problem(&error.to_string()),
        JsonPayloadError::Deserialize(error) => Problem::malformed(format!("The body is no JSON: {error}.")),
        _ => Problem::malformed("The body did not arrive whole."),
    }
}

fn query_problem(error: &QueryPayloadError) -> Problem {
    data_problem(&error.to_string())
}

/// Names the field that the parser names, if it names one.
fn data_problem(message: &str) -> Problem {
    let named = message.split('`').nth(1).filter(|_| message.contains("field `"));
    let message = message.split(" at line ").next().unwrap_or(message);
    Problem::invalid(named.unwrap_or("body"), Fault::Other(message.to_owned()))
}
