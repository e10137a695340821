//! The interface, tried over HTTP and WebSocket against a whole service on a real database.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod auth;
mod ballots;
mod bodies;
mod contests;
mod elections;
mod health;
mod imports;
mod invitations;
mod keys;
mod lifecycle;
mod live;
mod mail_languages;
mod openapi;
mod pages;
mod pages_audit;
mod pages_ballot;
mod pages_mails;
mod pages_voters;
mod pages_vote;
mod photos;
mod passwords;
mod problem;
mod results;
mod voters;
mod votes;
