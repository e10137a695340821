//! The steps of an election from draft to archive, by hand and by the clock.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::problem::{fields, refused};
use super::votes::{sql, uuid};
use crate::support::live::Live;
use crate::support::people::{Election, PASSWORD, roll, sample};
use crate::support::{Organiser, Service};

const STEPS: [&str; 4] = ["activate", "close", "publish", "archive"];

async fn step(organiser: &Organiser, election: &Election, step: &str) -> (StatusCode, Value) {
    organiser.post(&election.path(&format!("/{step}")), &json!({})).await
}

async fn refuses_all_but(organiser: &Organiser, election: &Election, possible: &str) {
    for name in STEPS.iter().filter(|name| **name != possible) {
        refused(&step(organiser, election, name).await, 409, "WRONG_STATE");
    }
}

/// Waits until watchers are told that the election stands so.
async fn until_status(service: &Service, election: &Election, status: &str) {
    let mut live = Live::anonymous(service).await;
    live.subscribe(&format!("elections/{}/status", election.id)).await;
    live.until(|frame| frame["type"] == "status" && frame["status"] == status).await;
}

async fn scheduled(organiser: &Organiser) -> Election {
    let mut body = sample();
    body["opens_at"] = json!("2998-01-01T00:00:00Z");
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(2)).await;
    let (status, answer) = step(organiser, &election, "activate").await;
    assert_eq!((status, &answer["status"]), (StatusCode::OK, &json!("scheduled")), "{answer}");
    election
}

const OPENS_NOW: &str = "UPDATE election_heads SET opens_at = clock_timestamp() WHERE election_id = $1";
const CLOSES_NOW: &str = "UPDATE election_heads SET closes_at = clock_timestamp() WHERE election_id = $1";

#[actix_web::test]
async fn a_draft_that_lacks_something_is_told_all_of_it() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(json!({"title": "Board"})).await;
    let answer = step(&organiser, &election, "activate").await;
    refused(&answer, 409, "NOT_READY");
    assert_eq!(fields(&answer.1), ["contests", "voters"]);

    let contests = json!([
        {"title": "Chair", "candidates": [{"name": "Ada"}, {"name": "Ben"}]},
        {"title": "Treasurer", "candidates": [{"name": "Cleo"}]},
        {"title": "Auditor"}]);
    let past = json!({"title": "Board", "closes_at": "2001-01-01T00:00:00Z", "contests": contests});
    let election = organiser.draft(past).await;
    let answer = step(&organiser, &election, "activate").await;
    refused(&answer, 409, "NOT_READY");
    let missing = ["contests.1.candidates", "contests.2.candidates", "voters", "closes_at"];
    assert_eq!(fields(&answer.1), missing);
    let (_, shown) = organiser.get(&election.path("")).await;
    assert_eq!((&shown["status"], &shown["activated_at"]), (&json!("draft"), &Value::Null));
}

#[actix_web::test]
async fn every_step_out_of_order_is_refused() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    refuses_all_but(&organiser, &scheduled(&organiser).await, "none").await;
    let election = organiser.ready_draft(1).await;
    refuses_all_but(&organiser, &election, "activate").await;
    refused(&step(&organiser, &election, "invitations").await, 409, "WRONG_STATE");
    refused(&step(&organiser, &election, "result-notices").await, 409, "WRONG_STATE");
    assert_eq!(step(&organiser, &election, "activate").await.1["status"], "active");
    refuses_all_but(&organiser, &election, "close").await;
    refused(&step(&organiser, &election, "result-notices").await, 409, "WRONG_STATE");
    assert_eq!(step(&organiser, &election, "close").await.1["status"], "closed");
    refuses_all_but(&organiser, &election, "archive").await;
    refused(&step(&organiser, &election, "invitations").await, 409, "WRONG_STATE");
    assert_eq!(step(&organiser, &election, "archive").await.1["status"], "archived");
    refuses_all_but(&organiser, &election, "none").await;
    let (status, _) = organiser.get(&election.path("/results")).await;
    assert_eq!(status, StatusCode::OK, "an archived election keeps its results");
}

