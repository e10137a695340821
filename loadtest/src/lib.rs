//! Drives a running uvote service through its public interfaces alone (HTTP, WebSocket, SMTP)
//! and compares what voters were told with what the service publishes.
//!
//! [`scenario`] holds one file for each thing that can be run; the other modules are what
//! scenarios are made of. [`sink`] and [`client`] also serve the service's own tests.

pub mod authority;
pub mod booth;
pub mod casting;
pub mod check;
pub mod client;
pub mod connection;
pub mod database;
pub mod election;
pub mod ledger;
pub mod links;
pub mod meter;
pub mod organiser;
pub mod polls;
pub mod progress;
pub mod race;
pub mod report;
pub mod roll;
pub mod scenario;
pub mod service;
pub mod sink;
pub mod stage;
pub mod watchers;
