//! What one process changes reaches the sockets of another, with Redis and without.

use std::time::Duration;

use futures_util::StreamExt;
use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use uvote::app::Running;
use uvote::config::Config;
use uvote_loadtest::client::Client;

use crate::support::live::Live;
use crate::support::people::{Election, Voter, address, roll, sample};
use crate::support::redis::Redis;
use crate::support::{Organiser, Service};

/// How long an announcement takes through Redis, in the middle of several. The look that would find
/// the changes without comes every three seconds.
const SOON: Duration = Duration::from_secs(1);
/// How long anything may take, on a busy machine too.
const AT_LAST: Duration = Duration::from_secs(20);

fn sharing(redis: &Redis) -> impl Fn(&mut Config) + use<> {
    let url = redis.url();
    move |config| {
        config.redis_url = Some(url.clone());
        config.shared = true;
    }
}

/// Two processes, and a socket at the one where nothing is done.
struct Pair {
    redis: Redis,
    service: Service,
    other: Running,
    organiser: Organiser,
}

impl Pair {
    async fn start() -> Self {
        let redis = Redis::start().await;
        let service = Service::start_with(sharing(&redis)).await;
        let other = service.another_with(sharing(&redis)).await;
        let organiser = Organiser::register(&service).await;
        Self { redis, service, other, organiser }
    }

    /// Watches a topic at the other process and answers the state there.
    async fn watch(&self, election: &Election, what: &str) -> (Live, Value) {
        let mut live = Live::signed_in_at(self.other.address(), &self.organiser).await;
        live.subscribe(&format!("elections/{}/{what}", election.id)).await;
        let state = live.until(|frame| frame["type"] == what).await;
        (live, state)
    }

