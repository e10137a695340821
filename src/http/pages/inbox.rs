//! The development inbox: what the demo would have sent, in a browser.

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};
use askama::Template;
use uvote_domain::refusal::Refusal;

use super::page;
use super::reader::Reader;
use crate::embedded::inbox::{Entry, Inbox, MailView, Piece, pieces};
use crate::http::Uvote;
use crate::http::error::{Answer, Problem};

/// Mails shown, the latest.
const MOST_SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "pages/inbox/list.html")]
struct InboxPage {
    reader: Reader,
    /// Newest first.
    mails: Vec<Entry>,
}

#[derive(Template)]
#[template(path = "pages/inbox/mail.html")]
struct MailPage {
    reader: Reader,
    id: String,
    mail: MailView,
    /// The text part, cut at its links.
    text: Vec<Piece>,
}

/// The routes of the inbox, which only the demo has.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/dev/inbox", web::get().to(list))
        .route("/dev/inbox/{id}", web::get().to(show))
        .route("/dev/inbox/{id}/html", web::get().to(html));
}

async fn read<T: Send + 'static>(
    service: &Uvote,
    read: impl FnOnce(&Inbox) -> std::io::Result<T> + Send + 'static,
) -> Answer<T> {
    let inbox = service.inbox.clone().ok_or(Refusal::NotFound)?;
    let result = web::block(move || read(&inbox)).await.map_err(|error| Problem::internal(&error))?;
    result.map_err(|error| Problem::internal(&error))
}

async fn list(service: Uvote, reader: Reader) -> Answer {
    let mails = read(&service, |inbox| inbox.list(MOST_SHOWN)).await?;
    Ok(page(&InboxPage { reader, mails }))
}

async fn mail(service: &Uvote, id: String) -> Answer<MailView> {
    Ok(read(service, move |inbox| inbox.read(&id)).await?.ok_or(Refusal::NotFound)?)
}

async fn show(service: Uvote, reader: Reader, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    let mail = mail(&service, id.clone()).await?;
    Ok(page(&MailPage { reader, id, text: pieces(&mail.text), mail }))
}

async fn html(service: Uvote, id: web::Path<String>) -> Answer {
    let html = mail(&service, id.into_inner()).await?.html.ok_or(Refusal::NotFound)?;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";
    Ok(HttpResponse::Ok()
        .insert_header(("content-security-policy", policy))
        .content_type(ContentType::html())
        .body(html))
}
