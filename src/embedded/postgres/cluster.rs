//! The cluster on the disk: its version, its making, its pid file.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{
    SUPERUSER, StartError,
    error::unusable,
    leftover,
    log::telling_line,
    make_private,
    owner::{self, Owner},
};

/// The major version that made `cluster`, if it is one.
pub(super) fn major(cluster: &Path) -> Option<u32> {
    fs::read_to_string(cluster.join("PG_VERSION")).ok()?.trim().parse().ok()
}

/// Makes the cluster under another name first, so that a crash on the way leaves no half of one.
pub(super) fn initialise(cluster: &Path, binaries: &Path, owner: &Owner) -> Result<(), StartError> {
    let staging = &cluster.with_extension("new");
    leftover::end(staging)?;
    if staging.exists() {
        fs::remove_dir_all(staging).map_err(unusable(staging))?;
    }
    make_private(staging)?;
    owner.take(staging)?;
    initdb(staging, binaries, owner)?;
    fs::rename(staging, cluster).map_err(|error| match error.kind() {
        io::ErrorKind::DirectoryNotEmpty => StartError::NotACluster { path: cluster.to_owned() },
        _ => unusable(cluster)(error),
    })?;
    let parent = cluster.parent().unwrap_or(cluster);
    File::open(parent).and_then(|parent| parent.sync_all()).map_err(unusable(parent))
}

fn initdb(cluster: &Path, binaries: &Path, owner: &Owner) -> Result<(), StartError> {
    let program = binaries.join("initdb");
    let mut command = owner.command(&program, cluster);
    command.arg("--pgdata").arg(cluster).arg(format!("--username={SUPERUSER}"));
    command.args(["--no-locale", "--encoding=UTF8", "--no-instructions"]);
    command.args(["--auth-local=trust", "--auth-host=scram-sha-256"]);
    owner::end_with_parent(&mut command, libc::SIGKILL);
    let output = command.output().map_err(|source| StartError::Program { program, source })?;
    if output.status.success() {
        return Ok(());
    }
    let reason = telling_line(&String::from_utf8_lossy(&output.stderr));
    Err(StartError::Initdb { path: cluster.to_owned(), reason })
}

/// The directory of the socket of whoever runs in `cluster` and accepts connections.
pub(super) fn socket(cluster: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let pid = text.lines().next()?;
    is_ready(cluster, pid).then(|| text.lines().nth(4).map(PathBuf::from))?
}

/// Whether the process `pid` has written to its pid file that it accepts connections.
pub(super) fn is_ready(cluster: &Path, pid: &str) -> bool {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).unwrap_or_default();
    let mut lines = text.lines();
    lines.next() == Some(pid) && lines.nth(6).is_some_and(|line| line.trim() == "ready")
}
