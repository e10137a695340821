//! Rate limits as callers meet them, in the interface and on the pages alike.

use hyper::{Request, Response, StatusCode};
use serde_json::{Value, json};
use uvote::config::Quotas;
use uvote_loadtest::client::{Client, whole};

use crate::problem::refused;
use crate::support::people::{self, PASSWORD, nonce};
use crate::support::redis::Redis;
use crate::support::service::ORIGIN;
use crate::support::{Organiser, Service};

const LOGIN: &str = "/api/v1/auth/login";

fn wrong(email: &str) -> Value {
    json!({"email": email, "password": "not the password"})
}

async fn post(client: &Client, path: &str, body: &Value) -> Response<bytes::Bytes> {
    let request = Request::post(path).header("content-type", "application/json");
    client.send(request.body(whole(body.to_string())).unwrap()).await.unwrap()
}

async fn submit(client: &Client, path: &str, form: &str) -> StatusCode {
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    let request = request.header("origin", ORIGIN).header("accept", "text/html");
    client.send(request.body(whole(form.to_owned())).unwrap()).await.unwrap().status()
}

/// Expects so many answers of another status, and then 429.
async fn only(times: usize, client: &Client, path: &str, body: &Value) {
    for time in 1..=times {
        let (status, answer) = client.post(path, body).await.unwrap();
        assert_ne!(status, StatusCode::TOO_MANY_REQUESTS, "{time} of {times} to {path}: {answer}");
    }
    refused(&client.post(path, body).await.unwrap(), 429, "RATE_LIMITED");
}

#[actix_web::test]
async fn sign_ins_are_limited_by_account_known_or_not_and_say_when_to_come_back() {
    let service = Service::limited().await;
    let organiser = Organiser::register(&service).await;
    let client = service.anonymous();
    // The organiser has signed in once.
    only(4, &client, LOGIN, &wrong(&organiser.email)).await;
    only(5, &client, LOGIN, &wrong("nobody@example.org")).await;
    let answer = post(&client, LOGIN, &wrong("NOBODY@example.org ")).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&seconds), "{seconds}");
}

#[actix_web::test]
async fn sign_ins_are_limited_by_client_address_whatever_the_account() {
    let service = Service::limited().await;
    let client = service.anonymous();
    for number in 0..30 {
        let answer = client.post(LOGIN, &wrong(&format!("a{number}@example.org"))).await.unwrap();
        refused(&answer, 401, "INVALID_CREDENTIALS");
    }
    refused(&client.post(LOGIN, &wrong("another@example.org")).await.unwrap(), 429, "RATE_LIMITED");
}

#[actix_web::test]
async fn a_sign_in_on_the_page_counts_as_one_in_the_interface() {
    let service = Service::limited().await;
    let client = service.anonymous();
    for _ in 0..3 {
        let status = submit(&client, "/login", "email=page%40example.org&password=wrong").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    only(2, &client, LOGIN, &wrong("page@example.org")).await;
    let status = submit(&client, "/login", "email=page%40example.org&password=wrong").await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
}

#[actix_web::test]
async fn accounts_and_passwords_are_asked_for_three_times_an_hour() {
    let service = Service::limited().await;
    let client = service.anonymous();
    let registration =
        |number: usize| json!({"email": format!("new{number}@example.org"), "password": PASSWORD});
    let weak = json!({"email": "new@example.org", "password": "password"});
    for number in 1..=3 {
        // What was refused for its fields can be mended and sent again.
        refused(&client.post("/api/v1/auth/register", &weak).await.unwrap(), 422, "INVALID");
        let (status, _) = client.post("/api/v1/auth/register", &registration(number)).await.unwrap();
        assert_eq!(status, StatusCode::ACCEPTED);
    }
    refused(&client.post("/api/v1/auth/register", &registration(4)).await.unwrap(), 429, "RATE_LIMITED");
    only(3, &client, "/api/v1/auth/password/forgot", &json!({"email": "new1@example.org"})).await;
    let status = submit(&client, "/forgot-password", "email=new2%40example.org").await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
}

#[actix_web::test]
async fn refreshing_is_limited_by_client_address() {
    let service = Service::limited().await;
    let body = json!({"refresh_token": "none"});
    only(30, &service.anonymous(), "/api/v1/auth/refresh", &body).await;
}

#[actix_web::test]
async fn unknown_codes_are_limited_and_known_ones_from_the_same_address_never() {
    let service = Service::limited().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 3).await;
    let client = service.anonymous();
    let guess = json!({"token": "A".repeat(43)});
    let vote = json!({"token": "B".repeat(43), "nonce": nonce(), "choices": election.choose(Some(0))});
    for _ in 0..15 {
        refused(&client.post(&election.path("/ballot"), &guess).await.unwrap(), 404, "TOKEN_UNKNOWN");
        refused(&client.post(&election.path("/votes"), &vote).await.unwrap(), 404, "TOKEN_UNKNOWN");
    }
    refused(&client.post(&election.path("/ballot"), &guess).await.unwrap(), 429, "RATE_LIMITED");
    refused(&client.post(&election.path("/votes"), &vote).await.unwrap(), 429, "RATE_LIMITED");
    let unreadable = json!({"token": "?", "nonce": nonce(), "choices": {}});
    refused(&client.post(&election.path("/votes"), &unreadable).await.unwrap(), 429, "RATE_LIMITED");
    let page = submit(&client, &format!("/vote/{}", election.id), "token=unknown").await;
    assert_eq!(page, StatusCode::TOO_MANY_REQUESTS);
    for voter in &voters {
        let (status, _) =
            client.post(&election.path("/ballot"), &json!({"token": voter.code})).await.unwrap();
        assert_eq!(status, StatusCode::OK);
        let body = voter.body(&election.choose(Some(0)));
        assert_eq!(voter.send(&body).await.0, StatusCode::CREATED);
        assert_eq!(voter.send(&body).await.0, StatusCode::OK);
        refused(&voter.send(&voter.body(&election.choose(None))).await, 409, "ALREADY_VOTED");
    }
}

