//! The actors: one for each election, and a few that stand around them.

pub mod audit;
pub mod clock;
pub mod committer;
pub mod election;
pub mod mailer;
pub mod registry;
pub mod tokens;

use std::sync::{Mutex, MutexGuard, PoisonError};

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Handler, Message};

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
        self.living().clone()
    }

    /// Hands a message over without waiting; false when the mailbox is full. It goes through the
    /// kept address: every clone of one would have room for a message of its own.
    pub fn try_send<M>(&self, message: M) -> bool
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        self.living().try_send(message).is_ok()
    }

    fn living(&self) -> MutexGuard<'_, Addr<A>> {
        let mut address = self.address.lock().unwrap_or_else(PoisonError::into_inner);
        if !address.connected() {
            tracing::error!(actor = std::any::type_name::<A>(), "an actor died and is started again");
            *address = (self.start)();
        }
        address
    }
}
