//! Voting codes that are guessed: none opens anything, none is told from another, and none is written
//! down, while those who have a code are served.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::{join, join_all};
use hyper::{Request, StatusCode};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};
use uvote_loadtest::client::{Client, whole};

use crate::many;
use crate::program::Program;
use crate::support::people::{Election, Voter, nonce};
use crate::support::{Organiser, Service};

/// Those who guess at once.
const GUESSERS: usize = 16;

/// The seed of the guesses, told with every failure.
#[expect(clippy::disallowed_methods, reason = "the seed is for the tests, not for the service")]
fn seed() -> u64 {
    std::env::var("UVOTE_SEED").ok().map_or_else(rand::random, |seed| seed.parse().unwrap())
}

/// What guesses are like: as a code is, one character beside a real one, or nothing like it.
fn guess(random: &mut StdRng, real: &str) -> String {
    let bytes: [u8; 32] = random.random();
    match random.random_range(0..4) {
        0 | 1 => URL_SAFE_NO_PAD.encode(bytes),
        2 => {
            let mut code = real.as_bytes().to_vec();
            let place = random.random_range(0..code.len());
            // One of another place is seldom the same again, and is then no code either.
            code[place] = if code[place] == b'A' { b'B' } else { b'A' };
            String::from_utf8(code).unwrap()
        }
        _ => URL_SAFE_NO_PAD.encode(&bytes[..random.random_range(0..32)]),
    }
}

/// What a guess is answered, but for what tells requests apart.
fn told(answer: &Value) -> Value {
    let mut answer = answer.clone();
    answer["request_id"] = Value::Null;
    answer["detail"] = if answer["code"] == "RATE_LIMITED" { Value::Null } else { answer["detail"].clone() };
    answer
}

async fn post_from(client: &Client, address: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::post(path).header("content-type", "application/json");
    let request = request.header("x-forwarded-for", address).body(whole(body.to_string())).unwrap();
    uvote_loadtest::client::read_json(&client.send(request).await.unwrap()).unwrap()
}

struct Guessed {
    unknown: usize,
    limited: usize,
    took: Vec<Duration>,
    codes: Vec<String>,
}

/// Guesses from one address, on both routes by turns.
async fn guess_from(
    program: &Program,
    election: &Election,
    real: &str,
    number: usize,
    count: usize,
    seed: u64,
) -> Guessed {
    let (client, mut random) = (program.anonymous(), StdRng::seed_from_u64(seed ^ number as u64));
    let address = format!("198.51.100.{number}");
    let mut guessed = Guessed { unknown: 0, limited: 0, took: Vec::new(), codes: Vec::new() };
    for time in 0..count {
        let code = guess(&mut random, real);
        let vote = json!({"token": code, "nonce": nonce(), "choices": election.choose(Some(0))});
        let (path, body) = if time % 2 == 0 { ("/votes", vote) } else { ("/ballot", json!({"token": code})) };
        let since = Instant::now();
        let (status, answer) = post_from(&client, &address, &election.path(path), &body).await;
        guessed.took.push(since.elapsed());
        let answer = told(&answer);
        match status.as_u16() {
            404 => {
                assert_eq!(answer["code"], "TOKEN_UNKNOWN", "seed {seed}: {answer}");
                guessed.unknown += 1;
            }
            429 => {
                assert_eq!(answer["code"], "RATE_LIMITED", "seed {seed}: {answer}");
                guessed.limited += 1;
            }
            _ => panic!("seed {seed}: {code} on {path}: {status} {answer}"),
        }
        if time < 20 {
            guessed.codes.push(code);
        }
    }
    guessed
}

/// Votes of others meanwhile, and how long they took.
async fn cast_meanwhile(program: &Program, election: &Election, voters: &[Voter]) -> Vec<Duration> {
    let mut took = Vec::new();
    for voter in voters {
        let voter = program.voter(voter);
        let since = Instant::now();
        let (status, answer) = voter.send(&voter.body(&election.choose(Some(1)))).await;
        took.push(since.elapsed());
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    took.sort();
    took
}

#[actix_web::test]
async fn no_guess_opens_a_ballot_or_shuts_out_a_voter() {
    let (seed, count) = (seed(), many(2_000, 1_000_000) / GUESSERS);
    let mut service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 41).await;
    let settings =
        [("UVOTE_TRUSTED_PROXIES", "127.0.0.1"), ("UVOTE_LOG", "debug,hyper=info,tokio_postgres=info")];
    let program = Program::instead_with(&mut service, &settings).await;
    // The last voter's code is the one that guesses come close to.
    let (target, others) = voters.split_last().unwrap();
    let (program, election, real) = (&program, &election, &target.code);
    let guessers =
        join_all((1..=GUESSERS).map(|number| guess_from(program, election, real, number, count, seed)));
    let since = Instant::now();
    let (guessed, votes) = join(guessers, cast_meanwhile(program, election, others)).await;

    let (unknown, limited) =
        guessed.iter().fold((0, 0), |(unknown, limited), one| (unknown + one.unknown, limited + one.limited));
    println!(
        "seed {seed}: {unknown} unknown, {limited} limited in {:?}; votes at most {:?}",
        since.elapsed(),
        votes.last()
    );
    // 30 a minute from each address, and what the start of a minute adds.
    let minutes = since.elapsed().as_secs() as usize / 60 + 1;
    assert!((GUESSERS * 30..=GUESSERS * 30 * (minutes + 1)).contains(&unknown), "seed {seed}: {unknown}");
    assert!(*votes.last().unwrap() < Duration::from_secs(2), "{votes:?}");
    let voter = program.voter(target);
    voter.cast(&election.choose(Some(0))).await;

    let log = program.log();
    assert!(log.contains("listening"), "{log}");
    for secret in
        guessed.iter().flat_map(|guessed| &guessed.codes).filter(|code| code.len() > 8).chain([real])
    {
        assert!(!log.contains(secret.as_str()), "seed {seed}: {secret} is in the log");
    }
    assert!(!log.contains("198.51.100."), "no address is in the log");
}

/// The middle of how long answers take to one kind of code after the other, by turns.
async fn middles(program: &Program, election: &Election, codes: [String; 2], count: usize) -> [Duration; 2] {
    let client = program.anonymous();
    let mut took = [Vec::new(), Vec::new()];
    for time in 0..2 * count {
        let (kind, address) = (time % 2, format!("2001:db8:{:x}::1", time / 20));
        let body = json!({"token": codes[kind]});
        let since = Instant::now();
        let (status, _) = post_from(&client, &address, &election.path("/ballot"), &body).await;
        took[kind].push(since.elapsed());
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
    took.map(|mut took| {
        took.sort();
        took[took.len() / 2]
    })
}

#[actix_web::test]
async fn a_code_that_is_nearly_right_is_refused_as_slowly_as_any_other() {
    let mut service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    let program = Program::instead_with(&mut service, &[("UVOTE_TRUSTED_PROXIES", "127.0.0.1")]).await;
    let mut near = voters[0].code.clone();
    let last = near.pop().unwrap();
    // The last character holds two bits that mean nothing, so another is taken that means another code.
    near.push(if last == 'A' { 'Q' } else { 'A' });
    let [near, far] = middles(&program, &election, [near, "x".repeat(42) + "A"], many(200, 5_000)).await;
    println!("nearly right {near:?}, not at all {far:?}");
    let (less, more) = (near.min(far), near.max(far));
    assert!(
        more < less.mul_f64(1.5) + Duration::from_micros(500),
        "nearly right {near:?}, not at all {far:?}"
    );
}
