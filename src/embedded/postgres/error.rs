//! What can keep PostgreSQL from starting.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::embedded::binaries::Missing;

/// Why PostgreSQL did not start, each with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file or directory could not be read, made or changed.
    #[error("cannot use {path} ({source}): choose a data directory that this user can write to")]
    Directory {
        /// What was being used.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// Another process holds the lock of the data directory.
    #[error("another uvote is running on {directory}: stop it, or choose another data directory")]
    InUse {
        /// The data directory.
        directory: PathBuf,
    },
    /// Started as root on a system with none of the users to drop to.
    #[error(
        "PostgreSQL does not run as root, and there is no user uvote, postgres or nobody: add one with `useradd --system uvote`, or start as a plain user"
    )]
    NoPlainUser,
    /// Started as root, and the plain user has no way to the data directory.
    #[error(
        "the user {user}, who runs PostgreSQL, may not enter {closed}: choose a data directory outside of it, such as /var/lib/uvote, or start as a plain user"
    )]
    Closed {
        /// The directory that is closed.
        closed: PathBuf,
        /// The plain user.
        user: String,
    },
    /// The place of the cluster is taken by something else.
    #[error("{path} is not empty and holds no database: move it away, or choose another data directory")]
    NotACluster {
        /// The place of the cluster.
        path: PathBuf,
    },
    /// There is no PostgreSQL to run.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// A program could not be run.
    #[error("cannot run {program} ({source}): set UVOTE_PG_BIN to the bin directory of a working PostgreSQL")]
    Program {
        /// The program.
        program: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// `initdb` failed.
    #[error("initdb could not make a database in {path} ({reason}): put that right and start again")]
    Initdb {
        /// The place of the cluster.
        path: PathBuf,
        /// The telling line of its output.
        reason: String,
    },
    /// PostgreSQL gave up before it was ready.
    #[error(
        "PostgreSQL stopped while starting ({reason}): put that right and start again; {log} has the rest"
    )]
    Stopped {
        /// The telling line of its log.
        reason: String,
        /// The log file.
        log: PathBuf,
    },
    /// A process of an earlier run does not end.
    #[error(
        "process {pid} of an earlier run still uses {directory}: end it with `kill -9 {pid}` and start again"
    )]
    Leftover {
        /// Its process id.
        pid: i32,
        /// The cluster it runs in.
        directory: PathBuf,
    },
}

/// The failure to use `path`, from the failure of the system.
pub(super) fn unusable(path: &Path) -> impl FnOnce(io::Error) -> StartError {
    let path = path.to_owned();
    |source| StartError::Directory { path, source }
}
