//! One's sessions, listed and ended.

use std::time::Duration;

use hyper::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::account::{noted, refused};
use crate::support::live::Live;
use crate::support::pages::Browser;
use crate::support::people::PASSWORD;
use crate::support::{Organiser, Service};

async fn sessions(organiser: &Organiser) -> Vec<Value> {
    let (status, list) = organiser.get("/api/v1/account/sessions").await;
    assert_eq!(status, StatusCode::OK, "{list}");
    list["items"].as_array().unwrap().clone()
}

async fn end(organiser: &Organiser, session: &Value) -> (StatusCode, Value) {
    organiser.delete(&format!("/api/v1/account/sessions/{}", session["id"].as_str().unwrap())).await
}

#[actix_web::test]
async fn sessions_are_listed_newest_first_and_say_which_one_asks() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    Browser::sign_in(&service, &organiser.email).await;
    let newest = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    Organiser::register(&service).await;
    let listed = sessions(&newest).await;
    let kinds: Vec<_> = listed.iter().map(|session| session["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["program", "browser", "program"]);
    let current: Vec<_> = listed.iter().map(|session| session["current"] == json!(true)).collect();
    assert_eq!(current, [true, false, false]);
    assert!(listed[0]["expires_at"].as_str() > listed[0]["created_at"].as_str());
    let (_, page) = newest.get("/api/v1/account/sessions?limit=2").await;
    assert_eq!(page["items"].as_array().unwrap(), &listed[..2]);
    let rest = format!("/api/v1/account/sessions?limit=2&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(newest.get(&rest).await.1, json!({"items": [listed[2]], "next_cursor": null}));
}

#[actix_web::test]
async fn an_ended_session_is_over_at_once_and_its_sockets_close() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let other = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    let mut live = Live::signed_in(&service, &other).await;
    let listed = sessions(&organiser).await;
    let ended = listed.iter().find(|session| session["current"] == json!(false)).unwrap();
    assert_eq!(end(&organiser, ended).await, (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(other.get("/api/v1/account").await.0, StatusCode::UNAUTHORIZED);
    let closed = tokio::time::timeout(Duration::from_secs(2), async { while live.next().await.is_some() {} });
    closed.await.expect("the socket stays open");
    assert_eq!(sessions(&organiser).await.len(), 1);
    refused(&end(&organiser, ended).await, StatusCode::NOT_FOUND, "NOT_FOUND");
    assert_eq!(noted(&service, &organiser).await.last().unwrap(), "account.session_ended");
}

#[actix_web::test]
async fn nobody_ends_the_session_of_another() {
    let service = Service::start().await;
    let (organiser, stranger) = (Organiser::register(&service).await, Organiser::register(&service).await);
    let theirs = sessions(&organiser).await;
    refused(&end(&stranger, &theirs[0]).await, StatusCode::NOT_FOUND, "NOT_FOUND");
    refused(&end(&stranger, &json!({"id": "nonsense"})).await, StatusCode::NOT_FOUND, "NOT_FOUND");
    assert_eq!(organiser.get("/api/v1/account").await.0, StatusCode::OK);
    assert!(!noted(&service, &stranger).await.contains(&"account.session_ended".to_owned()));
}

#[actix_web::test]
async fn a_session_that_has_expired_is_not_listed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let before = "UPDATE sessions SET expires_at = clock_timestamp() - interval '1 second'";
    service.superuser().await.batch_execute(before).await.unwrap();
    let organiser = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    assert_eq!(sessions(&organiser).await.len(), 1);
}

#[actix_web::test]
async fn a_session_ends_thirty_days_after_its_sign_in_however_often_it_is_refreshed() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let before = sessions(&organiser).await;
    let moment = |name: &str| OffsetDateTime::parse(before[0][name].as_str().unwrap(), &Rfc3339).unwrap();
    let minutes = (moment("expires_at") - moment("created_at")).whole_seconds().div_euclid(60);
    assert!([30 * 24 * 60, 30 * 24 * 60 - 1].contains(&minutes), "{minutes}");
    let refresh = |token: &str| {
        let (client, body) = (service.anonymous(), json!({"refresh_token": token}));
        async move { client.post("/api/v1/auth/refresh", &body).await.unwrap() }
    };
    let (status, tokens) = refresh(&organiser.refresh_token).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    assert_eq!(sessions(&organiser).await, before);
    let over = "UPDATE sessions SET expires_at = clock_timestamp()";
    service.superuser().await.batch_execute(over).await.unwrap();
    let late = refresh(tokens["refresh_token"].as_str().unwrap()).await;
    refused(&late, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    assert_eq!(organiser.get("/api/v1/account").await.0, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn signing_in_again_ends_the_session_that_the_same_browser_had() {
    let service = Service::start().await;
    let (organiser, other) = (Organiser::register(&service).await, Organiser::register(&service).await);
    let browser = Browser::sign_in(&service, &organiser.email).await;
    let elsewhere = Browser::sign_in(&service, &organiser.email).await;
    let signs_in = |password: &'static str| {
        let (browser, email) = (&browser, other.email.as_str());
        async move { browser.submit("/login", &[("email", email), ("password", password)]).await }
    };
    assert_eq!(signs_in("wrong").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(browser.get("/account").await.status, StatusCode::OK, "a failure ends nothing");
    assert_eq!(signs_in(PASSWORD).await.leads_to(), "/dashboard");
    assert_eq!(browser.get("/account").await.leads_to(), "/login?next=%2Faccount", "by the older cookie");
    assert_eq!(elsewhere.get("/account").await.status, StatusCode::OK);
    assert_eq!(organiser.get("/api/v1/account").await.0, StatusCode::OK);
    assert_eq!(noted(&service, &organiser).await.last().unwrap(), "account.session_ended");
}
