//! Watchers of a service in memory that may misbehave.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Other tests want more of it.
#[allow(dead_code)]
mod fake;

use fake::{Misconduct, play};
use serde_json::Value;
use uvote_loadtest::report::Report;

async fn watch(misconduct: Misconduct, more: &[&str]) -> Report {
    let line = ["watch", "--voters", "200", "--rate", "2000", "--watchers", "4"];
    play(misconduct, &[&line, more].concat()).await.1.unwrap()
}

fn number(figures: &Value, key: &str) -> f64 {
    figures[key].as_f64().unwrap_or_else(|| panic!("{key} is missing: {figures}"))
}

#[tokio::test]
async fn every_vote_lags_at_every_watcher_and_both_are_plotted() {
    let report = watch(Misconduct::None, &[]).await;
    assert_eq!(report.differences(), [""; 0]);
    let json = report.to_json();
    let figures = &json["figures"];
    assert_eq!(number(figures, "watchers"), 4.0);
    assert_eq!(number(figures, "acknowledged"), 200.0);
    assert!(number(figures, "frames_per_second") > 0.0);
    assert!(number(figures, "lag_p50_us") <= number(figures, "lag_max_us"));
    let titles: Vec<&str> =
        json["plots"].as_array().unwrap().iter().map(|plot| plot["title"].as_str().unwrap()).collect();
    for title in ["Lag from acknowledgement to frame", "Frames received", "Votes acknowledged"] {
        assert!(titles.contains(&title), "{title} is not in {titles:?}");
    }
}

#[tokio::test]
async fn a_turnout_that_loses_votes_is_found_by_the_watchers() {
    let report = watch(Misconduct::LosesVotes, &["--patience", "1"]).await;
    let expected = "turnout last seen by watcher 3: expected 200, the service says 180";
    assert!(report.differences().iter().any(|found| found == expected), "{:?}", report.differences());
}

#[tokio::test]
async fn watchers_that_never_read_and_are_kept_are_a_difference() {
    let report = watch(Misconduct::None, &["--stalled", "0.5", "--stall-patience", "0"]).await;
    assert_eq!(report.differences(), ["stalled watchers: 2 of 2 were not dropped within 0 s"]);
    let figures = &report.to_json()["figures"];
    assert_eq!(number(figures, "watchers"), 2.0);
    assert_eq!(number(figures, "stalled"), 2.0);
    assert_eq!(number(figures, "stalled_dropped"), 0.0);
}

#[tokio::test]
async fn receipts_that_the_service_does_not_know_are_found_beside_watchers_too() {
    let report = watch(Misconduct::DeniesReceipts, &["--receipts", "50"]).await;
    assert_eq!(report.differences(), ["50 of 50 receipts are not in the chain at their position"]);
}
