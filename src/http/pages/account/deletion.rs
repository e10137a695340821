//! `/account/delete`: what happens to one's elections, and the end of the account.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::{asks_for_code, password, refused};
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
    /// Whether the account asks for a code.
    totp: bool,
    deletion: Deletion,
}

async fn show(service: Uvote, organiser: Organiser) -> Answer {
    Ok(page(&read(&service, organiser, Form::default()).await?))
}

async fn read(service: &Service, organiser: Organiser, form: Form) -> Answer<DeletionPage> {
    let Organiser { who, reader } = organiser;
    let totp = asks_for_code(service, &who).await?;
    let deletion = accounts::deletion(&service.database.client().await?, who.account).await?;
    Ok(DeletionPage { reader, form, email: who.email, totp, deletion })
}

async fn delete(service: Uvote, organiser: Organiser, form: Form) -> Answer {
    let (given, code) = (password(&form, "password"), Some(form.value("totp")));
    let problem = match delete_account(&service, &organiser.who, given, code).await {
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
        _ => {
            let totp = asks_for_code(&service, &organiser.who).await?;
            (StatusCode::UNPROCESSABLE_ENTITY, refused(form, "password", totp, problem)?)
        }
    };
    Ok(page_with(status, &read(&service, organiser, form).await?))
}
