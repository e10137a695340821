//! What the tests share: a real PostgreSQL, a whole service on it, and the people who use it.
#![allow(dead_code, missing_docs, reason = "each test binary uses its own part")]

pub mod cluster;
pub mod live;
pub mod organisation;
pub mod pages;
pub mod people;
pub mod proxy;
pub mod redis;
pub mod service;

pub use people::Organiser;
pub use service::Service;
