//! The scenarios that cast votes, against a service in memory that may misbehave.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
mod fake;

use std::collections::HashSet;
use std::fs;

use fake::{Fake, Misconduct, play};
use serde_json::Value;
use uvote_loadtest::client::Client;
use uvote_loadtest::report::Report;

async fn run_at(misconduct: Misconduct, line: &[&str]) -> (Fake, Report) {
    let (fake, report) = play(misconduct, line).await;
    (fake, report.unwrap())
}

async fn run(misconduct: Misconduct, line: &str) -> Report {
    run_at(misconduct, &line.split(' ').collect::<Vec<_>>()).await.1
}

fn number(report: &Report, key: &str) -> f64 {
    let figures = &report.to_json()["figures"];
    figures[key].as_f64().unwrap_or_else(|| panic!("{key} is missing: {figures}"))
}

fn points(report: &Report, title: &str, line: &str) -> Vec<f64> {
    let json = report.to_json();
    let plot = json["plots"].as_array().unwrap().iter().find(|plot| plot["title"] == title);
    let lines = plot.unwrap_or_else(|| panic!("no plot {title}"))["lines"].as_array().unwrap();
    let line = lines.iter().find(|found| found["name"] == line).unwrap();
    line["points"].as_array().unwrap().iter().map(|point| point[1].as_f64().unwrap()).collect()
}

#[tokio::test]
async fn votes_at_a_rate_take_the_time_that_the_rate_says() {
    let report = run(Misconduct::None, "cast --voters 200 --rate 400 --arrivals even").await;
    assert_eq!(report.differences(), [""; 0]);
    assert_eq!(number(&report, "acknowledged"), 200.0);
    assert!(number(&report, "casting_seconds") > 0.49);
}

/// One vote of these is stalled for a third of a second.
const STALLED: &str = "cast --voters 200 --rate 1000 --arrivals even";

#[tokio::test]
async fn what_waits_for_a_connection_counts_as_latency() {
    let line = format!("{STALLED} --connections 1");
    let report = run(Misconduct::Stalls, &line).await;
    // The votes were due within 0.2 seconds and all answered after the stall.
    assert_eq!(number(&report, "connections"), 1.0);
    assert!(number(&report, "latency_p50_us") > 133_000.0);
    let closed = run(Misconduct::Stalls, "cast --voters 200 --concurrency 1").await;
    assert!(number(&closed, "latency_p50_us") < 133_000.0, "a closed loop does not see it");
}

#[tokio::test]
async fn a_stalled_vote_keeps_no_other_waiting_where_there_are_connections() {
    let report = run(Misconduct::Stalls, STALLED).await;
    assert!(number(&report, "latency_max_us") > 333_000.0);
    assert!(number(&report, "latency_p50_us") < 133_000.0);
    let connections = number(&report, "connections");
    assert!((2.0..200.0).contains(&connections), "opened {connections}, as needed");
}

#[tokio::test]
async fn a_rush_hour_fills_its_time() {
    let report = run(Misconduct::None, "cast --voters 300 --shape rush-hour --duration 1").await;
    assert_eq!(report.differences(), [""; 0]);
    assert!(number(&report, "casting_seconds") > 0.9);
}

#[tokio::test]
async fn each_second_is_plotted_with_its_votes_and_errors() {
    let report = run(Misconduct::IsBusy, "cast --voters 300 --rate 200 --arrivals even").await;
    assert_eq!(report.differences(), [""; 0]);
    let votes = points(&report, "Votes acknowledged", "acknowledged");
    assert!(votes.len() == 1 && votes[0] > 150.0, "{votes:?}");
    assert_eq!(points(&report, "Latency of each second", "p99").len(), 1);
    assert!(points(&report, "Other answers", "BUSY")[0] >= 50.0);
    let errors = &report.to_json()["figures"]["errors"];
    assert!(errors["BUSY"].as_u64().unwrap() >= 50, "{errors}");
}

