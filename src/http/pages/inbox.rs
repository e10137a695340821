//! The development inbox: what the demo would have sent, in a browser.

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};
use time::OffsetDateTime;
use time::macros::format_description;

use super::page;
use super::templates::{InboxMailPage, InboxPage, InboxRow};
use crate::embedded::inbox::{Inbox, MailView, pieces};
use crate::http::Uvote;
use crate::http::error::{Answer, Problem};
use uvote_domain::refusal::Refusal;

/// Mails shown, the latest.
const MOST_SHOWN: usize = 200;

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

async fn list(service: Uvote) -> Answer {
    let entries = read(&service, |inbox| inbox.list(MOST_SHOWN)).await?;
    let row = |entry: crate::embedded::inbox::Entry| InboxRow {
        id: entry.id,
        to: entry.to,
        subject: entry.subject,
        at: in_words(entry.at),
    };
    Ok(page(&InboxPage { mails: entries.into_iter().map(row).collect() }))
}

async fn mail(service: &Uvote, id: String) -> Answer<MailView> {
    Ok(read(service, move |inbox| inbox.read(&id)).await?.ok_or(Refusal::NotFound)?)
}

async fn show(service: Uvote, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    let mail = mail(&service, id.clone()).await?;
    Ok(page(&InboxMailPage {
        id,
        from: mail.from,
        to: mail.to,
        subject: mail.subject,
        at: in_words(mail.at),
        message_id: mail.message_id,
        text: pieces(&mail.text),
        has_html: mail.html.is_some(),
    }))
}

async fn html(service: Uvote, id: web::Path<String>) -> Answer {
    let html = mail(&service, id.into_inner()).await?.html.ok_or(Refusal::NotFound)?;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";
    Ok(HttpResponse::Ok()
        .insert_header(("content-security-policy", policy))
        .content_type(ContentType::html())
        .body(html))
}

fn in_words(at: OffsetDateTime) -> String {
    at.format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC"))
        .unwrap_or_else(|_| at.to_string())
}
