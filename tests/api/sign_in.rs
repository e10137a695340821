//! What signing in does beside opening a session: locks, upgraded hashes, and how passwords are typed.

use std::collections::BTreeMap;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;
use uvote_loadtest::client::whole;

use crate::account::{mail, noted, signs_in};
use crate::support::pages::Browser;
use crate::support::people::PASSWORD;
use crate::support::{Organiser, Service};

async fn stored_hash(service: &Service) -> String {
    service.superuser().await.query_one("SELECT password_hash FROM accounts", &[]).await.unwrap().get(0)
}

#[actix_web::test]
async fn a_lock_is_told_by_mail_alone_and_once() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    for _ in 0..8 {
        assert!(!signs_in(&service, &organiser.email, "wrong").await);
    }
    assert!(!signs_in(&service, &organiser.email, PASSWORD).await);
    let told = mail(&service, &organiser.email, "Your account is locked for 15 minutes").await;
    assert!(told.text().unwrap().contains("http://localhost/forgot-password"), "{:?}", told.text());
    let log = noted(&service, &organiser).await;
    let count = |action: &str| log.iter().filter(|noted| *noted == action).count();
    assert_eq!((count("account.locked"), count("account.sign_in_failed")), (1, 8), "{log:?}");
    assert_eq!(service.sink.count(), 2, "to confirm the address, and of the lock");
}

#[actix_web::test]
async fn the_mail_about_a_lock_is_in_the_language_of_the_account() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    service.superuser().await.batch_execute("UPDATE accounts SET language = 'de'").await.unwrap();
    for _ in 0..5 {
        assert!(!signs_in(&service, &organiser.email, "wrong").await);
    }
    mail(&service, &organiser.email, "Ihr Konto ist für 15 Minuten gesperrt").await;
}

#[actix_web::test]
async fn a_hash_of_old_is_replaced_at_the_next_sign_in_and_only_then() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let today = stored_hash(&service).await;
    assert!(today.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{today}");
    assert!(signs_in(&service, &organiser.email, PASSWORD).await);
    assert_eq!(stored_hash(&service).await, today, "it is as it should be");
    let cheap = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8 * 1024, 1, 1, None).unwrap());
    let old = cheap.hash_password(PASSWORD.as_bytes()).unwrap().to_string();
    let sql = "UPDATE accounts SET password_hash = $1";
    service.superuser().await.execute(sql, &[&old]).await.unwrap();
    assert!(!signs_in(&service, &organiser.email, "wrong").await);
    assert_eq!(stored_hash(&service).await, old, "a wrong password replaces nothing");
    assert!(signs_in(&service, &organiser.email, PASSWORD).await);
    let upgraded = stored_hash(&service).await;
    assert!(upgraded.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && upgraded != today, "{upgraded}");
    assert!(signs_in(&service, &organiser.email, PASSWORD).await);
}

#[actix_web::test]
async fn a_password_fits_on_whatever_keyboard_it_is_typed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let composed = "sch\u{f6}ne gr\u{fc}ne \u{e4}pfel am see";
    let decomposed = "scho\u{308}ne gru\u{308}ne a\u{308}pfel am see";
    let body = json!({"current_password": PASSWORD, "new_password": decomposed});
    let (status, answer) = organiser.post("/api/v1/account/password", &body).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
    assert!(signs_in(&service, &organiser.email, composed).await);
    assert!(signs_in(&service, &organiser.email, decomposed).await);
    assert!(!signs_in(&service, &organiser.email, "schone grune apfel am see").await);
}

/// Status, headers and body of an answer, without what differs from request to request.
async fn told(service: &Service, call: &str, body: Value) -> (StatusCode, BTreeMap<String, String>, Value) {
    let request = Request::post(format!("/api/v1/auth/{call}")).header("content-type", "application/json");
    let answer = service.anonymous().send(request.body(whole(body.to_string())).unwrap()).await.unwrap();
    let of_this_request = ["date", "x-request-id"];
    let headers = answer.headers().iter().filter(|(name, _)| !of_this_request.contains(&name.as_str()));
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let mut said: Value = serde_json::from_slice(answer.body()).unwrap();
    said.as_object_mut().unwrap().remove("request_id");
    (answer.status(), headers, said)
}

#[actix_web::test]
async fn signing_in_on_the_page_leads_on_to_our_own_pages_alone() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let foreign = [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "/\0",
        "",
    ];
    let signed_in = Browser::sign_in(&service, &organiser.email).await;
    for (next, leads) in
        foreign.map(|next| (next, "/dashboard")).into_iter().chain([("/account?x=1", "/account?x=1")])
    {
        let fields = [("email", organiser.email.as_str()), ("password", PASSWORD), ("next", next)];
        assert_eq!(browser.submit("/login", &fields).await.leads_to(), leads, "{next:?}");
        let query: String =
            form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        assert_eq!(signed_in.get(&format!("/login?{query}")).await.leads_to(), leads, "{next:?}");
    }
}

#[actix_web::test]
async fn no_answer_tells_whether_an_address_is_known() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let unconfirmed = "unconfirmed-12@example.org";
    told(&service, "register", json!({"email": unconfirmed, "password": PASSWORD})).await;
    for call in ["login", "password/forgot", "register"] {
        let ask = |email: &str| {
            let body = match call {
                "login" => json!({"email": email, "password": "wrong"}),
                "register" => json!({"email": email, "password": PASSWORD}),
                _ => json!({"email": email}),
            };
            told(&service, call, body)
        };
        let unknown = ask("nobody@example.org").await;
        for known in [organiser.email.as_str(), unconfirmed] {
            assert_eq!(ask(known).await, unknown, "{call} {known}");
        }
    }
}
