//! `/account/activity`: what was done with one's account, so that its owner notices what somebody
//! else did.

use std::collections::HashMap;

use actix_web::{HttpRequest, web};
use askama::Template;

use super::asks_for_code;
use crate::http::Uvote;
use crate::http::audit::account_records;
use crate::http::error::Answer;
use crate::http::pages::page;
use crate::http::pages::reader::{Organiser, Reader, query};
use crate::http::pages::records::{self, Day, PAGE};
use crate::http::sign_in::{Paging, cursor};

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/account/activity", web::get().to(show));
}

#[derive(Template)]
#[template(path = "pages/account/activity.html")]
struct ActivityPage {
    reader: Reader,
    /// Whether signing in takes a code already.
    totp: bool,
    days: Vec<Day>,
    total: i64,
    is_first: bool,
    older: Option<String>,
}

async fn show(service: Uvote, organiser: Organiser, request: HttpRequest) -> Answer {
    let Organiser { who, reader } = organiser;
    let paging = Paging { limit: Some(PAGE), cursor: query(&request, "cursor") };
    let before = paging.number()?;
    let found = account_records(&service, &who, before, PAGE).await?;
    Ok(page(&ActivityPage {
        totp: asks_for_code(&service, &who).await?,
        // The owner is addressed, and nobody else is named.
        days: records::days(&reader, None, &HashMap::new(), found.items),
        total: found.total,
        is_first: before.is_none(),
        older: found.next.map(|key| cursor(&key)),
        reader,
    }))
}
