//! Backups of a demo, which brings its own PostgreSQL.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::vault::{self, Vault, refusal};
use crate::support::cluster::cluster;

fn demo(directory: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uvote"));
    command.env_clear().env("UVOTE_PG_BIN", &cluster().binaries).env("UVOTE_METRICS_BIND", "off");
    command.args(["demo", "--bind", "127.0.0.1:0", "--data-dir"]).arg(directory);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("Stop with Ctrl-C")), "the demo did not start");
    child
}

fn stop(mut child: Child) {
    // SAFETY: kill touches no memory of this process.
    unsafe { libc::kill(child.id().cast_signed(), libc::SIGTERM) };
    child.wait().unwrap();
}

async fn at(vault: &Vault, verb: &str, directory: &Path) -> std::process::Output {
    let settings = [("UVOTE_PG_BIN", cluster().binaries.display().to_string())].into();
    let mut command = vault.command(verb, &settings);
    command.arg("--data-dir").arg(directory);
    vault::run(command).await
}

#[actix_web::test]
async fn a_demo_is_backed_up_while_it_runs_and_while_it_does_not() {
    let (running, stopped) = (Vault::new(), Vault::new());
    let (here, there) = (running.root.join("here"), running.root.join("there"));
    let refused = refusal(&at(&running, "backup", &here).await);
    assert!(refused.contains("holds no data of uvote") && !here.exists(), "{refused}");
    let child = demo(&here);
    vault::told(&at(&running, "backup", &here).await);
    stop(child);
    vault::told(&at(&stopped, "backup", &here).await);
    let ballots = |vault: &Vault| vault.manifest()["elections"][0]["ballots"].as_u64().unwrap();
    assert!(ballots(&running) <= ballots(&stopped));

    let refused = refusal(&at(&stopped, "restore", &there).await);
    assert!(refused.contains("has no secrets.json"), "{refused}");
    fs::create_dir(&there).unwrap();
    fs::copy(here.join("secrets.json"), there.join("secrets.json")).unwrap();
    let told = vault::told(&at(&stopped, "restore", &there).await);
    assert!(told.contains(&format!("{} ballots", ballots(&stopped))), "{told}");
    let refused = refusal(&at(&stopped, "restore", &there).await);
    assert!(refused.contains("is not empty"), "{refused}");
    stop(demo(&there));
}
