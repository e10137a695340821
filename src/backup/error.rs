//! What can keep a backup from being taken or restored, each in a line that says what to do.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::config::ConfigError;
use crate::embedded::binaries::NoClient;
use crate::embedded::postgres::StartError;
use crate::store::StoreError;

/// Why there is no backup, or nothing was restored.
#[derive(Debug, Error)]
pub enum BackupError {
    /// A setting is missing or can't be used.
    #[error("{0}")]
    Settings(#[from] ConfigError),
    /// The database of a data directory does not start.
    #[error("{0}")]
    Server(#[from] StartError),
    /// PostgreSQL's programs are not here, or too old.
    #[error("{0}")]
    Programs(#[from] NoClient),
    /// The database did not do what was asked.
    #[error("{0}")]
    Database(#[from] StoreError),
    /// A file can't be read or written.
    #[error("{} can't be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// One of PostgreSQL's programs failed.
    #[error("{name} failed: {reason}")]
    Program {
        /// The program.
        name: &'static str,
        /// What it said.
        reason: String,
    },
    /// There is something of that name.
    #[error("{} is there already: choose another name", .0.display())]
    Taken(PathBuf),
    /// An earlier backup of that name was interrupted, or is still being made.
    #[error("{} is left of a backup that was interrupted, or is being made at this moment: remove it if no `uvote backup` runs", .0.display())]
    Interrupted(PathBuf),
    /// There is nothing to back up.
    #[error("{0} holds no data of uvote: nothing was backed up")]
    NothingThere(String),
    /// A directory has no manifest, so it is not a whole backup.
    #[error("{} is no backup: it has no manifest.json, which is written last; if the backup was interrupted, take an earlier one", .0.display())]
    NoManifest(PathBuf),
    /// The manifest is not one that this program has written.
    #[error("{} can't be read ({reason}): the backup is damaged; take another one", path.display())]
    BadManifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file is not what it was.
    #[error("{} {what}: the backup is damaged, nothing was restored; take another one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// In which way.
        what: &'static str,
    },
    /// The backup comes from a newer program.
    #[error("the backup has {what}, and this is uvote {}: restore it with uvote {product} or newer", env!("CARGO_PKG_VERSION"))]
    Newer {
        /// What of it is newer.
        what: String,
        /// The version that made it.
        product: String,
    },
    /// The backup comes from a newer PostgreSQL.
    #[error(
        "the backup was taken from PostgreSQL {was}, and this server is {is}, which is older: restore into PostgreSQL {was} or newer"
    )]
    OlderServer {
        /// The major version that the backup was taken from.
        was: u32,
        /// The major version that it was to be restored into.
        is: u32,
    },
    /// A data directory lacks the file with the master key.
    #[error("{} has no secrets.json, which holds the master key and is in no backup: put a copy of it there first", .0.display())]
    NoSecrets(PathBuf),
    /// The master key opens none, or not all, of the backup's election keys.
    #[error(
        "{source_of_key} is another key than the one of this backup: it opens {opened} of its {all} election keys. Nothing was restored; set the master key of the time of the backup"
    )]
    OtherKey {
        /// Where the key comes from.
        source_of_key: &'static str,
        /// Keys that opened.
        opened: usize,
        /// All keys of the backup.
        all: usize,
    },
    /// The database is in use.
    #[error("{0} is not empty, and a backup is restored only into an empty database: create a new one")]
    NotEmpty(String),
    /// What was restored is not what was backed up.
    #[error(
        "what was restored is not what was backed up, and the service is kept out of it: drop this database, and take another backup"
    )]
    Differs,
}

/// The failure to use a file.
pub(super) fn unusable(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    |source| BackupError::File { path, source }
}
