//! The scenarios that measure one thing, against a service in memory that may misbehave.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
mod fake;

use fake::{Misconduct, play};
use serde_json::Value;

/// Differences and figures.
async fn run(misconduct: Misconduct, line: &[&str]) -> (Vec<String>, Value) {
    let report = play(misconduct, line).await.1.unwrap();
    (report.differences().to_vec(), report.to_json()["figures"].clone())
}

const STORM: [&str; 9] =
    ["login-storm", "--logins", "3", "--seconds", "1", "--most", "200", "--concurrency", "4"];

#[tokio::test]
async fn a_storm_of_logins_leaves_the_books_of_an_honest_service_right() {
    let (differences, figures) = run(Misconduct::None, &STORM).await;
    assert_eq!(differences, Vec::<String>::new());
    for key in ["votes_per_second_alone", "votes_per_second_beside", "logins_per_second_alone", "votes_kept"]
    {
        assert!(figures[key].as_f64().unwrap() > 0.0, "{key}: {figures}");
    }
    // Everybody begins with a wrong password and goes on with the right one.
    let [taken, refused] = ["logins_taken", "logins_refused"].map(|key| figures[key].as_u64().unwrap());
    assert!(taken > 0 && (taken..=taken + 12).contains(&refused), "{taken} {refused}");
    assert!(figures["receipts"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn a_wrong_password_that_is_taken_is_a_difference() {
    let (differences, _) = run(Misconduct::TakesAnyPassword, &STORM).await;
    assert!(!differences.is_empty());
    let expected = "times a wrong password was answered 200";
    assert!(differences.iter().all(|difference| difference.ends_with(expected)), "{differences:?}");
}

#[tokio::test]
async fn votes_lost_in_a_storm_are_found() {
    let (differences, _) = run(Misconduct::LosesVotes, &STORM).await;
    let found = |start| differences.iter().any(|difference| difference.starts_with(start));
    assert!(found("published ballots_cast: expected "), "{differences:?}");
}

#[tokio::test]
async fn an_import_is_told_in_seconds_and_rows() {
    let (differences, figures) = run(Misconduct::None, &["import", "--voters", "2500"]).await;
    assert_eq!(differences, Vec::<String>::new());
    assert_eq!(figures["voters"], 2_500);
    assert!(figures["rows_per_second"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn invitations_are_waited_for_until_all_have_come() {
    let (differences, figures) = run(Misconduct::None, &["mail", "--voters", "300"]).await;
    assert_eq!(differences, Vec::<String>::new());
    assert_eq!(figures["mails"], 300);
    let [accepted, came] = ["accepted_seconds", "mail_seconds"].map(|key| figures[key].as_f64().unwrap());
    assert!(accepted <= came);
}

#[tokio::test]
async fn mails_that_nobody_takes_are_queued_all_the_same() {
    let (differences, figures) = run(Misconduct::IsMute, &["mail", "--voters", "300", "--queue-only"]).await;
    assert_eq!(differences, Vec::<String>::new());
    assert_eq!(figures["mails_queued"], 300);
    assert!(figures["queued_seconds"].as_f64().unwrap() > 0.0 && figures["mails"].is_null(), "{figures}");
}

const LARGE: [&str; 7] = ["large", "--voters", "400", "--concurrency", "4", "--reads", "3"];

#[tokio::test]
async fn a_large_election_is_read_closed_and_checked() {
    let (differences, figures) = run(Misconduct::None, &LARGE).await;
    assert_eq!(differences, Vec::<String>::new());
    assert_eq!(figures["acknowledged"], 400);
    for key in ["page_p99_us", "search_slowest_us", "close_seconds", "verify_seconds", "results_p50_us"] {
        assert!(figures[key].as_f64().unwrap() > 0.0, "{key}: {figures}");
    }
    assert!(figures["killed_restart_seconds"].is_null(), "a service of somebody else is not killed");
}

#[tokio::test]
async fn votes_that_a_large_election_loses_are_found() {
    let (differences, _) = run(Misconduct::LosesVotes, &LARGE).await;
    let found = |start| differences.iter().any(|difference| difference.starts_with(start));
    assert!(found("published ballots_cast: expected "), "{differences:?}");
}

/// How long votes took, and what they cost.
fn has_accounts(figures: &Value) {
    for key in ["latency_p99_us", "cpu_service_us_per_vote", "service_bytes_per_vote"] {
        assert!(figures[key].is_number(), "{key}: {figures}");
    }
}

#[tokio::test]
async fn votes_of_a_fuller_election_are_counted_with_their_errors_and_latencies() {
    let line = ["flat", "--sizes", "0,40", "--votes", "20", "--rounds", "2", "--concurrency", "4"];
    let (differences, figures) = run(Misconduct::IsBusy, &line).await;
    assert_eq!(differences, Vec::<String>::new());
    assert_eq!(figures["acknowledged"], 40 + 2 * 2 * 20);
    assert!(figures["errors"]["BUSY"].as_u64().unwrap() > 0, "{figures}");
    assert!(figures["fullest_ratio"].as_f64().unwrap() > 0.0);
    has_accounts(&figures);
}

#[tokio::test]
async fn votes_of_many_elections_are_counted_with_those_of_the_one_beside_them() {
    let line = ["many", "--elections", "5", "--voters", "8", "--rounds", "2", "--concurrency", "4"];
    let (differences, figures) = run(Misconduct::ForgetsOutcomes, &line).await;
    assert_eq!(differences, Vec::<String>::new());
    assert_eq!(figures["acknowledged"], 2 * 5 * 8);
    assert!(figures["errors"]["OUTCOME_UNKNOWN"].as_u64().unwrap() > 0, "{figures}");
    has_accounts(&figures);
}

#[tokio::test]
async fn votes_lost_in_one_of_many_elections_are_found() {
    let line = ["many", "--elections", "2", "--voters", "10", "--rounds", "1"];
    let (differences, _) = run(Misconduct::LosesVotes, &line).await;
    let found = differences.iter().filter(|difference| difference.contains("ballots_cast: expected"));
    assert_eq!(found.count(), 3, "{differences:?}");
}
