//! Deliveries and minutes, which are read from the database when they have moved.

use std::time::{Duration, Instant};

use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::time::timeout;
use uvote_loadtest::sink::Fault;

use super::{topic, watch};
use crate::support::live::Live;
use crate::support::people::{Election, address};
use crate::support::{Organiser, Service};

fn counts(frame: &Value) -> [i64; 3] {
    ["queued", "sent", "failed"].map(|state| frame[state].as_i64().unwrap())
}

fn revision(frame: &Value) -> i64 {
    frame["revision"].as_i64().unwrap()
}

/// Activates, so that links can be mailed.
async fn activated(organiser: &Organiser, voters: usize) -> Election {
    let election = organiser.ready_draft(voters).await;
    let (status, answer) = organiser.post(&election.path("/activate"), &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    election
}

async fn invite(organiser: &Organiser, election: &Election) {
    let (status, answer) = organiser.post(&election.path("/invitations"), &json!({})).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
}

/// Reads frames of deliveries until the counts are these; fails when that takes too long.
async fn until(live: &mut Live, expected: [i64; 3]) -> Value {
    let comes = live.until(|frame| counts(frame) == expected);
    timeout(Duration::from_secs(10), comes).await.unwrap_or_else(|_| panic!("{expected:?} never came"))
}

#[actix_web::test]
async fn deliveries_move_as_the_mail_server_takes_and_refuses_mails() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = activated(&organiser, 3).await;
    service.sink.fail(|to| (to == address(2)).then(|| Fault::Refuse(550, "no such mailbox".to_owned())));
    let mut live = Live::signed_in(&service, &organiser).await;
    let first = watch(&mut live, &topic(&election, "deliveries")).await;
    assert_eq!((&first["type"], counts(&first)), (&json!("deliveries"), [0, 0, 0]));
    invite(&organiser, &election).await;
    let last = until(&mut live, [0, 2, 1]).await;
    assert!(revision(&last) > revision(&first));
    let (_, told) = organiser.get(&election.path("/deliveries")).await;
    assert_eq!(counts(&told), counts(&last), "as it is told over HTTP");
    let mut other = Live::signed_in(&service, &organiser).await;
    let seen = watch(&mut other, &topic(&election, "deliveries")).await;
    assert_eq!((counts(&seen), revision(&seen)), ([0, 2, 1], revision(&last)));
}

#[actix_web::test]
async fn deliveries_show_mails_on_their_way_and_a_mail_to_one_voter() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = activated(&organiser, 1).await;
    let (_, voter) = organiser.post(&election.path("/voters"), &json!({"email": "late@example.org"})).await;
    let mut live = Live::signed_in(&service, &organiser).await;
    watch(&mut live, &topic(&election, "deliveries")).await;
    service.sink.fail(|_| Some(Fault::Delay(Duration::from_secs(2))));
    invite(&organiser, &election).await;
    until(&mut live, [2, 0, 0]).await;
    until(&mut live, [0, 2, 0]).await;
    let resend = election.path(&format!("/voters/{}/invitation", voter["id"].as_str().unwrap()));
    assert_eq!(organiser.post(&resend, &json!({})).await.0, StatusCode::ACCEPTED);
    until(&mut live, [1, 2, 0]).await;
    until(&mut live, [0, 3, 0]).await;
}

#[actix_web::test]
async fn deliveries_move_when_a_send_is_stopped() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = activated(&organiser, 3).await;
    service.sink.fail(|_| Some(Fault::Refuse(451, "try later".to_owned())));
    let mut live = Live::signed_in(&service, &organiser).await;
    watch(&mut live, &topic(&election, "deliveries")).await;
    invite(&organiser, &election).await;
    until(&mut live, [3, 0, 0]).await;
    // Mails that are held for an attempt are not taken back, so that is asked for until none is.
    let stop = async {
        while organiser.get(&election.path("/deliveries")).await.1["queued"] != 0 {
            assert_eq!(organiser.delete(&election.path("/invitations")).await.0, StatusCode::OK);
        }
    };
    futures_util::join!(stop, until(&mut live, [0, 0, 0]));
}

