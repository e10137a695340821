//! A service that stops and starts while people vote, and two that serve one database.

use futures_util::future::{join, join_all};
use hyper::StatusCode;
use serde_json::Value;
use uvote::app::Running;
use uvote_loadtest::client::Client;

use crate::count::{cast_until_acknowledged, published, receipt_is_included, sound_ballots};
use crate::support::live::Live;
use crate::support::people::{Election, PASSWORD, Voter};
use crate::support::{Organiser, Service};

async fn turnout(service: &Service, organiser: &Organiser, election: &Election) -> Value {
    let mut live = Live::signed_in(service, organiser).await;
    live.subscribe(&format!("elections/{}/turnout", election.id)).await;
    live.until(|frame| frame["type"] == "turnout").await
}

#[actix_web::test]
async fn an_election_goes_on_where_a_restart_interrupted_it() {
    let mut service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 60).await;
    let ballots = [election.choose(Some(0)), election.choose(Some(1)), election.choose(None)];
    let first = join_all(voters[..20].iter().map(|voter| voter.cast(&ballots[0]))).await;
    let before = turnout(&service, &organiser, &election).await;
    assert_eq!(before["ballots_cast"], 20);

    let bodies: Vec<Value> = voters[20..40].iter().map(|voter| voter.body(&ballots[1])).collect();
    let interrupted = join_all(voters[20..40].iter().zip(&bodies).map(|(voter, body)| {
        // An answer may be missing, since nobody listens any more; none may be wrong.
        let path = format!("/api/v1/elections/{}/votes", voter.election);
        async move { voter.client.post(&path, body).await.ok().map(|(status, _)| status) }
    }));
    let (statuses, ()) = join(interrupted, service.restart()).await;
    let expected = [StatusCode::CREATED, StatusCode::SERVICE_UNAVAILABLE];
    assert!(statuses.iter().flatten().all(|status| expected.contains(status)), "{statuses:?}");

    let organiser = Organiser::sign_in(&service, &organiser.email, PASSWORD).await;
    let voters: Vec<Voter> = voters.iter().map(|voter| voter.at(&service)).collect();
    for (voter, body) in voters[20..40].iter().zip(&bodies) {
        cast_until_acknowledged(voter, body).await;
    }
    join_all(voters[40..].iter().map(|voter| voter.cast(&ballots[2]))).await;
    for receipt in &first {
        assert!(receipt_is_included(&voters[0], receipt).await, "a receipt from before the restart");
    }
    let after = turnout(&service, &organiser, &election).await;
    assert_eq!(after["ballots_cast"], 60);
    assert!(after["revision"].as_i64() > before["revision"].as_i64(), "{before} {after}");
    organiser.close(&election.id).await;
    assert_eq!(published(&organiser, &election).await, (vec![20, 20], 20));
    assert_eq!(sound_ballots(&organiser, &election).await, 60);
}

/// A voter as seen by another process.
fn at(voter: &Voter, running: &Running) -> Voter {
    Voter { client: Client::new(&format!("http://{}", running.address())).unwrap(), ..voter.clone() }
}

#[actix_web::test]
async fn two_services_on_one_database_count_each_vote_once() {
    let service = Service::start().await;
    let other = service.another().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 80).await;
    let vote = async |voter: &Voter, place: usize| {
        let body = voter.body(&election.choose(Some(place % 2)));
        let there = at(voter, &other);
        join(cast_until_acknowledged(voter, &body), cast_until_acknowledged(&there, &body)).await
    };
    let vote = &vote;
    let receipts = join_all(voters.iter().enumerate().map(|(place, voter)| vote(voter, place))).await;
    for (here, there) in &receipts {
        assert_eq!(here, there, "the same body has one receipt, whoever is asked");
    }
    assert_eq!(sound_ballots(&organiser, &election).await, 80);
    organiser.close(&election.id).await;
    assert_eq!(published(&organiser, &election).await, (vec![40, 40], 0));
    other.stop().await;
}

#[actix_web::test]
async fn two_ballots_with_one_code_at_two_services_make_one() {
    let service = Service::start().await;
    let other = service.another().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 30).await;
    let ballots = [election.choose(Some(0)), election.choose(Some(1))];
    for voter in &voters {
        let (there, bodies) = (at(voter, &other), ballots.each_ref().map(|ballot| voter.body(ballot)));
        let (one, two) = join(voter.send(&bodies[0]), there.send(&bodies[1])).await;
        let mut statuses = [one.0, two.0];
        statuses.sort();
        assert_eq!(statuses, [StatusCode::CREATED, StatusCode::CONFLICT], "{one:?} {two:?}");
    }
    assert_eq!(sound_ballots(&organiser, &election).await, 30);
    other.stop().await;
}

#[actix_web::test]
async fn a_close_at_one_service_ends_casting_at_the_other() {
    let service = Service::start().await;
    let other = service.another().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 40).await;
    let ballot = election.choose(Some(0));
    let voters: Vec<Voter> = voters.iter().map(|voter| at(voter, &other)).collect();
    for voter in &voters[..10] {
        voter.cast(&ballot).await;
    }
    let votes = join_all(voters[10..].iter().map(|voter| async {
        let (status, answer) = voter.send(&voter.body(&ballot)).await;
        assert!(
            status == StatusCode::CREATED || answer["code"] == "ELECTION_NOT_ACTIVE",
            "{status} {answer}"
        );
        status == StatusCode::CREATED
    }));
    let (votes, _) = join(votes, organiser.close(&election.id)).await;
    let acknowledged = 10 + votes.into_iter().filter(|acknowledged| *acknowledged).count();
    assert_eq!(published(&organiser, &election).await, (vec![acknowledged, 0], 0));
    assert_eq!(sound_ballots(&organiser, &election).await, acknowledged);
    other.stop().await;
}
