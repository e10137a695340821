//! kill -9 of a backup and of a restore, at moments that nobody has chosen.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rand::RngExt;

use super::vault::{self, Vault, empty_database, refusal, tables};
use crate::proof::seed::{self, Seed};
use crate::support::cluster::cluster;
use crate::support::{Organiser, Service};

async fn election_with_ballots(service: &Service) {
    let organiser = Organiser::register(service).await;
    let (election, voters) = organiser.open_election(service, 10).await;
    for voter in &voters {
        voter.cast(&election.choose(Some(0))).await;
    }
}

/// How long a command takes that nobody kills.
async fn measured(command: Command) -> Duration {
    let begun = Instant::now();
    vault::told(&vault::run(command).await);
    begun.elapsed()
}

/// Lets a command run for a part of the time that it needs, and kills it.
async fn kill(mut command: Command, needed: Duration, part: f64) {
    let mut child: Child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    tokio::time::sleep(needed.mul_f64(part)).await;
    child.kill().unwrap();
    child.wait().unwrap();
}

#[actix_web::test]
async fn a_killed_backup_leaves_a_whole_one_or_none() {
    let service = Service::start().await;
    election_with_ballots(&service).await;
    let first = Vault::new();
    let needed = measured(first.command("backup", &first.settings(&service.database))).await;
    let (mut whole, mut none) = (0, 0);
    for round in 0..seed::rounds(4, 100) {
        let part = Seed::of_run().rng("killed backup", round).random_range(0.0..1.3);
        let (vault, database) = (Vault::new(), empty_database().await);
        kill(vault.command("backup", &vault.settings(&service.database)), needed, part).await;
        let partial = vault.root.join("backup.partial");
        if partial.exists() {
            fs::rename(partial, vault.backup()).unwrap();
        }
        let restored = vault.restore(&database).await;
        if restored.status.success() {
            whole += 1;
            assert!(vault::told(&restored).contains("10 ballots"), "round {round}: {restored:?}");
        } else {
            none += 1;
            assert_eq!(tables(&database).await, 0, "round {round}: {restored:?}");
        }
    }
    println!("killed backups: {whole} were whole already, {none} left nothing that restores");
}

#[actix_web::test]
async fn a_killed_restore_leaves_everything_verified_or_nothing_that_is_served() {
    let service = Service::start().await;
    election_with_ballots(&service).await;
    let vault = Vault::new();
    vault::told(&vault.take(&service.database).await);
    let needed = measured(vault.command("restore", &vault.settings(&empty_database().await))).await;
    let mut found = [0; 3];
    for round in 0..seed::rounds(4, 100) {
        let part = Seed::of_run().rng("killed restore", round).random_range(0.0..1.3);
        let database = empty_database().await;
        kill(vault.command("restore", &vault.settings(&database)), needed, part).await;
        alone(&database).await;
        let state = state(&vault, &database).await;
        found[state] += 1;
        let again = vault.restore(&database).await;
        match state {
            EMPTY => drop(vault::told(&again)),
            _ => assert!(refusal(&again).contains("is not empty"), "round {round}"),
        }
    }
    println!(
        "killed restores: {} left nothing, {} a closed database, {} were done",
        found[0], found[1], found[2]
    );
}

const EMPTY: usize = 0;
const CLOSED: usize = 1;
const DONE: usize = 2;

/// Waits until PostgreSQL has noticed that the one who was killed is gone.
async fn alone(database: &str) {
    let client = cluster().connect("postgres").await;
    let sql = "SELECT count(*) AS sessions FROM pg_stat_activity WHERE datname = $1";
    let deadline = Instant::now() + Duration::from_secs(20);
    while client.query_one(sql, &[&database]).await.unwrap().get::<_, i64>("sessions") > 0 {
        assert!(Instant::now() < deadline, "sessions of a killed restore live on");
    }
}

/// What a service finds in the database: no schema, no rights, or every ballot.
async fn state(vault: &Vault, database: &str) -> usize {
    let client = cluster().connect(database).await;
    if tables(database).await == 0 {
        return EMPTY;
    }
    let ballots = client.query_one("SELECT count(*) AS ballots FROM ballots", &[]).await.unwrap();
    assert_eq!(ballots.get::<_, i64>("ballots"), 10, "{}", vault.root.display());
    let sql = "SELECT has_table_privilege('uvote_app', 'refinery_schema_history', 'SELECT') AS is_open";
    if client.query_one(sql, &[]).await.unwrap().get("is_open") { DONE } else { CLOSED }
}