#[actix_web::test]
async fn deliveries_move_when_another_process_sends() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = activated(&organiser, 2).await;
    service.sink.fail(|_| Some(Fault::Refuse(451, "try later".to_owned())));
    let mut live = Live::signed_in(&service, &organiser).await;
    watch(&mut live, &topic(&election, "deliveries")).await;
    invite(&organiser, &election).await;
    let waiting = until(&mut live, [2, 0, 0]).await;
    let elsewhere = "UPDATE mail_outbox SET state = 'sent', finished_at = clock_timestamp()
        WHERE state = 'queued' AND attempts = 1 AND voter_id = (SELECT id FROM voters ORDER BY id LIMIT 1)";
    let superuser = service.superuser().await;
    // The first attempt may still be under way.
    let sends = async {
        while organiser.get(&election.path("/deliveries")).await.1["sent"] != 1 {
            superuser.batch_execute(elsewhere).await.unwrap();
        }
    };
    let (sent, ()) = futures_util::join!(until(&mut live, [1, 1, 0]), sends);
    assert!(revision(&sent) > revision(&waiting));
}

#[actix_web::test]
async fn many_mails_make_few_frames_and_their_revision_never_goes_back() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = activated(&organiser, 300).await;
    let mut live = Live::signed_in(&service, &organiser).await;
    let mut last = watch(&mut live, &topic(&election, "deliveries")).await;
    service.sink.fail(|_| Some(Fault::Delay(Duration::from_millis(200))));
    invite(&organiser, &election).await;
    let (begun, mut frames) = (Instant::now(), 0);
    while counts(&last) != [0, 300, 0] {
        let frame = live.next().await.unwrap();
        assert!(revision(&frame) > revision(&last), "{frame} after {last}");
        (frames, last) = (frames + 1, frame);
    }
    let most = (begun.elapsed().as_secs_f64() * 2.0).ceil() + 1.0;
    assert!(f64::from(frames) <= most, "{frames} frames in {:?}", begun.elapsed());
    assert!(frames > 1, "and more than the end is told");
}

fn ballots(frame: &Value) -> Vec<i64> {
    frame["per_minute"].as_array().unwrap().iter().map(|told| told["ballots"].as_i64().unwrap()).collect()
}

#[actix_web::test]
async fn minutes_come_as_turnout_tells_them_and_never_fewer_than_five_ballots() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, people) = organiser.open_election(&service, 18).await;
    let mut live = Live::signed_in(&service, &organiser).await;
    let mut last = watch(&mut live, &topic(&election, "minutes")).await;
    assert_eq!((&last["type"], &last["per_minute"]), (&json!("minutes"), &json!([])));
    let begun = Instant::now();
    let mut frames = 0;
    for part in people.chunks(6) {
        let before = ballots(&last).iter().sum::<i64>();
        for voter in part {
            voter.cast(&election.choose(Some(0))).await;
        }
        while ballots(&last).iter().sum::<i64>() < before + 6 {
            let next = timeout(Duration::from_secs(10), live.next()).await;
            let frame = next.expect("ballots that were cast are told").unwrap();
            assert!(ballots(&frame).iter().all(|ballots| *ballots >= 5), "{frame}");
            assert!(revision(&frame) > revision(&last), "{frame} after {last}");
            (frames, last) = (frames + 1, frame);
        }
    }
    let most = (begun.elapsed().as_secs_f64() / 2.0).ceil() + 1.0;
    assert!(f64::from(frames) <= most, "{frames} frames in {:?}", begun.elapsed());
    let (_, turnout) = organiser.get(&election.path("/turnout")).await;
    assert_eq!(last["per_minute"], turnout["per_minute"]);
    assert_eq!(revision(&last), turnout_revision(&mut live, &election).await, "of the same head");
}

/// The revision that the topic of the turnout tells.
async fn turnout_revision(live: &mut Live, election: &Election) -> i64 {
    revision(&watch(live, &topic(election, "turnout")).await)
}

#[actix_web::test]
async fn of_a_long_election_the_latest_180_minutes_are_told() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, _) = organiser.open_election(&service, 1).await;
    let long = format!(
        "INSERT INTO turnout_minutes (election_id, minute, ballots)
        SELECT '{}', date_trunc('minute', clock_timestamp()) - make_interval(mins => 1000 - number), number
        FROM generate_series(5, 204) AS number",
        election.id
    );
    service.superuser().await.batch_execute(&long).await.unwrap();
    let mut live = Live::signed_in(&service, &organiser).await;
    let told = watch(&mut live, &topic(&election, "minutes")).await;
    assert_eq!(ballots(&told), (25..=204).collect::<Vec<i64>>());
}
