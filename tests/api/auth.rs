//! Registering, signing in and out.

use std::time::Duration;

use hyper::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uvote_loadtest::client::Client;

use crate::support::people::PASSWORD;
use crate::support::service::ORIGIN;
use crate::support::{Organiser, Service};

const OTHER_PASSWORD: &str = "seventeen-Purple-otters-juggle-42";

async fn post(service: &Service, call: &str, body: Value) -> (StatusCode, Value) {
    service.anonymous().post(&format!("/api/v1/auth/{call}"), &body).await.unwrap()
}

async fn register(service: &Service, email: &str, password: &str) -> (StatusCode, Value) {
    post(service, "register", json!({"email": email, "password": password})).await
}

async fn log_in(service: &Service, email: &str, password: &str) -> (StatusCode, Value) {
    post(service, "login", json!({"email": email, "password": password})).await
}

/// The token of the verification link that came last.
async fn mailed_token(service: &Service, email: &str) -> String {
    let link = service.sink.mail_to(email).await.unwrap().link().unwrap();
    link.strip_prefix(&format!("{ORIGIN}/verify-email#")).unwrap().to_owned()
}

async fn verify_email(service: &Service, token: &str) -> StatusCode {
    post(service, "verify-email", json!({"token": token})).await.0
}

fn refused(answer: &(StatusCode, Value), status: StatusCode, code: &str) {
    assert_eq!((answer.0, answer.1["code"].as_str()), (status, Some(code)), "{}", answer.1);
}

/// A problem without the one member that differs from request to request.
fn without_request_id((status, mut body): (StatusCode, Value)) -> (StatusCode, Value) {
    assert!(body.as_object_mut().unwrap().remove("request_id").is_some());
    (status, body)
}

#[actix_web::test]
async fn registering_answers_the_same_whether_or_not_the_address_is_known() {
    let service = Service::start().await;
    let unknown = register(&service, "ada@example.org", PASSWORD).await;
    assert_eq!(unknown.0, StatusCode::ACCEPTED);
    let token = mailed_token(&service, "ada@example.org").await;
    assert_eq!(verify_email(&service, &token).await, StatusCode::NO_CONTENT);
    let known = register(&service, "Ada@Example.org", OTHER_PASSWORD).await;
    assert_eq!(known, unknown);
    let mail = service.sink.mail_to("ada@example.org").await.unwrap();
    assert_eq!(mail.subject().unwrap(), "You already have an account");
    assert_eq!(log_in(&service, "ada@example.org", PASSWORD).await.0, StatusCode::OK);
    let taken_over = log_in(&service, "ada@example.org", OTHER_PASSWORD).await;
    refused(&taken_over, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
}

#[actix_web::test]
async fn registering_again_before_confirming_replaces_password_and_link() {
    let service = Service::start().await;
    register(&service, "ada@example.org", PASSWORD).await;
    let first = mailed_token(&service, "ada@example.org").await;
    register(&service, "ada@example.org", OTHER_PASSWORD).await;
    let second = mailed_token(&service, "ada@example.org").await;
    assert_ne!(first, second);
    assert_eq!(verify_email(&service, &first).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(verify_email(&service, &second).await, StatusCode::NO_CONTENT);
    assert_eq!(log_in(&service, "ada@example.org", PASSWORD).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&service, "ada@example.org", OTHER_PASSWORD).await.0, StatusCode::OK);
}

#[actix_web::test]
async fn a_weak_password_is_refused_with_the_reason() {
    let service = Service::start().await;
    let long = "x7!Qz".repeat(60);
    let weak = [
        ("", "too short"),
        ("qZ7!mW4", "too short"),
        ("83519462707", "too short"),
        ("Password123!", "easy to guess"),
        ("aaaaaaaaaaaaaaaaaaaa", "easy to guess"),
        (long.as_str(), "longer than 256"),
    ];
    for (password, reason) in weak {
        let answer = register(&service, "ada@example.org", password).await;
        refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "INVALID");
        let error = &answer.1["errors"][0];
        assert_eq!(error["field"], "password", "{error}");
        assert!(error["message"].as_str().unwrap().contains(reason), "{password}: {error}");
    }
    let own = register(&service, "wolkenbruchsee@example.org", "wolkenbruchsee7").await;
    refused(&own, StatusCode::UNPROCESSABLE_ENTITY, "INVALID");
    assert_eq!(service.sink.count(), 0);
}

