//! The rules of an election: no async, no I/O, no clock, no randomness of its own.
//!
//! Whatever is random or read from a clock is handed in by the caller, so that every rule here
//! can be tested by calling it.

pub mod account;
pub mod ballot;
pub mod chain;
pub mod contest;
pub mod election;
pub mod fault;
pub mod refusal;
pub mod role;
pub mod seal;
pub mod tally;
pub mod token;
pub mod voter_roll;
