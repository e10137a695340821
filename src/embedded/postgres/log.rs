//! The log of PostgreSQL, a file of the data directory.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Stdio,
};

use super::{StartError, error::unusable};

/// What PostgreSQL has to say, appended to a file of the data directory.
pub(super) struct Log {
    pub(super) path: PathBuf,
    file: File,
    /// The length of the file before this start, in bytes.
    start: u64,
}

impl Log {
    pub(super) fn open(directory: &Path) -> Result<Self, StartError> {
        let path = directory.join("postgres.log");
        let mut options = OpenOptions::new();
        options.create(true).append(true).read(true).mode(0o600);
        let file = options.open(&path).map_err(unusable(&path))?;
        let start = file.metadata().map_err(unusable(&path))?.len();
        Ok(Self { path, file, start })
    }

    pub(super) fn writer(&self) -> Result<Stdio, StartError> {
        self.file.try_clone().map(Stdio::from).map_err(unusable(&self.path))
    }

    /// The line of this start that tells why it failed.
    pub(super) fn reason(&mut self) -> String {
        let mut text = Vec::new();
        let read = self.file.seek(SeekFrom::Start(self.start));
        match read.and_then(|_| self.file.read_to_end(&mut text)) {
            Ok(_) => telling_line(&String::from_utf8_lossy(&text)),
            Err(error) => format!("its log cannot be read: {error}"),
        }
    }
}

/// The first line that speaks of an error, else the last one that speaks at all.
pub(super) fn telling_line(text: &str) -> String {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let tells = |line: &&str| ["FATAL:", "PANIC:", "error:"].iter().any(|word| line.contains(word));
    lines().find(tells).or_else(|| lines().next_back()).unwrap_or("it said nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_with_the_error_is_the_telling_one() {
        let text = "starting\n initdb: error: no such user\ninitdb: removing files\n";
        assert_eq!(telling_line(text), "initdb: error: no such user");
    }

    #[test]
    fn without_an_error_the_last_line_tells_most() {
        assert_eq!(telling_line("first\nlast\n\n"), "last");
        assert_eq!(telling_line("\n"), "it said nothing");
    }
}
