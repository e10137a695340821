//! The interface, tried over HTTP and WebSocket against a whole service on a real database.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod ballots;
mod bodies;
mod contests;
mod elections;
mod imports;
mod lifecycle;
mod problem;
mod voters;
mod votes;
