//! What must hold when something dies, and when somebody looks where they should not.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod close_race;
mod count;
mod one_token;
mod panic;
mod redis;
mod restart;
mod secrecy;
mod triggers;
mod unknown_outcome;
