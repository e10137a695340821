//! What is backed up or restored: the database of the environment, or that of a data directory.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::error::{BackupError, unusable};
use crate::config::{Environment, process_environment};
use crate::embedded::postgres::Server;
use crate::embedded::secrets::Secrets;
use crate::keys::Keyring;
use crate::store::schema;

/// A database and the directory with the photos.
pub(super) struct Place {
    /// The owner's address of the database.
    pub(super) owner: SecretString,
    /// The service's.
    pub(super) service: SecretString,
    /// Where the photos are.
    pub(super) data_dir: PathBuf,
    /// How messages call the database.
    pub(super) name: String,
    /// Stopped at the end, unless it ran before.
    server: Option<Server>,
}

impl Place {
    /// The database of a demo's data directory, started if need be, or else the one of the environment.
    ///
    /// Call it from the main thread, as [`crate::embedded::postgres::Postgres::start`] demands.
    pub(super) fn open(data_dir: Option<&Path>) -> Result<Self, BackupError> {
        let Some(directory) = data_dir else {
            let (environment, name) = (process_environment(), "the database of DATABASE_URL".to_owned());
            let (owner, service) = environment.owner_database()?;
            return Ok(Self { owner, service, data_dir: environment.data_dir(), name, server: None });
        };
        let server = Server::of(directory)?;
        let url = SecretString::from(server.connection("uvote"));
        Ok(Self {
            owner: url.clone(),
            service: url,
            data_dir: directory.to_owned(),
            name: format!("the database of {}", directory.display()),
            server: Some(server),
        })
    }

    /// Makes the database of a new data directory.
    pub(super) async fn create(&self) -> Result<(), BackupError> {
        if let Some(server) = &self.server {
            schema::create_database(&server.connection("postgres"), "uvote").await?;
        }
        Ok(())
    }
}

/// The master key, which is kept apart from every backup, and what messages call it.
pub(super) fn master_key(data_dir: Option<&Path>) -> Result<(Keyring, &'static str), BackupError> {
    let Some(directory) = data_dir else {
        let (master, old) = process_environment().master_keys()?;
        return Ok((Keyring::new(master, old), "UVOTE_MASTER_KEY"));
    };
    let secrets = Secrets::read(directory).map_err(unusable(&directory.join("secrets.json")))?;
    let secrets = secrets.ok_or_else(|| BackupError::NoSecrets(directory.to_owned()))?;
    let kept = |name: &str| (name == "UVOTE_MASTER_KEY").then(|| secrets.master_key.clone());
    let (master, old) = Environment(kept).master_keys()?;
    Ok((Keyring::new(master, old), "the master key of secrets.json"))
}
