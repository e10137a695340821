//! The core of the reliability proof: a service and a PostgreSQL that can be killed, a crowd that votes
//! meanwhile, the ledger of what everybody was told, and the invariants that must hold afterwards.
//!
//! A scenario begins a [`report::Run`], sets a [`stage::Stage`], gathers a [`crowd::Crowd`], does harm,
//! disperses the crowd, and hands everything to [`invariants::hold`].
#![allow(dead_code, reason = "each scenario uses its own part")]

pub mod courier;
pub mod crowd;
pub mod election;
pub mod invariants;
pub mod ledger;
pub mod postgres;
pub mod process;
pub mod report;
pub mod secrets;
pub mod seed;
pub mod stage;
