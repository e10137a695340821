//! Takes from sockets what their people may no longer watch. The database is asked again and again,
//! so it makes no difference which process or command has ended a session or a membership, or whether
//! a session has just grown too old.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::prelude::*;
use uuid::Uuid;
use uvote_domain::role::Role;

use super::{Caller, Frame, Hub, Socket, SocketId, Topic};
use crate::store::{Database, StoreError, members, sessions};
use crate::ws::state::needed;

/// The pause between two looks: whatever was ended is told within a second.
const EVERY: Duration = Duration::from_millis(400);

/// What sockets are granted.
struct Granted {
    sessions: HashSet<Uuid>,
    /// Accounts beside the elections that they watch as members.
    memberships: HashSet<(Uuid, Uuid)>,
}

/// What of it still holds.
struct Holds {
    sessions: HashSet<Uuid>,
    roles: HashMap<(Uuid, Uuid), Role>,
}

impl Granted {
    async fn look(&self, database: &Database) -> Result<Holds, StoreError> {
        let client = database.client().await?;
        Ok(Holds {
            sessions: sessions::living_among(&client, &self.sessions).await?,
            roles: members::roles_at(&client, &self.memberships).await?,
        })
    }
}

impl Socket {
    /// The accounts and elections of what it watches as a member.
    fn memberships(&self) -> impl Iterator<Item = (Uuid, Uuid)> {
        let account = self.caller.map(|caller| caller.account);
        let elections = self.as_member.iter().filter_map(|topic| topic.election());
        elections.filter_map(move |election| Some((account?, election)))
    }
}

impl Hub {
    /// Looks after a pause, and then again.
    pub(super) fn look_after_rights(&mut self, context: &mut Context<Self>) {
        context.run_later(EVERY, |hub, context| {
            let (granted, source) = (hub.granted(), Arc::clone(&hub.source));
            let work = async move {
                // With nobody signed in, nobody need be asked.
                if granted.sessions.is_empty() {
                    return None;
                }
                Some((granted.look(&source.database).await, granted))
            };
            context.spawn(wrap_future::<_, Self>(work).map(|looked, hub, context| {
                match looked {
                    Some((Ok(holds), granted)) => hub.withdraw(&granted, &holds),
                    // Nothing can be ended while the database is away, which its breaker has told.
                    Some((Err(StoreError::Unavailable(_) | StoreError::CircuitOpen), _)) | None => {}
                    Some((Err(error), _)) => {
                        tracing::error!(%error, "nobody knows who may still watch; trying again");
                    }
                }
                hub.look_after_rights(context);
            }));
        });
    }

    fn granted(&self) -> Granted {
        let sessions = self.sockets.values().filter_map(|socket| Some(socket.caller?.session));
        let memberships = self.sockets.values().flat_map(Socket::memberships);
        Granted { sessions: sessions.collect(), memberships: memberships.collect() }
    }

    fn withdraw(&mut self, granted: &Granted, holds: &Holds) {
        let ended: Vec<Uuid> = granted.sessions.difference(&holds.sessions).copied().collect();
        if !ended.is_empty() {
            self.end_sessions(&ended);
        }
        let mut lost = Vec::new();
        for (id, socket) in &mut self.sockets {
            let Some(Caller { account, .. }) = socket.caller else { continue };
            let is_lost = |topic: &Topic| {
                let Some(pair) = topic.election().map(|election| (account, election)) else { return false };
                let may = holds.roles.get(&pair).is_some_and(|role| role.may(needed(*topic)));
                granted.memberships.contains(&pair) && !may
            };
            lost.extend(socket.as_member.extract_if(|topic| is_lost(topic)).map(|topic| (*id, topic)));
        }
        for (socket, topic) in lost {
            self.take_topic(socket, topic);
        }
    }

    /// Takes a topic from a socket and tells it so.
    fn take_topic(&mut self, socket: SocketId, topic: Topic) {
        self.stop_watching(socket, topic);
        let Some(found) = self.sockets.get_mut(&socket) else { return };
        found.topics.remove(&topic);
        if found.frames.try_send(Frame::Withdrawn(topic)).is_err() {
            self.remove(socket);
        }
    }

    /// Closes the sockets of sessions.
    pub(super) fn end_sessions(&mut self, ended: &[Uuid]) {
        let is_over = |socket: &Socket| socket.caller.is_some_and(|caller| ended.contains(&caller.session));
        let over: Vec<SocketId> =
            self.sockets.iter().filter(|(_, socket)| is_over(socket)).map(|(id, _)| *id).collect();
        for socket in over {
            if let Some(found) = self.sockets.get(&socket) {
                // A full mailbox is that of a stalled socket, which the kernel ends.
                drop(found.frames.try_send(Frame::SignedOut));
            }
            self.remove(socket);
        }
    }
}
