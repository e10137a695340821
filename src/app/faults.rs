//! Lets tests make an actor die as it would of a bug.

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Context, Handler, Message};
use uuid::Uuid;

use super::Running;
use crate::actors::audit::Audit;
use crate::actors::clock::Clock;
use crate::actors::committer::Committer;
use crate::actors::election::Election;
use crate::actors::mailer::Mailer;
use crate::actors::tokens::Tokens;
use crate::ws::hub::Hub;

/// Who is to die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Victim {
    /// The actor of this election.
    Election(Uuid),
    /// The one that commits the votes of all elections.
    Committer,
    /// The one that issues links.
    Tokens,
    /// The one that sends mails.
    Mailer,
    /// The one that writes the audit log.
    Audit,
    /// The one that opens and closes elections.
    Clock,
    /// The one that sends live frames.
    Hub,
    /// Those of all open sockets. Whoever is at their other end sees when they are dead.
    Sockets,
}

/// Makes an actor panic.
#[derive(Message)]
#[rtype(result = "()")]
struct Panic;

/// Makes the actor of every socket panic.
#[derive(Message)]
#[rtype(result = "()")]
struct PanicOfSockets;

impl Handler<PanicOfSockets> for Hub {
    type Result = ();

    fn handle(&mut self, _: PanicOfSockets, _: &mut Self::Context) {
        self.harm_sockets();
    }
}

macro_rules! mortal {
    ($($actor:ty),*) => {$(
        impl Handler<Panic> for $actor {
            type Result = ();

            fn handle(&mut self, _: Panic, _: &mut Self::Context) {
                panic!("a test asked for it");
            }
        }
    )*};
}

mortal!(Audit, Clock, Committer, Election, Hub, Mailer, Tokens);

impl Running {
    /// Makes an actor panic; answers when it is dead, or a socket's has been told.
    pub async fn harm(&self, victim: Victim) {
        match victim {
            Victim::Election(id) => kill(self.registry.election(id)).await,
            Victim::Committer => kill(self.registry.committer().address()).await,
            Victim::Tokens => kill(self.service.tokens.address()).await,
            Victim::Mailer => kill(self.service.mailer.address()).await,
            Victim::Audit => kill(self.service.audit.address()).await,
            Victim::Clock => kill(self.service.clock.address()).await,
            Victim::Hub => kill(self.hub.address()).await,
            // A hub that is dead has no sockets.
            Victim::Sockets => self.hub.address().send(PanicOfSockets).await.unwrap_or_default(),
        }
    }
}

async fn kill<A>(address: Addr<A>)
where
    A: Actor<Context = Context<A>> + Handler<Panic>,
    A::Context: ToEnvelope<A, Panic>,
{
    // Nobody answers any more: that is the death.
    address.send(Panic).await.unwrap_or_default();
    // The sender is told a moment before the mailbox closes.
    while address.connected() {
        tokio::task::yield_now().await;
    }
}
