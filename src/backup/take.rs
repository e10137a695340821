//! Taking a backup, also while people vote.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::TryStreamExt;
use time::OffsetDateTime;

use super::error::{BackupError, unusable};
use super::manifest::{self, Content, DATABASE, FORMAT, Manifest, TOKENS, Writing};
use super::place::Place;
use super::{count, programs, progress, result};
use crate::embedded::binaries::client_programs;
use crate::embedded::postgres::Server;
use crate::store::snapshot::Snapshot;

/// Backs up the database of the environment, or that of a demo's data directory, with its photos,
/// into the new directory `to`.
///
/// # Errors
/// See [`BackupError`]; there is no `to` then.
pub fn take(to: &Path, data_dir: Option<&Path>) -> Result<(), BackupError> {
    if let Some(directory) = data_dir.filter(|directory| !Server::is_made(directory)) {
        return Err(BackupError::NothingThere(directory.display().to_string()));
    }
    let place = Place::open(data_dir)?;
    actix::System::new().block_on(Backup::begin(to)?.fill(&place))
}

/// A backup that is not whole yet, under a name that says so.
struct Backup {
    to: PathBuf,
    partial: PathBuf,
    files: BTreeMap<String, Content>,
}

impl Backup {
    fn begin(to: &Path) -> Result<Self, BackupError> {
        if to.exists() {
            return Err(BackupError::Taken(to.to_owned()));
        }
        let mut partial = to.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        match manifest::make_private(&partial) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(BackupError::Interrupted(partial));
            }
            made => made.map_err(unusable(&partial))?,
        }
        Ok(Self { to: to.to_owned(), partial, files: BTreeMap::new() })
    }

    /// What fails leaves nothing behind; what is killed leaves the partial directory.
    async fn fill(mut self, place: &Place) -> Result<(), BackupError> {
        let filled = self.write(place).await;
        if filled.is_err() {
            drop(fs::remove_dir_all(&self.partial));
        }
        filled
    }

    async fn write(&mut self, place: &Place) -> Result<(), BackupError> {
        let snapshot = Snapshot::take(&place.owner).await?;
        let schema = snapshot.schema().await?.ok_or_else(|| BackupError::NothingThere(place.name.clone()))?;
        let (books, server) = (snapshot.books().await?, snapshot.server().await?);
        let taken_at = snapshot.taken_at;
        progress(&format!("Backing up {} (PostgreSQL {}) ...", place.name, server.version));
        self.write_tokens(&snapshot).await?;
        self.write_database(place, &snapshot, server.major)?;
        let missing = self.copy_photos(place, &snapshot).await?;
        let product = env!("CARGO_PKG_VERSION").to_owned();
        let files = std::mem::take(&mut self.files);
        let manifest =
            Manifest { format: FORMAT, product, schema, taken_at, postgresql: server.major, files, books };
        let sha256 = manifest.write(&self.partial)?;
        self.rename()?;
        self.tell(&manifest, &sha256, missing);
        Ok(())
    }

    async fn write_tokens(&mut self, snapshot: &Snapshot) -> Result<(), BackupError> {
        let path = self.partial.join(TOKENS);
        let mut file = GzEncoder::new(Writing::create(&path)?, Compression::fast());
        let (head, rows) = snapshot.tokens().await?;
        let mut rows = pin!(rows);
        file.write_all(head.as_bytes()).map_err(unusable(&path))?;
        while let Some(row) = rows.try_next().await? {
            file.write_all(&row).map_err(unusable(&path))?;
        }
        file.write_all(b"\\.\n").map_err(unusable(&path))?;
        let content = file.finish().and_then(Writing::finish).map_err(unusable(&path))?;
        self.files.insert(TOKENS.to_owned(), content);
        Ok(())
    }

    fn write_database(&mut self, place: &Place, snapshot: &Snapshot, major: u32) -> Result<(), BackupError> {
        let (path, roots) = (self.partial.join(DATABASE), self.partial.join("roots.pem"));
        let mut file = Writing::create(&path)?;
        let (dump, mut output) =
            programs::dump(&client_programs(major)?, &place.owner, &snapshot.id, &roots)?;
        io::copy(&mut output, &mut file).map_err(unusable(&path))?;
        dump.finish()?;
        if roots.exists() {
            fs::remove_file(&roots).map_err(unusable(&roots))?;
        }
        self.files.insert(DATABASE.to_owned(), file.finish().map_err(unusable(&path))?);
        Ok(())
    }

    /// Copies the photos that the snapshot names; answers how many are not there.
    async fn copy_photos(&mut self, place: &Place, snapshot: &Snapshot) -> Result<usize, BackupError> {
        let ids = snapshot.photos().await?;
        let mut missing = 0;
        if !ids.is_empty() {
            let directory = self.partial.join("photos");
            manifest::make_private(&directory).map_err(unusable(&directory))?;
            progress(&format!("Copying {} ...", count(ids.len() as i64, "photo")));
        }
        for id in ids {
            let name = manifest::photo(id);
            let from = place.data_dir.join(&name);
            match fs::File::open(&from) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => missing += 1,
                photo => {
                    let mut photo = photo.map_err(unusable(&from))?;
                    let to = self.partial.join(&name);
                    let mut copy = Writing::create(&to)?;
                    io::copy(&mut photo, &mut copy).map_err(unusable(&to))?;
                    self.files.insert(name, copy.finish().map_err(unusable(&to))?);
                }
            }
        }
        Ok(missing)
    }

    fn rename(&self) -> Result<(), BackupError> {
        let photos = self.partial.join("photos");
        if photos.exists() {
            manifest::settle(&photos)?;
        }
        manifest::settle(&self.partial)?;
        fs::rename(&self.partial, &self.to).map_err(unusable(&self.to))?;
        let parent = self.to.parent().filter(|parent| !parent.as_os_str().is_empty());
        manifest::settle(parent.unwrap_or(Path::new(".")))
    }

    fn tell(&self, manifest: &Manifest, sha256: &str, missing: usize) {
        if missing > 0 {
            progress(&format!(
                "warning: {} of candidates not found beside the database: does UVOTE_DATA_DIR name the directory of the service? The backup goes without.",
                count(missing as i64, "photo")
            ));
        }
        let bytes: u64 = manifest.files.values().map(|file| file.bytes).sum();
        result(&format!(
            "{}: {} with {}, {} and {}, {} kB, as of {}.",
            self.to.display(),
            count(manifest.books.elections.len() as i64, "election"),
            count(manifest.ballots(), "ballot"),
            count(manifest.books.organisations.len() as i64, "audit log"),
            count(manifest.photos().count() as i64, "photo"),
            bytes.div_ceil(1000),
            moment(manifest.taken_at),
        ));
        result(&format!("manifest sha256: {sha256}"));
    }
}

/// A time as the manifest has it.
pub(super) fn moment(at: OffsetDateTime) -> String {
    at.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}
