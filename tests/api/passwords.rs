//! Forgotten passwords: who is mailed a link, and what the link is good for.

use std::collections::BTreeMap;
use std::time::Duration;

use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use tokio_postgres::Client as Postgres;
use uvote_loadtest::client::whole;
use uvote_loadtest::sink::Fault;

use crate::support::live::Live;
use crate::support::people::PASSWORD;
use crate::support::service::ORIGIN;
use crate::support::{Organiser, Service};

const NEW_PASSWORD: &str = "seventeen-Purple-otters-juggle-42";
const ADA: &str = "ada@example.org";

async fn post(service: &Service, call: &str, body: Value) -> (StatusCode, Value) {
    service.anonymous().post(&format!("/api/v1/auth/{call}"), &body).await.unwrap()
}

async fn forget(service: &Service, email: &str) {
    let (status, answer) = post(service, "password/forgot", json!({"email": email})).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
}

/// The token of the link to a new password that came last.
async fn mailed_token(service: &Service, email: &str) -> String {
    let mail = service.sink.mail_where(|mail| mail.is_to(email) && is_reset(mail.subject())).await.unwrap();
    mail.link().unwrap().strip_prefix(&format!("{ORIGIN}/reset-password#")).unwrap().to_owned()
}

fn is_reset(subject: Option<String>) -> bool {
    subject.as_deref() == Some("Choose a new password")
}

async fn reset(service: &Service, token: &str, password: &str) -> (StatusCode, Value) {
    post(service, "password/reset", json!({"token": token, "password": password})).await
}

async fn log_in(service: &Service, email: &str, password: &str) -> StatusCode {
    post(service, "login", json!({"email": email, "password": password})).await.0
}

async fn register(service: &Service, email: &str) {
    let answer = post(service, "register", json!({"email": email, "password": PASSWORD})).await;
    assert_eq!(answer.0, StatusCode::ACCEPTED, "{}", answer.1);
    service.sink.mail_to(email).await.unwrap();
}

fn refused(answer: &(StatusCode, Value), field: &str) {
    assert_eq!(answer.0, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.1);
    assert_eq!(answer.1["errors"][0]["field"], field, "{}", answer.1);
}

/// Status, headers and body of an answer, without what differs from request to request.
async fn told(service: &Service, email: &str) -> (StatusCode, BTreeMap<String, String>, String) {
    let body = json!({"email": email}).to_string();
    let request = Request::post("/api/v1/auth/password/forgot").header("content-type", "application/json");
    let answer = service.anonymous().send(request.body(whole(body)).unwrap()).await.unwrap();
    let of_this_request = ["date", "x-request-id"];
    let headers = answer.headers().iter().filter(|(name, _)| !of_this_request.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let headers = headers.collect();
    (answer.status(), headers, String::from_utf8(answer.body().to_vec()).unwrap())
}

#[actix_web::test]
async fn the_link_of_the_mail_sets_a_new_password() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    forget(&service, &organiser.email.to_uppercase()).await;
    assert_eq!(log_in(&service, &organiser.email, PASSWORD).await, StatusCode::OK, "until then, as before");
    let token = mailed_token(&service, &organiser.email).await;
    let answer = reset(&service, &token, NEW_PASSWORD).await;
    assert_eq!(answer, (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(log_in(&service, &organiser.email, PASSWORD).await, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&service, &organiser.email, NEW_PASSWORD).await, StatusCode::OK);
}

#[actix_web::test]
async fn asking_is_answered_the_same_whether_the_address_is_known_confirmed_or_none() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    register(&service, ADA).await;
    let known = told(&service, &organiser.email).await;
    assert_eq!(known.0, StatusCode::ACCEPTED, "{}", known.2);
    mailed_token(&service, &organiser.email).await;
    for email in [ADA, "nobody@example.org", "no address", ""] {
        assert_eq!(told(&service, email).await, known, "{email}");
    }
    mailed_token(&service, ADA).await;
    assert_eq!(service.sink.count(), 4, "two to confirm an address, and two to reset a password");
}

