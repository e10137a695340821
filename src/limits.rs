//! Rate limits: sliding windows, exact across processes in Redis, and in this process without it.

mod memory;
mod redis;

use std::fmt::Display;
use std::time::Duration;

use thiserror::Error;
use uvote_domain::seal::Key;

pub use self::memory::Memory;
pub use self::redis::{BadAddress, Redis};
pub use crate::config::{Limit, Quota, Quotas};

/// Who or what is counted, under a key: neither memory nor Redis holds an address.
pub type Subject = [u8; 32];

/// A limit that is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too often; again in {} s", .after.as_secs())]
pub struct Exceeded {
    /// When the next is allowed.
    pub after: Duration,
}

/// Counts what is limited.
pub struct Limits {
    quotas: Option<Quotas>,
    key: Key,
    own: Memory,
    shared: Option<Redis>,
}

impl Limits {
    /// Limits with these quotas, or none at all; subjects are hidden under the key.
    pub fn new(quotas: Option<Quotas>, key: Key, shared: Option<Redis>) -> Self {
        Self { quotas, key, own: Memory::default(), shared }
    }

    /// Counts one more `by` somebody, unless the limit is used up. While Redis is gone, each process
    /// goes on by what it has admitted itself.
    ///
    /// # Errors
    /// [`Exceeded`]; then nothing was counted.
    pub async fn take(&self, limit: Limit, by: impl Display) -> Result<(), Exceeded> {
        let Some(quota) = self.quota(limit) else { return Ok(()) };
        let subject = self.subject(limit, by);
        let taken = match &self.shared {
            Some(redis) => redis.take(&subject, quota).await.ok(),
            None => None,
        };
        let taken = match taken {
            Some(Err(exceeded)) => Err(exceeded),
            Some(Ok(())) => {
                // So that this process knows of it should Redis fail.
                let _ = self.own.take(limit, subject, quota);
                Ok(())
            }
            None => self.own.take(limit, subject, quota),
        };
        if taken.is_err() {
            metrics::counter!("uvote_rate_limited", "limit" => limit.name()).increment(1);
        }
        taken
    }

    /// Whether a limit is used up as far as this process knows; counts nothing and asks nobody.
    ///
    /// # Errors
    /// [`Exceeded`] when it is.
    pub fn look(&self, limit: Limit, by: impl Display) -> Result<(), Exceeded> {
        let Some(quota) = self.quota(limit) else { return Ok(()) };
        self.own.look(limit, &self.subject(limit, by), quota)
    }

    /// Redis, where there is one.
    pub const fn shared(&self) -> Option<&Redis> {
        self.shared.as_ref()
    }

    fn quota(&self, limit: Limit) -> Option<Quota> {
        self.quotas.as_ref().map(|quotas| quotas.of(limit))
    }

    fn subject(&self, limit: Limit, by: impl Display) -> Subject {
        *self.key.derive(&format!("{} {by}", limit.name())).bytes()
    }
}
