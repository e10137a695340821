//! The program itself, as a terminal or a pipeline sees it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
mod fake;

use std::process::Output;

use fake::{Fake, Misconduct};
use tokio::net::TcpListener;
use tokio::process::Command;

/// Runs it with these arguments against a service of its own.
async fn play(misconduct: Misconduct, arguments: &[&str]) -> (Option<i32>, String, String) {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let smtp = free.local_addr().unwrap();
    drop(free);
    let fake = Fake::start(smtp, misconduct).await;
    let smtp = smtp.to_string();
    let mut program = Command::new(env!("CARGO_BIN_EXE_uvote-loadtest"));
    program.args(arguments).args(["--url", &fake.url, "--smtp-bind", &smtp]);
    let Output { status, stdout, stderr } = program.output().await.unwrap();
    let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (status.code(), stdout, stderr)
}

const CAST: [&str; 7] = ["cast", "--voters", "100", "--watchers", "2", "--patience", "1"];

#[tokio::test]
async fn books_that_agree_end_with_0() {
    let (code, out, _) = play(Misconduct::None, &CAST).await;
    assert_eq!(code, Some(0), "{out}");
    assert!(out.ends_with("The books agree.\n"), "{out}");
}

#[tokio::test]
async fn a_difference_is_the_first_line_and_ends_with_1() {
    let (code, out, _) = play(Misconduct::LosesVotes, &CAST).await;
    assert_eq!(code, Some(1), "{out}");
    assert!(out.starts_with("DIFFERENCE "), "{out}");
}

#[tokio::test]
async fn a_difference_is_the_first_line_and_ends_with_1_though_the_run_breaks_off_later() {
    let directory = tempfile::tempdir().unwrap();
    let json = directory.path().join("report.json");
    let line = [&CAST[..], &["--json", json.to_str().unwrap()]].concat();
    let (code, out, error) = play(Misconduct::LosesVotesAndFails, &line).await;
    assert_eq!(code, Some(1), "{out}");
    assert!(out.starts_with("DIFFERENCE turnout last seen by watcher 0: expected 100"), "{out}");
    assert!(out.contains("votes acknowledged") && !out.contains("agree"), "{out}");
    assert!(error.contains("INTERNAL"), "{error}");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    assert_eq!(json["differences"].as_array().unwrap().len(), 2);
    assert!(json["broken_off"].as_str().unwrap().contains("INTERNAL"), "{json}");
}

#[tokio::test]
async fn a_run_that_breaks_off_without_a_difference_ends_with_2() {
    let (code, out, error) = play(Misconduct::IsMute, &CAST).await;
    assert_eq!(code, Some(2), "{out}");
    assert!(error.contains("invitation") && !out.contains("agree"), "{error} {out}");
}
