//! Where announcements go: to the hub of this process, and to the processes beside it.

use std::sync::Arc;

use actix::{Arbiter, Handler, Message};

use crate::actors::Standing;
use crate::actors::election::{self, Announcement};
use crate::actors::mailer::{self, MailsMoved};
use crate::peers::{Heard, Peers};
use crate::ws::hub::Hub;
use crate::ws::hub::elsewhere::{Contact, MovedElsewhere};

/// Who hears them.
#[derive(Clone)]
pub(super) struct Audience {
    /// Tells the sockets of this process.
    pub(super) hub: Arc<Standing<Hub>>,
    /// The other processes, where there are any.
    pub(super) peers: Option<Arc<Peers>>,
}

impl Audience {
    /// What elections announce.
    pub(super) fn of_elections(&self) -> election::Announce {
        let Self { hub, peers } = self.clone();
        Arc::new(move |announcement: Announcement| {
            if let Some(peers) = &peers {
                peers.election_moved(announcement.election, announcement.revision);
            }
            tell(&hub, announcement);
        })
    }

    /// What the mailer announces.
    pub(super) fn of_mails(&self) -> mailer::Announce {
        let Self { hub, peers } = self.clone();
        Arc::new(move |moved: MailsMoved| {
            if let Some(peers) = &peers {
                peers.mails_moved(&moved.0);
            }
            tell(&hub, moved);
        })
    }

    /// Hears the other processes, if there are any.
    pub(super) fn listen(&self, arbiter: &Arbiter) {
        let Self { hub, peers: Some(peers) } = self.clone() else { return };
        // An arbiter that takes no work has been stopped with the whole service.
        let _ = arbiter.spawn(async move {
            peers.talk(|heard| hear(&hub, heard)).await;
        });
    }
}

fn hear(hub: &Standing<Hub>, heard: Heard) {
    match heard {
        Heard::Contact => tell(hub, Contact),
        Heard::Moves(moves) => {
            if !moves.mails.is_empty() {
                tell(hub, MailsMoved(moves.mails.into_iter().collect()));
            }
            tell(hub, MovedElsewhere(moves.elections));
        }
    }
}

/// Tells the hub something that replaces what it knew: lost on a full mailbox, and said again with
/// the next change.
pub(super) fn tell<M>(hub: &Standing<Hub>, message: M)
where
    M: Message<Result = ()> + Send + 'static,
    Hub: Handler<M>,
{
    if !hub.try_send(message) {
        metrics::counter!("uvote_announcements_lost").increment(1);
    }
}
