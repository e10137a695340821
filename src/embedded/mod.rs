//! What `uvote demo` brings along: a private PostgreSQL, an inbox for captured mail, and a sample.

pub mod binaries;
pub mod demo;
pub mod inbox;
pub mod postgres;
mod sample;
pub mod secrets;
