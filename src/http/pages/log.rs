//! `/organisations/{id}/log`: what was done to an organisation itself, in sentences, the way to the
//! logs of its elections, and the check that nothing of it was changed afterwards.

use actix_web::{HttpRequest, web};
use askama::Template;
use uuid::Uuid;

use super::page;
use super::reader::{Organiser, Reader, query};
use super::records::{self, Day, Finding, PAGE};
use crate::http::audit::{organisation_records, verify_records};
use crate::http::error::Answer;
use crate::http::sign_in::{Paging, cursor};
use crate::http::{Service, Uvote};
use crate::store::elections::{self, Election, Filter};
use crate::store::organisations::{self, Organisation};

/// Elections whose logs are listed.
const ELECTIONS: i64 = 50;

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/organisations/{id}/log", web::get().to(show))
        .route("/organisations/{id}/log", web::post().to(check));
}

#[derive(Template)]
#[template(path = "pages/organisations/log.html")]
struct LogPage {
    reader: Reader,
    organisation: Organisation,
    /// Whether it is the reader's own personal one, whose account has records of its own.
    is_own: bool,
    elections: Vec<Election>,
    has_more_elections: bool,
    /// What the check has found, when it was just asked for.
    found: Option<Finding>,
    days: Vec<Day>,
    total: i64,
    is_first: bool,
    older: Option<String>,
}

async fn show(service: Uvote, organiser: Organiser, id: web::Path<Uuid>, request: HttpRequest) -> Answer {
    let paging = Paging { limit: Some(PAGE), cursor: query(&request, "cursor") };
    Ok(page(&LogPage::read(&service, organiser, *id, paging.number()?, None).await?))
}

/// Answers the page itself, since a check changes nothing and a reload may well ask for it again.
async fn check(service: Uvote, organiser: Organiser, id: web::Path<Uuid>) -> Answer {
    let found = verify_records(&service, &organiser.who, *id).await?;
    let found = Finding::of_log(&organiser.reader, &found);
    Ok(page(&LogPage::read(&service, organiser, *id, None, Some(found)).await?))
}

impl LogPage {
    async fn read(
        service: &Service,
        organiser: Organiser,
        id: Uuid,
        before: Option<i64>,
        found: Option<Finding>,
    ) -> Answer<Self> {
        let Organiser { who, reader } = organiser;
        let listed = organisation_records(service, &who, id, before, PAGE).await?;
        let client = service.database.client().await?;
        let names = organisations::member_names(&client, id, &records::accounts(&listed.items)).await?;
        let filter = Filter { organisation: Some(id), ..Filter::default() };
        let elections = elections::list(&client, who.account, &filter, ELECTIONS).await?;
        Ok(Self {
            organisation: organisations::get(&client, who.account, id).await?,
            is_own: organisations::personal(&client, who.account).await? == Some(id),
            elections: elections.items,
            has_more_elections: elections.next.is_some(),
            found,
            days: records::days(&reader, None, &names, listed.items),
            total: listed.total,
            is_first: before.is_none(),
            older: listed.next.map(|key| cursor(&key)),
            reader,
        })
    }
}
