//! The live WebSocket: who may watch what, and which frames come.

mod ends;
mod feeds;
mod handshake;
mod rights;
mod turns;

use std::collections::BTreeMap;
use std::time::Instant;

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::support::live::Live;
use crate::support::people::{Election, Voter, roll, sample};
use crate::support::{Organiser, Service};

fn topic(election: &Election, what: &str) -> String {
    format!("elections/{}/{what}", election.id)
}

/// Subscribes and answers the first state.
async fn watch(live: &mut Live, topic: &str) -> Value {
    live.subscribe(topic).await;
    let told = live.next().await.unwrap();
    assert_eq!(told, json!({"type": "subscribed", "topic": topic}));
    let state = live.next().await.unwrap();
    assert_eq!(state["topic"], topic, "{state}");
    state
}

/// Subscribes in vain and answers the code.
async fn refused(live: &mut Live, topic: &str) -> String {
    live.subscribe(topic).await;
    let told = live.next().await.unwrap();
    assert_eq!((&told["type"], &told["topic"]), (&json!("error"), &json!(topic)), "{told}");
    assert!(!told["detail"].as_str().unwrap().is_empty());
    told["code"].as_str().unwrap().to_owned()
}

/// How the server ends a socket.
fn votes(frame: &Value) -> Vec<u64> {
    let candidates = frame["contests"][0]["candidates"].as_array().unwrap();
    candidates.iter().map(|candidate| candidate["votes"].as_u64().unwrap()).collect()
}

async fn open_with(
    organiser: &Organiser,
    service: &Service,
    visibility: &str,
    voters: usize,
) -> (Election, Vec<Voter>) {
    let mut body = sample();
    body["tally_visibility"] = json!(visibility);
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(voters)).await;
    let people = organiser.open(service, &election.id, voters).await;
    (election, people)
}

#[actix_web::test]
async fn turnout_moves_with_every_vote_and_its_revision_never_goes_back() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 4).await;
    let mut live = Live::signed_in(&service, &organiser).await;
    let first = watch(&mut live, &topic(&election, "turnout")).await;
    assert_eq!(first["type"], "turnout");
    assert_eq!(
        (&first["eligible"], &first["ballots_cast"], first["percent"].as_f64()),
        (&json!(4), &json!(0), Some(0.0))
    );
    let mut revision = first["revision"].as_i64().unwrap();
    for (place, voter) in people.iter().enumerate() {
        voter.cast(&election.choose(Some(0))).await;
        let frame = live.next().await.unwrap();
        assert_eq!(frame["ballots_cast"], json!(place + 1));
        assert_eq!(frame["percent"].as_f64(), Some(25.0 * (place as f64 + 1.0)));
        assert!(frame["revision"].as_i64().unwrap() > revision, "{frame}");
        revision = frame["revision"].as_i64().unwrap();
    }
    let late = json!({"email": "late@example.org"});
    organiser.post(&election.path("/voters"), &late).await;
    let frame = live.next().await.unwrap();
    assert_eq!((&frame["eligible"], frame["percent"].as_f64()), (&json!(5), Some(80.0)));
    assert!(frame["revision"].as_i64().unwrap() > revision);
}

#[actix_web::test]
async fn a_refused_vote_moves_nothing() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 2).await;
    let mut live = Live::signed_in(&service, &organiser).await;
    watch(&mut live, &topic(&election, "turnout")).await;
    let body = people[0].body(&election.choose(Some(0)));
    assert_eq!(people[0].send(&body).await.0, StatusCode::CREATED);
    assert_eq!(live.next().await.unwrap()["ballots_cast"], 1);
    assert_eq!(people[0].send(&body).await.0, StatusCode::OK);
    assert_eq!(people[0].send(&people[0].body(&election.choose(None))).await.0, StatusCode::CONFLICT);
    people[1].cast(&election.choose(None)).await;
    assert_eq!(live.next().await.unwrap()["ballots_cast"], 2);
}

#[actix_web::test]
async fn anybody_hears_of_an_election_that_opens_closes_and_is_archived() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.ready_draft(1).await;
    let status = topic(&election, "status");
    let mut stranger = Live::anonymous(&service).await;
    assert_eq!(refused(&mut stranger, &status).await, "NOT_FOUND");
    let mut insider = Live::signed_in(&service, &organiser).await;
    assert_eq!(watch(&mut insider, &status).await["status"], "draft");
    organiser.post(&election.path("/activate"), &json!({})).await;
    assert_eq!(insider.next().await.unwrap()["status"], "active");
    let first = watch(&mut stranger, &status).await;
    assert_eq!((&first["type"], &first["status"]), (&json!("status"), &json!("active")));
    organiser.close(&election.id).await;
    let closed = stranger.next().await.unwrap();
    assert_eq!(closed["status"], "closed");
    assert!(closed["revision"].as_i64().unwrap() > first["revision"].as_i64().unwrap());
    organiser.post(&election.path("/archive"), &json!({})).await;
    assert_eq!(stranger.next().await.unwrap()["status"], "archived");
}

