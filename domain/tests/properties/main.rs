//! What holds for anything whatever of the domain, one file a noun.
//!
//! `PROPTEST_CASES` says how many cases each property is tried with, 256 when it is unset. A failure
//! prints its smallest case and keeps its seed in `tests/proptest-regressions`, from where every later
//! run tries it first: commit the file along with the mend.
#![allow(clippy::unwrap_used)]

mod ballot;
mod chain;
mod email;
mod made;
mod seal;
mod tally;
mod token;
mod voter_roll;