    /// Waits until both processes listen: how many sockets Redis tells of a message.
    async fn wait_until_connected(&self) {
        let mut connection = self.redis.connect().await.unwrap();
        let mut count = redis::cmd("PUBSUB");
        count.arg("NUMSUB").arg("uvote:moves");
        let deadline = Instant::now() + AT_LAST;
        loop {
            let (_, listeners): (String, usize) = count.query_async(&mut connection).await.unwrap();
            if listeners == 2 {
                return;
            }
            assert!(Instant::now() < deadline, "{listeners} processes listen");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn hears(live: &mut Live, fits: impl Fn(&Value) -> bool) -> Value {
    timeout(AT_LAST, live.until(fits)).await.expect("the frame comes in time")
}

/// Casts one vote after another, and waits each time until a socket of the other process shows it.
/// Answers how long that took, in the middle.
async fn follow(election: &Election, voters: &[Voter], turnout: &mut Live, mut last: Value) -> Duration {
    let mut took = Vec::new();
    for voter in voters {
        voter.cast(&election.choose(Some(0))).await;
        let begun = Instant::now();
        let expected = last["ballots_cast"].as_u64().unwrap() + 1;
        let frame = hears(turnout, |frame| frame["ballots_cast"] == expected).await;
        took.push(begun.elapsed());
        assert!(frame["revision"].as_i64() > last["revision"].as_i64(), "{frame} after {last}");
        last = frame;
    }
    took.sort();
    took[took.len() / 2]
}

#[actix_web::test]
async fn sockets_of_one_process_hear_soon_what_another_does() {
    let pair = Pair::start().await;
    let Pair { service, organiser, .. } = &pair;
    let mut body = sample();
    body["tally_visibility"] = json!("everyone");
    let election = organiser.draft(body).await;
    organiser.import(&election.id, &roll(12)).await;
    pair.wait_until_connected().await;
    let (mut status, draft) = pair.watch(&election, "status").await;
    let (mut deliveries, _) = pair.watch(&election, "deliveries").await;
    let voters = organiser.open(service, &election.id, 12).await;
    let opened = hears(&mut status, |frame| frame["status"] == "active").await;
    assert!(opened["revision"].as_i64() > draft["revision"].as_i64());
    hears(&mut deliveries, |frame| frame["sent"] == 12).await;

    let (mut turnout, before) = pair.watch(&election, "turnout").await;
    let (mut tally, _) = pair.watch(&election, "tally").await;
    let took = follow(&election, &voters, &mut turnout, before).await;
    assert!(took < SOON, "announcements take {took:?}");
    hears(&mut tally, |frame| frame["contests"][0]["candidates"][0]["votes"] == 10).await;
    organiser.close(&election.id).await;
    hears(&mut status, |frame| frame["status"] == "closed").await;
    hears(&mut tally, |frame| frame["contests"][0]["candidates"][0]["votes"] == 12).await;
    pair.other.stop().await;
}

#[actix_web::test]
async fn without_redis_sockets_follow_more_slowly_and_with_it_they_catch_up() {
    let mut pair = Pair::start().await;
    let (election, voters) = pair.organiser.open_election(&pair.service, 8).await;
    pair.wait_until_connected().await;
    let (mut there, _) = pair.watch(&election, "turnout").await;
    let mut here = Live::signed_in(&pair.service, &pair.organiser).await;
    here.subscribe(&format!("elections/{}/turnout", election.id)).await;

    pair.redis.die();
    voters[0].cast(&election.choose(Some(0))).await;
    hears(&mut here, |frame| frame["ballots_cast"] == 1).await;
    hears(&mut there, |frame| frame["ballots_cast"] == 1).await;
    voters[1].cast(&election.choose(Some(1))).await;
    pair.redis.come_back().await;
    let last = hears(&mut there, |frame| frame["ballots_cast"] == 2).await;
    pair.wait_until_connected().await;
    let took = follow(&election, &voters[2..], &mut there, last).await;
    assert!(took < SOON, "announcements take {took:?} after Redis is back");
    pair.other.stop().await;
}

#[actix_web::test]
async fn redis_learns_which_elections_move_and_nothing_else_and_seldom() {
    let pair = Pair::start().await;
    let (election, voters) = pair.organiser.open_election(&pair.service, 60).await;
    let url = secrecy::ExposeSecret::expose_secret(&pair.redis.url()).to_owned();
    let mut spy = redis::Client::open(url).unwrap().get_async_pubsub().await.unwrap();
    spy.subscribe("uvote:moves").await.unwrap();
    let mut messages = spy.into_on_message();
    let begun = Instant::now();
    for voter in &voters {
        voter.cast(&election.choose(Some(1))).await;
    }
    let last = pair.watch(&election, "turnout").await.1["revision"].clone();
    let mut told = 0;
    loop {
        let message = timeout(AT_LAST, messages.next()).await.unwrap().unwrap();
        let message: Value = serde_json::from_slice(message.get_payload_bytes()).unwrap();
        let fields: Vec<&String> = message.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["elections", "from", "mails"]);
        let elections = message["elections"].as_object().unwrap();
        assert!(elections.iter().all(|(id, revision)| *id == election.id && revision.is_i64()), "{message}");
        told += usize::from(!elections.is_empty());
        if elections.values().any(|revision| *revision == last) {
            break;
        }
    }
    let most = begun.elapsed().as_millis() / 100 + 2;
    assert!((told as u128) <= most, "{told} messages in {:?}", begun.elapsed());
    pair.other.stop().await;
}

#[actix_web::test]
async fn a_process_without_peers_tells_redis_nothing() {
    let redis = Redis::start().await;
    let url = redis.url();
    let service = Service::start_with(|config| config.redis_url = Some(url)).await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    voters[0].cast(&election.choose(None)).await;
    let mut connection = redis.connect().await.unwrap();
    let statistics: String =
        redis::cmd("INFO").arg("commandstats").query_async(&mut connection).await.unwrap();
    assert!(!statistics.to_lowercase().contains("publish"), "{statistics}");
    assert!(!statistics.to_lowercase().contains("subscribe"), "{statistics}");
}

#[actix_web::test]
async fn a_voter_added_at_one_process_is_on_the_roll_of_every_live_page() {
    let pair = Pair::start().await;
    let election = pair.organiser.ready_draft(1).await;
    let (mut there, _) = pair.watch(&election, "turnout").await;
    let late = json!({"email": address(2)});
    let added = pair.organiser.post(&election.path("/voters"), &late).await;
    assert_eq!(added.0, StatusCode::CREATED, "{}", added.1);
    hears(&mut there, |frame| frame["eligible"] == 2).await;
    let stranger = Client::new(&format!("http://{}", pair.other.address())).unwrap();
    assert_eq!(stranger.get("/health/ready").await.unwrap().0, StatusCode::OK);
    pair.other.stop().await;
}
