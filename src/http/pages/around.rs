//! What happens around every page: forms only from our own pages, problems in words, and the
//! language that was chosen.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::cookie::time::Duration;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT, LOCATION, ORIGIN};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};
use url::form_urlencoded;

use super::host_cookie;
use super::problem::problem_page;
use super::reader::{LANGUAGE_COOKIE, Reader};
use crate::http::Uvote;
use crate::http::error::Problem;

/// Answers pages as pages; everything else passes through.
///
/// # Errors
/// Whatever the request itself answers.
pub async fn around<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    if !is_page(request.path()) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let reader = Reader::of(request.request());
    let is_known = request.request().resource_map().has_resource(request.path());
    let is_form = is_known && changes_something(request.method()) && !is_voters(request.path());
    if is_form && !is_ours(&request) {
        let problem = Problem::new(StatusCode::FORBIDDEN, "OTHER_SITE", "This form came from another page.");
        return Ok(request.into_response(problem_page(&reader, &problem)).map_into_right_body());
    }
    let wants_page = request
        .headers()
        .get(ACCEPT)
        .is_some_and(|kinds| kinds.to_str().is_ok_and(|kinds| kinds.contains("text/html")));
    let asked = (request.method().clone(), request.uri().to_string());
    let mut response = next.call(request).await?;
    let is_routed = response.request().match_pattern().is_some();
    remember(&reader, &mut response);
    let problem = response.response().error().and_then(|error| error.as_error::<Problem>());
    match problem.filter(|_| is_routed || wants_page) {
        Some(problem) => {
            let page = answer(&reader, problem, &asked);
            Ok(response.into_response(page).map_into_right_body())
        }
        None => Ok(response.map_into_left_body()),
    }
}

fn is_page(path: &str) -> bool {
    !["/api/", "/health/", "/static/", "/photos/", "/docs"].iter().any(|start| path.starts_with(start))
}

fn changes_something(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Voters' pages take the code in the form for a credential and no cookie, so there is nothing that
/// another site could borrow. They also set none.
fn is_voters(path: &str) -> bool {
    path.starts_with("/vote/")
        || path.starts_with("/elections/") && (path.ends_with("/receipt") || path.ends_with("/results"))
}

/// Whether a form was sent by one of our pages, as the browser says: `Sec-Fetch-Site` (Fetch
/// Metadata), or `Origin` from browsers without it.
fn is_ours(request: &ServiceRequest) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    match header("sec-fetch-site") {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => {
            let origin = request.app_data::<Uvote>().map(|service| service.origin.as_str());
            header(ORIGIN.as_str()).is_some_and(|from| Some(from) == origin)
        }
    }
}

fn answer(reader: &Reader, problem: &Problem, (method, uri): &(Method, String)) -> HttpResponse {
    if problem.status() != StatusCode::UNAUTHORIZED {
        return problem_page(reader, problem);
    }
    let next = if *method == Method::GET { uri.as_str() } else { "/dashboard" };
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    HttpResponse::SeeOther().insert_header((LOCATION, format!("/login?{query}"))).finish()
}

fn remember<B>(reader: &Reader, response: &mut ServiceResponse<B>) {
    if !reader.has_chosen_language() || is_voters(response.request().path()) {
        return;
    }
    let cookie = host_cookie(LANGUAGE_COOKIE, reader.language.code(), Duration::days(365));
    // A cookie without the header's length limit can't fail to be added.
    drop(response.response_mut().add_cookie(&cookie));
}
