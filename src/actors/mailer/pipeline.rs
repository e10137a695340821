//! The mails under way: some are taken out of the queue while others are sent and others written
//! down, so that neither the database nor the mail server waits for the other.

use std::collections::HashSet;
use std::mem;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{Fuse, FusedFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{IN_FLIGHT, Outbox};

/// Mails that it is worth asking the database for while others are under way.
const GROUP: usize = IN_FLIGHT as usize / 4;

/// What the pipeline is told, and what it tells.
#[derive(Default)]
pub(super) struct Signals {
    wake: Notify,
    stopping: AtomicBool,
    moved: Mutex<HashSet<Uuid>>,
}

impl Signals {
    /// Something may be due.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Nothing more may be begun.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// The elections whose mails have moved since this was last asked.
    pub(super) fn moved(&self) -> Vec<Uuid> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).drain().collect()
    }

    fn note(&self, elections: impl Iterator<Item = Uuid>) {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).extend(elections);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// Sends whatever is due until it is told to stop, and returns when all that was begun is written
/// down.
pub(super) async fn run(outbox: Arc<Outbox>, signals: Arc<Signals>) {
    let mut claiming = pin!(Fuse::terminated());
    let mut sending = FuturesUnordered::new();
    let mut ended = Vec::new();
    let mut settling = pin!(Fuse::terminated());
    // Whatever was taken up and is not written down would be repeated after a crash.
    let mut room = IN_FLIGHT as usize;
    let mut due = true;
    loop {
        let idle = room == IN_FLIGHT as usize;
        if due && claiming.is_terminated() && (idle || room >= GROUP) && !signals.is_stopping() {
            due = false;
            // A server that is out of reach is tried with one mail each time something wakes us.
            let most = if outbox.is_cut_off() { 1 } else { room };
            claiming.set(outbox.claim(most).map(move |claimed| (claimed, most)).fuse());
        }
        if !ended.is_empty() && settling.is_terminated() {
            settling.set(outbox.settle(mem::take(&mut ended)).fuse());
        }
        if idle && claiming.is_terminated() && signals.is_stopping() {
            return;
        }
        tokio::select! {
            (claimed, most) = &mut claiming, if !claiming.is_terminated() => match claimed {
                Ok((claimed, letters)) => {
                    room -= claimed.len();
                    due |= claimed.len() == most && !outbox.is_cut_off();
                    signals.note(claimed.iter().map(|mail| mail.election_id));
                    sending.extend(claimed.into_iter().map(|mail| outbox.attempt(mail, Arc::clone(&letters))));
                }
                Err(error) => tracing::error!(%error, "the mail outbox could not be worked on; trying again"),
            },
            Some(mail) = sending.next() => ended.push(mail),
            settled = &mut settling, if !settling.is_terminated() => {
                room += settled.len();
                signals.note(settled.iter().map(|(election, ..)| *election));
            }
            () = signals.wake.notified() => due = true,
        }
    }
}
