//! `/account`: who one is, one's address, password and sessions.

mod activity;
mod deletion;
mod second_factor;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use askama::Template;
use secrecy::SecretString;
use uuid::Uuid;
use uvote_domain::fault::Fault;
use uvote_domain::refusal::FieldError;

use super::form::Form;
use super::organisations::first_page;
use super::reader::{Organiser, Reader, query};
use super::{go_on, page, page_with};
use crate::http::error::{Answer, Problem};
use crate::http::sign_in::{Paging, SignedIn, cursor};
use crate::http::{Service, Uvote, account as calls, passwords, sessions as session_calls};
use crate::store::accounts::{self, Profile};
use crate::store::sessions::{self, Session};

/// Sessions on one page.
const PAGE: i64 = 50;

/// The routes of this file and of those below it.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/account", web::get().to(show))
        .route("/account", web::post().to(rename))
        .route("/account/email", web::get().to(show_address))
        .route("/account/email", web::post().to(change_address))
        .route("/account/password", web::get().to(show_password))
        .route("/account/password", web::post().to(change_password))
        .route("/account/sessions/end", web::post().to(end_others))
        .route("/account/sessions/{session_id}/end", web::post().to(end_session))
        .configure(activity::routes)
        .configure(second_factor::routes)
        .configure(deletion::routes);
}

#[derive(Template)]
#[template(path = "pages/account/show.html")]
struct AccountPage {
    reader: Reader,
    form: Form,
    profile: Profile,
    sessions: Vec<Session>,
    total: i64,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/account/address.html")]
struct AddressPage {
    reader: Reader,
    form: Form,
    email: String,
    /// Whether the account asks for a code.
    totp: bool,
    /// Where the demo's mails are, once one is on its way.
    mailed: Option<bool>,
}

#[derive(Template)]
#[template(path = "pages/account/password.html")]
struct PasswordPage {
    reader: Reader,
    form: Form,
    email: String,
    /// Whether the account asks for a code.
    totp: bool,
}

impl AccountPage {
    /// A form that is not filled in shows the present name.
    async fn read(
        service: &Service,
        organiser: Organiser,
        form: Option<Form>,
        paging: &Paging,
    ) -> Answer<Self> {
        let (client, who) = (service.database.client().await?, organiser.who);
        let profile = accounts::profile(&client, who.account).await?;
        let listed = sessions::list(&client, who.account, who.session, paging.id()?, PAGE).await?;
        let form = form.unwrap_or_else(|| Form::filled([("name", profile.name.clone().unwrap_or_default())]));
        let next = listed.next.map(|key| cursor(&key));
        Ok(Self {
            reader: organiser.reader,
            form,
            profile,
            sessions: listed.items,
            total: listed.total,
            next,
        })
    }
}

/// The password in a field.
fn password(form: &Form, field: &str) -> SecretString {
    form.value(field).to_owned().into()
}

/// Whether an account asks for a code.
async fn asks_for_code(service: &Service, who: &SignedIn) -> Answer<bool> {
    Ok(accounts::profile(&service.database.client().await?, who.account).await?.totp_enabled)
}

/// The form with what is wrong. A wrong password is told beside its field; where a code is asked for
/// too, which of them was wrong stays untold.
fn refused(mut form: Form, field: &str, totp: bool, problem: Problem) -> Answer<Form> {
    if problem.code() != "INVALID_CREDENTIALS" {
        return form.refused(problem);
    }
    let fault = if totp { Fault::WrongPasswordOrCode } else { Fault::WrongPassword };
    form.refuse(FieldError::new(field, fault));
    Ok(form)
}

async fn show(service: Uvote, organiser: Organiser, request: HttpRequest) -> Answer {
    let paging = Paging { limit: None, cursor: query(&request, "cursor") };
    Ok(page(&AccountPage::read(&service, organiser, None, &paging).await?))
}

async fn rename(service: Uvote, organiser: Organiser, form: Form) -> Answer {
    match calls::change_name(&service, &organiser.who, form.text("name")).await {
        Ok(_) => Ok(go_on("/account", "account-renamed")),
        Err(problem) => {
            let form = form.refused(problem)?;
            let shown = AccountPage::read(&service, organiser, Some(form), &first_page()).await?;
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
        }
    }
}

async fn show_address(service: Uvote, organiser: Organiser) -> Answer {
    let Organiser { who, reader } = organiser;
    let totp = asks_for_code(&service, &who).await?;
    Ok(page(&AddressPage { reader, form: Form::default(), email: who.email, totp, mailed: None }))
}

async fn change_address(service: Uvote, organiser: Organiser, form: Form) -> Answer {
    let Organiser { who, reader } = organiser;
    let totp = asks_for_code(&service, &who).await?;
    let (email, given) = (form.value("email"), password(&form, "password"));
    let asked = calls::ask_for_address(&service, &who, email, given, Some(form.value("totp"))).await;
    Ok(match asked {
        Ok(()) => {
            let mailed = Some(service.inbox.is_some());
            page(&AddressPage { reader, form, email: who.email, totp, mailed })
        }
        Err(problem) => {
            let form = refused(form, "password", totp, problem)?;
            let shown = AddressPage { reader, form, email: who.email, totp, mailed: None };
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
    })
}

async fn show_password(service: Uvote, organiser: Organiser) -> Answer {
    let Organiser { who, reader } = organiser;
    let totp = asks_for_code(&service, &who).await?;
    Ok(page(&PasswordPage { reader, form: Form::default(), email: who.email, totp }))
}

async fn change_password(service: Uvote, organiser: Organiser, form: Form) -> Answer {
    let Organiser { who, reader } = organiser;
    let totp = asks_for_code(&service, &who).await?;
    let (current, new) = (password(&form, "current_password"), password(&form, "new_password"));
    match passwords::change_password(&service, &who, current, Some(form.value("totp")), new).await {
        Ok(()) => Ok(go_on("/account", "account-password-changed")),
        Err(problem) => {
            let form = refused(form, "current_password", totp, problem)?;
            let shown = PasswordPage { reader, form, email: who.email, totp };
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
        }
    }
}

/// A session that has ended meanwhile is what was asked for.
async fn end_session(service: Uvote, organiser: Organiser, session: web::Path<Uuid>) -> Answer {
    match session_calls::end_session(&service, &organiser.who, *session).await {
        Err(problem) if problem.status() != StatusCode::NOT_FOUND => Err(problem),
        _ => Ok(go_on("/account", "account-session-ended")),
    }
}

async fn end_others(service: Uvote, organiser: Organiser) -> Answer {
    session_calls::end_other_sessions(&service, &organiser.who).await?;
    Ok(go_on("/account", "account-sessions-ended"))
}
