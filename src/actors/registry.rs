//! Finds the actor of an election, starts it on demand, and replaces one that has died.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use actix::{Actor, Addr, ArbiterHandle, Handler, Message};
use uuid::Uuid;

use super::election::{Election, Refresh, Surroundings};

/// Elections kept in memory; beyond that the idle ones are let go.
const MOST_STARTED: usize = 50_000;

/// How long a new actor may take to set the size of its mailbox.
const SETTLING: Duration = Duration::from_secs(1);

struct Started {
    address: Addr<Election>,
    at: Instant,
}

/// The living elections of this process.
pub struct Registry {
    elections: RwLock<HashMap<Uuid, Started>>,
    arbiter: ArbiterHandle,
    surroundings: Surroundings,
}

impl Registry {
    /// Starts elections on this arbiter.
    pub fn new(arbiter: ArbiterHandle, surroundings: Surroundings) -> Self {
        Self { elections: RwLock::default(), arbiter, surroundings }
    }

    /// The address of an election's actor, started on demand.
    pub fn election(&self, id: Uuid) -> Addr<Election> {
        if let Some(address) = self.living(id) {
            return address;
        }
        let mut elections = self.elections.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(started) = elections.get(&id).filter(|started| started.address.connected()) {
            return started.address.clone();
        }
        if elections.len() >= MOST_STARTED {
            // Dropping the last address stops an actor once its mailbox and batch are done.
            elections.clear();
        }
        let surroundings = self.surroundings.clone();
        let address = Election::start_in_arbiter(&self.arbiter, move |_| Election::new(id, surroundings));
        let started = Started { address: address.clone(), at: Instant::now() };
        if elections.insert(id, started).is_some() {
            tracing::error!(election = %id, "an election's actor died and is started again");
        }
        address
    }

    /// Hands a message to an election's actor without waiting; false when its mailbox is full. It
    /// goes through the kept address: every clone of one would have room for a message of its own.
    /// That is of use only until a new actor has set the size of its mailbox, which begins at 16.
    pub fn try_send<M>(&self, id: Uuid, message: M) -> bool
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Election: Handler<M>,
    {
        let own = self.election(id);
        let elections = self.elections.read().unwrap_or_else(PoisonError::into_inner);
        match elections.get(&id) {
            Some(kept) if kept.at.elapsed() > SETTLING => kept.address.try_send(message).is_ok(),
            _ => own.try_send(message).is_ok(),
        }
    }

    /// Tells an election's actor that its head has changed. A full mailbox means that a batch is
    /// coming, which announces the head as well.
    pub fn refresh(&self, id: Uuid) {
        self.try_send(id, Refresh);
    }

    /// Whether the election has an actor here, and so exists.
    pub fn knows(&self, id: Uuid) -> bool {
        self.living(id).is_some()
    }

    fn living(&self, id: Uuid) -> Option<Addr<Election>> {
        let elections = self.elections.read().unwrap_or_else(PoisonError::into_inner);
        let started = elections.get(&id).filter(|started| started.address.connected());
        started.map(|started| started.address.clone())
    }
}
