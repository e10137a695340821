//! The interface, tried over HTTP and WebSocket against a whole service on a real database.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod access_tokens;
mod account;
mod account_deletion;
mod account_email;
mod admin;
mod audit;
mod audit_accounts;
mod auth;
mod ballots;
mod bodies;
mod caching;
mod command_line;
mod contests;
mod elections;
mod headers;
mod health;
mod imports;
mod invitations;
mod keys;
mod lifecycle;
mod limits;
mod limits_table;
mod live;
mod mail_languages;
mod members;
mod openapi;
mod organisations;
mod pages;
mod pages_account;
mod pages_activity;
mod pages_audit;
mod pages_ballot;
mod pages_log;
mod pages_mails;
mod pages_organisations;
mod pages_vote;
mod pages_voters;
mod passwords;
mod permissions;
mod photos;
mod problem;
mod proxies;
mod results;
mod second_factor;
mod sessions;
mod sign_in;
mod sliding_windows;
mod voters;
mod votes;
