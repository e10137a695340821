//! Passwords, access tokens, and the random tokens of sessions.

use std::sync::Arc;

use actix::Message;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm as Argon2Kind, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use uuid::Uuid;
use uvote_domain::account::normal_form;

/// Seconds that an access token lives.
pub const ACCESS_SECONDS: i64 = 15 * 60;
/// The cookie of a browser's session; the prefix binds it to this host, over TLS (RFC 6265bis, 4.1.3.2).
pub const SESSION_COOKIE: &str = "__Host-uvote";
const ISSUER: &str = "uvote";
const TYPE: &str = "at+jwt";
/// Passwords hashed at once; the rest of the machine belongs to voting.
const CONCURRENT_HASHES: usize = 1;
/// Sign-ins that may wait for their turn before the next is told to come back.
const WAITING_HASHES: usize = 64;

/// Announced when sessions end, so that open sockets close within a second.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct SessionsEnded(pub Vec<Uuid>);

/// What an access token says (RFC 9068 shapes the header's type).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// The account.
    pub sub: Uuid,
    /// The session, which may have ended before the token expires.
    pub sid: Uuid,
    /// Seconds since 1970, issue.
    pub iat: i64,
    /// Seconds since 1970, expiry.
    pub exp: i64,
    /// Always `uvote`.
    pub iss: String,
    /// The origin of the service.
    pub aud: String,
}

/// The token is not one of ours, or no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the access token is not valid")]
pub struct InvalidToken;

/// Signs and reads access tokens: HS256 and nothing else.
pub struct AccessTokens {
    signing: EncodingKey,
    accepted: Vec<DecodingKey>,
    audience: String,
}

impl AccessTokens {
    /// Signs with the present secret and accepts the old one too while a rotation lasts.
    pub fn new(secret: &SecretString, old: Option<&SecretString>, origin: &str) -> Self {
        let key = |secret: &SecretString| DecodingKey::from_secret(secret.expose_secret().as_bytes());
        Self {
            signing: EncodingKey::from_secret(secret.expose_secret().as_bytes()),
            accepted: std::iter::once(secret).chain(old).map(key).collect(),
            audience: origin.to_owned(),
        }
    }

    /// A token for a session.
    ///
    /// # Errors
    /// When signing fails, which the library does not do with HS256.
    pub fn issue(&self, account: Uuid, session: Uuid) -> Result<String, InvalidToken> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let claims = Claims {
            sub: account,
            sid: session,
            iat: now,
            exp: now + ACCESS_SECONDS,
            iss: ISSUER.to_owned(),
            aud: self.audience.clone(),
        };
        let header = Header { typ: Some(TYPE.to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &self.signing).map_err(|_| InvalidToken)
    }

    /// Reads a token; the caller still has to ask whether its session has ended.
    ///
    /// # Errors
    /// When signature, algorithm, type, issuer, audience or expiry are not as they should be.
    pub fn read(&self, token: &str) -> Result<Claims, InvalidToken> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        // In the second of its expiry a token is over (RFC 7519, section 4.1.4).
        validation.reject_tokens_expiring_in_less_than = 1;
        validation.set_audience(&[&self.audience]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let read = |key| jsonwebtoken::decode::<Claims>(token, key, &validation).ok();
        let data = self.accepted.iter().find_map(read).ok_or(InvalidToken)?;
        if data.header.typ.as_deref() == Some(TYPE) { Ok(data.claims) } else { Err(InvalidToken) }
    }
}

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

/// Hashes passwords with argon2id on threads of its own, a few at a time.
#[derive(Clone)]
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            running: Arc::new(Semaphore::new(CONCURRENT_HASHES)),
            waiting: Arc::new(Semaphore::new(WAITING_HASHES)),
        }
    }
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

    /// Does heavy work about passwords in turn with the hashing.
    ///
    /// # Errors
    /// [`HashError::Busy`] when too many wait.
    pub async fn on_own_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| HashError::Busy)?;
        let turn = Arc::clone(&self.running).acquire_owned().await.map_err(|_| HashError::Failed)?;
        // A caller who goes away does not free the place: the thread still works.
        let work = move || {
            let _held = (place, turn);
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| HashError::Failed)
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
    hash.algorithm != Argon2Kind::default().ident()
        || hash.version != Some(Version::default().into())
        || costs(&params) != costs(today.params())
}

/// A random bearer secret as text: 32 bytes in base64url.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What is stored of a bearer secret.
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn tokens(secret: &str, old: Option<&str>) -> AccessTokens {
        let old = old.map(|old| SecretString::from(old.to_owned()));
        AccessTokens::new(&SecretString::from(secret.to_owned()), old.as_ref(), "https://vote.example.org")
    }

    #[test]
    fn a_token_reads_back_and_survives_a_rotation_of_the_secret() {
        let (account, session) = (Uuid::now_v7(), Uuid::now_v7());
        let token = tokens("first", None).issue(account, session).unwrap();
        let claims = tokens("second", Some("first")).read(&token).unwrap();
        assert_eq!((claims.sub, claims.sid), (account, session));
        assert!(tokens("second", None).read(&token).is_err());
    }

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
            (1..WAITING_HASHES).map(|_| Box::pin(passwords.on_own_thread(|| ()))).collect();
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
}
