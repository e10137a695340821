//! Clients that take their time, so that others get none: with the head of a request, with its body,
//! or with reading the answer.

use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::many;
use crate::program::Program;
use crate::support::people::{Election, Voter};
use crate::support::{Organiser, Service};
use crate::wire::Wire;

/// By when each slow client is cut off. The head of a first request has 10 seconds; whatever comes
/// later, 20 and what it earns by bytes that move.
const CUT_OFF: Duration = Duration::from_secs(27);
/// The same for thousands of them at once, whom the test itself is slow to look at.
const CROWD_CUT_OFF: Duration = Duration::from_secs(60);
/// How long an honest voter may wait for the receipt: on a machine that builds and tests, and in the
/// long form, which has it for itself.
const SHORT: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_millis(500);

/// Connections that are opened at once: more of them are a slow test, not a slow client.
static OPENING: Semaphore = Semaphore::const_new(64);

/// What a slow client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slow {
    /// Connects and says nothing.
    Silence,
    /// Sends the head of its first request a byte at a time.
    FirstHead,
    /// Is answered once, and begins the next request without ever ending it.
    LaterHead,
    /// The same, a byte at a time.
    LaterHeadDripping,
    /// Sends the body of a vote a byte at a time.
    Body,
    /// Announces the body of a vote and sends none of it.
    NoBody,
    /// Sends chunk after chunk to an address where nobody reads them.
    Chunks,
    /// Asks for many large answers and reads none.
    Reader,
}

const KINDS: [Slow; 8] = [
    Slow::Silence,
    Slow::FirstHead,
    Slow::LaterHead,
    Slow::LaterHeadDripping,
    Slow::Body,
    Slow::NoBody,
    Slow::Chunks,
    Slow::Reader,
];
const ASK: &str = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn cut_off() -> Duration {
    many(CUT_OFF, CROWD_CUT_OFF)
}

/// Sends so much every half second until the connection ends; answers how long that took.
async fn drip(wire: &mut Wire, bytes: &str, since: Instant) -> Option<Duration> {
    while since.elapsed() < cut_off() {
        let sent = wire.send(bytes).await;
        if sent.is_err() || wire.ended_by(Instant::now() + Duration::from_millis(500)).await.is_some() {
            return Some(since.elapsed());
        }
    }
    None
}

/// How long a slow client holds its connection; nothing when it is not cut off in time.
async fn attack(address: SocketAddr, path: &str, slow: Slow) -> Option<Duration> {
    let vote = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n");
    let body = format!("{vote}Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{{");
    let opening = OPENING.acquire().await.unwrap();
    let mut wire = Wire::narrow(address).await;
    let since = Instant::now();
    match slow {
        Slow::Silence => {
            drop(opening);
            drip(&mut wire, "", since).await
        }
        Slow::FirstHead => {
            wire.send(&vote).await.ok()?;
            drop(opening);
            drip(&mut wire, "x", since).await
        }
        Slow::LaterHead | Slow::LaterHeadDripping => {
            wire.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").await.ok()?;
            assert_eq!(wire.answer().await?.status, 200);
            drop(opening);
            wire.send(&vote).await.ok()?;
            drip(&mut wire, if matches!(slow, Slow::LaterHead) { "" } else { "x" }, since).await
        }
        Slow::Body | Slow::NoBody => {
            wire.send(&body).await.ok()?;
            drop(opening);
            drip(&mut wire, if matches!(slow, Slow::Body) { " " } else { "" }, since).await
        }
        Slow::Chunks => {
            let head = "POST /nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
            wire.send(head).await.ok()?;
            drop(opening);
            drip(&mut wire, "1\r\nx\r\n", since).await
        }
        Slow::Reader => {
            drop(opening);
            unread(&mut wire, since).await
        }
    }
}

/// Asks for more than the system keeps for a connection, reads nothing until the time is up, and only
/// then looks how much there is: less than was asked for, and the end.
async fn unread(wire: &mut Wire, since: Instant) -> Option<Duration> {
    wire.send(ASK.repeat(12)).await.ok()?;
    tokio::time::sleep_until(since + CUT_OFF - Duration::from_secs(2)).await;
    let whole = 12 * 1_000_000;
    let count = wire.ended_by(since + cut_off()).await?;
    (count < whole).then(|| since.elapsed())
}

/// Lets so many attack on a thread of their own, so that voters wait for the service and not for them.
fn elsewhere(
    address: SocketAddr,
    path: String,
    attackers: usize,
) -> JoinHandle<Vec<(Slow, Option<Duration>)>> {
    std::thread::spawn(move || {
        let (crowd, path) = (KINDS.iter().cycle().take(attackers), path.as_str());
        let crowd = crowd.map(|&slow| async move { (slow, attack(address, path, slow).await) });
        actix_web::rt::System::new().block_on(join_all(crowd))
    })
}

/// Lets voters cast one after the other, each on a connection of its own; answers how long each took.
pub async fn cast_all(program: &Program, election: &Election, voters: &[Voter]) -> Vec<Duration> {
    let mut took = Vec::new();
    for voter in voters {
        let (voter, since) = (program.voter(voter), Instant::now());
        voter.cast(&election.choose(Some(0))).await;
        took.push(since.elapsed());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    took.sort();
    took
}

/// How long an honest voter may wait at most.
pub fn slowest_allowed() -> Duration {
    many(SHORT, LONG)
}

fn turnout_of(results: &Value) -> u64 {
    results["ballots_cast"].as_u64().unwrap()
}

#[actix_web::test]
async fn slow_clients_are_cut_off_and_hold_up_no_voter() {
    let attackers = many(200, 5_000);
    let mut service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, many(60, 200)).await;
    let program = Program::instead_of(&mut service).await;
    let organiser = program.organiser(&organiser).await;
    let memory = program.memory();

    let crowd = elsewhere(program.address, election.path("/votes"), attackers);
    let took = cast_all(&program, &election, &voters).await;
    let cut = crowd.join().unwrap();

    let slowest = *took.last().unwrap();
    println!(
        "{attackers} slow clients: votes took {:?} in the middle, {slowest:?} at most",
        took[took.len() / 2]
    );
    println!("memory {memory} MiB before, {} MiB at most", program.most_memory());
    for kind in KINDS {
        let cut: Vec<_> = cut.iter().filter(|(slow, _)| *slow == kind).map(|(_, cut)| cut).collect();
        let held = cut.iter().filter(|cut| cut.is_none()).count();
        println!("{kind:?}: {} cut off after {:?} at most, {held} not", cut.len() - held, cut.iter().max());
    }
    assert!(cut.iter().all(|(_, cut)| cut.is_some()), "each is cut off within {:?}", cut_off());
    assert!(slowest < slowest_allowed(), "{slowest:?}");
    assert!(program.most_memory() < memory + 64 + attackers / 4, "{} MiB", program.most_memory());
    let (_, turnout) = organiser.get(&election.path("/turnout")).await;
    assert_eq!(turnout_of(&turnout), voters.len() as u64);
}
