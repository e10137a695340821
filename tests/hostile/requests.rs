//! Requests that no client library would send: each has an answer that is no failure of the service,
//! or the end of its connection, and never the answer of somebody else.

use tokio::time::{Duration, Instant};

use crate::program::Program;
use crate::support::{Organiser, Service};
use crate::wire::{Answer, Wire};

const HOST: &str = "Host: localhost\r\n";

/// A service without anything in it.
async fn program() -> Program {
    Program::instead_of(&mut Service::start().await).await
}

/// What comes of these bytes on a connection of their own: an answer, or the end.
async fn ask(program: &Program, bytes: &[u8]) -> Option<Answer> {
    let mut wire = Wire::to(program.address).await;
    // It may be refused before it is whole.
    drop(wire.send(bytes).await);
    let since = Instant::now();
    let answer = wire.answer().await;
    assert!(since.elapsed() < Duration::from_secs(15), "{}", shown(bytes));
    answer
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(120)]).into_owned()
}

fn get(target: &str, more: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\n{HOST}{more}\r\n").into_bytes()
}

#[track_caller]
fn refused(answer: Option<Answer>, statuses: &[u16], what: &str) {
    let Some(answer) = answer else { return };
    assert!(statuses.contains(&answer.status), "{what}: {answer:?}");
}

#[actix_web::test]
async fn odd_heads_are_refused_and_never_a_failure() {
    let program = program().await;
    let line = |line: &str| format!("{line}\r\n{HOST}\r\n").into_bytes();
    let many = "X-Many: x\r\n".repeat(5_000);
    let long = format!("X-Long: {}\r\n", "x".repeat(1_000_000));
    let path = format!("/{}", "x".repeat(1_000_000));
    for bytes in [
        line("GET"),
        line("GET /health/live"),
        line("GET /health/live HTTP/9.9"),
        line("GET /health/live HTTP/1.1 x"),
        line("GET  HTTP/1.1"),
        line("GET health/live HTTP/1.1"),
        line("\0GET /health/live HTTP/1.1"),
        line("GET /\0 HTTP/1.1"),
        line("G\u{e4}T / HTTP/1.1"),
        line("GET /a b HTTP/1.1"),
        line("PRI * HTTP/2.0"),
        b"\r\n\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is TLS \r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\n: localhost\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: local\0host\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\nHost: localhost\n X: folded\n\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n".to_vec(),
        get("/", &many),
        get("/", &long),
        get(&path, ""),
    ] {
        refused(ask(&program, &bytes).await, &[400, 408, 414, 421, 431, 505], &shown(&bytes));
    }
}

