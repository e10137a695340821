//! The secrets of a demo: made at the first start, kept in the data directory.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::auth::random_token;

/// What a demo must not forget between two starts.
#[derive(Serialize, Deserialize)]
pub struct Secrets {
    /// As `UVOTE_MASTER_KEY`.
    pub master_key: String,
    /// As `UVOTE_JWT_SECRET`.
    pub jwt_secret: String,
    /// The sample organiser's password.
    pub organiser_password: String,
}

impl Secrets {
    fn make() -> Self {
        Self {
            master_key: STANDARD.encode(rand::random::<[u8; 32]>()),
            jwt_secret: random_token(),
            organiser_password: random_token()[..20].to_owned(),
        }
    }

    /// The secrets of a data directory, if it has any.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn read(directory: &Path) -> io::Result<Option<Self>> {
        match fs::read(directory.join("secrets.json")) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads the secrets of a data directory, or makes them. The file appears whole or not at all:
    /// without it the ballots of the demo can't be opened.
    ///
    /// # Errors
    /// When the file can't be read or written.
    pub fn keep(directory: &Path) -> io::Result<Self> {
        if let Some(kept) = Self::read(directory)? {
            return Ok(kept);
        }
        let file = directory.join("secrets.json");
        let secrets = Self::make();
        let unfinished = directory.join("secrets.json.new");
        let mut new =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        new.write_all(&serde_json::to_vec_pretty(&secrets)?)?;
        new.sync_all()?;
        fs::rename(&unfinished, &file)?;
        Ok(secrets)
    }
}
