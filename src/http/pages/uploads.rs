//! Rolls between their dry run and their import: kept as files for an hour at most, each for the
//! election and the account that sent it.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use crate::http::error::{Answer, Problem};

/// How long an organiser may look at the dry run.
const KEPT: Duration = Duration::from_secs(3_600);

/// Where the files are.
pub struct Uploads {
    directory: PathBuf,
}

/// Whose an upload is; nobody else gets at it.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    /// The election whose roll it is meant for.
    pub election: Uuid,
    /// Who sent it.
    pub account: Uuid,
}

impl Uploads {
    /// Keeps them in `uploads` inside of a directory. What an earlier process has left there is
    /// removed: nobody would think of it again.
    pub fn in_directory(data_dir: &Path) -> Self {
        let directory = data_dir.join("uploads");
        if let Err(error) = std::fs::remove_dir_all(&directory)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "what is left of earlier uploads can't be removed");
        }
        Self { directory }
    }

    /// Keeps a file in place of what its owner sent before; answers its id and its length in bytes.
    ///
    /// # Errors
    /// Whatever befalls the file on its way.
    pub async fn keep(&self, owner: Owner, file: impl Stream<Item = Answer<Bytes>>) -> Answer<(Uuid, usize)> {
        self.make_directory().map_err(|error| Problem::internal(&error))?;
        self.forget_all(owner).await;
        let id = Uuid::new_v4();
        let path = self.path(owner, id);
        let written = write(&path, file).await;
        if written.is_err() {
            forget(&path).await;
        }
        let length = written?;
        tokio::spawn(async move {
            tokio::time::sleep(KEPT).await;
            forget(&path).await;
        });
        Ok((id, length))
    }

    /// The file, if it is still there.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn open(&self, owner: Owner, id: Uuid) -> Answer<Option<File>> {
        match File::open(self.path(owner, id)).await {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Problem::internal(&error)),
        }
    }

    /// Removes everything that its owner has sent.
    pub async fn forget_all(&self, owner: Owner) {
        let Ok(mut entries) = fs::read_dir(&self.directory).await else { return };
        while let Ok(Some(entry)) = entries.next_entry().await {
            if entry.file_name().to_string_lossy().starts_with(&prefix(owner)) {
                forget(&entry.path()).await;
            }
        }
    }

    /// Rolls are nobody else's business on this machine.
    fn make_directory(&self) -> io::Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&self.directory)
    }

    fn path(&self, owner: Owner, id: Uuid) -> PathBuf {
        self.directory.join(format!("{}{id}", prefix(owner)))
    }
}

fn prefix(Owner { election, account }: Owner) -> String {
    format!("{election}.{account}.")
}

async fn write(path: &Path, file: impl Stream<Item = Answer<Bytes>>) -> Answer<usize> {
    let failed = |error: io::Error| Problem::internal(&error);
    let mut kept = File::create_new(path).await.map_err(failed)?;
    let (mut file, mut length) = (pin!(file), 0);
    while let Some(bytes) = file.next().await {
        let bytes = bytes?;
        length += bytes.len();
        kept.write_all(&bytes).await.map_err(failed)?;
    }
    kept.flush().await.map_err(failed)?;
    Ok(length)
}

/// It may be gone already, which is as good.
async fn forget(path: &Path) {
    drop(fs::remove_file(path).await);
}