#[actix_web::test]
async fn an_election_that_closes_on_time_says_so() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, _) = organiser.open_election(&service, 1).await;
    let mut live = Live::anonymous(&service).await;
    watch(&mut live, &topic(&election, "status")).await;
    let due = "UPDATE election_heads SET opens_at = clock_timestamp() - interval '2 seconds', closes_at = clock_timestamp() - interval '1 second'";
    service.superuser().await.batch_execute(due).await.unwrap();
    assert_eq!(live.next().await.unwrap()["status"], "closed");
}

#[actix_web::test]
async fn a_tally_for_everyone_moves_in_steps_of_ten() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = open_with(&organiser, &service, "everyone", 21).await;
    let mut public = Live::anonymous(&service).await;
    let first = watch(&mut public, &topic(&election, "tally")).await;
    assert_eq!((first["type"].as_str(), votes(&first)), (Some("tally"), vec![0, 0]));
    assert_eq!(first["contests"][0]["id"], election.contest(0));
    assert_eq!(first["contests"][0]["candidates"][1]["id"], election.candidate(0, 1));
    for (place, voter) in people.iter().enumerate() {
        voter.cast(&election.choose((place % 3 < 2).then_some(place % 3))).await;
    }
    // Frames between are skipped when the second step comes before the first was told.
    let mut last = first;
    loop {
        let frame = public.next().await.unwrap();
        assert!(frame["revision"].as_i64() > last["revision"].as_i64());
        let blank = frame["contests"][0]["blank"].as_u64().unwrap();
        let shown = votes(&frame).iter().sum::<u64>() + blank;
        assert!(shown == 10 || shown == 20, "{frame}");
        last = frame;
        if shown == 20 {
            break;
        }
    }
    assert_eq!((votes(&last), &last["contests"][0]["blank"]), (vec![7, 7], &json!(6)));
    organiser.close(&election.id).await;
    let end = public.next().await.unwrap();
    assert_eq!((votes(&end), &end["contests"][0]["blank"]), (vec![7, 7], &json!(7)), "the whole count");
}

#[actix_web::test]
async fn a_tally_for_organisers_is_hidden_from_others_until_it_is_published() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let stranger = Organiser::register(&service).await;
    let (election, people) = open_with(&organiser, &service, "organisers", 3).await;
    let tally = topic(&election, "tally");
    let mut insider = Live::signed_in(&service, &organiser).await;
    let mut outsider = Live::signed_in(&service, &stranger).await;
    let mut public = Live::anonymous(&service).await;
    people[0].cast(&election.choose(Some(1))).await;
    assert_eq!(votes(&watch(&mut insider, &tally).await), [0, 0], "one ballot is no step");
    assert_eq!(refused(&mut outsider, &tally).await, "RESULTS_HIDDEN");
    assert_eq!(refused(&mut public, &tally).await, "RESULTS_HIDDEN");
    organiser.close(&election.id).await;
    assert_eq!(votes(&insider.next().await.unwrap()), [0, 1]);
    assert_eq!(votes(&watch(&mut public, &tally).await), [0, 1]);
}

#[actix_web::test]
async fn a_tally_for_after_the_close_is_shown_to_nobody_before() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = open_with(&organiser, &service, "after_close", 11).await;
    let tally = topic(&election, "tally");
    let mut insider = Live::signed_in(&service, &organiser).await;
    for voter in &people {
        voter.cast(&election.choose(Some(0))).await;
    }
    assert_eq!(refused(&mut insider, &tally).await, "RESULTS_HIDDEN");
    let mut public = Live::anonymous(&service).await;
    assert_eq!(refused(&mut public, &tally).await, "RESULTS_HIDDEN");
    organiser.close(&election.id).await;
    assert_eq!(votes(&watch(&mut public, &tally).await), [11, 0]);
}

#[actix_web::test]
async fn what_organisers_watch_is_not_for_strangers() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let stranger = Organiser::register(&service).await;
    let (election, _) = organiser.open_election(&service, 1).await;
    let mut public = Live::anonymous(&service).await;
    let mut outsider = Live::signed_in(&service, &stranger).await;
    for what in ["turnout", "deliveries", "minutes"] {
        let topic = topic(&election, what);
        assert_eq!(refused(&mut public, &topic).await, "NOT_FOUND", "{what}");
        assert_eq!(refused(&mut outsider, &topic).await, "NOT_FOUND", "{what}");
    }
    assert_eq!(refused(&mut public, "account/notifications").await, "FORBIDDEN");
    let nowhere = format!("elections/{}/status", uuid::Uuid::now_v7());
    for topic in [nowhere.as_str(), "elections/x/status", "nonsense", ""] {
        assert_eq!(refused(&mut public, topic).await, "NOT_FOUND", "{topic}");
    }
}

