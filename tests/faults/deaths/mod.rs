//! Everything that can die does, again and again, while people vote.

mod actors;
mod backend;
mod both;
mod mail;
mod postgres;
mod redis;
mod service;

use std::time::Duration;

use crate::proof::crowd::Manners;

/// The first acknowledgement after a restart of the service is promised within this time.
const RESTART: Duration = Duration::from_secs(2);
/// And within this time after PostgreSQL accepts connections again.
const READINESS: Duration = Duration::from_secs(5);

/// A crowd dense enough that somebody is mostly under way when something dies.
const DENSE: Manners = Manners { in_flight: 24, pause: Duration::from_millis(60) };
