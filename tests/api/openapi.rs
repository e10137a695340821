//! The OpenAPI document agrees with the interface.

use std::collections::BTreeSet;

use hyper::{Request, StatusCode};
use serde_json::Value;
use uvote::app;
use uvote::config::Config;
use uvote_loadtest::client::{Client, whole};
use uvote_loadtest::sink::Sink;

use crate::support::Service;
use crate::support::cluster::cluster;
use crate::support::service::config;

/// The calls of the interface that there are so far.
const CALLS: &[(&str, &str)] = &[
    ("post", "/api/v1/auth/register"),
    ("post", "/api/v1/auth/verify-email"),
    ("post", "/api/v1/auth/login"),
    ("post", "/api/v1/auth/refresh"),
    ("post", "/api/v1/auth/logout"),
    ("post", "/api/v1/auth/logout-all"),
    ("get", "/api/v1/auth/verify"),
    ("post", "/api/v1/auth/password/forgot"),
    ("post", "/api/v1/auth/password/reset"),
    ("get", "/api/v1/account"),
    ("patch", "/api/v1/account"),
    ("delete", "/api/v1/account"),
    ("get", "/api/v1/account/deletion"),
    ("get", "/api/v1/account/sessions"),
    ("delete", "/api/v1/account/sessions/{session_id}"),
    ("post", "/api/v1/account/password"),
    ("post", "/api/v1/account/email"),
    ("post", "/api/v1/account/totp"),
    ("post", "/api/v1/account/totp/confirm"),
    ("delete", "/api/v1/account/totp"),
    ("post", "/api/v1/elections"),
    ("get", "/api/v1/elections"),
    ("get", "/api/v1/elections/{id}"),
    ("patch", "/api/v1/elections/{id}"),
    ("delete", "/api/v1/elections/{id}"),
    ("post", "/api/v1/elections/{id}/restore"),
    ("post", "/api/v1/elections/{id}/activate"),
    ("post", "/api/v1/elections/{id}/close"),
    ("post", "/api/v1/elections/{id}/publish"),
    ("post", "/api/v1/elections/{id}/archive"),
    ("post", "/api/v1/elections/{id}/duplicate"),
    ("get", "/api/v1/elections/{id}/voters"),
    ("post", "/api/v1/elections/{id}/voters"),
    ("get", "/api/v1/elections/{id}/voters.csv"),
    ("post", "/api/v1/elections/{id}/voters/import"),
    ("patch", "/api/v1/elections/{id}/voters/{voter_id}"),
    ("delete", "/api/v1/elections/{id}/voters/{voter_id}"),
    ("post", "/api/v1/elections/{id}/voters/{voter_id}/invitation"),
    ("post", "/api/v1/elections/{id}/invitations"),
    ("delete", "/api/v1/elections/{id}/invitations"),
    ("post", "/api/v1/elections/{id}/invitations/test"),
    ("post", "/api/v1/elections/{id}/link-requests"),
    ("post", "/api/v1/elections/{id}/result-notices"),
    ("get", "/api/v1/elections/{id}/deliveries"),
    ("post", "/api/v1/elections/{id}/ballot"),
    ("post", "/api/v1/elections/{id}/votes"),
    ("get", "/api/v1/elections/{id}/receipts/{receipt}"),
    ("get", "/api/v1/elections/{id}/results"),
    ("get", "/api/v1/elections/{id}/results.csv"),
    ("get", "/api/v1/elections/{id}/turnout"),
    ("post", "/api/v1/elections/{id}/verify"),
    ("get", "/api/v1/elections/{id}/audit"),
    ("get", "/api/v1/organisations/{id}/audit"),
    ("post", "/api/v1/organisations/{id}/audit/verify"),
    ("get", "/api/v1/organisations"),
    ("post", "/api/v1/organisations"),
    ("get", "/api/v1/organisations/{id}"),
    ("patch", "/api/v1/organisations/{id}"),
    ("delete", "/api/v1/organisations/{id}"),
    ("get", "/api/v1/organisations/{id}/members"),
    ("post", "/api/v1/organisations/{id}/members"),
    ("patch", "/api/v1/organisations/{id}/members/{account_id}"),
    ("delete", "/api/v1/organisations/{id}/members/{account_id}"),
    ("get", "/api/v1/organisations/{id}/invitations"),
    ("delete", "/api/v1/organisations/{id}/invitations/{invitation_id}"),
    ("post", "/api/v1/organisations/invitations/accept"),
    ("get", "/api/v1/admin/accounts"),
    ("post", "/api/v1/admin/accounts/{id}/lock"),
    ("post", "/api/v1/admin/accounts/{id}/unlock"),
    ("delete", "/api/v1/admin/accounts/{id}"),
    ("get", "/photos/{photo_id}"),
    ("post", "/api/v1/live/tickets"),
    ("get", "/health/live"),
    ("get", "/health/ready"),
];

