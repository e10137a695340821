//! The second factor: codes that change with the time, and recovery codes.

use std::time::{SystemTime, UNIX_EPOCH};

use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};
use totp_rs::Totp;
use url::form_urlencoded;
use uvote::keys::Keyring;
use uvote::store::{accounts, second_factors};
use uvote_domain::account::Email;
use uvote_domain::seal::Key;
use uvote_loadtest::client::whole;

use crate::account::{NEW_PASSWORD, mail, noted, refused, signs_in};
use crate::support::people::PASSWORD;
use crate::support::service::{ORIGIN, master_key};
use crate::support::{Organiser, Service};

/// An organiser whose account asks for codes.
struct Guarded {
    organiser: Organiser,
    app: Totp,
    recovery: Vec<String>,
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Makes the code of the present half minute good again.
async fn forget_used_codes(service: &Service) {
    let sql = "UPDATE second_factors SET last_step = 0";
    service.superuser().await.batch_execute(sql).await.unwrap();
}

async fn prepare(organiser: &Organiser) -> Totp {
    let (status, answer) = organiser.post("/api/v1/account/totp", &json!({"password": PASSWORD})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let app = Totp::from_url(answer["otpauth_url"].as_str().unwrap()).unwrap();
    assert_eq!(json!(app.secret().to_base32()), answer["secret"]);
    assert_eq!((app.issuer(), app.account_name()), (Some("uvote"), organiser.email.as_str()));
    app
}

async fn confirm(organiser: &Organiser, code: &str) -> (StatusCode, Value) {
    organiser.post("/api/v1/account/totp/confirm", &json!({"code": code})).await
}

async fn enabled(organiser: &Organiser) -> Value {
    organiser.get("/api/v1/account").await.1["totp_enabled"].clone()
}

impl Guarded {
    async fn register(service: &Service) -> Self {
        let organiser = Organiser::register(service).await;
        let app = prepare(&organiser).await;
        let (status, answer) = confirm(&organiser, &app.generate(now()).to_string()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        forget_used_codes(service).await;
        let codes = answer["recovery_codes"].as_array().unwrap().iter();
        let recovery = codes.map(|code| code.as_str().unwrap().to_owned()).collect();
        Self { organiser, app, recovery }
    }

    fn code(&self) -> String {
        self.app.generate(now()).to_string()
    }

    async fn log_in(&self, service: &Service, code: &str) -> (StatusCode, Value) {
        let body = json!({"email": self.organiser.email, "password": PASSWORD, "totp": code});
        service.anonymous().post("/api/v1/auth/login", &body).await.unwrap()
    }

    async fn switch_off(&self, password: &str, code: &str) -> (StatusCode, Value) {
        let body = json!({"password": password, "totp": code});
        let sent = self.organiser.client.json(Method::DELETE, "/api/v1/account/totp", Some(&body));
        sent.await.unwrap()
    }
}

#[actix_web::test]
async fn nothing_is_asked_for_before_a_first_code_has_confirmed_it() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    refused(&confirm(&organiser, "123456").await, StatusCode::CONFLICT, "CONFLICT");
    let older = prepare(&organiser).await;
    let app = prepare(&organiser).await;
    assert_ne!(older.secret(), app.secret(), "another secret each time");
    assert!(signs_in(&service, &organiser.email, PASSWORD).await);
    for wrong in ["", "abcdef", &older.generate(now()).to_string(), &app.generate(now() - 300).to_string()] {
        refused(&confirm(&organiser, wrong).await, StatusCode::UNPROCESSABLE_ENTITY, "INVALID");
    }
    assert_eq!(enabled(&organiser).await, json!(false));
    let (status, answer) = confirm(&organiser, &app.generate(now()).to_string()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(enabled(&organiser).await, json!(true));
    mail(&service, &organiser.email, "Signing in now takes a code").await;
    assert_eq!(noted(&service, &organiser).await.last().unwrap(), "account.totp_enabled");
    refused(&confirm(&organiser, "123456").await, StatusCode::CONFLICT, "CONFLICT");
    let again = organiser.post("/api/v1/account/totp", &json!({"password": PASSWORD})).await;
    refused(&again, StatusCode::CONFLICT, "CONFLICT");
}

#[actix_web::test]
async fn signing_in_takes_the_code_and_its_lack_is_told_like_a_wrong_password() {
    let service = Service::start().await;
    let guarded = Guarded::register(&service).await;
    let email = &guarded.organiser.email;
    let without = json!({"email": email, "password": PASSWORD});
    let wrong_password = json!({"email": email, "password": "wrong", "totp": guarded.code()});
    let mut told = Vec::new();
    for body in [without, wrong_password] {
        told.push(service.anonymous().post("/api/v1/auth/login", &body).await.unwrap());
    }
    told.push(guarded.log_in(&service, "000000").await);
    for (status, body) in &mut told {
        assert_eq!(*status, StatusCode::UNAUTHORIZED, "{body}");
        body.as_object_mut().unwrap().remove("request_id");
    }
    assert!(told.iter().all(|answer| answer == &told[0]), "{told:?}");
    let (status, answer) = guarded.log_in(&service, &guarded.code()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

#[actix_web::test]
async fn a_code_is_good_once_and_none_that_is_older_is_good_after_it() {
    let service = Service::start().await;
    let guarded = Guarded::register(&service).await;
    let (older, newer) = (guarded.code(), guarded.app.generate(now() + 30).to_string());
    assert_eq!(guarded.log_in(&service, &newer).await.0, StatusCode::OK);
    for used in [&newer, &older] {
        refused(&guarded.log_in(&service, used).await, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    }
}

#[actix_web::test]
async fn of_two_who_send_the_same_code_at_once_one_comes_in() {
    let service = Service::start().await;
    let guarded = Guarded::register(&service).await;
    for code in [guarded.code(), guarded.recovery[0].clone()] {
        let (a, b) = futures_util::join!(guarded.log_in(&service, &code), guarded.log_in(&service, &code));
        let came_in = [&a, &b].iter().filter(|answer| answer.0 == StatusCode::OK).count();
        assert_eq!(came_in, 1, "{a:?} {b:?}");
    }
}

#[actix_web::test]
async fn a_recovery_code_stands_in_once_and_its_owner_is_told() {
    let service = Service::start().await;
    let guarded = Guarded::register(&service).await;
    let typed = format!(" {} ", guarded.recovery[3].to_uppercase().replace('-', " "));
    assert_eq!(guarded.log_in(&service, &typed).await.0, StatusCode::OK);
    mail(&service, &guarded.organiser.email, "A recovery code has been used").await;
    let used = guarded.log_in(&service, &guarded.recovery[3]).await;
    refused(&used, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    assert_eq!(guarded.log_in(&service, &guarded.recovery[4]).await.0, StatusCode::OK);
    let log = noted(&service, &guarded.organiser).await;
    assert_eq!(log.iter().filter(|action| *action == "account.recovery_code_used").count(), 2, "{log:?}");
}

#[actix_web::test]
async fn guessing_codes_locks_the_account() {
    let service = Service::start().await;
    let guarded = Guarded::register(&service).await;
    let without = json!({"email": guarded.organiser.email, "password": PASSWORD});
    let missing = service.anonymous().post("/api/v1/auth/login", &without).await.unwrap();
    refused(&missing, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    for _ in 0..4 {
        refused(&guarded.log_in(&service, "000000").await, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    }
    let right = guarded.log_in(&service, &guarded.code()).await;
    refused(&right, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    mail(&service, &guarded.organiser.email, "Your account is locked for 15 minutes").await;
}

#[actix_web::test]
async fn switching_it_off_takes_password_and_code() {
    let service = Service::start().await;
    let guarded = Guarded::register(&service).await;
    for (password, code) in [(PASSWORD, "000000"), ("wrong", &guarded.code()), (PASSWORD, "")] {
        refused(&guarded.switch_off(password, code).await, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    }
    assert_eq!(enabled(&guarded.organiser).await, json!(true));
    assert_eq!(guarded.switch_off(PASSWORD, &guarded.code()).await, (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(enabled(&guarded.organiser).await, json!(false));
    assert!(signs_in(&service, &guarded.organiser.email, PASSWORD).await);
    mail(&service, &guarded.organiser.email, "Signing in no longer takes a code").await;
    assert!(noted(&service, &guarded.organiser).await.contains(&"account.totp_disabled".to_owned()));
    let secrets = "SELECT (SELECT count(*) FROM second_factors) + (SELECT count(*) FROM recovery_codes)";
    let left: i64 = service.superuser().await.query_one(secrets, &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
}

/// The calls that change an account, each with what else its body says.
fn changes() -> [(Method, &'static str, Value); 4] {
    [
        (Method::POST, "/api/v1/account/email", json!({"email": "new@example.org", "password": PASSWORD})),
        (
            Method::POST,
            "/api/v1/account/password",
            json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD}),
        ),
        (Method::DELETE, "/api/v1/account/totp", json!({"password": PASSWORD})),
        (Method::DELETE, "/api/v1/account", json!({"password": PASSWORD})),
    ]
}

impl Guarded {
    async fn change(
        &self,
        (method, path, body): &(Method, &str, Value),
        code: Option<&str>,
    ) -> (StatusCode, Value) {
        let mut body = body.clone();
        if let Some(code) = code {
            body["totp"] = json!(code);
        }
        self.organiser.client.json(method.clone(), path, Some(&body)).await.unwrap()
    }
}

#[actix_web::test]
async fn every_change_of_the_account_takes_the_code_too() {
    for change in changes() {
        let service = Service::start().await;
        let guarded = Guarded::register(&service).await;
        for code in [None, Some(""), Some("000000")] {
            let answer = guarded.change(&change, code).await;
            refused(&answer, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
        }
        let code = guarded.code();
        let (status, answer) = guarded.change(&change, Some(&code)).await;
        assert!(status.is_success(), "{} {}: {answer}", change.0, change.1);
        if change.1.ends_with("/email") {
            refused(&guarded.log_in(&service, &code).await, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
        }
    }
}

#[actix_web::test]
async fn a_recovery_code_stands_in_at_every_change() {
    for change in changes() {
        let service = Service::start().await;
        let guarded = Guarded::register(&service).await;
        let (status, answer) = guarded.change(&change, Some(&guarded.recovery[2])).await;
        assert!(status.is_success(), "{} {}: {answer}", change.0, change.1);
    }
}

#[actix_web::test]
async fn wrong_codes_at_changes_lock_the_account() {
    let service = Service::start().await;
    let guarded = Guarded::register(&service).await;
    let changes = changes();
    for change in changes.iter().chain(&changes[..1]) {
        let answer = guarded.change(change, Some("000000")).await;
        refused(&answer, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    }
    for change in &changes {
        let answer = guarded.change(change, Some(&guarded.code())).await;
        refused(&answer, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    }
    mail(&service, &guarded.organiser.email, "Your account is locked for 15 minutes").await;
}

#[actix_web::test]
async fn without_a_second_factor_changes_ask_for_no_code() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    for (method, path, body) in changes().iter().filter(|change| !change.1.ends_with("/totp")) {
        let body = if path.ends_with("/account") { json!({"password": NEW_PASSWORD}) } else { body.clone() };
        let (status, answer) = organiser.client.json(method.clone(), path, Some(&body)).await.unwrap();
        assert!(status.is_success(), "{method} {path}: {answer}");
    }
}

#[actix_web::test]
async fn recovery_codes_have_128_bits_in_readable_groups_and_shorter_ones_of_old_still_work() {
    let service = Service::start().await;
    let guarded = Guarded::register(&service).await;
    for code in &guarded.recovery {
        let groups: Vec<&str> = code.split('-').collect();
        assert_eq!((groups.len(), code.len()), (8, 39), "{code}");
        assert!(groups.iter().all(|group| group.len() == 4 && group.chars().all(|c| c.is_ascii_hexdigit())));
    }
    let older = "INSERT INTO recovery_codes (account_id, code_hash)
        SELECT id, sha256('ab0102030405060708ff') FROM accounts";
    service.superuser().await.batch_execute(older).await.unwrap();
    assert_eq!(guarded.log_in(&service, "ab010-20304-05060-708ff").await.0, StatusCode::OK);
}

#[actix_web::test]
async fn a_program_of_old_switches_it_off_with_the_field_code() {
    let service = Service::start().await;
    let guarded = Guarded::register(&service).await;
    let body = json!({"password": PASSWORD, "code": guarded.code()});
    let sent = guarded.organiser.client.json(Method::DELETE, "/api/v1/account/totp", Some(&body));
    assert_eq!(sent.await.unwrap().0, StatusCode::NO_CONTENT);
}

#[actix_web::test]
async fn a_recovery_code_switches_it_off_too() {
    let service = Service::start().await;
    let guarded = Guarded::register(&service).await;
    assert_eq!(guarded.switch_off(PASSWORD, &guarded.recovery[9]).await.0, StatusCode::NO_CONTENT);
    assert_eq!(enabled(&guarded.organiser).await, json!(false));
}

#[actix_web::test]
async fn a_new_password_by_mail_does_not_get_around_it() {
    let service = Service::start().await;
    let guarded = Guarded::register(&service).await;
    let email = &guarded.organiser.email;
    service.anonymous().post("/api/v1/auth/password/forgot", &json!({"email": email})).await.unwrap();
    let link = mail(&service, email, "Choose a new password").await.link().unwrap();
    let password = "seventeen-Purple-otters-juggle-42";
    let body = json!({"token": link.split_once('#').unwrap().1, "password": password});
    let (status, _) = service.anonymous().post("/api/v1/auth/password/reset", &body).await.unwrap();
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(!signs_in(&service, email, password).await);
}

#[actix_web::test]
async fn the_database_holds_neither_secret_nor_recovery_codes() {
    let service = Service::start().await;
    let guarded = Guarded::register(&service).await;
    let dump = "SELECT (SELECT string_agg(f::text, ' ') FROM second_factors f) || (SELECT string_agg(r::text, ' ') FROM recovery_codes r)";
    let dump: String = service.superuser().await.query_one(dump, &[]).await.unwrap().get(0);
    assert!(!dump.contains(&hex::encode(guarded.app.secret().as_bytes())));
    assert!(guarded.recovery.iter().all(|code| !dump.contains(&hex::encode(code)) && !dump.contains(code)));
}

#[actix_web::test]
async fn after_a_rotation_of_the_master_key_codes_are_known_under_the_new_one_alone() {
    let service = Service::start().await;
    let guarded = Guarded::register(&service).await;
    let mut client = service.running().database().client().await.unwrap();
    let new = Key::from_bytes([77; 32]);
    let both = Keyring::new(new.clone(), Some(master_key()));
    assert_eq!(second_factors::reseal(&mut client, &both).await.unwrap(), 1);
    let email = Email::parse(&guarded.organiser.email).unwrap();
    let asked = accounts::by_address(&client, &email).await.unwrap().unwrap().second_factor.unwrap();
    let judge = |key: Key| asked.judge(&Keyring::new(key, None), &guarded.code(), now());
    assert!(judge(new).unwrap().is_some());
    assert!(judge(master_key()).is_err());
}

#[actix_web::test]
async fn the_page_takes_the_code_in_a_field_of_its_own() {
    let service = Service::start().await;
    let guarded = Guarded::register(&service).await;
    let send = |code: String| {
        let client = service.anonymous();
        let fields =
            [("email", guarded.organiser.email.clone()), ("password", PASSWORD.to_owned()), ("totp", code)];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post("/login").header("origin", ORIGIN);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(whole(body));
        async move { client.send(request.unwrap()).await.unwrap() }
    };
    let refused = send(String::new()).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.headers().get("set-cookie").is_none());
    let html = String::from_utf8(refused.body().to_vec()).unwrap();
    let field = html.split("name=\"totp\"").nth(1).unwrap().split('>').next().unwrap();
    for attribute in ["inputmode=\"numeric\"", "autocomplete=\"one-time-code\""] {
        assert!(field.contains(attribute), "{field}");
    }
    assert!(!field.contains("required"), "{field}");
    let signed_in = send(guarded.code()).await;
    assert_eq!(signed_in.status(), StatusCode::SEE_OTHER);
    assert!(signed_in.headers().contains_key("set-cookie"));
}
