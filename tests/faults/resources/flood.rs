//! Far more casts than can wait, while the election's head is held by somebody else.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use uvote_loadtest::client::Client;
use uvote_loadtest::election::Election;

use super::watch::{Watch, voters_were_answered};
use super::{FEW, RECOVERY};
use crate::proof::crowd::Crowd;
use crate::proof::invariants::{Evidence, hold};
use crate::proof::report::Run;
use crate::proof::seed::rounds;
use crate::proof::stage::Stage;

/// What a flood may take besides, in megabytes.
const MOST_MORE: u64 = 400;
/// What may be kept of that when the flood is over.
const MOST_KEPT: u64 = 200;

#[actix_web::test]
async fn a_flood_on_a_held_election_takes_little_memory_and_gives_it_back() {
    let mut run = Run::begin("flood on a held election", 1, 5);
    let (at_once, casts) = (rounds(800, 2_000), rounds(3_000, 50_000));
    let mut stage = Stage::set(1_000 + run.rounds * 300).await;
    let superuser = stage.postgres.superuser().await;
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], FEW);
    crowd.acknowledgements(10).await;
    let before = memory(stage.service.pid(), "VmRSS");
    for _ in 0..run.rounds {
        let sql = "BEGIN; SELECT 1 FROM election_heads FOR UPDATE";
        superuser.batch_execute(sql).await.unwrap();
        let held = Instant::now();
        let watch = Watch::begin(&stage.service.url(), &stage.open);
        tokio::time::sleep(Duration::from_secs(2)).await;
        // The flood itself keeps both processors of a small machine busy, in which all wait.
        watch.end().await.bounded("head held");
        voters_were_answered(&crowd.ledger(), held, "head held");
        let body = invalid(&stage);
        let answers = flood(&stage.service.client(), &stage.open.election, &body, at_once, casts).await;
        println!("    {answers:?}");
        let fair = |answer: &String| matches!(answer.as_str(), "503 BUSY" | "503 OUTCOME_UNKNOWN");
        // A machine that is too busy to read a request in time says so, or nothing.
        let cut = |answer: &String| answer.starts_with("408") || answer.starts_with(char::is_alphabetic);
        assert!(answers.keys().all(|answer| fair(answer) || cut(answer)), "{answers:?}");
        superuser.batch_execute("ROLLBACK").await.unwrap();
        let released = Instant::now();
        run.recovered(crowd.first_acknowledgement(released).await - released, RECOVERY);
        run.tick();
    }
    assert!(stage.service.lives());
    let (most, after) = (memory(stage.service.pid(), "VmHWM"), memory(stage.service.pid(), "VmRSS"));
    println!("    {before} MB before, {most} MB at most, {after} MB after");
    // The kernel writes its maximum down late, so it may lie below what is resident.
    assert!(most.saturating_sub(before) < MOST_MORE && after.saturating_sub(before) < MOST_KEPT);
    let ledger = crowd.disperse().await;
    hold(run, ledger, &Evidence::of(&stage).await).await;
}

/// A ballot that names no contest, so that it is judged like any and never counts.
fn invalid(stage: &Stage) -> Value {
    let code = stage.open.codes.last().unwrap();
    json!({"token": code, "nonce": "AAAAAAAAAAAAAAAAAAAAAA", "choices": {}})
}

/// Sends so many casts, so many at once; answers how often which answer came.
async fn flood(
    client: &Client,
    election: &Election,
    body: &Value,
    at_once: usize,
    casts: usize,
) -> BTreeMap<String, usize> {
    let path = election.path("/votes");
    let cast = async |_| match client.post(&path, body).await {
        Ok((status, answer)) => {
            format!("{} {}", status.as_u16(), answer["code"].as_str().unwrap_or_default())
        }
        Err(error) => error.to_string(),
    };
    let cast = &cast;
    let mut answers = stream::iter((0..casts).map(cast)).buffer_unordered(at_once);
    let mut counted = BTreeMap::new();
    while let Some(answer) = answers.next().await {
        *counted.entry(answer).or_default() += 1;
    }
    counted
}

/// A figure of a process's memory, in megabytes.
fn memory(pid: u32, figure: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_024
}
