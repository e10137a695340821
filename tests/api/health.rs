//! Whether the service says truly how it is.

use std::time::{Duration, Instant};

use hyper::{Request, StatusCode};
use serde_json::json;
use uvote_loadtest::client::whole;
use uvote_loadtest::sink::Sink;

use crate::support::Service;
use crate::support::cluster::cluster;

#[actix_web::test]
async fn a_service_that_can_work_is_live_and_ready() {
    let service = Service::start().await;
    let live = service.anonymous().get("/health/live").await.unwrap();
    assert_eq!(live, (StatusCode::OK, json!({"status": "live"})));
    let (status, ready) = service.anonymous().get("/health/ready").await.unwrap();
    let dependencies = json!({"postgresql": "up", "mail": "up"});
    let closed = json!({"postgresql": "closed", "postgresql_casting": "closed", "postgresql_loading": "closed",
        "mail": "closed"});
    let expected = json!({"status": "ready", "dependencies": dependencies, "breakers": closed});
    assert_eq!((status, ready), (StatusCode::OK, expected));
}

#[actix_web::test]
async fn mail_that_is_down_is_shown_and_does_not_count() {
    let mut service = Service::start().await;
    let client = service.anonymous();
    let elsewhere = Sink::bind("127.0.0.1:0").await.unwrap();
    std::mem::replace(&mut service.sink, elsewhere).shut_down().await;
    let (status, ready) = client.get("/health/ready").await.unwrap();
    assert_eq!((status, &ready["status"]), (StatusCode::OK, &json!("ready")));
    assert_eq!(ready["dependencies"], json!({"postgresql": "up", "mail": "down"}));
}

#[actix_web::test]
async fn without_its_database_a_service_lives_and_is_not_ready() {
    let service = Service::start().await;
    let client = service.anonymous();
    let superuser = cluster().connect("postgres").await;
    let name = &service.database;
    let cut = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
    superuser.batch_execute(&cut).await.unwrap();
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    superuser.batch_execute(&end).await.unwrap();
    let (status, ready) = client.get("/health/ready").await.unwrap();
    assert_eq!((status, &ready["status"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("not ready")));
    assert_eq!(ready["dependencies"]["postgresql"], "down");
    assert_eq!(client.get("/health/live").await.unwrap().0, StatusCode::OK);
    let path = format!("/api/v1/elections/{}/results", uuid::Uuid::now_v7());
    let answer = client.send(Request::get(path).body(whole("")).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(body["code"], "UNAVAILABLE");
    superuser.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await.unwrap();
    let back = async { while client.get("/health/ready").await.unwrap().0 != StatusCode::OK {} };
    tokio::time::timeout(Duration::from_secs(5), back).await.expect("ready within five seconds");
}

#[actix_web::test]
async fn a_database_that_is_gone_is_told_at_once_and_one_that_is_back_is_used_within_five_seconds() {
    let service = Service::start().await;
    let client = service.anonymous();
    let superuser = cluster().connect("postgres").await;
    let name = &service.database;
    let allow = |allowed: bool| format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}");
    superuser.batch_execute(&allow(false)).await.unwrap();
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    superuser.batch_execute(&end).await.unwrap();
    let path = format!("/api/v1/elections/{}/results", uuid::Uuid::now_v7());
    let ask = async || client.send(Request::get(&path).body(whole("")).unwrap()).await.unwrap();
    while client.get("/health/ready").await.unwrap().1["breakers"]["postgresql"] != "open" {
        assert_eq!(ask().await.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    let answer = ask().await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    superuser.batch_execute(&allow(true)).await.unwrap();
    let back = Instant::now();
    while ask().await.status() != StatusCode::NOT_FOUND {
        assert!(back.elapsed() < Duration::from_secs(5), "it is still not used");
    }
}