#[actix_web::test]
async fn a_registration_that_can_not_be_read_names_its_fields() {
    let service = Service::start().await;
    let answer =
        post(&service, "register", json!({"email": "nowhere", "password": "x", "name": "a\u{0}b"})).await;
    refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "INVALID");
    let fields: Vec<_> = answer.1["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["name", "email", "password"]);
    let body = json!({"email": "ada@example.org", "password": PASSWORD, "admin": true});
    refused(&post(&service, "register", body).await, StatusCode::UNPROCESSABLE_ENTITY, "INVALID");
}

#[actix_web::test]
async fn nobody_signs_in_before_confirming_the_address() {
    let service = Service::start().await;
    register(&service, "ada@example.org", PASSWORD).await;
    let early = log_in(&service, "ada@example.org", PASSWORD).await;
    refused(&early, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    let token = mailed_token(&service, "ada@example.org").await;
    assert_eq!(verify_email(&service, &token).await, StatusCode::NO_CONTENT);
    assert_eq!(log_in(&service, "ada@example.org", PASSWORD).await.0, StatusCode::OK);
}

#[actix_web::test]
async fn a_verification_link_works_once_and_not_after_its_time() {
    let service = Service::start().await;
    register(&service, "ada@example.org", PASSWORD).await;
    let token = mailed_token(&service, "ada@example.org").await;
    assert_eq!(verify_email(&service, &token).await, StatusCode::NO_CONTENT);
    assert_eq!(verify_email(&service, &token).await, StatusCode::UNPROCESSABLE_ENTITY);
    register(&service, "ben@example.org", PASSWORD).await;
    let token = mailed_token(&service, "ben@example.org").await;
    let late = "UPDATE account_tokens SET expires_at = clock_timestamp() - interval '1 second'";
    service.superuser().await.batch_execute(late).await.unwrap();
    assert_eq!(verify_email(&service, &token).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(verify_email(&service, "nonsense").await, StatusCode::UNPROCESSABLE_ENTITY);
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_address_are_told_alike() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let wrong = log_in(&service, &organiser.email, OTHER_PASSWORD).await;
    refused(&wrong, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    let unknown = log_in(&service, "nobody@example.org", PASSWORD).await;
    let wrong = without_request_id(wrong);
    assert_eq!(without_request_id(unknown), wrong);
    assert_eq!(without_request_id(log_in(&service, "no address", PASSWORD).await), wrong);
}

#[actix_web::test]
async fn five_failures_lock_the_account_and_the_answer_does_not_tell() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut told = Vec::new();
    for _ in 0..5 {
        told.push(without_request_id(log_in(&service, &organiser.email, OTHER_PASSWORD).await));
    }
    let right = without_request_id(log_in(&service, &organiser.email, PASSWORD).await);
    assert_eq!(right.0, StatusCode::UNAUTHORIZED);
    assert!(told.iter().all(|answer| *answer == right));
    assert_eq!(organiser.get("/api/v1/auth/verify").await.0, StatusCode::OK, "whoever is signed in stays so");
    let superuser = service.superuser().await;
    let minutes = superuser
        .query_one("SELECT round(extract(epoch FROM locked_until - clock_timestamp()) / 60)::int4 FROM accounts WHERE email = $1", &[&organiser.email])
        .await
        .unwrap();
    assert_eq!(minutes.get::<_, i32>(0), 15);
    let over = "UPDATE accounts SET locked_until = clock_timestamp() - interval '1 second'";
    superuser.batch_execute(over).await.unwrap();
    assert_eq!(log_in(&service, &organiser.email, PASSWORD).await.0, StatusCode::OK);
}

#[actix_web::test]
async fn a_success_starts_the_count_of_failures_again() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    for _ in 0..2 {
        for _ in 0..4 {
            let wrong = log_in(&service, &organiser.email, OTHER_PASSWORD).await;
            assert_eq!(wrong.0, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(log_in(&service, &organiser.email, PASSWORD).await.0, StatusCode::OK);
    }
}

#[actix_web::test]
async fn a_lock_that_falls_while_a_password_is_compared_still_holds() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let superuser = service.superuser().await;
    let mut holder = service.superuser().await;
    let guess = holder.transaction().await.unwrap();
    let lock = "UPDATE accounts SET locked_until = clock_timestamp() + interval '15 minutes'";
    guess.batch_execute(lock).await.unwrap();
    // The sign-in reads the account as it was, finds the password right, and waits for the row.
    let falls = async {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let blocked = async {
            while superuser.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), blocked).await.expect("nobody waits for the row");
        guess.commit().await.unwrap();
    };
    let (answer, ()) = futures_util::join!(log_in(&service, &organiser.email, PASSWORD), falls);
    refused(&answer, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
}

#[actix_web::test]
async fn an_address_signs_in_in_any_case_of_letters() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (status, tokens) = log_in(&service, &organiser.email.to_uppercase(), PASSWORD).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(900)));
}

