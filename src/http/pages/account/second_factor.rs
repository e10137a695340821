//! `/account/second-factor`: switching the second factor on, in three steps, and off.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::{password, refused};
use crate::http::error::Answer;
use crate::http::pages::form::Form;
use crate::http::pages::qr::Qr;
use crate::http::pages::reader::{Organiser, Reader};
use crate::http::pages::{go_on, page, page_with};
use crate::http::second_factor::{
    TotpSecret, confirm_second_factor, prepare_second_factor, remove_second_factor,
};
use crate::http::{Service, Uvote};
use crate::store::accounts;

const PATH: &str = "/account/second-factor";

/// The routes of this file.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route(PATH, web::get().to(show))
        .route(PATH, web::post().to(prepare))
        // Whoever comes back by the address of a form finds the page that it belongs to.
        .route("/account/second-factor/confirm", web::get().to(show))
        .route("/account/second-factor/confirm", web::post().to(confirm))
        .route("/account/second-factor/off", web::get().to(show))
        .route("/account/second-factor/off", web::post().to(switch_off));
}

/// Says what the second factor is and whether it is on, and changes that.
#[derive(Template)]
#[template(path = "pages/account/second_factor.html")]
struct SecondFactorPage {
    reader: Reader,
    form: Form,
    on: bool,
}

/// Shows the secret to an app and asks for its first code.
#[derive(Template)]
#[template(path = "pages/account/second_factor_confirm.html")]
struct ConfirmPage {
    reader: Reader,
    form: Form,
    /// Nothing after a wrong code: the app has it by then.
    secret: Option<Secret>,
}

struct Secret {
    /// In groups of four, as it is typed most easily.
    groups: Vec<String>,
    url: String,
    qr: Option<Qr>,
}

#[derive(Template)]
#[template(path = "pages/account/recovery_codes.html")]
struct RecoveryCodesPage {
    reader: Reader,
    codes: Vec<String>,
}

impl Secret {
    fn of(secret: TotpSecret) -> Self {
        let letters: Vec<char> = secret.secret.chars().collect();
        let groups = letters.chunks(4).map(|group| group.iter().collect()).collect();
        Self { groups, qr: Qr::of(&secret.otpauth_url), url: secret.otpauth_url }
    }
}

async fn show(service: Uvote, organiser: Organiser) -> Answer {
    Ok(page(&read(&service, organiser, Form::default()).await?))
}

async fn read(service: &Service, organiser: Organiser, form: Form) -> Answer<SecondFactorPage> {
    let client = service.database.client().await?;
    let profile = accounts::profile(&client, organiser.who.account).await?;
    Ok(SecondFactorPage { reader: organiser.reader, form, on: profile.totp_enabled })
}

async fn prepare(service: Uvote, organiser: Organiser, form: Form) -> Answer {
    match prepare_second_factor(&service, &organiser.who, password(&form, "password")).await {
        Ok(secret) => {
            let secret = Some(Secret::of(secret));
            Ok(page(&ConfirmPage { reader: organiser.reader, form: Form::default(), secret }))
        }
        Err(problem) if problem.code() == "CONFLICT" => Ok(go_on(PATH, "")),
        Err(problem) => {
            let form = refused(form, "password", false, problem)?;
            come_back(&service, organiser, form).await
        }
    }
}

async fn come_back(service: &Service, organiser: Organiser, form: Form) -> Answer<HttpResponse> {
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &read(service, organiser, form).await?))
}

async fn confirm(service: Uvote, organiser: Organiser, form: Form) -> Answer {
    let Organiser { who, reader } = organiser;
    match confirm_second_factor(&service, &who, form.value("code")).await {
        Ok(codes) => Ok(page(&RecoveryCodesPage { reader, codes })),
        // A page that was sent again: its codes have been shown.
        Err(problem) if problem.code() == "CONFLICT" => Ok(go_on(PATH, "")),
        Err(problem) => {
            let form = form.refused(problem)?;
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &ConfirmPage { reader, form, secret: None }))
        }
    }
}

async fn switch_off(service: Uvote, organiser: Organiser, form: Form) -> Answer {
    let (given, code) = (password(&form, "password"), Some(form.value("totp")));
    match remove_second_factor(&service, &organiser.who, given, code).await {
        Ok(()) => Ok(go_on("/account", "account-second-factor-off")),
        Err(problem) => {
            let form = refused(form, "password", true, problem)?;
            come_back(&service, organiser, form).await
        }
    }
}
