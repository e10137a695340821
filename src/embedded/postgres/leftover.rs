//! What a killed run leaves behind: processes that still use the cluster, and files naming them.

use std::{fs, io, path::Path, time::Duration};

use super::{StartError, error::unusable, wait_until};

/// How long a postmaster without its parent may take to stop by itself.
const GRACE: Duration = Duration::from_secs(30);

/// How long killed processes may take to vanish.
const AFTERMATH: Duration = Duration::from_secs(5);

/// Ends every process of PostgreSQL that works in `cluster`, and removes its pid file.
///
/// The caller holds the lock of the data directory, so none of them belongs to a living run.
/// A postmaster is asked to stop; processes without one have nothing to lose that the next
/// start would not recover. A pid file that stayed could name a process of someone else by now.
pub(super) fn end(cluster: &Path) -> Result<(), StartError> {
    if let Some(postmaster) = postmaster(cluster).filter(|pid| processes(cluster).contains(pid)) {
        tracing::warn!(pid = postmaster, "stopping the PostgreSQL of an earlier run");
        signal(postmaster, libc::SIGINT);
        wait_until(GRACE, || !processes(cluster).contains(&postmaster));
    }
    for pid in processes(cluster) {
        signal(pid, libc::SIGKILL);
    }
    wait_until(AFTERMATH, || processes(cluster).is_empty());
    if let Some(&pid) = processes(cluster).first() {
        return Err(StartError::Leftover { pid, directory: cluster.to_owned() });
    }
    remove(&cluster.join("postmaster.pid"))
}

/// Removes a file that may be there.
pub(super) fn remove(path: &Path) -> Result<(), StartError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable(path)(error)),
        _ => Ok(()),
    }
}

/// Sends a signal; a process that has gone meanwhile needs none.
pub(super) fn signal(pid: i32, signal: libc::c_int) {
    // SAFETY: kill touches no memory of this process.
    unsafe { libc::kill(pid, signal) };
}

/// The postmaster that the pid file names.
fn postmaster(cluster: &Path) -> Option<i32> {
    fs::read_to_string(cluster.join("postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
}

/// The processes of PostgreSQL that have `cluster` as their working directory.
fn processes(cluster: &Path) -> Vec<i32> {
    let is_ours = |pid: &i32| {
        let process = Path::new("/proc").join(pid.to_string());
        let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
        ["postgres", "initdb"].contains(&name.trim())
            && fs::read_link(process.join("cwd")).is_ok_and(|directory| directory == cluster)
    };
    let pid = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(pid).filter(is_ours).collect()
}
