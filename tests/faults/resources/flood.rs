//! Far more casts than can wait, while the election's head is held by somebody else.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

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
    let stream = Flood { casts: rounds(400, 15_000), at_once: 2_000, per_second: Some(rounds(200, 3_000)) };
    let rush = Flood { casts: rounds(3_000, 50_000), at_once: rounds(800, 2_000), per_second: None };
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
        let answers = stream.over(&stage).await;
        assert!(answers.keys().all(|answer| is_fair(answer)), "{answers:?}");
        watch.end().await.bounded("head held, flooded");
        voters_were_answered(&crowd.ledger(), held, "head held, flooded");
        // A rush keeps both processors of a small machine busy with sending it, so that all wait. One
        // that is too busy to read a request in time says so, or nothing.
        let answers = rush.over(&stage).await;
        let is_cut = |answer: &String| answer.starts_with("408") || answer.starts_with(char::is_alphabetic);
        assert!(answers.keys().all(|answer| is_fair(answer) || is_cut(answer)), "{answers:?}");
        let fair: usize = answers.iter().filter(|(answer, _)| is_fair(answer)).map(|(_, times)| times).sum();
        assert!(fair > rush.casts / 2, "most are told to come back: {answers:?}");
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

/// Casts that nobody can count as long as the head is held.
struct Flood {
    casts: usize,
    at_once: usize,
    /// As fast as they are answered unless said.
    per_second: Option<usize>,
}

impl Flood {
    /// Sends them; answers how often which answer came.
    async fn over(&self, stage: &Stage) -> BTreeMap<String, usize> {
        let (client, path, body) =
            (stage.service.client(), stage.open.election.path("/votes"), invalid(stage));
        let begun = tokio::time::Instant::now();
        let cast = async |number: usize| {
            if let Some(rate) = self.per_second {
                tokio::time::sleep_until(begun + Duration::from_secs(1) * number as u32 / rate as u32).await;
            }
            match client.post(&path, &body).await {
                Ok((status, answer)) => {
                    format!("{} {}", status.as_u16(), answer["code"].as_str().unwrap_or_default())
                }
                Err(error) => error.to_string(),
            }
        };
        let mut answers = stream::iter((0..self.casts).map(cast)).buffer_unordered(self.at_once);
        let mut counted = BTreeMap::new();
        while let Some(answer) = answers.next().await {
            *counted.entry(answer).or_default() += 1;
        }
        println!("    {} casts in {:.1?}: {counted:?}", self.casts, begun.elapsed());
        counted
    }
}

fn is_fair(answer: &str) -> bool {
    matches!(answer, "503 BUSY" | "503 OUTCOME_UNKNOWN")
}

/// A figure of a process's memory, in megabytes.
fn memory(pid: u32, figure: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_024
}
