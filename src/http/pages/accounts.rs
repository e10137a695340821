//! Registering, confirming an address, signing in and out, and a forgotten password.

use actix_web::cookie::{Cookie, time::Duration};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use secrecy::SecretString;

use super::form::Form;
use super::reader::{Reader, query, signed_in};
use super::{go_on, host_cookie, page, page_with};
use crate::auth::{SESSION_COOKIE, SessionsEnded};
use crate::http::error::{Answer, Problem};
use crate::http::{Service, Uvote, auth, passwords};
use crate::store::sessions::{self, OpenedPage};

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/register", web::get().to(show_registration))
        .route("/register", web::post().to(register))
        .route("/verify-email", web::get().to(show_verification))
        .route("/verify-email", web::post().to(verify))
        .route("/login", web::get().to(show_login))
        .route("/login", web::post().to(login))
        .route("/logout", web::post().to(logout))
        .route("/forgot-password", web::get().to(show_forgotten))
        .route("/forgot-password", web::post().to(forget))
        .route("/reset-password", web::get().to(show_reset))
        .route("/reset-password", web::post().to(reset));
}

#[derive(Template)]
#[template(path = "pages/account/register.html")]
struct RegisterPage {
    reader: Reader,
    form: Form,
}

#[derive(Template)]
#[template(path = "pages/account/login.html")]
struct LoginPage {
    reader: Reader,
    form: Form,
    refused: bool,
}

#[derive(Template)]
#[template(path = "pages/account/forgot.html")]
struct ForgotPage {
    reader: Reader,
    form: Form,
}

#[derive(Template)]
#[template(path = "pages/account/reset.html")]
struct ResetPage {
    reader: Reader,
    form: Form,
}

#[derive(Template)]
#[template(path = "pages/account/verify.html")]
struct VerifyPage {
    reader: Reader,
    form: Form,
}

/// What happens next, after a form that was taken: look into the mailbox.
#[derive(Template)]
#[template(path = "pages/account/mailed.html")]
struct MailedPage {
    reader: Reader,
    email: String,
    words: &'static str,
    inbox: bool,
}

async fn show_registration(reader: Reader) -> HttpResponse {
    page(&RegisterPage { reader, form: Form::default() })
}

async fn register(service: Uvote, reader: Reader, form: Form) -> Answer {
    let (email, name) = (form.value("email"), form.text("name"));
    let done = auth::register_account(&service, email, password(&form), name, &reader.language).await;
    Ok(match done {
        Ok(()) => mailed(&service, reader, &form, "register-mailed"),
        Err(problem) => {
            let form = form.refused(problem)?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &RegisterPage { reader, form })
        }
    })
}

fn password(form: &Form) -> SecretString {
    form.value("password").to_owned().into()
}

fn mailed(service: &Service, reader: Reader, form: &Form, words: &'static str) -> HttpResponse {
    let email = form.value("email").trim().to_owned();
    page(&MailedPage { reader, email, words, inbox: service.inbox.is_some() })
}

async fn show_verification(reader: Reader) -> HttpResponse {
    page(&VerifyPage { reader, form: Form::default() })
}

async fn verify(service: Uvote, reader: Reader, form: Form) -> Answer {
    Ok(match auth::confirm_email(&service, form.value("token")).await {
        Ok(()) => go_on(&reader.to("/login"), "verified"),
        Err(problem) => {
            let form = form.refused(problem)?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &VerifyPage { reader, form })
        }
    })
}

async fn show_login(reader: Reader, request: HttpRequest) -> Answer {
    let next = query(&request, "next").unwrap_or_default();
    if reader.has_session && signed_in(&request).await?.is_some() {
        return Ok(go_on(way_on(&next), ""));
    }
    Ok(page(&LoginPage { reader, form: Form::filled([("next", next)]), refused: false }))
}

/// Where to go after signing in: only to a page of ours. Browsers leave tabs and line breaks out of
/// an address and take a backslash for a slash, so that `/\t/host` is another site too; whatever our
/// own links hold is encoded.
fn way_on(next: &str) -> &str {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let ours = plain && next.starts_with('/') && !next.starts_with("//");
    if ours { next } else { "/dashboard" }
}

async fn login(service: Uvote, reader: Reader, form: Form, request: HttpRequest) -> Answer {
    let code = Some(form.value("totp"));
    let before = request.cookie(SESSION_COOKIE);
    let before = before.as_ref().map(Cookie::value);
    let opened = match auth::check_credentials(&service, form.value("email"), password(&form), code).await {
        Ok(account) => sessions::open_page(&mut service.database.client().await?, &account, before).await?,
        Err(problem) if problem.code() == "INVALID_CREDENTIALS" => None,
        Err(problem) => return Err(problem),
    };
    let Some(OpenedPage { cookie, replaced }) = opened else {
        let page = LoginPage { reader, form, refused: true };
        return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &page));
    };
    (service.sessions_ended)(SessionsEnded(replaced.into_iter().collect()));
    service.wake_mailer();
    let mut response = go_on(way_on(form.value("next")), "");
    set_cookie(&mut response, cookie, Duration::days(30));
    Ok(response)
}

/// Takes the session's cookie from the browser.
pub fn forget_session(response: &mut HttpResponse) {
    set_cookie(response, String::new(), Duration::ZERO);
}

fn set_cookie(response: &mut HttpResponse, value: String, age: Duration) {
    // The name and the random value hold nothing that a header could not carry.
    drop(response.add_cookie(&host_cookie(SESSION_COOKIE, value, age)));
}

async fn logout(service: Uvote, reader: Reader, request: HttpRequest) -> Answer {
    if let Some(who) = signed_in(&request).await? {
        let mut client = service.database.client().await?;
        let ended = sessions::end(&mut client, who.account, Some(who.session)).await?;
        (service.sessions_ended)(SessionsEnded(ended));
    }
    let mut response = go_on(&reader.to("/login"), "signed-out");
    forget_session(&mut response);
    Ok(response)
}

async fn show_forgotten(reader: Reader) -> HttpResponse {
    page(&ForgotPage { reader, form: Form::default() })
}

async fn forget(service: Uvote, reader: Reader, form: Form) -> Answer {
    Ok(match passwords::forget_password(&service, form.value("email")).await {
        Ok(()) => mailed(&service, reader, &form, "forgot-mailed"),
        Err(problem) => {
            let form = form.refused(problem)?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &ForgotPage { reader, form })
        }
    })
}

async fn show_reset(reader: Reader) -> HttpResponse {
    page(&ResetPage { reader, form: Form::default() })
}

async fn reset(service: Uvote, reader: Reader, form: Form) -> Answer {
    let done: Result<(), Problem> =
        passwords::reset_password(&service, form.value("token"), password(&form)).await;
    Ok(match done {
        Ok(()) => go_on(&reader.to("/login"), "password-reset"),
        Err(problem) => {
            let form = form.refused(problem)?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &ResetPage { reader, form })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::way_on;

    #[test]
    fn signing_in_leads_to_a_page_of_ours_and_nowhere_else() {
        for ours in ["/", "/account", "/elections/1?done=x&lang=de#here", "/a%2F%2Fb", "/a//b"] {
            assert_eq!(way_on(ours), ours);
        }
        let foreign = [
            "",
            "account",
            "https://evil.example/",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " //evil.example",
            "/\r\nset-cookie: a=b",
            "/\0",
            "/\u{7f}",
            "/\u{85}",
            "/ü",
            "javascript:alert(1)",
            "data:text/html,x",
        ];
        for foreign in foreign {
            assert_eq!(way_on(foreign), "/dashboard", "{foreign:?}");
        }
    }
}
