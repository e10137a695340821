//! Connections to PostgreSQL that break: nothing is lost, and nothing is counted twice.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use hyper::{Method, Request, StatusCode};
use serde_json::Value;
use uvote_loadtest::client::{read_json, whole};

use crate::count::{cast_until_acknowledged, published, receipt_is_included, sound_ballots};
use crate::support::cluster::cluster;
use crate::support::people::Voter;
use crate::support::proxy::{Cut, Proxy};
use crate::support::{Organiser, Service};

async fn service_behind(proxy: &Proxy) -> Service {
    let database = cluster().database().await;
    let url = proxy.url(&database);
    Service::start_on(database, url).await
}

/// Casts and answers the status, the body, and how long to wait before another try.
async fn cast(voter: &Voter, body: &Value) -> (StatusCode, Value, Option<String>) {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/api/v1/elections/{}/votes", voter.election))
        .header("content-type", "application/json")
        .body(whole(body.to_string()))
        .unwrap();
    let answer = voter.client.send(request).await.unwrap();
    let (status, body) = read_json(&answer).unwrap();
    let wait = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    (status, body, wait)
}

/// Cuts the connection under a vote, and answers the status of the same request sent again.
async fn retry_after(cut: Cut) -> StatusCode {
    let proxy = Proxy::start();
    let service = service_behind(&proxy).await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 2).await;
    voters[1].cast(&election.choose(Some(1))).await;
    let body = voters[0].body(&election.choose(Some(0)));

    proxy.arm(cut);
    let (status, answer, wait) = cast(&voters[0], &body).await;
    assert!(proxy.has_cut());
    assert_eq!((status, &answer["code"]), (StatusCode::SERVICE_UNAVAILABLE, &"OUTCOME_UNKNOWN".into()));
    assert!(wait.unwrap().parse::<u32>().unwrap() > 0);

    let (again, answer, _) = cast(&voters[0], &body).await;
    let receipt = answer["receipt"].as_str().expect("a receipt").to_owned();
    assert!(receipt_is_included(&voters[0], &receipt).await);
    assert_eq!(sound_ballots(&organiser, &election).await, 2);
    organiser.close(&election.id).await;
    assert_eq!(published(&organiser, &election).await, (vec![1, 1], 0));
    again
}

#[actix_web::test]
async fn a_vote_whose_commit_was_never_answered_is_counted_once() {
    assert_eq!(retry_after(Cut::AfterCommit).await, StatusCode::OK);
}

#[actix_web::test]
async fn a_vote_whose_commit_never_arrived_is_counted_when_sent_again() {
    assert_eq!(retry_after(Cut::BeforeCommit).await, StatusCode::CREATED);
}

#[actix_web::test]
async fn after_an_unknown_outcome_the_code_takes_no_other_ballot() {
    let proxy = Proxy::start();
    let service = service_behind(&proxy).await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    proxy.arm(Cut::AfterCommit);
    let (status, answer) = voters[0].send_once(&voters[0].body(&election.choose(Some(0)))).await;
    assert!(proxy.has_cut(), "{answer}");
    assert_eq!((status, &answer["code"]), (StatusCode::SERVICE_UNAVAILABLE, &"OUTCOME_UNKNOWN".into()));
    let (status, answer) = voters[0].send(&voters[0].body(&election.choose(Some(1)))).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &"ALREADY_VOTED".into()));
    organiser.close(&election.id).await;
    assert_eq!(published(&organiser, &election).await, (vec![1, 0], 0));
}

#[actix_web::test]
async fn votes_cast_while_every_connection_is_ended_are_each_counted_once() {
    const VOTERS: usize = 150;
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, VOTERS).await;
    let (superuser, acknowledged) = (service.superuser().await, AtomicUsize::new(0));
    let vote = async |voter: &Voter, place: usize| {
        let body = voter.body(&election.choose(Some(place % 2)));
        let receipt = cast_until_acknowledged(voter, &body).await;
        if acknowledged.fetch_add(1, Ordering::Relaxed) % 10 == 5 {
            end_all_connections(&superuser).await;
        }
        receipt
    };
    let vote = &vote;
    let votes = voters.iter().enumerate().map(|(place, voter)| vote(voter, place));
    let receipts: Vec<String> = futures_util::stream::iter(votes).buffer_unordered(25).collect().await;
    for receipt in &receipts {
        assert!(receipt_is_included(&voters[0], receipt).await);
    }
    assert_eq!(sound_ballots(&organiser, &election).await, VOTERS);
    organiser.close(&election.id).await;
    assert_eq!(published(&organiser, &election).await, (vec![VOTERS / 2, VOTERS / 2], 0));
}

async fn end_all_connections(superuser: &tokio_postgres::Client) {
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    superuser.batch_execute(sql).await.unwrap();
}
