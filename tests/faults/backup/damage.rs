//! Backups that are not what they were, and databases and keys that they do not belong to.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::future::join_all;
use hyper::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::vault::{self, Vault, empty_database, refusal, tables};
use crate::support::cluster::cluster;
use crate::support::people::{roll, sample};
use crate::support::{Organiser, Service};

/// A backup of an election with five ballots and a photo.
async fn backup() -> (Service, Vault) {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.draft(sample()).await;
    let (status, answer) = organiser.import(&election.id, &roll(6)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let vault = Vault::new();
    let (photo, candidate) = (Uuid::new_v4(), election.candidate(0, 0).parse::<Uuid>().unwrap());
    let photos = Path::new(&vault.settings(&service.database)["UVOTE_DATA_DIR"]).join("photos");
    fs::write(photos.join(format!("{photo}.jpg")), "a face").unwrap();
    let sql = "UPDATE candidates SET photo_id = $1 WHERE id = $2";
    service.superuser().await.execute(sql, &[&photo, &candidate]).await.unwrap();
    let voters = organiser.open(&service, &election.id, 6).await;
    let ballot = election.choose(Some(0));
    join_all(voters[..5].iter().map(|voter| voter.cast(&ballot))).await;
    let told = vault::told(&vault.take(&service.database).await);
    assert!(told.contains("5 ballots") && told.contains("1 photo"), "{told}");
    (service, vault)
}

/// Every file of a directory and those below.
fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(directory).unwrap().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[actix_web::test]
async fn nobody_else_can_read_a_backup() {
    let (_service, vault) = backup().await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&vault.backup()), mode(&vault.backup().join("photos"))), (0o700, 0o700));
    for file in files(&vault.backup()) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    let taken = vault.take("any").await;
    assert!(refusal(&taken).contains("is there already"), "a backup is never written over");
}

#[actix_web::test]
async fn a_changed_byte_or_a_missing_file_is_refused_before_anything_is_written() {
    let (_service, vault) = backup().await;
    let database = empty_database().await;
    for file in files(&vault.backup()) {
        let name = file.strip_prefix(vault.backup()).unwrap();
        let harmed = vault.copy();
        let path = harmed.backup().join(name);
        let mut content = fs::read(&path).unwrap();
        let place = content.len() / 2;
        content[place] ^= 1;
        fs::write(&path, &content).unwrap();
        if !name.ends_with("manifest.json") {
            let refused = refusal(&harmed.restore(&database).await);
            assert!(
                refused.contains("has other content") && refused.contains(name.to_str().unwrap()),
                "{refused}"
            );
        }
        fs::write(&path, &content[1..]).unwrap();
        refusal(&harmed.restore(&database).await);
        fs::remove_file(&path).unwrap();
        let refused = refusal(&harmed.restore(&database).await);
        assert!(refused.contains("is missing") || refused.contains("has no manifest.json"), "{refused}");
    }
    assert_eq!(tables(&database).await, 0);
}

#[actix_web::test]
async fn a_manifest_that_leads_out_of_the_backup_is_refused() {
    let (_service, vault) = backup().await;
    let database = empty_database().await;
    for name in ["/dev/zero", "../secrets.json", "photos/../../secrets.json", "photos/face.jpg"] {
        let mut manifest = vault.manifest();
        manifest["files"][name] = json!({"bytes": 1, "sha256": "00"});
        let forged = vault.copy();
        fs::write(forged.backup().join("manifest.json"), manifest.to_string()).unwrap();
        let refused = refusal(&forged.restore(&database).await);
        assert!(refused.contains(&format!("it names {name:?}")), "{refused}");
    }
    assert_eq!(tables(&database).await, 0);
}

#[actix_web::test]
async fn another_master_key_a_newer_backup_and_a_used_database_are_refused() {
    let (service, vault) = backup().await;
    let database = empty_database().await;
    let mut settings = vault.settings(&database);
    settings.insert("UVOTE_MASTER_KEY", STANDARD.encode((100..132).collect::<Vec<u8>>()));
    let refused = refusal(&vault::run(vault.command("restore", &settings)).await);
    let words =
        "UVOTE_MASTER_KEY is another key than the one of this backup: it opens 0 of its 2 election keys";
    assert!(refused.contains(words), "{refused}");
    settings.remove("UVOTE_MASTER_KEY");
    let refused = refusal(&vault::run(vault.command("restore", &settings)).await);
    assert!(refused.contains("UVOTE_MASTER_KEY: must be set"), "{refused}");

    for field in ["format", "schema"] {
        let newer = vault.copy();
        let mut manifest = newer.manifest();
        manifest[field] = json!(1_000);
        fs::write(newer.backup().join("manifest.json"), manifest.to_string()).unwrap();
        let refused = refusal(&newer.restore(&database).await);
        assert!(refused.contains(&format!("the backup has {field} 1000")), "{refused}");
    }
    assert_eq!(tables(&database).await, 0);

    let before = tables(&service.database).await;
    let refused = refusal(&vault.restore(&service.database).await);
    assert!(refused.contains("is not empty"), "{refused}");
    assert_eq!(tables(&service.database).await, before);
}

