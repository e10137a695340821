//! Pages: the voter's way without an account, the organiser's with one, and results for everyone.
//! Each file holds the pages of one subject: what they show, and what their forms do.

mod account;
mod accounts;
pub mod around;
mod assets;
mod audit;
mod ballot;
mod dashboard;
mod faults;
pub mod form;
mod frame;
mod home;
mod imports;
pub mod inbox;
mod lines;
mod log;
mod mails;
mod members;
mod organisations;
mod overview;
mod problem;
mod qr;
pub mod reader;
mod receipt;
mod records;
mod results;
mod settings;
mod steps;
pub mod uploads;
pub mod vote;
mod voters;
pub mod zone;

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::{HttpResponse, web};
use askama::Template;

use super::error::Problem;

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Every page.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/static/{version}/{file}", web::get().to(assets::show))
        .route("/favicon.ico", web::get().to(assets::favicon))
        .configure(home::routes)
        .configure(accounts::routes)
        .configure(account::routes)
        .configure(dashboard::routes)
        .configure(organisations::routes)
        .configure(members::routes)
        .configure(log::routes)
        .configure(settings::routes)
        .configure(steps::routes)
        .configure(overview::routes)
        .configure(ballot::routes)
        .configure(voters::routes)
        .configure(mails::routes)
        .configure(audit::routes)
        .configure(vote::routes)
        .configure(receipt::routes)
        .configure(results::routes);
}

/// Answers a page under the policy that all pages have.
fn page(page: &impl Template) -> HttpResponse {
    page_with(StatusCode::OK, page)
}

/// Answers a page under a status of its own, such as 422 for a form that comes back.
fn page_with(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => HttpResponse::build(status)
            .insert_header(("content-security-policy", POLICY))
            .content_type(ContentType::html())
            .body(html),
        Err(error) => HttpResponse::from_error(Problem::internal(&error)),
    }
}

/// A cookie of this host alone, over TLS, that no script reads and no other site's form brings along.
fn host_cookie(name: &'static str, value: String, age: Duration) -> Cookie<'static> {
    Cookie::build(name, value)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(age)
        .finish()
}

/// Leads on after a form was taken, so that a reload does not send it again. `done` names what the
/// next page says of it: the message `done-{done}`.
fn go_on(path: &str, done: &str) -> HttpResponse {
    let mark = if path.contains('?') { '&' } else { '?' };
    let location = if done.is_empty() { path.to_owned() } else { format!("{path}{mark}done={done}") };
    HttpResponse::SeeOther().insert_header((LOCATION, location)).finish()
}
