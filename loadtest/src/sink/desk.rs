//! Where the sessions of a sink hand in what they received.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{Fault, Mail};

type Handler = Box<dyn Fn(Mail) -> Option<Mail> + Send + Sync>;
type Faults = Arc<dyn Fn(&str) -> Option<Fault> + Send + Sync>;

struct Kept {
    mail: Mail,
    taken: bool,
}

pub(super) struct Desk {
    handler: Handler,
    faults: Mutex<Faults>,
    kept: Mutex<Vec<Kept>>,
    received: watch::Sender<u64>,
}

impl Desk {
    pub(super) fn new(handler: impl Fn(Mail) -> Option<Mail> + Send + Sync + 'static) -> Self {
        Self {
            handler: Box::new(handler),
            faults: Mutex::new(Arc::new(|_: &str| None)),
            kept: Mutex::new(Vec::new()),
            received: watch::Sender::new(0),
        }
    }

    pub(super) fn deliver(&self, mail: Mail) {
        if let Some(mail) = (self.handler)(mail) {
            lock(&self.kept).push(Kept { mail, taken: false });
        }
        // After the mail is in its place, so that who is woken by this finds it.
        self.received.send_modify(|count| *count += 1);
    }

    pub(super) fn fault_for(&self, recipient: &str) -> Option<Fault> {
        let choose = Arc::clone(&lock(&self.faults));
        choose(recipient)
    }

    pub(super) fn set_faults(&self, choose: impl Fn(&str) -> Option<Fault> + Send + Sync + 'static) {
        *lock(&self.faults) = Arc::new(choose);
    }

    pub(super) fn count(&self) -> u64 {
        *self.received.borrow()
    }

    pub(super) fn mails(&self) -> Vec<Mail> {
        let kept = lock(&self.kept);
        kept.iter().map(|kept| kept.mail.clone()).collect()
    }

    pub(super) async fn take_when_there(&self, wanted: impl Fn(&Mail) -> bool) -> Mail {
        let mut arrivals = self.received.subscribe();
        loop {
            if let Some(mail) = self.take(&wanted) {
                return mail;
            }
            // The sending half lives in `self`, so this only ever ends with an arrival.
            let _ = arrivals.changed().await;
        }
    }

    fn take(&self, wanted: &impl Fn(&Mail) -> bool) -> Option<Mail> {
        let mut kept = lock(&self.kept);
        let found = kept.iter_mut().find(|kept| !kept.taken && wanted(&kept.mail))?;
        found.taken = true;
        Some(found.mail.clone())
    }
}

/// What these locks guard is whole after each statement, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
