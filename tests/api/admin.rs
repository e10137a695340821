//! The site's administrators.

use hyper::StatusCode;
use serde_json::{Value, json};
use uvote::store::admin;
use uvote_domain::account::Email;

use crate::support::live::Live;
use crate::support::organisation::account;
use crate::support::people::PASSWORD;
use crate::support::{Organiser, Service};

const ACCOUNTS: &str = "/api/v1/admin/accounts";

async fn appoint(service: &Service, email: &str, admin: bool) -> Result<(), String> {
    let mut client = service.running().database().client().await.unwrap();
    let email = Email::parse(email).unwrap();
    admin::appoint(&mut client, &email, admin).await.map_err(|error| error.to_string())
}

async fn administrator(service: &Service) -> Organiser {
    let admin = Organiser::register(service).await;
    appoint(service, &admin.email, true).await.unwrap();
    admin
}

fn on(account: &str, step: &str) -> String {
    format!("{ACCOUNTS}/{account}{step}")
}

async fn listed(admin: &Organiser, query: &str) -> Vec<Value> {
    let (status, body) = admin.get(&format!("{ACCOUNTS}?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn an_administrator_lists_and_searches_accounts() {
    let service = Service::start().await;
    let (admin, other) = (administrator(&service).await, Organiser::register(&service).await);
    let all = listed(&admin, "").await;
    let emails: Vec<&Value> = all.iter().map(|account| &account["email"]).collect();
    assert_eq!(emails, [&json!(other.email), &json!(admin.email)], "newest first");
    let shown = all[0].as_object().unwrap();
    let fields: Vec<&String> = shown.keys().collect();
    assert_eq!(fields, ["created_at", "email", "id", "last_login_at", "locked", "name", "verified"]);
    assert_eq!((&shown["verified"], &shown["locked"]), (&json!(true), &json!(false)));
    assert_eq!(listed(&admin, &format!("q={}", other.email.to_uppercase())).await.len(), 1);
    assert_eq!(listed(&admin, "q=olivia").await.len(), 2, "by the name");
    assert_eq!(listed(&admin, "q=%25").await.len(), 0, "a text, not a pattern");
    assert_eq!(listed(&admin, "limit=1").await.len(), 1);
}

#[actix_web::test]
async fn locking_ends_everything_at_once_until_it_is_lifted() {
    let service = Service::start().await;
    let (admin, other) = (administrator(&service).await, Organiser::register(&service).await);
    let id = account(&other).await;
    let mut live = Live::signed_in(&service, &other).await;
    assert_eq!(admin.post(&on(&id, "/lock"), &json!({})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(other.get("/api/v1/auth/verify").await.0, StatusCode::UNAUTHORIZED);
    assert!(live.next().await.is_none(), "its socket closes");
    let refresh = json!({"refresh_token": other.refresh_token});
    let (status, _) = service.anonymous().post("/api/v1/auth/refresh", &refresh).await.unwrap();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let login = json!({"email": other.email, "password": PASSWORD});
    let (status, body) = service.anonymous().post("/api/v1/auth/login", &login).await.unwrap();
    assert_eq!((status, &body["code"]), (StatusCode::UNAUTHORIZED, &json!("INVALID_CREDENTIALS")));
    assert_eq!(listed(&admin, &format!("q={}", other.email)).await[0]["locked"], true);

    assert_eq!(admin.post(&on(&id, "/unlock"), &json!({})).await.0, StatusCode::NO_CONTENT);
    let back = Organiser::sign_in(&service, &other.email, PASSWORD).await;
    assert_eq!(listed(&admin, &format!("q={}", other.email)).await[0]["locked"], false);
    let (_, all) = back.get("/api/v1/organisations").await;
    let log = format!("/api/v1/organisations/{}/audit", all["items"][0]["id"].as_str().unwrap());
    let (_, log) = back.get(&log).await;
    let admin = format!("account:{}", account(&admin).await);
    let told: Vec<(&Value, &Value)> =
        log["items"].as_array().unwrap().iter().map(|record| (&record["action"], &record["actor"])).collect();
    for action in ["account.locked", "account.unlocked"] {
        assert!(told.contains(&(&json!(action), &json!(admin))), "its owner sees {action}: {log}");
    }
}

#[actix_web::test]
async fn a_deleted_account_is_gone() {
    let service = Service::start().await;
    let (admin, other) = (administrator(&service).await, Organiser::register(&service).await);
    let id = account(&other).await;
    assert_eq!(admin.delete(&on(&id, "")).await.0, StatusCode::NO_CONTENT);
    assert_eq!(other.get("/api/v1/auth/verify").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(listed(&admin, "").await.len(), 1);
    assert_eq!(admin.delete(&on(&id, "")).await.0, StatusCode::NOT_FOUND);
    Organiser::register(&service).await;
}

#[actix_web::test]
async fn an_account_whose_election_runs_is_not_deleted() {
    let service = Service::start().await;
    let (admin, other) = (administrator(&service).await, Organiser::register(&service).await);
    let (election, _) = other.open_election(&service, 1).await;
    let (status, body) = admin.delete(&on(&account(&other).await, "")).await;
    assert_eq!((status, &body["code"]), (StatusCode::CONFLICT, &json!("CONFLICT")));
    assert!(!body.to_string().contains("Board"), "nothing of the election is told: {body}");
    assert_eq!(other.get(&election.path("")).await.0, StatusCode::OK);
}

#[actix_web::test]
async fn nobody_does_it_to_oneself() {
    let service = Service::start().await;
    let admin = administrator(&service).await;
    let id = account(&admin).await;
    assert_eq!(admin.post(&on(&id, "/lock"), &json!({})).await.0, StatusCode::CONFLICT);
    assert_eq!(admin.delete(&on(&id, "")).await.0, StatusCode::CONFLICT);
}

#[actix_web::test]
async fn an_administrator_sees_nothing_of_an_election_and_loses_the_role_at_once() {
    let service = Service::start().await;
    let (admin, other) = (administrator(&service).await, Organiser::register(&service).await);
    let election = other.ready_draft(1).await;
    for part in ["", "/voters", "/turnout", "/audit", "/results"] {
        assert_eq!(admin.get(&election.path(part)).await.0, StatusCode::NOT_FOUND, "{part}");
    }
    assert_eq!(other.get(ACCOUNTS).await.0, StatusCode::NOT_FOUND, "nobody else is one");
    appoint(&service, &admin.email, false).await.unwrap();
    assert_eq!(admin.get(ACCOUNTS).await.0, StatusCode::NOT_FOUND);
    let (_, all) = admin.get("/api/v1/organisations").await;
    let log = format!("/api/v1/organisations/{}/audit", all["items"][0]["id"].as_str().unwrap());
    let (_, log) = admin.get(&log).await;
    let told: Vec<(&str, &str)> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| (record["action"].as_str().unwrap(), record["actor"].as_str().unwrap()))
        .collect();
    assert_eq!(told[..2], [("account.admin_revoked", "system"), ("account.admin_granted", "system")]);
}

#[actix_web::test]
async fn only_a_confirmed_address_becomes_an_administrator() {
    let service = Service::start().await;
    assert!(appoint(&service, "nobody@example.org", true).await.is_err());
    let body = json!({"email": "new@example.org", "password": PASSWORD});
    service.anonymous().post("/api/v1/auth/register", &body).await.unwrap();
    assert!(appoint(&service, "new@example.org", true).await.is_err());
}
