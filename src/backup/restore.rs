//! Restoring a backup: everything that can be checked is checked before anything is written.

use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::Path;

use flate2::read::GzDecoder;
use secrecy::ExposeSecret;
use uuid::Uuid;
use uvote_domain::seal::Purpose;

use super::error::{BackupError, unusable};
use super::manifest::{self, DATABASE, FORMAT, Manifest, TOKENS, Writing};
use super::place::{Place, master_key};
use super::programs::Dump;
use super::take::moment;
use super::{count, progress, result, verify};
use crate::embedded::binaries::client_programs;
use crate::keys::Keyring;
use crate::store::replay::{self, Loading};
use crate::store::{schema, snapshot};

/// Restores the backup `from` into the empty database of the environment, or into a data directory,
/// and compares what came of it with what was backed up.
///
/// # Errors
/// See [`BackupError`]. Unless it is [`BackupError::Differs`], or PostgreSQL failed after everything
/// was loaded, the database is as it was.
pub fn restore(from: &Path, data_dir: Option<&Path>) -> Result<(), BackupError> {
    let (manifest, sha256) = Manifest::read(from)?;
    check_age(&manifest)?;
    progress(&format!(
        "Backup of {}, uvote {}, schema {}, PostgreSQL {}; manifest sha256: {sha256}",
        moment(manifest.taken_at),
        manifest.product,
        manifest.schema,
        manifest.postgresql
    ));
    manifest.check_files(from)?;
    progress(&format!("Checked {} against the manifest.", count(manifest.files.len() as i64, "file")));
    let keys = master_key(data_dir)?;
    let programs = client_programs(manifest.postgresql)?;
    let dump = Dump::open(programs, from.join(DATABASE))?;
    check_keys(&dump, &keys)?;
    let place = Place::open(data_dir)?;
    actix::System::new().block_on(fill(from, &manifest, &dump, &keys.0, &place))
}

fn check_age(manifest: &Manifest) -> Result<(), BackupError> {
    let newer = |what| Err(BackupError::Newer { what, product: manifest.product.clone() });
    if manifest.format > FORMAT {
        return newer(format!("format {}", manifest.format));
    }
    if manifest.schema > schema::newest() {
        return newer(format!("schema {}", manifest.schema));
    }
    Ok(())
}

/// Whether the master key is the one that the backup's election keys are wrapped under.
fn check_keys(dump: &Dump, (keyring, name): &(Keyring, &'static str)) -> Result<(), BackupError> {
    let script = dump.table("election_keys")?;
    let keys: Vec<_> = script.lines().filter_map(wrapped_key).collect();
    let opens = |(election, purpose, wrapped): &&(Uuid, Purpose, Vec<u8>)| {
        keyring.unwrap(*purpose, *election, wrapped).is_ok()
    };
    let (opened, all) = (keys.iter().filter(opens).count(), keys.len());
    if opened < all {
        return Err(BackupError::OtherKey { source_of_key: name, opened, all });
    }
    progress(&format!("The master key opens {}.", count(all as i64, "election key")));
    Ok(())
}

/// Reads a row of `election_keys` as COPY writes it.
fn wrapped_key(line: &str) -> Option<(Uuid, Purpose, Vec<u8>)> {
    let mut columns = line.split('\t');
    let election = columns.next()?.parse().ok()?;
    let purpose = if columns.next()? == "seal" { Purpose::SealKey } else { Purpose::LinkKey };
    Some((election, purpose, hex::decode(columns.next()?.trim_start_matches('\\').strip_prefix('x')?).ok()?))
}

async fn fill(
    from: &Path,
    manifest: &Manifest,
    dump: &Dump,
    keyring: &Keyring,
    place: &Place,
) -> Result<(), BackupError> {
    place.create().await?;
    let client = schema::connect(place.owner.expose_secret()).await?;
    if !replay::is_empty(&client).await? {
        return Err(BackupError::NotEmpty(place.name.clone()));
    }
    let server = snapshot::server(&client).await?;
    if server.major < manifest.postgresql {
        return Err(BackupError::OlderServer { was: manifest.postgresql, is: server.major });
    }
    progress(&format!("Restoring into {} (PostgreSQL {}) ...", place.name, server.version));
    copy_photos(from, manifest, place)?;
    load(from, dump, place).await?;
    let migrated = schema::migrate(&place.owner, &place.service).await?;
    if migrated > 0 {
        progress(&format!("{} applied.", count(migrated as i64, "newer migration")));
    }
    verify::compare(&client, manifest, keyring, place).await?;
    replay::open(&client).await?;
    result(&format!(
        "Restored: {} with {}. What was acknowledged after {} is lost.",
        count(manifest.books.elections.len() as i64, "election"),
        count(manifest.ballots(), "ballot"),
        moment(manifest.taken_at)
    ));
    Ok(())
}

/// Triggers and foreign keys come after the rows, whose chains they would not let in again.
async fn load(from: &Path, dump: &Dump, place: &Place) -> Result<(), BackupError> {
    let loading = Loading::begin(&place.owner).await?;
    for section in ["pre-data", "data", "post-data"] {
        let (running, output) = dump.section(section)?;
        loading.replay(BufReader::new(output)).await?;
        running.finish()?;
        if section == "data" {
            let path = from.join(TOKENS);
            let tokens = File::open(&path).map_err(unusable(&path))?;
            loading.replay(BufReader::new(GzDecoder::new(BufReader::new(tokens)))).await?;
        }
    }
    Ok(loading.finish().await?)
}

/// Their ids are random, so they are in nobody's way if the restore fails later.
fn copy_photos(from: &Path, manifest: &Manifest, place: &Place) -> Result<(), BackupError> {
    let directory = place.data_dir.join("photos");
    if manifest.photos().next().is_some() && !directory.exists() {
        fs::create_dir_all(&place.data_dir).map_err(unusable(&place.data_dir))?;
        manifest::make_private(&directory).map_err(unusable(&directory))?;
    }
    for id in manifest.photos() {
        let name = manifest::photo(id);
        let (source, target) = (from.join(&name), place.data_dir.join(&name));
        if target.exists() {
            continue;
        }
        let unfinished = target.with_extension("new");
        drop(fs::remove_file(&unfinished));
        let mut copy = Writing::create(&unfinished)?;
        let mut photo = File::open(&source).map_err(unusable(&source))?;
        io::copy(&mut photo, &mut copy).map_err(unusable(&unfinished))?;
        copy.flush().and_then(|()| copy.finish()).map_err(unusable(&unfinished))?;
        fs::rename(&unfinished, &target).map_err(unusable(&target))?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_key_is_read_from_its_row_and_from_nothing_else() {
        let (election, purpose, wrapped) =
            wrapped_key("0197f6a1-0000-7000-8000-000000000000\tseal\t\\\\x00ff10").unwrap();
        assert!(matches!(purpose, Purpose::SealKey) && wrapped == [0, 255, 16]);
        assert_eq!(election.get_version_num(), 7);
        for other in
            ["\\.", "", "SET row_security = off;", "COPY public.election_keys (election_id) FROM stdin;"]
        {
            assert!(wrapped_key(other).is_none(), "{other}");
        }
    }
}
