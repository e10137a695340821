//! Empties the mail outbox.

mod letter;
mod outbox;
mod pipeline;

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::watch;
use uuid::Uuid;

pub use self::letter::Letter;
pub use self::outbox::Outbox;
use self::pipeline::Signals;
use super::tokens::MailQueued;
use crate::store::mail;

/// Mails under way at once, and so the most that a crash can repeat.
pub const IN_FLIGHT: u32 = 48;
/// How often the outbox is looked at without being told.
const ROUND: Duration = Duration::from_secs(1);
/// How often the length of the outbox is measured and idle connections are closed.
const TIDY_EVERY: Duration = Duration::from_secs(10);
/// How often it is announced whose mails have moved.
const ANNOUNCE_EVERY: Duration = Duration::from_millis(250);

/// Mails of these elections were taken up or settled.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct MailsMoved(pub Vec<Uuid>);

/// Where announcements go; never waits.
pub type Announce = Arc<dyn Fn(MailsMoved) + Send + Sync>;

/// Finishes the mails under way and sends no more, before the service stops.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Rest;

/// The actor.
pub struct Mailer {
    outbox: Arc<Outbox>,
    announce: Announce,
    signals: Arc<Signals>,
    /// Whether the mails under way are done and no more will follow.
    at_rest: watch::Sender<bool>,
}

impl Mailer {
    /// Empties this outbox and tells whose mails move.
    pub fn new(outbox: Arc<Outbox>, announce: Announce) -> Self {
        Self { outbox, announce, signals: Arc::default(), at_rest: watch::Sender::new(false) }
    }

    fn announce(&mut self, _: &mut Context<Self>) {
        let moved = self.signals.moved();
        if !moved.is_empty() {
            (self.announce)(MailsMoved(moved));
        }
    }

    fn tidy(&mut self, context: &mut Context<Self>) {
        let outbox = Arc::clone(&self.outbox);
        let work = async move {
            let waiting = async { mail::waiting(&outbox.database.client().await?).await }.await;
            if let Ok(waiting) = waiting {
                metrics::gauge!("uvote_mails_waiting").set(waiting as f64);
            }
            outbox.post.close_idle().await;
        };
        context.spawn(work.into_actor(self));
    }
}

impl Actor for Mailer {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        let work = pipeline::run(Arc::clone(&self.outbox), Arc::clone(&self.signals));
        context.spawn(work.into_actor(self).map(|(), mailer, _| {
            mailer.at_rest.send_replace(true);
        }));
        context.run_interval(ROUND, |mailer, _| mailer.signals.wake());
        context.run_interval(TIDY_EVERY, Self::tidy);
        context.run_interval(ANNOUNCE_EVERY, Self::announce);
    }
}

impl Handler<MailQueued> for Mailer {
    type Result = ();

    fn handle(&mut self, _: MailQueued, _: &mut Self::Context) {
        self.signals.wake();
    }
}

impl Handler<Rest> for Mailer {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Rest, _: &mut Self::Context) -> Self::Result {
        self.signals.stop();
        let mut at_rest = self.at_rest.subscribe();
        Box::pin(async move { drop(at_rest.wait_for(|at_rest| *at_rest).await) })
    }
}
