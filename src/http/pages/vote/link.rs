//! `/vote/{id}/link`: mails a voter the link again.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use uuid::Uuid;
use uvote_domain::account::Email;
use uvote_domain::refusal::FieldError;

use super::{home_of, known, link_of};
use crate::http::error::Answer;
use crate::http::invitations::send_again;
use crate::http::pages::form::Form;
use crate::http::pages::reader::Reader;
use crate::http::pages::{go_on, page_with};
use crate::http::{Service, Uvote};

#[derive(Template)]
#[template(path = "pages/vote/link.html")]
struct LinkPage {
    reader: Reader,
    form: Form,
    home: String,
    action: String,
    title: Option<String>,
    contact: Option<String>,
    inbox: bool,
}

/// Asks for the address.
pub async fn ask(service: Uvote, id: web::Path<Uuid>, reader: Reader) -> HttpResponse {
    show(&service, *id, reader, Form::default()).await
}

/// Mails the link, if the address is on the roll. The answer does not tell.
pub async fn send(service: Uvote, id: web::Path<Uuid>, reader: Reader, mut form: Form) -> Answer {
    if let Err(error) = Email::parse(form.value("email")) {
        form.refuse(FieldError::new("email", error));
        return Ok(show(&service, *id, reader, form).await);
    }
    send_again(&service, *id, form.value("email")).await?;
    Ok(go_on(&reader.to(&link_of(*id)), "link-requested"))
}

async fn show(service: &Service, id: Uuid, reader: Reader, form: Form) -> HttpResponse {
    let status = if form.errors().is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (title, contact) =
        known(service, id).await.map(|election| (election.title, election.contact_email)).unzip();
    let page = LinkPage {
        action: reader.to(&link_of(id)),
        home: reader.to(&home_of(id)),
        reader,
        form,
        title,
        contact: contact.flatten(),
        inbox: service.inbox.is_some(),
    };
    page_with(status, &page)
}
