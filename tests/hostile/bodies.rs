//! Bodies that grow, or that break whoever reads them: packed, deep, and with a field twice.

use std::io::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::{Method, Request};
use serde_json::Value;
use tokio::time::{Duration, Instant};
use uuid::Uuid;
use uvote_loadtest::client::{Client, whole};

use crate::program::Program;
use crate::support::people::sample;
use crate::support::{Organiser, Service};

/// 256 MiB of spaces, in Brotli.
const BROTLI: &str = "z///fwAkQOKxQHLv//n//w+ABEAcFoDu/T////8BkACIwwLQvf/n//8/ABIAcVgAuvf//P//B0ACIA4LQPf+n////w\
    BIAMRhAeje//P//x8ACYA4LADd+3/+//8DIAEQhwWge//P//9/ACQA4rAAdO//+f//D4AEQBwWgO79P////wGQAIjD\
    AtC9/+f//z8AEgBxWAC69//8//8HQAIgDgtA9/6f////AEgAxGEB6N7/8///HwAJgDgsAN37//z//wcgARCHBaB7/w\
    8=";

async fn send(client: &Client, request: hyper::http::request::Builder, body: Vec<u8>) -> u16 {
    client.send(request.body(whole(body)).unwrap()).await.unwrap().status().as_u16()
}

fn gzip(megabytes: usize) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..megabytes {
        packed.write_all(&[b' '; 1 << 20]).unwrap();
    }
    packed.finish().unwrap()
}

/// A program, an organiser who is signed in there, and a draft of theirs.
async fn stage() -> (Program, Organiser, String) {
    let mut service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    let program = Program::instead_of(&mut service).await;
    let organiser = program.organiser(&organiser).await;
    (program, organiser, election.id)
}

#[actix_web::test]
async fn a_packed_body_is_refused_before_it_unfolds() {
    let (program, organiser, election) = stage().await;
    let bombs = [("gzip", gzip(60)), ("deflate", gzip(60)), ("br", STANDARD.decode(BROTLI).unwrap())];
    let before = program.memory();
    let since = Instant::now();
    for (method, path, kind) in [
        (Method::POST, "/api/v1/auth/login".to_owned(), "application/json"),
        (Method::POST, "/api/v1/elections".to_owned(), "application/json"),
        (Method::POST, format!("/api/v1/elections/{election}/votes"), "application/json"),
        (Method::POST, format!("/api/v1/elections/{election}/voters/import"), "text/csv"),
        (Method::POST, format!("/vote/{election}"), "application/x-www-form-urlencoded"),
        (Method::POST, "/login".to_owned(), "application/x-www-form-urlencoded"),
    ] {
        for (encoding, bomb) in &bombs {
            for encoding in [(*encoding).to_owned(), encoding.to_uppercase(), format!("identity, {encoding}")]
            {
                let request = Request::builder().method(method.clone()).uri(&path);
                let request = request.header("content-type", kind).header("content-encoding", &encoding);
                let request = request.header("origin", crate::support::service::ORIGIN);
                let status = send(&organiser.client, request, bomb.clone()).await;
                assert_eq!(status, 415, "{path} {encoding}");
            }
        }
    }
    assert!(program.most_memory() < before + 48, "{before} MiB, then {}", program.most_memory());
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
}

/// Every operation of the interface that takes JSON: its method, its path with ids filled in, and a
/// field of its body.
fn operations(document: &Value, election: &str) -> Vec<(Method, String, String)> {
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.replace("/elections/{id}", &format!("/elections/{election}"));
        let path: String = path
            .split('/')
            .map(|part| {
                let id = if part.starts_with('{') { Uuid::new_v4().to_string() } else { part.to_owned() };
                format!("/{id}")
            })
            .skip(1)
            .collect();
        for (method, operation) in methods.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let name = schema.to_string();
            let Some(name) = name.split("#/components/schemas/").nth(1) else { continue };
            let name = name.split('"').next().unwrap();
            let fields = document["components"]["schemas"][name]["properties"].as_object().unwrap();
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            found.push((method, path.clone(), fields.keys().next().unwrap().clone()));
        }
    }
    found
}

#[actix_web::test]
async fn no_operation_takes_json_that_is_deep_or_names_a_field_twice() {
    let (program, organiser, election) = stage().await;
    let (_, document) = organiser.get("/api/v1/openapi.json").await;
    let operations = operations(&document, &election);
    assert!(operations.len() > 25, "{operations:?}");
    let before = program.memory();
    for (method, path, field) in operations {
        for (body, least) in [
            (format!("{{\"{field}\":{}", "[".repeat(100_000)), 400),
            (format!("{{\"{field}\":{}1{}}}", "[".repeat(30_000), "]".repeat(30_000)), 400),
            (format!("{{\"{field}\":{}1{}}}", "{\"a\":".repeat(10_000), "}".repeat(10_000)), 400),
            (format!("{}1{}", "[".repeat(30_000), "]".repeat(30_000)), 400),
            (format!("{{{}\"{field}\":null}}", format!("\"{field}\":null,").repeat(3_000)), 400),
            (format!("{{\"{field}\":null,\"\\u{:04x}{}\":null}}", field.as_bytes()[0], &field[1..]), 400),
            (format!("{{\"{field}\":1e999999999,\"x\":-{}}}", "9".repeat(50_000)), 400),
        ] {
            let request = Request::builder().method(method.clone()).uri(&path);
            let request = request.header("content-type", "application/json");
            let since = Instant::now();
            let status = send(&organiser.client, request, body.clone().into_bytes()).await;
            assert!((least..500).contains(&status), "{method} {path} {status}: {}", &body[..60]);
            assert!(since.elapsed() < Duration::from_secs(2), "{method} {path} {:?}", since.elapsed());
        }
    }
    assert!(program.most_memory() < before + 64, "{before} MiB, then {}", program.most_memory());
    let sound = "{\"title\":\"Board\"}";
    for (body, expected) in [("{\"title\":\"Council\",\"title\":\"Board\"}", 400..500), (sound, 201..202)] {
        let request = Request::post("/api/v1/elections").header("content-type", "application/json");
        let status = send(&organiser.client, request, body.as_bytes().to_vec()).await;
        assert!(expected.contains(&status), "{body}: {status}");
    }
}
