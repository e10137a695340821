//! The server of a data directory, whoever has started it.

use std::path::{Path, PathBuf};

use super::{Options, Postgres, SUPERUSER, StartError, cluster};

/// A server that answers: one that runs already, or one of our own until this is dropped.
#[derive(Debug)]
pub enum Server {
    /// A demo runs on the data directory; this is the directory of its socket.
    Joined(PathBuf),
    /// Nobody else did.
    Started(Postgres),
}

impl Server {
    /// Joins the server of a data directory, or starts one as [`Postgres::start`] does.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn of(directory: &Path) -> Result<Self, StartError> {
        match Postgres::start(directory, Options::default()) {
            Err(in_use @ StartError::InUse { .. }) => {
                cluster::socket(&directory.join("postgres")).map(Self::Joined).ok_or(in_use)
            }
            started => started.map(Self::Started),
        }
    }

    /// Whether a data directory has a cluster.
    pub fn is_made(directory: &Path) -> bool {
        cluster::major(&directory.join("postgres")).is_some()
    }

    /// How to connect to `database`, as [`Postgres::connection`] tells it.
    pub fn connection(&self, database: &str) -> String {
        match self {
            Self::Joined(socket) => connection(socket, database),
            Self::Started(postgres) => postgres.connection(database),
        }
    }
}

pub(super) fn connection(socket: &Path, database: &str) -> String {
    let database = database.replace('\\', r"\\").replace('\'', r"\'");
    let socket = socket.display();
    format!("host={socket} port=5432 user={SUPERUSER} dbname='{database}'")
}