/// Takes the third ballot out; the chain breaks.
const REMOVED: &str = "ALTER TABLE ballots DISABLE TRIGGER kept; DELETE FROM ballots WHERE position = 3;
    ALTER TABLE ballots ENABLE ALWAYS TRIGGER kept";
/// Takes the last ballot off and puts the head back; the chain is one that could have been.
const TRUNCATED: &str =
    "ALTER TABLE ballots DISABLE TRIGGER kept; ALTER TABLE election_heads DISABLE TRIGGER guard;
    UPDATE election_heads h SET position = 4, head_hash = b.previous_hash FROM ballots b WHERE b.position = 5;
    DELETE FROM ballots WHERE position = 5;
    ALTER TABLE ballots ENABLE ALWAYS TRIGGER kept; ALTER TABLE election_heads ENABLE ALWAYS TRIGGER guard";

#[actix_web::test]
async fn a_ballot_taken_out_of_the_dump_is_found_and_the_service_kept_out() {
    let (_service, vault) = backup().await;
    for harm in [REMOVED, TRUNCATED] {
        let (source, database) = (empty_database().await, empty_database().await);
        vault::told(&vault.restore(&source).await);
        cluster().connect(&source).await.batch_execute(harm).await.unwrap();
        let harmed = vault.copy();
        let mut dump = Command::new(cluster().binaries.join("pg_dump"));
        dump.args(["--format=custom", "--exclude-table-data=voting_tokens", "--username=uvote_owner"]);
        dump.args(["--host", cluster().host(), "--port=5432", &source, "--file"]);
        dump.arg(harmed.backup().join("database.dump"));
        assert!(vault::run(dump).await.status.success());
        harmed.vouch_for("database.dump");
        let refused = refusal(&harmed.restore(&database).await);
        assert!(refused.contains("what was restored is not what was backed up"), "{refused}");

        let mut settings = vault.settings(&database);
        for (name, value) in [
            ("UVOTE_ORIGIN", "https://vote.example.org"),
            ("UVOTE_JWT_SECRET", "0123456789abcdefghijklmnopqrstuvwxyz"),
            ("SMTP_URL", "smtp://127.0.0.1:9"),
            ("UVOTE_MAIL_FROM", "vote@example.org"),
            ("UVOTE_METRICS_BIND", "off"),
            ("UVOTE_BIND", "127.0.0.1:0"),
        ] {
            settings.insert(name, value.to_owned());
        }
        let mut serve = Command::new(env!("CARGO_BIN_EXE_uvote"));
        serve.env_clear().envs(&settings).arg("serve");
        let refused = refusal(&vault::run(serve).await);
        assert!(refused.contains("a restore did not end well"), "{refused}");
    }
}

#[actix_web::test]
async fn an_interrupted_backup_is_never_taken_for_a_whole_one() {
    let service = Service::start().await;
    Organiser::register(&service).await;
    let vault = Vault::new();
    let mut blocker = service.superuser().await;
    let lock = blocker.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE ballots IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let mut child = vault.command("backup", &vault.settings(&service.database)).spawn().unwrap();
    let waits = "SELECT count(*) AS dumps FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'pg_dump' AND wait_event_type = 'Lock'";
    let dumps =
        async || -> i64 { service.superuser().await.query_one(waits, &[]).await.unwrap().get("dumps") };
    until("pg_dump to wait", async || dumps().await == 1).await;
    child.kill().unwrap();
    child.wait().unwrap();
    lock.rollback().await.unwrap();

    let partial = vault.root.join("backup.partial");
    assert!(!vault.backup().exists() && partial.exists());
    let database = empty_database().await;
    let refused = refusal(&vault.restore(&database).await);
    assert!(refused.contains("it has no manifest.json"), "{refused}");
    fs::rename(&partial, vault.backup()).unwrap();
    let refused = refusal(&vault.restore(&database).await);
    assert!(refused.contains("it has no manifest.json"), "{refused}");
    fs::rename(vault.backup(), &partial).unwrap();
    let refused = refusal(&vault.take(&service.database).await);
    assert!(refused.contains("backup.partial is left of a backup that was interrupted"), "{refused}");
    fs::remove_dir_all(&partial).unwrap();
    vault::told(&vault.take(&service.database).await);
}

async fn until(what: &str, done: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done().await {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
    }
}
