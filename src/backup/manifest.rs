//! The manifest: what a backup consists of, and where every chain in it ends.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use super::error::{BackupError, unusable};
use crate::store::snapshot::Books;

/// The form of backups that this program writes, and the newest that it reads.
pub(super) const FORMAT: u32 = 1;
/// The database, as `pg_dump --format=custom` writes it, without the rows of the tokens.
pub(super) const DATABASE: &str = "database.dump";
/// The rows of the tokens, as a script.
pub(super) const TOKENS: &str = "voting_tokens.sql.gz";
/// Written last.
const MANIFEST: &str = "manifest.json";

/// What a backup is.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// See [`FORMAT`].
    pub(super) format: u32,
    /// The version of uvote.
    pub(super) product: String,
    /// The newest migration of the database.
    pub(super) schema: i64,
    /// Whatever was committed by this moment is in the backup; it ends some milliseconds later.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) taken_at: OffsetDateTime,
    /// The major version of PostgreSQL.
    pub(super) postgresql: u32,
    /// Every file but this one.
    pub(super) files: BTreeMap<String, Content>,
    /// Where every chain ends.
    #[serde(flatten)]
    pub(super) books: Books,
}

/// What a file must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) bytes: u64,
    /// SHA-256, 64 hex digits.
    pub(super) sha256: String,
}

impl Manifest {
    /// Writes it, for its owner alone; answers its SHA-256.
    pub(super) fn write(&self, backup: &Path) -> Result<String, BackupError> {
        let path = backup.join(MANIFEST);
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| unusable(&path)(error.into()))?;
        text.push(b'\n');
        let mut file = Writing::create(&path)?;
        file.write_all(&text).map_err(unusable(&path))?;
        Ok(file.finish().map_err(unusable(&path))?.sha256)
    }

    /// Reads it; answers its SHA-256 too.
    pub(super) fn read(backup: &Path) -> Result<(Self, String), BackupError> {
        let path = backup.join(MANIFEST);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::NoManifest(backup.to_owned()));
            }
            read => read.map_err(unusable(&path))?,
        };
        let manifest = Self::parse(&text).map_err(|reason| BackupError::BadManifest { path, reason })?;
        Ok((manifest, hex::encode(Sha256::digest(&text))))
    }

    /// Reads the text of a manifest.
    ///
    /// # Errors
    /// Says what is wrong when no backup has such a manifest.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let manifest: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        for needed in [DATABASE, TOKENS] {
            if !manifest.files.contains_key(needed) {
                return Err(format!("it does not name {needed}"));
            }
        }
        // Any other name could lead out of the backup.
        let is_known =
            |name: &String| [DATABASE, TOKENS].contains(&name.as_str()) || photo_id(name).is_some();
        match manifest.files.keys().find(|name| !is_known(name)) {
            Some(name) => Err(format!("it names {name:?}, which is no file of a backup")),
            None => Ok(manifest),
        }
    }

    /// Compares every file with what it must be.
    pub(super) fn check_files(&self, backup: &Path) -> Result<(), BackupError> {
        for (name, content) in &self.files {
            let path = backup.join(name);
            let damaged = |what| BackupError::Damaged { path: path.clone(), what };
            let found = match File::open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(damaged("is missing")),
                file => file.and_then(content_of).map_err(unusable(&path))?,
            };
            if found.bytes != content.bytes {
                return Err(damaged("has another length than the manifest says"));
            }
            if found != *content {
                return Err(damaged("has other content than the manifest says"));
            }
        }
        Ok(())
    }

    /// The names of the photos, which are nothing but ids.
    pub(super) fn photos(&self) -> impl Iterator<Item = Uuid> {
        self.files.keys().filter_map(|name| photo_id(name))
    }

    /// Ballots in all elections.
    pub(super) fn ballots(&self) -> i64 {
        self.books.elections.iter().map(|election| election.ballots).sum()
    }
}

/// Where a photo is kept, in a backup as in a data directory.
pub(super) fn photo(id: Uuid) -> String {
    format!("photos/{id}.jpg")
}

fn photo_id(name: &str) -> Option<Uuid> {
    let id = name.strip_prefix("photos/")?.strip_suffix(".jpg")?.parse().ok()?;
    (photo(id) == name).then_some(id)
}

/// Makes a directory of mode 0700.
pub(super) fn make_private(directory: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(directory)
}

/// Has the names in a directory survive a power failure.
pub(super) fn settle(directory: &Path) -> Result<(), BackupError> {
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(unusable(directory))
}

fn content_of(mut file: File) -> io::Result<Content> {
    let (mut hash, mut chunk, mut bytes) = (Sha256::new(), vec![0; 256 * 1024], 0);
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok(Content { bytes, sha256: hex::encode(hash.finalize()) });
        }
        hash.update(&chunk[..read]);
        bytes += read as u64;
    }
}

/// A new file of mode 0600 that knows what it holds.
pub(super) struct Writing {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Writing {
    pub(super) fn create(path: &Path) -> Result<Self, BackupError> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        Ok(Self { file: file.map_err(unusable(path))?, hash: Sha256::new(), bytes: 0 })
    }

    /// Has it on the disk.
    pub(super) fn finish(self) -> io::Result<Content> {
        self.file.sync_all()?;
        Ok(Content { bytes: self.bytes, sha256: hex::encode(self.hash.finalize()) })
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
