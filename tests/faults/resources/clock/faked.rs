//! The clock that a program is shown in place of the system's.

use std::path::{Path, PathBuf};

use super::super::preload::tell;
use crate::proof::seed::skip;
use crate::support::cluster::scratch_directory;

pub enum Step {
    Forward,
    Back,
}

/// The clock that a program is shown.
pub struct Clock {
    library: PathBuf,
    offset: PathBuf,
}

impl Clock {
    /// Nothing where libfaketime is missing.
    pub fn find() -> Option<Self> {
        let places = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
        let library = |place: PathBuf| place.join("faketime/libfaketimeMT.so.1");
        let found = places.chain([PathBuf::from("/usr/lib")]).map(library).find(|library| library.exists());
        if found.is_none() {
            skip("needs libfaketime (on Debian: apt-get install faketime)");
        }
        let clock = Self { library: found?, offset: scratch_directory("clock").join("offset") };
        clock.step(Step::Back);
        Some(clock)
    }

    /// What shows a program this clock. A clock that is set does not change how long things last.
    pub fn variables(&self) -> [(&'static str, &Path); 4] {
        [
            ("LD_PRELOAD", &self.library),
            ("FAKETIME_TIMESTAMP_FILE", &self.offset),
            ("FAKETIME_NO_CACHE", Path::new("1")),
            ("DONT_FAKE_MONOTONIC", Path::new("1")),
        ]
    }

    /// Steps to an hour ahead, or back to the true time.
    pub fn step(&self, step: Step) {
        tell(
            &self.offset,
            match step {
                Step::Forward => "+3600",
                Step::Back => "+0",
            },
        );
    }
}