#[actix_web::test]
async fn a_school_votes_from_one_address() {
    let service = Service::limited().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 100).await;
    for voter in voters {
        voter.cast(&election.choose(Some(1))).await;
    }
}

#[actix_web::test]
async fn links_are_asked_for_three_times_an_hour_by_entry_of_the_roll_or_not() {
    let service = Service::limited().await;
    let organiser = Organiser::register(&service).await;
    let (election, _) = organiser.open_election(&service, 2).await;
    let client = service.anonymous();
    let path = election.path("/link-requests");
    only(3, &client, &path, &json!({"email": people::address(1)})).await;
    only(3, &client, &path, &json!({"email": "stranger@example.org"})).await;
    let page = format!("/vote/{}/link", election.id);
    let form = format!("email={}", people::address(2).replace('@', "%40"));
    for _ in 0..3 {
        assert_eq!(submit(&client, &page, &form).await, StatusCode::SEE_OTHER);
    }
    assert_eq!(submit(&client, &page, &form).await, StatusCode::TOO_MANY_REQUESTS);
    let (other, _) = organiser.open_election(&service, 1).await;
    let (status, _) =
        client.post(&other.path("/link-requests"), &json!({"email": people::address(1)})).await.unwrap();
    assert_eq!(status, StatusCode::ACCEPTED);
}

#[actix_web::test]
async fn rolls_are_read_twenty_times_an_hour_by_account() {
    let service = Service::limited().await;
    let (organiser, other) = (Organiser::register(&service).await, Organiser::register(&service).await);
    let election = organiser.draft(people::sample()).await;
    for _ in 0..20 {
        assert_eq!(organiser.import(&election.id, &people::roll(1)).await.0, StatusCode::OK);
    }
    refused(&organiser.import(&election.id, &people::roll(1)).await, 429, "RATE_LIMITED");
    let election = other.draft(people::sample()).await;
    assert_eq!(other.import(&election.id, &people::roll(1)).await.0, StatusCode::OK);
}

#[actix_web::test]
async fn specimens_are_limited_by_account() {
    let service = Service::limited().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.ready_draft(1).await;
    only(20, &organiser.client, &election.path("/invitations/test"), &json!({})).await;
}

#[actix_web::test]
async fn processes_with_one_redis_count_together_and_tell_it_nobodys_address() {
    let redis = Redis::start().await;
    let share = |config: &mut uvote::config::Config| {
        config.limits = Some(Quotas::default());
        config.redis_url = Some(redis.url());
        config.shared = true;
    };
    let service = Service::start_with(share).await;
    let other = service.another_with(share).await;
    let second = Client::new(&format!("http://{}", other.address())).unwrap();
    let body = wrong("both@example.org");
    for client in [service.anonymous(), second.clone(), service.anonymous(), second.clone(), second.clone()] {
        refused(&client.post(LOGIN, &body).await.unwrap(), 401, "INVALID_CREDENTIALS");
    }
    for client in [service.anonymous(), second] {
        refused(&client.post(LOGIN, &body).await.unwrap(), 429, "RATE_LIMITED");
    }
    let mut connection = redis.connect().await.unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    assert_eq!(keys.len(), 2, "one for the account and one for the client: {keys:?}");
    for key in keys {
        assert!(!key.contains("example") && !key.contains("127.0"), "{key}");
        let lives: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut connection).await.unwrap();
        assert!((1..=900_000).contains(&lives), "{lives}");
    }
    let (_, ready) = service.anonymous().get("/health/ready").await.unwrap();
    assert_eq!(ready["dependencies"]["redis"], "up");
    other.stop().await;
}