#[actix_web::test]
async fn a_link_to_a_new_password_confirms_the_address_too() {
    let service = Service::start().await;
    register(&service, ADA).await;
    forget(&service, ADA).await;
    let token = mailed_token(&service, ADA).await;
    assert_eq!(reset(&service, &token, NEW_PASSWORD).await.0, StatusCode::NO_CONTENT);
    assert_eq!(log_in(&service, ADA, PASSWORD).await, StatusCode::UNAUTHORIZED, "whoever has chosen it");
    assert_eq!(log_in(&service, ADA, NEW_PASSWORD).await, StatusCode::OK);
}

#[actix_web::test]
async fn a_link_works_once() {
    let service = Service::start().await;
    register(&service, ADA).await;
    forget(&service, ADA).await;
    let token = mailed_token(&service, ADA).await;
    let (a, b) =
        futures_util::join!(reset(&service, &token, NEW_PASSWORD), reset(&service, &token, NEW_PASSWORD));
    let successes = [&a, &b].iter().filter(|answer| answer.0 == StatusCode::NO_CONTENT).count();
    assert_eq!(successes, 1, "{a:?} {b:?}");
    refused(&reset(&service, &token, PASSWORD).await, "token");
    assert_eq!(log_in(&service, ADA, NEW_PASSWORD).await, StatusCode::OK);
}