#[actix_web::test]
async fn what_is_no_longer_watched_is_no_longer_told() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 2).await;
    let (turnout, status) = (topic(&election, "turnout"), topic(&election, "status"));
    let mut live = Live::signed_in(&service, &organiser).await;
    let mut other = Live::signed_in(&service, &organiser).await;
    for topic in [&turnout, &status] {
        watch(&mut live, topic).await;
        watch(&mut other, topic).await;
    }
    live.send(json!({"type": "unsubscribe", "topic": turnout})).await;
    live.send(json!({"type": "ping"})).await;
    assert_eq!(live.next().await.unwrap(), json!({"type": "pong"}));
    people[0].cast(&election.choose(Some(0))).await;
    assert_eq!(other.next().await.unwrap()["ballots_cast"], 1);
    organiser.close(&election.id).await;
    assert_eq!(live.next().await.unwrap()["type"], "status", "turnout was not told in between");
    assert_eq!(watch(&mut live, &turnout).await["ballots_cast"], 1, "and can be watched again");
}

#[actix_web::test]
async fn a_socket_watches_at_most_64_topics() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, _) = organiser.open_election(&service, 1).await;
    let mut live = Live::signed_in(&service, &organiser).await;
    let status = topic(&election, "status");
    for _ in 0..70 {
        watch(&mut live, &status).await;
    }
    let mut ids = Vec::new();
    for _ in 0..64 {
        ids.push(organiser.draft(sample()).await);
    }
    for draft in &ids[..63] {
        watch(&mut live, &topic(draft, "status")).await;
    }
    assert_eq!(refused(&mut live, &topic(&ids[63], "status")).await, "RATE_LIMITED");
    live.send(json!({"type": "unsubscribe", "topic": status})).await;
    live.send(json!({"type": "unsubscribe", "topic": status})).await;
    watch(&mut live, &topic(&ids[63], "status")).await;
    assert_eq!(refused(&mut live, &status).await, "RATE_LIMITED");
}

#[actix_web::test]
async fn many_votes_make_few_frames() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 50).await;
    let mut live = Live::signed_in(&service, &organiser).await;
    let mut last = watch(&mut live, &topic(&election, "turnout")).await;
    let begun = Instant::now();
    let mut frames = 0;
    let choices = election.choose(Some(0));
    let casting = async {
        for voter in &people {
            voter.cast(&choices).await;
        }
    };
    let watching = async {
        while last["ballots_cast"] != 50 {
            let frame = live.next().await.unwrap();
            assert!(frame["revision"].as_i64() > last["revision"].as_i64());
            assert!(frame["ballots_cast"].as_i64() > last["ballots_cast"].as_i64());
            (frames, last) = (frames + 1, frame);
        }
    };
    futures_util::join!(casting, watching);
    let most = (begun.elapsed().as_secs_f64() * 10.0).ceil() + 1.0;
    assert!(f64::from(frames) <= most, "{frames} frames in {:?}", begun.elapsed());
}

#[actix_web::test]
async fn everybody_who_watches_hears_the_same() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 1).await;
    let mut sockets = BTreeMap::new();
    for place in 0..5 {
        let mut live = Live::signed_in(&service, &organiser).await;
        watch(&mut live, &topic(&election, "turnout")).await;
        sockets.insert(place, live);
    }
    drop(sockets.remove(&2));
    people[0].cast(&election.choose(Some(0))).await;
    let mut told = Vec::new();
    for live in sockets.values_mut() {
        told.push(live.next().await.unwrap());
    }
    assert_eq!((told.len(), &told[0]["ballots_cast"]), (4, &json!(1)));
    assert!(told.iter().all(|frame| *frame == told[0]));
}

#[actix_web::test]
async fn whoever_subscribes_while_votes_come_in_ends_with_the_last_of_them() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 30).await;
    let choices = election.choose(Some(0));
    for (place, voter) in people.iter().enumerate() {
        let mut live = Live::signed_in(&service, &organiser).await;
        let hears = async {
            live.subscribe(&topic(&election, "turnout")).await;
            live.until(|frame| frame["ballots_cast"] == json!(place + 1)).await
        };
        let hears = tokio::time::timeout(std::time::Duration::from_secs(5), hears);
        let (_, heard) = futures_util::join!(voter.cast(&choices), hears);
        assert!(heard.is_ok(), "the vote number {} was never told", place + 1);
    }
}
