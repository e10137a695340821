//! Finds the actor of an election, starts it on demand, and replaces one that has died.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use actix::{Actor, Addr, ArbiterHandle};
use tokio::sync::oneshot;
use uuid::Uuid;
use uvote_domain::ballot::{Choices, Nonce};
use uvote_domain::refusal::{FieldError, Refusal};
use uvote_domain::token::TokenHash;

use super::election::{CastBallot, Election, Queue, Queued, Refresh, Surroundings, Wake};
use crate::store::StoreError;
use crate::store::ballots::Verdict;

/// Elections kept in memory; beyond that the idle ones are let go.
const MOST_STARTED: usize = 50_000;

#[derive(Clone)]
struct Started {
    address: Addr<Election>,
    queue: Arc<Queue>,
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
        self.started(id).address
    }

    /// Who commits the votes of these elections, for tests that harm it.
    #[cfg(feature = "faults")]
    pub fn committer(&self) -> &super::Standing<super::committer::Committer> {
        &self.surroundings.committer
    }

    /// Casts a ballot and waits until it is durable or refused.
    ///
    /// # Errors
    /// [`Refusal::Busy`] when the election has no room for more, [`Refusal::OutcomeUnknown`] when its
    /// actor dies before it answers; otherwise as the database.
    pub async fn cast(
        &self,
        id: Uuid,
        token: TokenHash,
        nonce: Nonce,
        choices: Result<Choices, Vec<FieldError>>,
    ) -> Result<Verdict, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.enqueue(id, CastBallot { token, nonce, choices, answer })?;
        answered.await.map_err(|_| Refusal::OutcomeUnknown)?
    }

    /// Queues a cast for its election.
    fn enqueue(&self, id: Uuid, cast: CastBallot) -> Result<(), Refusal> {
        let Started { address, queue } = self.started(id);
        match queue.push(cast, Instant::now()) {
            Queued::Refused => return Err(Refusal::Busy),
            Queued::Attended => {}
            // A clone of an address has room for a message of its own, so this fails only when the
            // actor has died: then it has answered the cast or drops it.
            Queued::Asleep => drop(address.try_send(Wake)),
        }
        Ok(())
    }

    /// Tells an election's actor that its head has changed. It goes through the kept address, since
    /// every clone has more room. A full mailbox means that the head is about to be read anyway.
    pub fn refresh(&self, id: Uuid) {
        drop(self.election(id));
        let elections = self.elections.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(started) = elections.get(&id) {
            drop(started.address.try_send(Refresh));
        }
    }

    /// Whether the election has an actor here, and so exists.
    pub fn knows(&self, id: Uuid) -> bool {
        self.living(id).is_some()
    }

    fn started(&self, id: Uuid) -> Started {
        if let Some(started) = self.living(id) {
            return started;
        }
        let mut elections = self.elections.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(started) = elections.get(&id).filter(|started| started.address.connected()) {
            return started.clone();
        }
        if elections.len() >= MOST_STARTED {
            // Dropping the last address stops an actor once its mailbox and batch are done.
            elections.clear();
        }
        let started = self.start(id);
        if elections.insert(id, started.clone()).is_some() {
            tracing::error!(election = %id, "an election's actor died and is started again");
        }
        started
    }

    fn start(&self, id: Uuid) -> Started {
        let queue = Arc::new(Queue::default());
        let (surroundings, casts) = (self.surroundings.clone(), Arc::clone(&queue));
        let address =
            Election::start_in_arbiter(&self.arbiter, move |_| Election::new(id, surroundings, casts));
        Started { address, queue }
    }

    fn living(&self, id: Uuid) -> Option<Started> {
        let elections = self.elections.read().unwrap_or_else(PoisonError::into_inner);
        elections.get(&id).filter(|started| started.address.connected()).cloned()
    }
}
