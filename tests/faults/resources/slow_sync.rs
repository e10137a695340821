//! The disk takes its time to make things durable.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use super::preload::{Preloaded, tell};
use super::watch::{Watch, voters_were_answered};
use super::{FEW, RECOVERY};
use crate::proof::crowd::Crowd;
use crate::proof::invariants::{Evidence, hold};
use crate::proof::ledger::Told;
use crate::proof::report::Run;
use crate::proof::seed::{is_long, skip};
use crate::proof::stage::Stage;
use crate::support::cluster::scratch_directory;

/// A disk that is slow, and still no reason to refuse anybody: a new file of the log takes five syncs, and
/// a commit waits for at most two others.
const SLOW: &str = "100";
/// One on which no commit is durable within the time that a voter is kept waiting.
const STUCK: &str = "2500";

#[actix_web::test]
async fn a_disk_that_hardly_syncs_has_voters_come_back_and_loses_nothing() {
    let Some(library) = library() else { return };
    let mut run = Run::begin("disk that hardly syncs", 1, 8);
    let stage = Stage::set(1_000 + run.rounds * 200).await;
    let pace = scratch_directory("pace").join("milliseconds");
    tell(&pace, "0");
    let _postgres =
        Preloaded::instead_of(&stage.postgres, &[("LD_PRELOAD", &library), ("SLOW_SYNC_FILE", &pace)]).await;
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], FEW);
    crowd.acknowledgements(10).await;
    for _ in 0..run.rounds {
        tell(&pace, SLOW);
        nobody_is_turned_away(&crowd).await;
        tell(&pace, STUCK);
        let stuck = Instant::now();
        let watch = Watch::begin(&stage.service.url(), &stage.open);
        tokio::time::sleep(Duration::from_secs(if is_long() { 12 } else { 6 })).await;
        tell(&pace, "0");
        let freed = Instant::now();
        let seen = watch.end().await;
        assert!(seen.refused_casts() > 0, "nobody noticed that the disk was stuck");
        seen.bounded("syncs of 2.5 s");
        voters_were_answered(&crowd.ledger(), stuck, "syncs of 2.5 s");
        // A sync that had begun takes its time.
        run.recovered(crowd.first_acknowledgement(freed).await - freed, RECOVERY);
        run.tick();
    }
    let ledger = crowd.disperse().await;
    hold(run, ledger, &Evidence::of(&stage).await).await;
}

async fn nobody_is_turned_away(crowd: &Crowd) {
    let slow = Instant::now();
    crowd.acknowledgements(12).await;
    let ledger = crowd.ledger();
    let turned_away = ledger.attempts.iter().filter(|attempt| attempt.sent > slow);
    let turned_away: Vec<_> =
        turned_away.filter(|attempt| matches!(attempt.told, Told::Unknown(_) | Told::Untouched)).collect();
    assert!(turned_away.is_empty(), "syncs of {SLOW} ms, and {turned_away:?}");
}

/// Builds the library that slows syncs down; nothing where there is no compiler.
fn library() -> Option<PathBuf> {
    let directory = scratch_directory("slow-sync");
    let source = directory.join("slow_sync.c");
    std::fs::write(&source, include_str!("slow_sync.c")).unwrap();
    let library = directory.join("slow_sync.so");
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).status();
    match built {
        Ok(status) => {
            assert!(status.success(), "cc does not compile {}", source.display());
            Some(library)
        }
        Err(_) => {
            skip("needs cc, a C compiler (on Debian: apt-get install gcc libc6-dev)");
            None
        }
    }
}
