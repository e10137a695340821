//! A place for a backup, and the program that takes and restores it.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::rt::task::spawn_blocking;
use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::read::GzDecoder;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::cluster::cluster;
use crate::support::service::master_key;

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A directory for one backup, removed at the end.
pub struct Vault {
    pub root: PathBuf,
}

impl Drop for Vault {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.root));
    }
}

impl Vault {
    pub fn new() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let root = cluster().directory.join("data").join(format!("vault-{number}"));
        fs::create_dir_all(&root).unwrap();
        Self { root }
    }

    pub fn backup(&self) -> PathBuf {
        self.root.join("backup")
    }

    /// The same backup again, to be harmed.
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        copy_all(&self.backup(), &copy.backup());
        copy
    }

    /// What `uvote` is given to work with on a database.
    pub fn settings(&self, database: &str) -> HashMap<&'static str, String> {
        HashMap::from([
            ("DATABASE_URL", cluster().url(database).expose_secret().to_owned()),
            ("UVOTE_DATA_DIR", cluster().directory.join("data").join(database).display().to_string()),
            ("UVOTE_MASTER_KEY", STANDARD.encode(master_key().bytes())),
            ("UVOTE_PG_BIN", cluster().binaries.display().to_string()),
        ])
    }

    /// A command on the backup of this vault.
    pub fn command(&self, verb: &str, settings: &HashMap<&'static str, String>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_uvote"));
        command.env_clear().envs(settings).arg(verb).arg(self.backup());
        command
    }

    /// Needs no master key, and is given none.
    pub async fn take(&self, database: &str) -> Output {
        let mut settings = self.settings(database);
        settings.remove("UVOTE_MASTER_KEY");
        run(self.command("backup", &settings)).await
    }

    pub async fn restore(&self, database: &str) -> Output {
        run(self.command("restore", &self.settings(database))).await
    }

    pub fn manifest(&self) -> Value {
        serde_json::from_slice(&fs::read(self.backup().join("manifest.json")).unwrap()).unwrap()
    }

    /// Changes the manifest to say of a file what it is now, as somebody would who can write both.
    pub fn vouch_for(&self, file: &str) {
        let mut manifest = self.manifest();
        let content = fs::read(self.backup().join(file)).unwrap();
        manifest["files"][file] =
            json!({"bytes": content.len(), "sha256": hex::encode(Sha256::digest(&content))});
        fs::write(self.backup().join("manifest.json"), manifest.to_string()).unwrap();
    }

    /// The script that loads the tokens.
    pub fn tokens(&self) -> String {
        let mut script = String::new();
        let file = fs::File::open(self.backup().join("voting_tokens.sql.gz")).unwrap();
        GzDecoder::new(file).read_to_string(&mut script).unwrap();
        script
    }

    /// The rows of a table in the dump.
    pub fn rows_of(&self, table: &str) -> String {
        let mut command = Command::new(cluster().binaries.join("pg_restore"));
        command.args(["--data-only", "--file=-", "--table", table]).arg(self.backup().join("database.dump"));
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }
}

pub async fn run(mut command: Command) -> Output {
    spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// What a command that went well has said.
pub fn told(output: &Output) -> String {
    let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", words(&output.stdout), words(&output.stderr));
    words(&output.stdout)
}

/// The last line of a command that was refused.
pub fn refusal(output: &Output) -> String {
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(output.stdout.is_empty(), "{words}");
    words.lines().last().unwrap().to_owned()
}

/// A database without a table.
pub async fn empty_database() -> String {
    let name = format!("restored_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let client = cluster().connect("postgres").await;
    client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.unwrap();
    name
}

/// Tables in a database.
pub async fn tables(database: &str) -> i64 {
    let client = cluster().connect(database).await;
    let sql = "SELECT count(*) AS tables FROM pg_tables WHERE schemaname = 'public'";
    client.query_one(sql, &[]).await.unwrap().get("tables")
}

pub fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