#[actix_web::test]
async fn the_times_of_each_step_are_kept() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.ready_draft(1).await;
    let (_, active) = step(&organiser, &election, "activate").await;
    assert_eq!(active["opens_at"], active["activated_at"]);
    assert_eq!(active["closed_at"], Value::Null);
    let (_, closed) = step(&organiser, &election, "close").await;
    assert!(closed["closed_at"].as_str().unwrap() > active["activated_at"].as_str().unwrap());
}

#[actix_web::test]
async fn results_wait_for_their_publication_when_that_is_manual() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut body = sample();
    body["publication"] = json!("manual");
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(2)).await;
    let voters = organiser.open(&service, &election.id, 2).await;
    voters[0].cast(&election.choose(Some(0))).await;
    let public = async || service.anonymous().get(&election.path("/results")).await.unwrap();
    refused(&public().await, 403, "RESULTS_HIDDEN");
    organiser.close(&election.id).await;
    refused(&public().await, 403, "RESULTS_HIDDEN");
    refused(&step(&organiser, &election, "result-notices").await, 409, "WRONG_STATE");
    assert_eq!(step(&organiser, &election, "publish").await.0, StatusCode::OK);
    let (status, results) = public().await;
    assert_eq!((status, &results["contests"][0]["candidates"][0]["votes"]), (StatusCode::OK, &json!(1)));
    refused(&step(&organiser, &election, "publish").await, 409, "WRONG_STATE");
    assert_eq!(step(&organiser, &election, "archive").await.0, StatusCode::OK);
    assert_eq!(public().await.0, StatusCode::OK);
}

#[actix_web::test]
async fn a_scheduled_election_is_opened_and_closed_by_the_clock() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = scheduled(&organiser).await;
    refused(&organiser.patch(&election.path(""), &json!({"opens_at": null})).await, 409, "WRONG_STATE");
    sql(&service, OPENS_NOW, &[&uuid(&election)]).await;
    until_status(&service, &election, "active").await;
    let (_, invited) = step(&organiser, &election, "invitations").await;
    assert_eq!(invited["queued"], 2);
    let voter = crate::support::people::Voter::invited(&service, &election.id, "voter1@example.org").await;
    voter.cast(&election.choose(Some(0))).await;
    sql(&service, CLOSES_NOW, &[&uuid(&election)]).await;
    until_status(&service, &election, "closed").await;
    let published = async {
        loop {
            let (status, results) = service.anonymous().get(&election.path("/results")).await.unwrap();
            if status == StatusCode::OK {
                break results;
            }
        }
    };
    let results = tokio::time::timeout(std::time::Duration::from_secs(20), published).await.unwrap();
    assert_eq!(results["ballots_cast"], 1);
    let (_, shown) = organiser.get(&election.path("")).await;
    assert_eq!(shown["status"], "closed");
    let (_, audit) = organiser.get(&election.path("/audit")).await;
    let by_the_clock = |action: &str| {
        let mut records = audit["items"].as_array().unwrap().iter();
        records.any(|record| record["action"] == action && record["actor"] == "system")
    };
    assert!(by_the_clock("election.opened") && by_the_clock("election.closed"), "{audit}");
}

#[actix_web::test]
async fn what_fell_due_while_the_service_was_down_is_made_up_for() {
    let mut service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let opening = scheduled(&organiser).await;
    let (closing, voters) = organiser.open_election(&service, 1).await;
    let both = scheduled(&organiser).await;
    voters[0].cast(&closing.choose(Some(1))).await;
    service.stop().await;
    sql(&service, OPENS_NOW, &[&uuid(&opening)]).await;
    sql(&service, CLOSES_NOW, &[&uuid(&closing)]).await;
    let in_the_past = "UPDATE election_heads SET opens_at = clock_timestamp() - interval '2 days',
        closes_at = clock_timestamp() - interval '1 day' WHERE election_id = $1";
    sql(&service, in_the_past, &[&uuid(&both)]).await;
    service.restart().await;
    until_status(&service, &opening, "active").await;
    until_status(&service, &closing, "closed").await;
    until_status(&service, &both, "closed").await;
    let organiser = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    let (_, shown) = organiser.get(&closing.path("")).await;
    assert_eq!((&shown["status"], &shown["ballots_cast"]), (&json!("closed"), &json!(1)));
}
