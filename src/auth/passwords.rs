//! Hashing passwords, on a thread that gives way to voting.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::sync::oneshot;
use uvote_domain::account::normal_form;

/// Sign-ins that may wait for their turn before the next is told to come back.
const WAITING_HASHES: usize = 64;

/// Why a password could not be hashed or compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HashError {
    /// Too many sign-ins are waiting.
    #[error("too many sign-ins at once")]
    Busy,
    /// The stored hash is unreadable, or memory ran out.
    #[error("the password could not be hashed")]
    Failed,
}

type Job = Box<dyn FnOnce() + Send>;

/// Hashes passwords with argon2id on a thread of its own, one after the other; the rest of the
/// machine belongs to voting.
#[derive(Clone)]
pub struct Passwords {
    jobs: SyncSender<Job>,
}

impl Default for Passwords {
    fn default() -> Self {
        let (jobs, waiting) = sync_channel(WAITING_HASHES);
        std::thread::spawn(move || serve(&waiting));
        Self { jobs }
    }
}

/// Works until nobody is left who could send another job.
fn serve(waiting: &Receiver<Job>) {
    give_way();
    while let Ok(job) = waiting.recv() {
        // Whoever waits for the job learns from its dropped answer that it failed.
        drop(catch_unwind(AssertUnwindSafe(job)));
    }
}

/// Makes this thread yield to the others of the machine, votes and PostgreSQL among them, so that a
/// storm of sign-ins takes what they leave.
fn give_way() {
    #[cfg(target_os = "linux")]
    // SAFETY: the call takes numbers alone, and 0 means the calling thread. A refusal changes nothing.
    let _refused = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) };
}

impl Passwords {
    /// The PHC string of a password under a fresh salt; 19 MiB, two passes (OWASP's minimum).
    ///
    /// # Errors
    /// [`HashError::Busy`] when too many wait.
    pub async fn hash(&self, password: SecretString) -> Result<String, HashError> {
        self.on_own_thread(move || argon2id(&password)).await?
    }

    /// Whether the password fits. Without a hash it takes as long and is false, so that an
    /// unknown address can't be told by the time.
    ///
    /// # Errors
    /// [`HashError::Busy`] when too many wait.
    pub async fn fits(&self, password: SecretString, hash: Option<String>) -> Result<bool, HashError> {
        self.on_own_thread(move || match hash {
            Some(hash) => {
                let hash = PasswordHash::new(&hash).map_err(|_| HashError::Failed)?;
                let password = SecretString::from(normal_form(password.expose_secret()));
                Ok(Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok())
            }
            None => {
                argon2id(&password)?;
                Ok(false)
            }
        })
        .await?
    }

    /// Does heavy work about passwords in turn with the hashing. It is left out when the caller has
    /// gone away before its turn.
    ///
    /// # Errors
    /// [`HashError::Busy`] when too many wait.
    pub async fn on_own_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let (answer, answered) = oneshot::channel();
        let job = move || {
            if !answer.is_closed() {
                drop(answer.send(work()));
            }
        };
        self.jobs.try_send(Box::new(job)).map_err(|_| HashError::Busy)?;
        answered.await.map_err(|_| HashError::Failed)
    }
}

/// Makes the hash of a password under a fresh salt.
fn argon2id(password: &SecretString) -> Result<String, HashError> {
    let password = SecretString::from(normal_form(password.expose_secret()));
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|_| HashError::Failed)
}

/// Whether a hash was made otherwise than hashes are made today, so that it is to be replaced when
/// the password is at hand.
pub fn is_outdated(hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    let Ok(params) = Params::try_from(&hash) else { return true };
    let today = Argon2::default();
    let costs = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
    hash.algorithm != Algorithm::default().ident()
        || hash.version != Some(Version::default().into())
        || costs(&params) != costs(today.params())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        text.to_owned().into()
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone_and_none_without_one() {
        let passwords = Passwords::default();
        let hash = passwords.hash(secret("right")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(passwords.hash(secret("right")).await.unwrap(), hash, "another salt each time");
        assert_eq!(passwords.fits(secret("right"), Some(hash.clone())).await, Ok(true));
        assert_eq!(passwords.fits(secret("wrong"), Some(hash)).await, Ok(false));
        assert_eq!(passwords.fits(secret("right"), None).await, Ok(false));
    }

    #[test]
    fn a_hash_of_other_costs_or_another_kind_is_outdated() {
        let hash = |start: &str| {
            format!("{start}$c29tZSBzYWx0IG9mIHRlc3Rz$dGhpcnR5LXR3byBieXRlcyBvZiBhIGhhc2ggLi4uLi4")
        };
        assert!(!is_outdated(&hash("$argon2id$v=19$m=19456,t=2,p=1")));
        for old in [
            "$argon2id$v=19$m=19456,t=1,p=1",
            "$argon2id$v=19$m=8192,t=2,p=1",
            "$argon2i$v=19$m=19456,t=2,p=1",
            "$argon2id$v=16$m=19456,t=2,p=1",
        ] {
            assert!(is_outdated(&hash(old)), "{old}");
        }
    }

    #[tokio::test]
    async fn hashing_is_one_at_a_time_and_whoever_comes_when_many_wait_is_sent_away() {
        let passwords = Passwords::default();
        let (begun, has_begun) = std::sync::mpsc::channel::<()>();
        let (finish, may_finish) = std::sync::mpsc::channel::<()>();
        let pool = passwords.clone();
        let first = tokio::spawn(async move {
            let work = move || {
                begun.send(()).unwrap();
                may_finish.recv().unwrap();
            };
            pool.on_own_thread(work).await
        });
        tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
        let mut waiting: Vec<_> =
            (0..WAITING_HASHES).map(|_| Box::pin(passwords.on_own_thread(|| ()))).collect();
        for wait in &mut waiting {
            assert!(futures_util::poll!(wait).is_pending(), "one at a time");
        }
        assert_eq!(passwords.on_own_thread(|| ()).await, Err(HashError::Busy));
        finish.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(()));
        for wait in waiting {
            assert_eq!(wait.await, Ok(()));
        }
        assert_eq!(passwords.on_own_thread(|| ()).await, Ok(()));
    }

    #[tokio::test]
    async fn work_that_panics_fails_alone() {
        let passwords = Passwords::default();
        assert_eq!(
            passwords.on_own_thread(|| panic!("a test asked for it")).await,
            Err::<(), _>(HashError::Failed)
        );
        assert_eq!(passwords.on_own_thread(|| ()).await, Ok(()));
    }
}
