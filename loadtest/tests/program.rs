//! The program itself, as a terminal or a pipeline sees it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
mod fake;

use std::process::{Output, Stdio};

use fake::{Fake, Misconduct, free_address};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;

/// A service, and the program with these arguments that is to run against it.
async fn program(misconduct: Misconduct, arguments: &[&str]) -> (Fake, Command) {
    let smtp = free_address().await;
    let fake = Fake::start(smtp, misconduct).await;
    let mut program = Command::new(env!("CARGO_BIN_EXE_uvote-loadtest"));
    program.args(arguments).args(["--url", &fake.url, "--smtp-bind", &smtp.to_string()]);
    program.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    (fake, program)
}

/// Runs it with these arguments against a service of its own.
async fn play(misconduct: Misconduct, arguments: &[&str]) -> (Option<i32>, String, String) {
    let (_fake, mut program) = program(misconduct, arguments).await;
    told(program.output().await.unwrap())
}

/// Exit code, standard output and standard error.
fn told(Output { status, stdout, stderr }: Output) -> (Option<i32>, String, String) {
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

/// Interrupts a run in turns once votes have been cast.
async fn interrupt(misconduct: Misconduct) -> (Option<i32>, String, String) {
    let line = [
        "login-storm",
        "--logins",
        "2",
        "--seconds",
        "30",
        "--most",
        "10",
        "--rounds",
        "9",
        "--concurrency",
        "2",
    ];
    let (mut fake, mut program) = program(misconduct, &line).await;
    let running = program.spawn().unwrap();
    let pid = Pid::from_raw(running.id().unwrap().cast_signed()).unwrap();
    fake.votes.wait_for(|votes| *votes > 20).await.unwrap();
    kill_process(pid, Signal::INT).unwrap();
    told(running.wait_with_output().await.unwrap())
}

#[tokio::test]
async fn a_run_in_turns_that_is_interrupted_still_compares_what_was_cast() {
    let (code, out, error) = interrupt(Misconduct::None).await;
    assert_eq!(code, Some(130), "{out} {error}");
    assert!(out.contains("receipts looked up") && out.ends_with("The run was broken off.\n"), "{out}");
    let (code, out, error) = interrupt(Misconduct::LosesVotes).await;
    assert_eq!(code, Some(1), "{out} {error}");
    assert!(out.starts_with("DIFFERENCE published ballots_cast: expected"), "{out}");
}
