//! Clients that mean harm: what they send, how slowly, and how much of it.
//!
//! Each test has a short form, and a long one with `UVOTE_FAULTS=long`. The service under attack is
//! the program itself, with the limits and the patience that it has in production.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../support/mod.rs"]
mod support;

mod bodies;
mod exports;
mod files;
mod frames;
mod guesses;
mod mails;
mod program;
mod requests;
mod slow;
mod slowhttptest;
mod socket;
mod stalled;
mod wire;

/// How much of something: the first number, or the second in the long form.
#[expect(clippy::disallowed_methods, reason = "the form is for the tests, not for the service")]
fn many<T>(short: T, long: T) -> T {
    if std::env::var("UVOTE_FAULTS").is_ok_and(|form| form == "long") { long } else { short }
}
