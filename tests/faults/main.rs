//! What must hold when something dies, and when somebody looks where they should not.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../support/mod.rs"]
mod support;

mod backup;
mod close_race;
mod count;
mod deaths;
mod one_token;
mod pair;
mod panic;
mod processes;
mod proof;
mod redis;
mod resources;
mod restart;
mod secrecy;
mod simulation;
mod triggers;
mod unknown_outcome;
