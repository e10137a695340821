//! `/account/delete`: what happens to one's elections, and the end of the account.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::{password, refused};
use crate::http::account::delete_account;
use crate::http::error::Answer;
use crate::http::pages::accounts::forget_session;
use crate::http::pages::form::Form;
use crate::http::pages::reader::{Organiser, Reader};
use crate::http::pages::{go_on, page, page_with};
use crate::http::{Service, Uvote};
use crate::store::accounts::{self, Deletion};

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/account/delete", web::get().to(show)).route("/account/delete", web::post().to(delete));
}

#[derive(Template)]
#[template(path = "pages/account/delete.html")]
struct DeletionPage {
    reader: Reader,
    form: Form,
    email: String,
    deletion: Deletion,
}

async fn show(service: Uvote, organiser: Organiser) -> Answer {
    Ok(page(&read(&service, organiser, Form::default()).await?))
}

async fn read(service: &Service, organiser: Organiser, form: Form) -> Answer<DeletionPage> {
    let Organiser { who, reader } = organiser;
    let deletion = accounts::deletion(&service.database.client().await?, who.account).await?;
    Ok(DeletionPage { reader, form, email: who.email, deletion })
}

async fn delete(service: Uvote, organiser: Organiser, form: Form) -> Answer {
    let problem = match delete_account(&service, &organiser.who, password(&form, "password")).await {
        Ok(()) => {
            let mut response = go_on(&organiser.reader.to("/"), "account-deleted");
            forget_session(&mut response);
            return Ok(response);
        }
        Err(problem) => problem,
    };
    // What stands in the way is on the page.
    let (status, form) = match problem.code() {
        "CONFLICT" => (StatusCode::CONFLICT, form),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, refused(form, "password", problem)?),
    };
    Ok(page_with(status, &read(&service, organiser, form).await?))
}