#[tokio::test]
async fn bodies_are_written_for_others_to_cast() {
    let file = std::env::temp_dir().join(format!("bodies-{}", uuid::Uuid::new_v4()));
    let line = ["cast", "--voters", "50", "--bodies-out", file.to_str().unwrap()];
    let (fake, report) = run_at(Misconduct::None, &line).await;
    let bodies = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    assert_eq!(report.differences(), [""; 0]);
    assert_eq!(number(&report, "bodies"), 50.0);
    let figures = &report.to_json()["figures"];
    assert!(figures.get("acknowledged").is_none(), "nothing is cast");
    let client = Client::new(&fake.url).unwrap();
    let mut tokens = HashSet::new();
    for body in bodies.lines() {
        let body: Value = serde_json::from_str(body).unwrap();
        tokens.insert(body["token"].as_str().unwrap().to_owned());
        let (status, _) = client.post(figures["votes_path"].as_str().unwrap(), &body).await.unwrap();
        assert_eq!(status, 201);
    }
    assert_eq!(tokens.len(), 50);
}

const MANY: &str = "many --elections 5 --voters 8 --rounds 2 --concurrency 4";

#[tokio::test]
async fn many_elections_are_compared_with_one_and_all_are_checked() {
    let report = run(Misconduct::None, MANY).await;
    assert_eq!(report.differences(), [""; 0]);
    assert_eq!(number(&report, "elections"), 6.0);
    assert_eq!(number(&report, "receipts"), 80.0);
    assert!(number(&report, "ratio") > 0.0);
    assert_eq!(points(&report, "Rate of each round", "5 elections").len(), 2);
}

#[tokio::test]
async fn a_vote_moved_in_any_of_many_elections_is_found() {
    // So many voters that somebody surely chooses the first candidate in each of them.
    let report = run(Misconduct::MovesAVote, "many --elections 5 --voters 80 --rounds 2").await;
    for election in ["e", "e1", "e2", "e3", "e4", "e5"] {
        let start = format!("election {election}: votes for candidate bob");
        assert!(report.differences().iter().any(|found| found.starts_with(&start)), "{start}");
    }
}

const FLAT: &str = "flat --sizes 50,0 --votes 20 --rounds 3 --concurrency 4";

#[tokio::test]
async fn a_filled_election_is_compared_with_an_empty_one() {
    let report = run(Misconduct::None, FLAT).await;
    assert_eq!(report.differences(), [""; 0]);
    assert_eq!(number(&report, "receipts"), 170.0, "what filled the election counts");
    assert!(number(&report, "fullest_ratio") > 0.0);
    assert_eq!(points(&report, "Rate of each round", "50 ballots").len(), 3);
}

#[tokio::test]
async fn votes_lost_while_an_election_is_filled_are_found() {
    let report = run(Misconduct::LosesVotes, FLAT).await;
    let expected = "election e1: published ballots_cast: expected 110, the service says 99";
    assert!(report.differences().iter().any(|found| found == expected), "{:?}", report.differences());
}

const MIXED: &str = "mixed --voters 100 --rate 200 --reads 140 --sign-ins 20 --watchers 2 --patience 1";

#[tokio::test]
async fn votes_reads_and_sign_ins_are_measured_beside_each_other() {
    let report = run(Misconduct::None, MIXED).await;
    assert_eq!(report.differences(), [""; 0]);
    assert_eq!(number(&report, "acknowledged"), 100.0);
    assert_eq!(number(&report, "visits_failed"), 0.0);
    for kind in [
        "vote_page",
        "ballot",
        "results_page",
        "results",
        "receipt",
        "election",
        "turnout",
        "organisation",
        "account",
        "voters",
        "sign_in",
    ] {
        assert!(number(&report, &format!("{kind}_p99_us")) > 0.0, "{kind}");
    }
    assert!(points(&report, "Latency of organisers", "turnout").len() > 1);
}

#[tokio::test]
async fn votes_lost_beside_reads_are_found() {
    let report = run(Misconduct::LosesVotes, MIXED).await;
    let expected = "published ballots_cast: expected 100, the service says 90";
    assert!(report.differences().iter().any(|found| found == expected), "{:?}", report.differences());
}
