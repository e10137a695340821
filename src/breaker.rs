//! Circuit breakers: what keeps failing is left alone for a second, and whoever needs it is told at
//! once instead of waiting for the same failure.

use std::fmt::Display;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use recloser::{AsyncRecloser, Recloser};
use tokio::sync::Semaphore;

pub use recloser::Error;

/// Attempts that are looked back on.
const LOOK_BACK: usize = 10;
/// The share of them that has to fail before the circuit opens.
const FAILING_SHARE: f32 = 0.5;
/// How long it stays open before an attempt is made again.
const REST: Duration = Duration::from_secs(1);

const WORKING: u8 = 0;
const FAILING: u8 = 1;
const OPEN: u8 = 2;

/// Stands before one dependency.
pub struct Breaker {
    name: &'static str,
    recloser: AsyncRecloser,
    state: AtomicU8,
    trial: Semaphore,
}

impl Breaker {
    /// A closed one, under the name that metrics and logs have for the dependency.
    pub fn new(name: &'static str) -> Self {
        let recloser = Recloser::custom().closed_len(LOOK_BACK).half_open_len(1);
        let recloser = recloser.error_rate(FAILING_SHARE).open_wait(REST).build();
        metrics::gauge!("uvote_breaker_open", "dependency" => name).set(0.0);
        Self { name, recloser: recloser.into(), state: AtomicU8::new(WORKING), trial: Semaphore::new(1) }
    }

    /// Does the work unless the circuit is open. `is_outage` tells a dependency that is out of order
    /// from one that works and says no.
    ///
    /// # Errors
    /// What the work says, or [`Error::Rejected`] without trying. While the circuit is open, one
    /// attempt is made at a time, so that nobody else waits for its end.
    pub async fn call<T, E: Display>(
        &self,
        is_outage: impl Fn(&E) -> bool,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Error<E>> {
        let _trial = match self.is_open().then(|| self.trial.try_acquire()) {
            Some(Err(_)) => return Err(Error::Rejected),
            trial => trial,
        };
        let outcome = self.recloser.call_with(&is_outage, work).await;
        match &outcome {
            Err(Error::Rejected) => self.opened(),
            Err(Error::Inner(error)) if is_outage(error) => self.failed(error),
            _ => self.worked(),
        }
        outcome
    }

    /// The dependency.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether attempts are refused at the moment, but for one at a time.
    pub fn is_open(&self) -> bool {
        self.state.load(Ordering::Relaxed) == OPEN
    }

    fn opened(&self) {
        if self.state.swap(OPEN, Ordering::Relaxed) != OPEN {
            metrics::gauge!("uvote_breaker_open", "dependency" => self.name).set(1.0);
        }
    }

    fn failed(&self, error: &impl Display) {
        metrics::counter!("uvote_dependency_failures", "dependency" => self.name).increment(1);
        let first = self.state.compare_exchange(WORKING, FAILING, Ordering::Relaxed, Ordering::Relaxed);
        if first.is_ok() {
            tracing::warn!(dependency = self.name, %error, "a dependency fails");
        }
    }

    fn worked(&self) {
        if self.state.load(Ordering::Relaxed) == WORKING {
            return;
        }
        if self.state.swap(WORKING, Ordering::Relaxed) != WORKING {
            metrics::gauge!("uvote_breaker_open", "dependency" => self.name).set(0.0);
            tracing::info!(dependency = self.name, "a dependency works again");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::time::Instant;

    use super::*;

    async fn attempt(
        breaker: &Breaker,
        outcome: Result<(), &'static str>,
    ) -> Result<(), Error<&'static str>> {
        breaker.call(|error| *error == "out of order", ready(outcome)).await
    }

    async fn open() -> Breaker {
        let breaker = Breaker::new("test");
        while !matches!(attempt(&breaker, Err("out of order")).await, Err(Error::Rejected)) {}
        breaker
    }

    #[tokio::test]
    async fn what_says_no_is_not_out_of_order() {
        let breaker = Breaker::new("test");
        for _ in 0..100 {
            assert!(matches!(attempt(&breaker, Err("no")).await, Err(Error::Inner("no"))));
        }
        assert!(!breaker.is_open());
    }

    #[tokio::test]
    async fn a_dependency_that_is_back_is_used_again_within_two_seconds() {
        let breaker = open().await;
        assert!(breaker.is_open());
        let begun = Instant::now();
        while attempt(&breaker, Ok(())).await.is_err() {
            tokio::task::yield_now().await;
        }
        assert!(!breaker.is_open() && begun.elapsed() < REST * 2);
    }

    #[tokio::test]
    async fn nobody_waits_behind_the_attempt_that_tries_an_open_circuit() {
        let breaker = open().await;
        let trial = async {
            while let Err(Error::Rejected) =
                breaker.call(|_: &&str| true, pending::<Result<(), &str>>()).await
            {
                tokio::task::yield_now().await;
            }
        };
        let others = async {
            while breaker.trial.available_permits() > 0 {
                tokio::task::yield_now().await;
            }
            assert!(matches!(attempt(&breaker, Ok(())).await, Err(Error::Rejected)));
        };
        tokio::select! {
            () = trial => unreachable!("the attempt has no end"),
            () = others => {}
        }
    }
}
