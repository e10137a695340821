//! `/`: what this is.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::page;
use super::reader::Reader;
use crate::http::Uvote;

#[derive(Template)]
#[template(path = "pages/home.html")]
struct HomePage {
    reader: Reader,
    inbox: bool,
    docs: bool,
}

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/", web::get().to(show));
}

async fn show(service: Uvote, reader: Reader) -> HttpResponse {
    page(&HomePage { reader, inbox: service.inbox.is_some(), docs: service.docs })
}