#[actix_web::test]
async fn odd_requests_are_answered_as_what_they_are() {
    let program = program().await;
    let as_latin: &[u8] = b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\nX-Odd: \xff\xfe\r\nAccept-Language: \xff\r\nCookie: \xff=\xfe; __Host-uvote=\xff\r\nAuthorization: Bearer \xff\r\n\r\n";
    for (bytes, statuses) in [
        (get("/health/live", ""), &[200][..]),
        (get("/health/live", "X-Odd: \t \r\nX-Odd:\r\n"), &[200]),
        (get("http://localhost/health/live", ""), &[200]),
        (get("http://localhost/api/v1/elections", ""), &[401]),
        (get("http://evil.example/api/v1/elections", ""), &[421]),
        (get("/api/v1/elections", "Host: evil.example\r\n"), &[400, 421]),
        (
            b"GET /api/v1/elections HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n\r\n".to_vec(),
            &[400, 421],
        ),
        (b"GET /api/v1/elections HTTP/1.1\r\n\r\n".to_vec(), &[400, 421]),
        (b"GET /health/live HTTP/1.0\r\n\r\n".to_vec(), &[200]),
        (b"GET /api/v1/elections HTTP/1.0\r\nHost: localhost\r\n\r\n".to_vec(), &[401]),
        (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(), &[404, 400, 405]),
        (b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(), &[400, 404, 405]),
        (b"TRACE /health/live HTTP/1.1\r\nHost: localhost\r\nCookie: secret\r\n\r\n".to_vec(), &[404, 405]),
        (b"BREW /api/v1/elections HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(), &[405]),
        (get("/api%2fv1%2felections", ""), &[404]),
        (get("/api/v1/elections/..%2f..%2f..%2fetc/passwd", ""), &[404, 401]),
        (get("/%2e%2e/%2e%2e/etc/passwd", ""), &[404]),
        (get("/photos/..%2f..%2fuvote.log", ""), &[404]),
        (get("/photos/%00", ""), &[404]),
        (get("/static/../../Cargo.toml", ""), &[404]),
        (get("/assets/..%5c..%5cCargo.toml", ""), &[404]),
        (get("/%", ""), &[404, 400]),
        (get("/%zz%00%ff", ""), &[404, 400]),
        (get("/vote/%F0%9F%92%A9", ""), &[404]),
        (get("//", ""), &[404]),
        (get("/health/live?%00=%ff&&&==;", ""), &[200]),
        (get(&format!("/{}", "a/".repeat(10_000)), ""), &[404]),
        (get("/health/live", "X-Request-Id: a\u{e9}\r\n"), &[200]),
        (get("/health/live", "Accept-Encoding: gzip;q=x, br;q=9e99, ,,,*;q=-1\r\n"), &[200]),
        (get("/health/live", "Accept-Language: *;q=9, de-\u{fc};;q\r\n"), &[200]),
        (get("/health/live", "Range: bytes=0-0,-1,5-\r\nIf-None-Match: \"\r\n"), &[200, 206]),
        (get("/login", &format!("Cookie: {}\r\n", "a=b; ".repeat(5_000))), &[200]),
        (get("/health/live", "Connection: upgrade\r\nUpgrade: h2c\r\n"), &[200]),
        (get("/api/v1/live", "Connection: upgrade\r\nUpgrade: websocket\r\n"), &[400, 426]),
        (as_latin.to_vec(), &[400, 404]),
    ] {
        let answer = ask(&program, &bytes).await.unwrap_or_else(|| panic!("{}: nothing", shown(&bytes)));
        assert!(statuses.contains(&answer.status), "{}: {answer:?}", shown(&bytes));
        assert!(!answer.body.contains("root:") && !answer.body.contains("[package]"), "{}", answer.body);
    }
}

/// A request whose end two readers would see in different places. The second is hidden in the first.
fn smuggled(framing: &str, body: &str) -> Vec<u8> {
    format!("POST /api/v1/auth/login HTTP/1.1\r\n{HOST}Content-Type: application/json\r\n{framing}\r\n{body}")
        .into_bytes()
}

#[actix_web::test]
async fn a_request_with_two_ends_is_refused_and_hides_no_other() {
    let program = program().await;
    let hidden = format!("GET /health/live HTTP/1.1\r\n{HOST}\r\n");
    let chunked = format!("0\r\n\r\n{hidden}");
    let long = format!("Content-Length: {}\r\n", chunked.len());
    for (framing, body) in [
        ("Content-Length: 0\r\nContent-Length: 2\r\n".to_owned(), &hidden),
        ("Content-Length: 0, 2\r\n".to_owned(), &hidden),
        ("Content-Length: +0\r\n".to_owned(), &hidden),
        ("Content-Length: -1\r\n".to_owned(), &hidden),
        ("Content-Length: 0x0\r\n".to_owned(), &hidden),
        ("Content-Length: 99999999999999999999\r\n".to_owned(), &hidden),
        (format!("{long}Transfer-Encoding: chunked\r\n"), &chunked),
        (format!("Transfer-Encoding: chunked\r\n{long}"), &chunked),
        (format!("{long}Transfer-Encoding: xchunked\r\n"), &chunked),
        (format!("{long}Transfer-Encoding : chunked\r\n"), &chunked),
        (format!("{long}Transfer-Encoding:\x0bchunked\r\n"), &chunked),
        ("Transfer-Encoding: chunked, identity\r\n".to_owned(), &chunked),
        ("Transfer-Encoding: identity, chunked, chunked\r\n".to_owned(), &chunked),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n".to_owned(), &chunked),
    ] {
        let mut wire = Wire::to(program.address).await;
        drop(wire.send(smuggled(&framing, body)).await);
        let first = wire.answer().await;
        refused(first, &[400, 408, 501], &framing);
        assert!(wire.answer().await.is_none(), "{framing} hides a second request");
    }
    for chunks in
        ["-1\r\n\r\n", "ffffffffffffffff1\r\n", "0x1\r\nx\r\n", "1;\0\r\nx\r\n", "zz\r\n\r\n", "1\r\nxx\r\n"]
    {
        let mut wire = Wire::to(program.address).await;
        drop(wire.send(smuggled("Transfer-Encoding: chunked\r\n", &format!("{chunks}{hidden}"))).await);
        refused(wire.answer().await, &[400], chunks);
        assert!(wire.answer().await.is_none(), "{chunks} hides a second request");
    }
}

#[actix_web::test]
async fn each_of_many_requests_at_once_on_a_connection_has_its_own_answer() {
    let mut service = Service::start().await;
    let organisers = [Organiser::register(&service).await, Organiser::register(&service).await];
    let program = Program::instead_of(&mut service).await;
    let tokens =
        [program.token(&organisers[0]).await, program.token(&organisers[1]).await, "none".to_owned()];
    let ask = |number: usize| {
        // Each connection is that of a proxy, on which the requests of different people follow each other.
        let token = &tokens[number % 3];
        get(
            "/api/v1/account",
            &format!("Authorization: Bearer {token}\r\nX-Request-Id: request-{number}\r\n"),
        )
    };
    let mut wire = Wire::to(program.address).await;
    wire.send((0..60).flat_map(ask).collect::<Vec<u8>>()).await.unwrap();
    for number in 0..60 {
        let answer = wire.answer().await.unwrap();
        assert!(answer.head.contains(&format!("request-{number}\r\n")), "{number}: {}", answer.head);
        match organisers.get(number % 3) {
            Some(organiser) => assert!(answer.body.contains(&organiser.email), "{number}: {}", answer.body),
            None => assert_eq!(answer.status, 401),
        }
    }
}

#[actix_web::test]
async fn whoever_asks_before_sending_a_body_is_told_to_go_on_or_refused() {
    let program = program().await;
    let head = |length: usize, expect: &str| {
        format!(
            "POST /api/v1/auth/login HTTP/1.1\r\n{HOST}Content-Type: application/json\r\nContent-Length: {length}\r\nExpect: {expect}\r\n\r\n"
        )
    };
    let mut wire = Wire::to(program.address).await;
    wire.send(head(2, "100-continue")).await.unwrap();
    assert_eq!(wire.answer().await.unwrap().status, 100);
    wire.send("{}").await.unwrap();
    assert_eq!(wire.answer().await.unwrap().status, 422);
    let mut wire = Wire::to(program.address).await;
    wire.send(head(2, "miracles")).await.unwrap();
    wire.send("{}").await.unwrap();
    refused(wire.answer().await, &[417, 422], "another expectation");
}
