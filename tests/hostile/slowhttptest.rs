//! The same with slowhttptest, which others use to find services that slow clients bring down.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::many;
use crate::program::Program;
use crate::slow::{cast_all, slowest_allowed};
use crate::support::{Organiser, Service};

/// What slowhttptest does, and the options for it.
const MODES: [(&str, &[&str]); 3] = [
    ("slow heads", &["-H", "-i", "1"]),
    ("slow bodies", &["-B", "-i", "1", "-s", "4096", "-f", "application/json"]),
    ("slow readers", &["-X", "-k", "8", "-w", "16", "-y", "64", "-n", "1", "-z", "16"]),
];

/// Starts it; nothing where it is not installed.
fn attack(
    program: &Program,
    path: &str,
    options: &[&str],
    connections: usize,
    seconds: usize,
) -> Option<Child> {
    let mut command = Command::new("slowhttptest");
    let all = connections.to_string();
    // It falls behind the rate that it is asked for: of all in a second come 5,000 within seven.
    command.args(options).args(["-v", "0", "-p", "5", "-c", &all, "-r", &all]);
    command.arg("-l").arg(seconds.to_string());
    command.arg("-u").arg(format!("http://{}{path}", program.address));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
}

#[actix_web::test]
async fn slowhttptest_holds_up_no_voter() {
    let (connections, seconds, votes) = (many(300, 5_000), many(6, 45), many(10, 150));
    let mut service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, votes * MODES.len()).await;
    let program = Program::instead_of(&mut service).await;
    for ((name, options), voters) in MODES.into_iter().zip(voters.chunks(votes)) {
        let path = if name == "slow readers" {
            "/docs/swagger-ui-bundle.js".into()
        } else {
            election.path("/votes")
        };
        let quiet = program.open_files();
        let Some(mut attack) = attack(&program, &path, options, connections, seconds) else {
            assert!(!many(false, true), "the long form needs slowhttptest");
            println!("slowhttptest is not installed, so nothing was tried");
            return;
        };
        let held = held_open(&program, quiet, connections).await;
        let took = cast_all(&program, &election, voters).await;
        let (middle, slowest) = (took[took.len() / 2], took[took.len() - 1]);
        println!("{name}: {held} at once; votes took {middle:?} in the middle, {slowest:?} at most");
        attack.kill().unwrap();
        attack.wait().unwrap();
        assert!(held > connections * 4 / 5, "{name}: {held} connections at once are no attack");
        assert!(slowest < slowest_allowed(), "{name}: {slowest:?}");
        released(&program, quiet).await;
    }
    println!("{} MiB at most", program.most_memory());
    assert!(program.most_memory() < 200 + connections / 4, "{} MiB", program.most_memory());
}

/// Waits until most of the attackers are there, and says how many.
async fn held_open(program: &Program, quiet: usize, connections: usize) -> usize {
    let (since, mut held) = (Instant::now(), 0);
    while held < connections * 19 / 20 && since.elapsed() < Duration::from_secs(8) {
        sleep(Duration::from_millis(20)).await;
        held = held.max(program.open_files().saturating_sub(quiet));
    }
    held
}

/// Waits until what the attackers held is free again.
async fn released(program: &Program, quiet: usize) {
    let since = Instant::now();
    while program.open_files() > quiet + 20 {
        assert!(since.elapsed() < Duration::from_secs(40), "{} files are still open", program.open_files());
        sleep(Duration::from_millis(50)).await;
    }
}
