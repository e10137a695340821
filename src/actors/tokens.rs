//! Issues links and queues mails in bulk, chunk by chunk along the roll.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;

use crate::keys::Keyring;
use crate::store::{Database, mail};

/// How often unfinished sends of a process that died are looked for.
const ROUND: Duration = Duration::from_secs(1);

/// There is a new bulk send.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Issue;

/// Sent after each chunk, so that mails go out while more are queued.
#[derive(Message)]
#[rtype(result = "()")]
pub struct MailQueued;

/// The actor.
pub struct Tokens {
    database: Database,
    keyring: Arc<Keyring>,
    queued: Recipient<MailQueued>,
    working: bool,
}

impl Tokens {
    /// Issues in this database and tells the mailer.
    pub const fn new(database: Database, keyring: Arc<Keyring>, queued: Recipient<MailQueued>) -> Self {
        Self { database, keyring, queued, working: false }
    }

    fn advance(&mut self, context: &mut Context<Self>) {
        if self.working {
            return;
        }
        self.working = true;
        let (database, keyring) = (self.database.clone(), Arc::clone(&self.keyring));
        let work = async move { mail::advance_runs(&database, &keyring).await };
        context.spawn(work.into_actor(self).map(|advanced, tokens, context| {
            tokens.working = false;
            match advanced {
                Ok(true) => {
                    // A full mailbox of the mailer means that it is awake.
                    drop(tokens.queued.try_send(MailQueued));
                    tokens.advance(context);
                }
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "links could not be issued; trying again"),
            }
        }));
    }
}

impl Actor for Tokens {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        self.advance(context);
        context.run_interval(ROUND, Self::advance);
    }
}

impl Handler<Issue> for Tokens {
    type Result = ();

    fn handle(&mut self, _: Issue, context: &mut Self::Context) {
        self.advance(context);
    }
}
