use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::BallotPaper;
use crate::election::Election;

/// Writes the body of a vote for each token to a file, a line each, with choices by chance.
///
/// # Errors
/// When the file can't be written.
pub fn write_bodies(file: &Path, election: &Election, tokens: &[Box<str>]) -> io::Result<()> {
    let paper = BallotPaper::new(election);
    let mut out = BufWriter::new(File::create(file)?);
    for token in tokens {
        out.write_all(&paper.body(token, paper.choose()))?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
