//! uvote: secret ballots, live turnout, and results that anyone can check.

pub mod actors;
pub mod app;
pub mod auth;
pub mod backup;
pub mod breaker;
pub mod config;
pub mod embedded;
pub mod http;
pub mod keys;
pub mod language;
pub mod limits;
pub mod mail;
pub mod peers;
pub mod photos;
pub mod store;
pub mod telemetry;
pub mod ws;
