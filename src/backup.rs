//! Backups: the database at one moment, the photos, and a manifest that says what they must be.
//!
//! A backup is a directory. It is written under another name and renamed when it is whole, with the
//! manifest as its last file, so that what an interrupted run leaves is never taken for one. The
//! master key is in none.

mod error;
pub mod manifest;
mod place;
mod programs;
mod restore;
mod take;
mod verify;

pub use error::BackupError;
pub use restore::restore;
pub use take::take;

/// Says how far the work has come.
#[expect(clippy::print_stderr, reason = "the command speaks to whoever has started it")]
fn progress(line: &str) {
    eprintln!("{line}");
}

/// Says what came of it.
#[expect(clippy::print_stdout, reason = "the result of the command")]
fn result(line: &str) {
    println!("{line}");
}

/// A number with the noun that it counts.
fn count(number: impl Into<i64>, noun: &str) -> String {
    let number = number.into();
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
