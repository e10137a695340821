//! The programs that dump a database and read a dump, which often come apart from the server.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Search;

/// There are no programs that could dump this server.
#[derive(Debug, thiserror::Error)]
#[error(
    "pg_dump and pg_restore of PostgreSQL {wanted} or newer were not found{}: install them (on Debian: apt-get install postgresql-client-{wanted}), or set UVOTE_PG_BIN to their directory", older(*.newest)
)]
pub struct NoClient {
    wanted: u32,
    newest: Option<u32>,
}

fn older(newest: Option<u32>) -> String {
    newest.map(|newest| format!(", only those of {newest}")).unwrap_or_default()
}

/// The directory of `pg_dump` and `pg_restore` of major version `oldest` or the nearest newer one: a
/// program can't read what is newer than itself.
///
/// # Errors
/// [`NoClient`] says what to install.
pub fn client_programs(oldest: u32) -> Result<PathBuf, NoClient> {
    Search::from_environment(Path::new("")).client(oldest, version)
}

impl Search {
    fn client(&self, oldest: u32, version: impl Fn(&Path) -> Option<u32>) -> Result<PathBuf, NoClient> {
        let places = self.chosen.clone().map_or_else(|| self.installed("pg_dump"), |chosen| vec![chosen]);
        let found = places.into_iter().filter_map(|place| Some((version(&place)?, place)));
        let mut found: Vec<(u32, PathBuf)> = found.collect();
        found.sort();
        let newest = found.last().map(|(major, _)| *major);
        let nearest = found.into_iter().find(|(major, _)| *major >= oldest);
        nearest.map(|(_, place)| place).ok_or(NoClient { wanted: oldest, newest })
    }
}

/// The major version of the `pg_dump` of a directory, if it runs.
fn version(directory: &Path) -> Option<u32> {
    let output = Command::new(directory.join("pg_dump")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.strip_prefix("pg_dump (PostgreSQL) ")?;
    version.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A search that is led to directories named after their versions.
    fn search(path: &[&str]) -> Search {
        let nothing = PathBuf::from("/nonexistent");
        Search {
            chosen: path.first().map(PathBuf::from).filter(|_| path.len() == 1),
            system: nothing.clone(),
            path: Vec::new(),
            cache: nothing,
            registry: String::new(),
        }
    }

    fn named(directory: &Path) -> Option<u32> {
        directory.to_str()?.parse().ok()
    }

    #[test]
    fn the_chosen_programs_are_taken_when_they_are_new_enough() {
        assert_eq!(search(&["16"]).client(16, named).unwrap(), PathBuf::from("16"));
        assert_eq!(search(&["17"]).client(16, named).unwrap(), PathBuf::from("17"));
    }

    #[test]
    fn programs_that_are_too_old_are_named_with_what_to_install() {
        let told = search(&["15"]).client(16, named).unwrap_err().to_string();
        assert!(told.contains("16 or newer were not found, only those of 15: install"), "{told}");
        let told = search(&[]).client(16, named).unwrap_err().to_string();
        assert!(told.contains("not found: install them") && told.contains("postgresql-client-16"), "{told}");
    }
}
