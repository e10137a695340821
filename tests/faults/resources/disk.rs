//! The disk of PostgreSQL is full, and then it is not.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use uvote::store::schema;
use uvote_loadtest::sink::Sink;

use super::watch::{Watch, voters_were_answered};
use super::{FEW, RECOVERY};
use crate::proof::crowd::Crowd;
use crate::proof::election::OpenElection;
use crate::proof::invariants::{Evidence, hold};
use crate::proof::postgres::Server;
use crate::proof::process::{GLANCE, Process, Settings};
use crate::proof::report::Run;
use crate::proof::seed::{is_long, skip};
use crate::proof::stage::Stage;
use crate::support::cluster::scratch_directory;

/// Small enough to be filled in no time, large enough for a cluster and its log.
const DISK: &str = "size=400m";
/// A log of the smallest size, so that it soon needs a new file.
const SETTINGS: [(&str, &str); 4] = [
    ("min_wal_size", "32MB"),
    ("max_wal_size", "48MB"),
    ("checkpoint_timeout", "30s"),
    ("wal_init_zero", "on"),
];

#[actix_web::test]
async fn a_full_disk_refuses_votes_until_there_is_room() {
    let Some(disk) = Disk::mount() else { return };
    let run = Run::begin("disk full", 1, 10);
    let stage = stage_on(disk.directory("postgres"), 1_000 + run.rounds * 200).await;
    fill_and_free(run, stage, &disk).await;
}

#[actix_web::test]
async fn a_full_disk_of_the_write_ahead_log_refuses_votes_until_there_is_room() {
    let Some(disk) = Disk::mount() else { return };
    let run = Run::begin("disk of the log full", 1, 10);
    let stage = stage_on(scratch_directory("postgres"), 1_000 + run.rounds * 200).await;
    stage.postgres.stop().await;
    let log = stage.postgres.data().join("pg_wal");
    let moved = Command::new("mv").arg(&log).arg(disk.0.join("pg_wal")).status().unwrap();
    assert!(moved.success());
    std::os::unix::fs::symlink(disk.0.join("pg_wal"), &log).unwrap();
    stage.postgres.come_back().await;
    fill_and_free(run, stage, &disk).await;
}

async fn stage_on(directory: PathBuf, voters: usize) -> Stage {
    let sink = Sink::bind("127.0.0.1:0").await.unwrap();
    let postgres = Server::start_in(directory, &SETTINGS).await;
    let service = Process::start(Settings::new(postgres.url(), sink.address())).await;
    let open = OpenElection::new(&service.url(), &sink, &postgres.owner_url(), voters).await;
    Stage { open, service, postgres, sink }
}

async fn fill_and_free(mut run: Run, mut stage: Stage, disk: &Disk) {
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], FEW);
    for _ in 0..run.rounds {
        crowd.acknowledgements(10).await;
        let began = Instant::now();
        let watch = Watch::begin(&stage.service.url(), &stage.open);
        let ballast = disk.fill();
        let full = Duration::from_secs(if is_long() { 6 } else { 3 });
        drop(tokio::time::timeout(full, write_without_end(&stage.postgres)).await);
        fs::remove_file(ballast).unwrap();
        supervise(&stage.postgres).await;
        let freed = Instant::now();
        run.recovered(crowd.first_acknowledgement(freed).await - freed, RECOVERY);
        let seen = watch.end().await;
        assert!(seen.refused_casts() > 0, "nobody noticed that the disk was full");
        seen.bounded("disk full");
        voters_were_answered(&crowd.ledger(), began, "disk full");
        assert!(stage.service.lives(), "{}", stage.service.last_words());
        run.tick();
    }
    let ledger = crowd.disperse().await;
    hold(run, ledger, &Evidence::of(&stage).await).await;
}

/// Makes PostgreSQL need room, also when it has found some by starting anew.
async fn write_without_end(postgres: &Server) {
    let sql = "CREATE TABLE IF NOT EXISTS ballast (bytes text); ALTER TABLE ballast ALTER bytes SET STORAGE EXTERNAL;
        INSERT INTO ballast SELECT repeat('x', 100000) FROM generate_series(1, 100); SELECT pg_switch_wal()";
    loop {
        if let Ok(superuser) = schema::connect(&postgres.owner_url()).await {
            while superuser.batch_execute(sql).await.is_ok() {}
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// Starts PostgreSQL again if it found no room to recover in, as whatever supervises it does, and waits
/// until it takes connections.
async fn supervise(postgres: &Server) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while schema::connect(&postgres.owner_url()).await.is_err() {
        assert!(Instant::now() < deadline, "PostgreSQL does not recover");
        if has_ended(postgres.pid().await) {
            postgres.kill().await;
            postgres.come_back().await;
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// Whether a process is gone but for its number.
fn has_ended(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
}

/// A small disk of its own, in memory.
struct Disk(PathBuf);

impl Disk {
    /// Nothing where it can't be had.
    fn mount() -> Option<Self> {
        let place = scratch_directory("disk");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(&place).output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self(place));
        }
        skip("needs root, to mount a small disk that can be filled");
        None
    }

    fn directory(&self, name: &str) -> PathBuf {
        let directory = self.0.join(name);
        fs::create_dir(&directory).unwrap();
        directory
    }

    /// Takes all room that is left; answers the file that holds it.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("ballast");
        let file = File::create(&path).unwrap();
        for size in [1 << 20, 1 << 12] {
            take(&file, size);
        }
        path
    }
}

/// Makes a file longer by pieces of this size until no further one fits.
fn take(file: &File, size: libc::off_t) {
    loop {
        let end = libc::off_t::try_from(file.metadata().unwrap().len()).unwrap();
        // SAFETY: the descriptor is open, and the call touches no memory.
        if unsafe { libc::fallocate(file.as_raw_fd(), 0, end, size) } != 0 {
            return;
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        unmount(&self.0);
    }
}

/// Lazily, since a process of PostgreSQL may not be quite gone.
fn unmount(place: &Path) {
    drop(Command::new("umount").arg("--lazy").arg(place).status());
}
