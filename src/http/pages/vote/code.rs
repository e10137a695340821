//! `GET /vote/{id}`: asks for the code, or takes it from the fragment by script.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use uuid::Uuid;

use super::form::Voter;
use super::{home_of, known, link_of};
use crate::http::pages::page_with;
use crate::http::pages::reader::Reader;
use crate::http::{Service, Uvote};

#[derive(Template)]
#[template(path = "pages/vote/code.html")]
struct CodePage {
    reader: Reader,
    action: String,
    /// Where the link is asked for again.
    link: String,
    title: Option<String>,
    contact: Option<String>,
    /// What was given for a code and is none.
    mistaken: Option<String>,
}

/// Asks for the code.
pub async fn ask(service: Uvote, id: web::Path<Uuid>, reader: Reader) -> HttpResponse {
    show(&service, *id, reader, None).await
}

/// Asks once more for a code that is not known: it can be mended on the spot.
pub async fn ask_again(service: &Service, voter: Voter) -> HttpResponse {
    show(service, voter.election, voter.reader, Some(voter.marked.token)).await
}

async fn show(service: &Service, id: Uuid, reader: Reader, mistaken: Option<String>) -> HttpResponse {
    let status = if mistaken.is_some() { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let (title, contact) =
        known(service, id).await.map(|election| (election.title, election.contact_email)).unzip();
    let contact = contact.flatten();
    let (action, link) = (reader.to(&home_of(id)), reader.to(&link_of(id)));
    page_with(status, &CodePage { reader, action, link, title, contact, mistaken })
}