/// Method, path and description of every operation.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let operations = methods.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters");
        for (method, operation) in operations {
            found.push((method.clone(), path.clone(), operation.clone()));
        }
    }
    found
}

async fn document(service: &Service) -> Value {
    let (status, document) = service.anonymous().get("/api/v1/openapi.json").await.unwrap();
    assert_eq!(status, StatusCode::OK);
    document
}

#[actix_web::test]
async fn every_call_is_in_the_document() {
    let service = Service::start().await;
    let found = operations(&document(&service).await);
    let found: BTreeSet<(&str, &str)> =
        found.iter().map(|(method, path, _)| (method.as_str(), path.as_str())).collect();
    let missing: Vec<_> = CALLS.iter().filter(|call| !found.contains(*call)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let of_contests = |(_, path): &&(&str, &str)| path.contains("/contests");
    assert_eq!(found.iter().filter(of_contests).count(), 8, "contests and candidates, one by one");
}

#[actix_web::test]
async fn every_operation_is_described_and_says_what_it_answers() {
    let service = Service::start().await;
    for (method, path, operation) in operations(&document(&service).await) {
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(!summary.trim().is_empty(), "{method} {path} has no summary");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}: no success");
    }
}

#[actix_web::test]
async fn every_part_of_a_path_that_varies_is_declared() {
    let service = Service::start().await;
    for (path, item) in document(&service).await["paths"].as_object().unwrap() {
        let named: Vec<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let declared = item["parameters"].as_array().into_iter().flatten();
        let declared: Vec<&str> = declared.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(declared, named, "{path}");
    }
}

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[actix_web::test]
async fn every_reference_of_the_document_leads_somewhere() {
    let service = Service::start().await;
    let document = document(&service).await;
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.contains("#/components/schemas/Problem"));
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[actix_web::test]
async fn whoever_needs_no_account_is_asked_for_none() {
    let service = Service::start().await;
    for (method, path, operation) in operations(&document(&service).await) {
        let concrete = path
            .replace("{receipt}", "00")
            .split('/')
            .map(|part| if part.starts_with('{') { uuid::Uuid::nil().to_string() } else { part.to_owned() })
            .collect::<Vec<_>>()
            .join("/");
        let request = Request::builder().method(method.to_uppercase().as_str()).uri(&concrete);
        let request = request.header("content-type", "application/json").body(whole("{}")).unwrap();
        let answer = service.anonymous().send(request).await.unwrap();
        let documented = operation["security"].as_array().cloned().unwrap_or_default();
        let needs_account =
            !documented.is_empty() && documented.iter().all(|way| way.get("bearer").is_some());
        let refused = answer.status() == StatusCode::UNAUTHORIZED;
        let credentials = path.starts_with("/api/v1/auth/");
        assert!(refused == needs_account || credentials, "{method} {path}: {}", answer.status());
        assert_ne!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    }
}

async fn status(client: &Client, path: &str) -> StatusCode {
    client.send(Request::get(path).body(whole("")).unwrap()).await.unwrap().status()
}

#[actix_web::test]
async fn the_document_can_be_browsed_or_hidden() {
    let service = Service::start().await;
    assert_eq!(status(&service.anonymous(), "/docs/").await, StatusCode::OK);
    let sink = Sink::bind("127.0.0.1:0").await.unwrap();
    let settings = config(cluster().url(&service.database), sink.address());
    let hidden = app::start(Config { docs: false, ..settings }).await.unwrap();
    let client = Client::new(&format!("http://{}", hidden.address())).unwrap();
    for path in ["/docs", "/docs/", "/api/v1/openapi.json"] {
        assert_eq!(status(&client, path).await, StatusCode::NOT_FOUND, "{path}");
    }
    hidden.stop().await;
}
