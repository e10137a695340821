//! Sockets are told in turns: not all at the same time, but each the latest, and soon.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{topic, watch};
use crate::support::live::Live;
use crate::support::people::{Election, Voter};
use crate::support::{Organiser, Service};

/// More than there are parts, so that some have several sockets.
const WATCHERS: usize = 40;

async fn watchers(service: &Service, organiser: &Organiser, topic: &str) -> Vec<Live> {
    let mut sockets = Vec::new();
    for _ in 0..WATCHERS {
        let mut live = Live::signed_in(service, organiser).await;
        watch(&mut live, topic).await;
        sockets.push(live);
    }
    sockets
}

async fn cast_all(election: &Election, people: &[Voter]) {
    let choices = election.choose(Some(0));
    for voter in people {
        voter.cast(&choices).await;
    }
}

/// The frames of a socket until one has so many ballots.
async fn frames_until(live: &mut Live, ballots: usize) -> Vec<Value> {
    let mut frames = Vec::new();
    while frames.last().is_none_or(|frame: &Value| frame["ballots_cast"] != json!(ballots)) {
        frames.push(live.next().await.unwrap());
    }
    frames
}

#[actix_web::test]
async fn each_of_many_watchers_hears_the_last_vote_and_at_most_ten_frames_a_second() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 60).await;
    let mut sockets = watchers(&service, &organiser, &topic(&election, "turnout")).await;
    let begun = Instant::now();
    let hear = join_all(sockets.iter_mut().map(|live| frames_until(live, people.len())));
    let ((), heard) = futures_util::join!(cast_all(&election, &people), hear);
    let most = (begun.elapsed().as_secs_f64() * 10.0).ceil() + 1.0;
    for frames in heard {
        assert!(frames.len() as f64 <= most, "{} frames in {:?}", frames.len(), begun.elapsed());
        let rises = |two: &[Value]| two[0]["revision"].as_i64() < two[1]["revision"].as_i64();
        assert!(frames.windows(2).all(rises), "{frames:?}");
    }
}

#[actix_web::test]
async fn the_first_change_after_a_quiet_time_is_told_to_all_within_a_round() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 1).await;
    let mut sockets = watchers(&service, &organiser, &topic(&election, "turnout")).await;
    cast_all(&election, &people).await;
    let acknowledged = Instant::now();
    let heard = join_all(sockets.iter_mut().map(|live| frames_until(live, 1))).await;
    assert!(heard.iter().all(|frames| frames.len() == 1), "each is told once: {heard:?}");
    assert!(acknowledged.elapsed() < Duration::from_secs(1), "{:?}", acknowledged.elapsed());
}

#[actix_web::test]
async fn a_late_subscriber_hears_the_state_at_once_while_others_wait_for_their_turn() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 30).await;
    let turnout = topic(&election, "turnout");
    let mut others = watchers(&service, &organiser, &turnout).await;
    let mut late = Live::signed_in(&service, &organiser).await;
    for (place, voter) in people.iter().enumerate() {
        voter.cast(&election.choose(Some(0))).await;
        late.send(json!({"type": "unsubscribe", "topic": turnout})).await;
        late.subscribe(&turnout).await;
        late.until(|frame| frame["type"] == "subscribed").await;
        let state = late.next().await.unwrap();
        assert!(state["ballots_cast"].as_u64().unwrap() > place as u64, "{state}");
    }
    for live in &mut others {
        frames_until(live, people.len()).await;
    }
}