#[actix_web::test]
async fn a_link_works_for_an_hour() {
    let service = Service::start().await;
    register(&service, ADA).await;
    forget(&service, ADA).await;
    let token = mailed_token(&service, ADA).await;
    let superuser = service.superuser().await;
    let left = "SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 FROM account_tokens WHERE purpose = 'reset_password'";
    let left: f64 = superuser.query_one(left, &[]).await.unwrap().get(0);
    assert!((3_500.0..=3_600.0).contains(&left), "{left}");
    let late = "UPDATE account_tokens SET expires_at = clock_timestamp() - interval '1 second'";
    superuser.batch_execute(late).await.unwrap();
    refused(&reset(&service, &token, NEW_PASSWORD).await, "token");
    assert_eq!(log_in(&service, ADA, NEW_PASSWORD).await, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn asking_again_makes_the_older_link_useless_and_touches_nobody_elses() {
    let service = Service::start().await;
    for email in [ADA, "ben@example.org"] {
        register(&service, email).await;
    }
    forget(&service, "ben@example.org").await;
    let of_another = mailed_token(&service, "ben@example.org").await;
    forget(&service, ADA).await;
    let older = mailed_token(&service, ADA).await;
    forget(&service, ADA).await;
    let newer = mailed_token(&service, ADA).await;
    refused(&reset(&service, &older, NEW_PASSWORD).await, "token");
    assert_eq!(reset(&service, &newer, NEW_PASSWORD).await.0, StatusCode::NO_CONTENT);
    assert_eq!(reset(&service, &of_another, NEW_PASSWORD).await.0, StatusCode::NO_CONTENT);
}

#[actix_web::test]
async fn a_link_that_confirms_an_address_sets_no_password_and_the_other_way_round() {
    let service = Service::start().await;
    post(&service, "register", json!({"email": ADA, "password": PASSWORD})).await;
    let link = service.sink.mail_to(ADA).await.unwrap().link().unwrap();
    let confirming = link.split_once('#').unwrap().1;
    refused(&reset(&service, confirming, NEW_PASSWORD).await, "token");
    forget(&service, ADA).await;
    let resetting = mailed_token(&service, ADA).await;
    refused(&post(&service, "verify-email", json!({"token": resetting})).await, "token");
    refused(&reset(&service, "nonsense", NEW_PASSWORD).await, "token");
    assert_eq!(post(&service, "verify-email", json!({"token": confirming})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(reset(&service, &resetting, NEW_PASSWORD).await.0, StatusCode::NO_CONTENT);
}

#[actix_web::test]
async fn a_weak_password_is_refused_and_the_link_stays_good() {
    let service = Service::start().await;
    register(&service, "wolkenbruchsee@example.org").await;
    forget(&service, "wolkenbruchsee@example.org").await;
    let token = mailed_token(&service, "wolkenbruchsee@example.org").await;
    for weak in ["", "Password123!", "wolkenbruchsee7"] {
        refused(&reset(&service, &token, weak).await, "password");
    }
    assert_eq!(reset(&service, &token, NEW_PASSWORD).await.0, StatusCode::NO_CONTENT);
}

#[actix_web::test]
async fn a_new_password_ends_every_session_of_the_account_and_no_others() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let elsewhere = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    let stranger = Organiser::register(&service).await;
    let mut live = Live::signed_in(&service, &organiser).await;
    forget(&service, &organiser.email).await;
    let token = mailed_token(&service, &organiser.email).await;
    assert_eq!(organiser.get("/api/v1/auth/verify").await.0, StatusCode::OK, "asking alone ends nothing");
    assert_eq!(reset(&service, &token, NEW_PASSWORD).await.0, StatusCode::NO_CONTENT);
    for ended in [&organiser, &elsewhere] {
        assert_eq!(ended.get("/api/v1/auth/verify").await.0, StatusCode::UNAUTHORIZED);
        let body = json!({"refresh_token": ended.refresh_token});
        assert_eq!(post(&service, "refresh", body).await.0, StatusCode::UNAUTHORIZED);
    }
    let closed = tokio::time::timeout(Duration::from_secs(2), async { while live.next().await.is_some() {} });
    closed.await.expect("the socket stays open");
    assert_eq!(stranger.get("/api/v1/auth/verify").await.0, StatusCode::OK);
}

#[actix_web::test]
async fn a_new_password_lifts_the_lock_and_forgets_the_failures() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    for _ in 0..5 {
        assert_eq!(log_in(&service, &organiser.email, NEW_PASSWORD).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(log_in(&service, &organiser.email, PASSWORD).await, StatusCode::UNAUTHORIZED, "it is locked");
    let counted = "UPDATE accounts SET failed_logins = 4";
    service.superuser().await.batch_execute(counted).await.unwrap();
    forget(&service, &organiser.email).await;
    let token = mailed_token(&service, &organiser.email).await;
    assert_eq!(reset(&service, &token, NEW_PASSWORD).await.0, StatusCode::NO_CONTENT);
    assert_eq!(log_in(&service, &organiser.email, PASSWORD).await, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&service, &organiser.email, NEW_PASSWORD).await, StatusCode::OK);
}

#[actix_web::test]
async fn a_new_password_is_in_the_audit_log() {
    let service = Service::start().await;
    register(&service, ADA).await;
    forget(&service, ADA).await;
    let token = mailed_token(&service, ADA).await;
    assert_eq!(reset(&service, &token, NEW_PASSWORD).await.0, StatusCode::NO_CONTENT);
    let superuser = service.superuser().await;
    let noted = "SELECT count(*) FROM (SELECT action, subject FROM audit_outbox UNION ALL SELECT action, subject FROM audit_records) n
        JOIN accounts a ON n.subject = 'account:' || a.id WHERE n.action = 'account.password_reset'";
    assert_eq!(superuser.query_one(noted, &[]).await.unwrap().get::<_, i64>(0), 1);
}

/// Waits until a query of a number answers `expected`.
async fn until(superuser: &Postgres, sql: &str, expected: i64) {
    let wait = async {
        while superuser.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) != expected {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait).await.expect("the outbox stays as it is");
}

#[actix_web::test]
async fn a_link_that_is_useless_before_its_mail_could_be_sent_is_not_mailed() {
    let service = Service::start().await;
    register(&service, ADA).await;
    let superuser = service.superuser().await;
    service.sink.fail(|_| Some(Fault::Refuse(451, "4.7.1 Come back later".into())));
    let put_off = "SELECT count(*) FROM mail_outbox WHERE state = 'queued' AND error IS NOT NULL";
    for waiting in 1..=2 {
        forget(&service, ADA).await;
        until(&superuser, put_off, waiting).await;
    }
    service.sink.heal();
    let hurry = "UPDATE mail_outbox SET due_at = clock_timestamp() WHERE state = 'queued'";
    superuser.batch_execute(hurry).await.unwrap();
    until(&superuser, "SELECT count(*) FROM mail_outbox WHERE state IN ('queued', 'sending')", 0).await;
    let links = service.sink.mails().into_iter().filter(|mail| is_reset(mail.subject())).count();
    assert_eq!(links, 1, "the newer one");
    let token = mailed_token(&service, ADA).await;
    assert_eq!(reset(&service, &token, NEW_PASSWORD).await.0, StatusCode::NO_CONTENT);
}
