//! Watchers that never read, while others watch.

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::time::{Duration, Instant};

use crate::many;
use crate::program::Program;
use crate::socket::Socket;
use crate::support::live::Live;
use crate::support::people::Election;
use crate::support::{Organiser, Service};
use crate::wire::Wire;

/// Within what time a watcher that neither reads nor answers is gone.
const DROPPED: Duration = Duration::from_secs(50);

/// A ticket, asked for again while the service says that it is busy.
async fn ticket(organiser: &Organiser) -> String {
    loop {
        let (status, ticket) = organiser.post("/api/v1/live/tickets", &json!({})).await;
        match ticket["ticket"].as_str() {
            Some(ticket) => return ticket.to_owned(),
            None => assert_eq!(status, 503, "{ticket}"),
        }
    }
}

/// A watcher of the turnout that has read its first frame, and then reads no more.
async fn sleeper(program: &Program, organiser: &Organiser, election: &Election) -> Socket {
    let wire = Wire::narrow(program.address).await;
    let mut socket = Socket::open(program, Some(&ticket(organiser).await), wire).await;
    socket.subscribe(&format!("elections/{}/turnout", election.id)).await;
    socket.next().await.unwrap();
    socket
}

async fn watcher(program: &Program, organiser: &Organiser, election: &Election) -> Live {
    let url = format!("ws://{}/api/v1/live?ticket={}", program.address, ticket(organiser).await);
    let mut live = Live::open(&url).await.unwrap();
    live.subscribe(&format!("elections/{}/turnout", election.id)).await;
    live.until(|frame| frame["type"] == "turnout").await;
    live
}

/// How long until a watcher hears of so many ballots.
async fn hears(live: &mut Live, ballots: usize, since: Instant) -> Duration {
    live.until(|frame| frame["ballots_cast"] == ballots).await;
    since.elapsed()
}

#[actix_web::test]
async fn watchers_that_never_read_cost_little_and_hold_up_no_other() {
    let sleepers = many(300, 10_000);
    let mut service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 40).await;
    let program = Program::instead_with(&mut service, &[("UVOTE_LIMITS", "off")]).await;
    let organiser = program.organiser(&organiser).await;
    let before = program.memory();
    let (program, organiser, election) = (&program, &organiser, &election);
    let since = Instant::now();
    let sleeping = stream::iter(0..sleepers).map(|_| sleeper(program, organiser, election));
    let sleeping: Vec<Socket> = sleeping.buffer_unordered(32).collect().await;
    let (joined, coming) = (Instant::now(), since.elapsed());
    let mut watchers = join_all((0..5).map(|_| watcher(program, organiser, election))).await;

    let mut slowest = Duration::ZERO;
    for (number, voter) in voters.iter().enumerate() {
        let since = Instant::now();
        program.voter(voter).cast(&election.choose(Some(0))).await;
        let heard = join_all(watchers.iter_mut().map(|live| hears(live, number + 1, since))).await;
        slowest = slowest.max(heard.into_iter().max().unwrap());
    }
    let most = program.most_memory();
    println!(
        "{sleepers} sleepers, who came within {coming:?}: each vote heard by all within {slowest:?}; {before} MiB, then {most}"
    );
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    assert!(most < before + 64 + sleepers / 8, "{before} MiB, then {most}");
    if sleepers > 300 {
        let ends = sleeping.into_iter().map(|mut socket| async move {
            tokio::time::sleep_until(joined + DROPPED).await;
            socket.0.ended_by(Instant::now() + Duration::from_secs(20)).await
        });
        assert!(join_all(ends).await.iter().all(Option::is_some), "each is gone within {DROPPED:?}");
    }
}
