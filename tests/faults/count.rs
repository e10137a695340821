//! The books: what was acknowledged against what was counted.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::support::Organiser;
use crate::support::people::{Election, Voter};

/// Asserts that the chain and the tally of an election hold; answers its number of ballots.
pub async fn sound_ballots(organiser: &Organiser, election: &Election) -> usize {
    let (status, found) = organiser.post(&election.path("/verify"), &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{found}");
    assert_eq!((&found["chain_intact"], &found["recount_matches"]), (&json!(true), &json!(true)), "{found}");
    as_count(&found["ballots"])
}

/// Published votes for each candidate of the first contest, in the order of the ballot, and blanks.
pub async fn published(organiser: &Organiser, election: &Election) -> (Vec<usize>, usize) {
    let (status, results) = organiser.get(&election.path("/results")).await;
    assert_eq!(status, StatusCode::OK, "{results}");
    let contest = &results["contests"][0];
    let candidates = contest["candidates"].as_array().unwrap();
    (candidates.iter().map(|candidate| as_count(&candidate["votes"])).collect(), as_count(&contest["blank"]))
}

pub fn as_count(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

pub async fn receipt_is_included(voter: &Voter, receipt: &str) -> bool {
    let path = format!("/api/v1/elections/{}/receipts/{receipt}", voter.election);
    for _ in 0..100 {
        let (status, answer) = voter.client.get(&path).await.unwrap();
        // Connections to a database that was away are noticed one at a time.
        if status != StatusCode::SERVICE_UNAVAILABLE {
            return status == StatusCode::OK && answer["included"] == true;
        }
    }
    false
}

/// Sends the same body until there is a receipt. Nothing but 503 is a reason to try again.
pub async fn cast_until_acknowledged(voter: &Voter, body: &Value) -> String {
    let (status, answer) = voter.send(body).await;
    assert!(matches!(status, StatusCode::OK | StatusCode::CREATED), "a vote met {status}: {answer}");
    answer["receipt"].as_str().unwrap().to_owned()
}
