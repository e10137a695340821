//! The actors: one for each election, and a few that stand around them.

pub mod audit;
pub mod clock;
pub mod committer;
pub mod election;
pub mod mailer;
pub mod registry;
pub mod tokens;

use std::sync::{Mutex, PoisonError};

use actix::{Actor, Addr};

/// An actor that always stands: a panic ends an actor for good (actix's own supervisor does not
/// catch it), so whoever asks for the address gets a fresh one when the old has died.
pub struct Standing<A: Actor> {
    address: Mutex<Addr<A>>,
    start: Box<dyn Fn() -> Addr<A> + Send + Sync>,
}

impl<A: Actor> Standing<A> {
    /// Starts the actor, and keeps how to start it again.
    pub fn new(start: impl Fn() -> Addr<A> + Send + Sync + 'static) -> Self {
        Self { address: Mutex::new(start()), start: Box::new(start) }
    }

    /// The address of a living actor.
    pub fn address(&self) -> Addr<A> {
        let mut address = self.address.lock().unwrap_or_else(PoisonError::into_inner);
        if !address.connected() {
            tracing::error!(actor = std::any::type_name::<A>(), "an actor died and is started again");
            *address = (self.start)();
        }
        address.clone()
    }
}
