//! What organisers and voters meet outside of casting, tried over HTTP, mail and WebSocket against
//! a whole service on a real database.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod auth;
mod health;
mod invitations;
mod live;
mod openapi;
mod pages;
mod results;
