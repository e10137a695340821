//! The whole scenario against a service in memory that may misbehave.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
mod fake;

use fake::{Fake, Misconduct, play};
use serde_json::Value;
use uvote_loadtest::casting::{Pace, Queue, cast};
use uvote_loadtest::client::Client;
use uvote_loadtest::election::Election;
use uvote_loadtest::progress;
use uvote_loadtest::report::Report;

async fn attempt(misconduct: Misconduct, more: &[&str]) -> anyhow::Result<Report> {
    let line = ["cast", "--voters", "200", "--concurrency", "8", "--watchers", "3"];
    play(misconduct, &[&line, more].concat()).await.1
}

async fn run(misconduct: Misconduct) -> (Vec<String>, Value) {
    let report = attempt(misconduct, &[]).await.unwrap();
    let figures = report.to_json()["figures"].clone();
    (report.differences().to_vec(), figures)
}

#[tokio::test]
async fn the_books_of_an_honest_service_agree() {
    let (differences, figures) = run(Misconduct::None).await;
    assert_eq!(differences, Vec::<String>::new());
    for (key, expected) in [
        ("voters", 200),
        ("mails", 200),
        ("acknowledged", 200),
        ("receipts", 200),
        ("watchers", 3),
        ("retried", 0),
        ("refused", 0),
        ("never_cast", 0),
    ] {
        assert_eq!(figures[key], expected, "{key}");
    }
    assert!(figures["frames_fewest"].as_u64().unwrap() >= 2);
    assert!(figures["votes_per_second"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn an_election_kept_open_is_not_closed_and_its_id_is_told() {
    let report = attempt(Misconduct::MovesAVote, &["--keep-open"]).await.unwrap();
    assert!(report.differences().is_empty(), "{:?}", report.differences());
    let figures = &report.to_json()["figures"];
    assert_eq!(figures["election_id"], "e");
    assert!(figures.get("close_seconds").is_none());
}

#[tokio::test]
async fn a_moved_vote_is_found() {
    let (differences, _) = run(Misconduct::MovesAVote).await;
    assert_eq!(differences.len(), 2, "{differences:?}");
    assert!(differences[0].starts_with("votes for candidate ann"));
    assert!(differences[1].starts_with("votes for candidate bob"));
}

#[tokio::test]
async fn lost_votes_are_found_in_the_results_and_by_the_watchers() {
    let report = attempt(Misconduct::LosesVotes, &["--patience", "1"]);
    let report = report.await.unwrap();
    let found = |start: &str| report.differences().iter().any(|d| d.starts_with(start));
    for start in [
        "published ballots_cast: expected 200, the service says 180",
        "turnout last seen by watcher 2: expected 200",
        "verified ballots: expected 200, the service says 180",
    ] {
        assert!(found(start), "{start}: {:?}", report.differences());
    }
}

#[tokio::test]
async fn votes_of_unknown_outcome_are_sent_again_and_counted_once() {
    for misconduct in [Misconduct::ForgetsOutcomes, Misconduct::BreaksConnections] {
        let (differences, figures) = run(misconduct).await;
        assert_eq!(differences, Vec::<String>::new());
        for key in ["unknown", "retried", "repeated"] {
            assert_eq!(figures[key], 50, "{misconduct:?} {key}");
        }
        assert_eq!(figures["acknowledged"], 200);
    }
}

#[tokio::test]
async fn a_busy_service_is_asked_again() {
    let (differences, figures) = run(Misconduct::IsBusy).await;
    assert_eq!(differences, Vec::<String>::new());
    assert_eq!(figures["acknowledged"], 200);
    assert!(figures["busy"].as_u64().unwrap() >= 50);
    assert_eq!(figures["busy"], figures["retried"]);
}

#[tokio::test]
async fn denied_receipts_are_found() {
    let (differences, _) = run(Misconduct::DeniesReceipts).await;
    let expected = ["200 of 200 receipts are not in the chain at their position"];
    assert_eq!(differences, expected);
}

#[tokio::test]
async fn refused_voters_are_a_difference() {
    let (differences, figures) = run(Misconduct::RefusesVotes).await;
    assert_eq!(differences, ["200 entitled voters were refused: TOKEN_UNKNOWN"]);
    assert_eq!(figures["refused"], 200);
}

#[tokio::test]
async fn a_turnout_that_goes_back_is_found() {
    let (differences, _) = run(Misconduct::GoesBack).await;
    assert_eq!(differences.len(), 3, "{differences:?}");
    assert!(differences[0].starts_with("watcher 0: the turnout went back"));
}

#[tokio::test]
async fn an_expired_session_is_renewed() {
    let (differences, figures) = run(Misconduct::Expires).await;
    assert_eq!(differences, Vec::<String>::new());
    assert_eq!(figures["acknowledged"], 200);
}

#[tokio::test]
async fn a_service_that_mails_elsewhere_is_told_how_to_be_started() {
    let error = attempt(Misconduct::IsMute, &["--patience", "0"]).await.err().unwrap();
    let message = error.to_string();
    assert!(message.contains("200 are missing"), "{message}");
    assert!(message.contains("SMTP_URL=smtp://127.0.0.1:"), "{message}");
}

#[tokio::test]
async fn a_stopped_casting_begins_no_further_vote() {
    let nobody = "127.0.0.1:0".parse().unwrap();
    let fake = Fake::start(nobody, Misconduct::None).await;
    let election = Election {
        id: "e".into(),
        organisation_id: "o".into(),
        contest: "c".into(),
        candidates: vec!["ann".into()],
    };
    let tokens: Vec<Box<str>> = (0..1_000).map(|n| n.to_string().into()).collect();
    let client = Client::new(&fake.url).unwrap().signed_in("a").unwrap();
    client.post("/api/v1/elections", &Value::Null).await.unwrap();
    let bar = progress::bar("votes", 1_000);
    let stop = std::future::ready(());
    let queue = Queue::of(&election, tokens);
    let books = cast(&client, queue, Pace::closed(4), bar, stop).await.unwrap();
    assert!(books.acknowledged() <= 4);
    let mut report = Report::new("stopped");
    books.tell(1_000, &mut report);
    let never_cast = report.to_json()["figures"]["never_cast"].as_u64().unwrap();
    assert_eq!(never_cast, 1_000 - books.acknowledged());
}