#[actix_web::test]
async fn verify_says_who_is_signed_in() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (status, who) = organiser.get("/api/v1/auth/verify").await;
    assert_eq!((status, &who["email"]), (StatusCode::OK, &json!(organiser.email)));
    assert!(who["account_id"].as_str().unwrap().parse::<uuid::Uuid>().is_ok());
    let expires_at = who["expires_at"].as_str().unwrap();
    let format = time::format_description::well_known::Rfc3339;
    let left = OffsetDateTime::parse(expires_at, &format).unwrap() - OffsetDateTime::now_utc();
    assert!((0..=900).contains(&left.whole_seconds()), "{left}");
}

async fn refresh(service: &Service, token: &str) -> (StatusCode, Value) {
    post(service, "refresh", json!({"refresh_token": token})).await
}

fn signed_in(service: &Service, tokens: &Value) -> Client {
    service.anonymous().signed_in(tokens["access_token"].as_str().unwrap()).unwrap()
}

#[actix_web::test]
async fn a_refresh_token_is_good_once_and_a_second_use_ends_the_session() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let other = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    let (status, tokens) = refresh(&service, &organiser.refresh_token).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    assert_ne!(tokens["refresh_token"], json!(organiser.refresh_token));
    let carried = signed_in(&service, &tokens);
    assert_eq!(carried.get("/api/v1/auth/verify").await.unwrap().0, StatusCode::OK);

    let reused = refresh(&service, &organiser.refresh_token).await;
    refused(&reused, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    let ended = carried.get("/api/v1/auth/verify").await.unwrap();
    refused(&ended, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    let next = refresh(&service, tokens["refresh_token"].as_str().unwrap()).await;
    refused(&next, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    assert_eq!(other.get("/api/v1/auth/verify").await.0, StatusCode::OK, "another session goes on");
}

#[actix_web::test]
async fn of_two_refreshes_at_once_at_most_one_succeeds() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (a, b) = futures_util::join!(
        refresh(&service, &organiser.refresh_token),
        refresh(&service, &organiser.refresh_token)
    );
    let successes = [&a, &b].iter().filter(|answer| answer.0 == StatusCode::OK).count();
    assert_eq!(successes, 1, "{a:?} {b:?}");
    assert_eq!(organiser.get("/api/v1/auth/verify").await.0, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn an_unknown_refresh_token_is_refused() {
    let service = Service::start().await;
    refused(&refresh(&service, "nonsense").await, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
}

#[actix_web::test]
async fn logging_out_ends_this_session_at_once_and_no_other() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let other = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    let (status, _) = organiser.post("/api/v1/auth/logout", &json!({})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    refused(&organiser.get("/api/v1/auth/verify").await, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    assert_eq!(refresh(&service, &organiser.refresh_token).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(other.get("/api/v1/auth/verify").await.0, StatusCode::OK);
}

#[actix_web::test]
async fn logging_out_everywhere_ends_every_session() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let stranger = Organiser::register(&service).await;
    let other = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    let (status, _) = organiser.post("/api/v1/auth/logout-all", &json!({})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    for ended in [&organiser, &other] {
        assert_eq!(ended.get("/api/v1/auth/verify").await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(refresh(&service, &ended.refresh_token).await.0, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(stranger.get("/api/v1/auth/verify").await.0, StatusCode::OK);
}
