//! Scratch.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#[path = "support/mod.rs"]
mod support;
#[path = "api/pages_audit.rs"]
mod pages_audit;
