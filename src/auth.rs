//! Passwords, access tokens, and the random tokens of sessions.

use std::sync::Arc;

use actix::Message;
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use uuid::Uuid;

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
        let hash = move || {
            Argon2::default().hash_password(password.expose_secret().as_bytes()).map(|hash| hash.to_string())
        };
        self.on_own_thread(hash).await?.map_err(|_| HashError::Failed)
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
                Ok(Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok())
            }
            None => {
                drop(Argon2::default().hash_password(password.expose_secret().as_bytes()));
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

    #[test]
    fn a_token_for_another_audience_algorithm_or_type_is_refused() {
        let ours = tokens("secret", None);
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let claims = |aud: &str, exp: i64| Claims {
            sub: Uuid::nil(),
            sid: Uuid::nil(),
            iat: now,
            exp,
            iss: ISSUER.into(),
            aud: aud.into(),
        };
        let key = EncodingKey::from_secret(b"secret");
        let sign = |algorithm, typ: &str, claims: &Claims| {
            let header = Header { typ: Some(typ.to_owned()), ..Header::new(algorithm) };
            jsonwebtoken::encode(&header, claims, &key).unwrap()
        };
        let good = claims("https://vote.example.org", now + 60);
        assert!(ours.read(&sign(Algorithm::HS256, TYPE, &good)).is_ok());
        assert!(ours.read(&sign(Algorithm::HS512, TYPE, &good)).is_err());
        assert!(ours.read(&sign(Algorithm::HS256, "JWT", &good)).is_err());
        assert!(
            ours.read(&sign(Algorithm::HS256, TYPE, &claims("https://other.example", now + 60))).is_err()
        );
        assert!(
            ours.read(&sign(Algorithm::HS256, TYPE, &claims("https://vote.example.org", now - 1))).is_err()
        );
        let stripped = format!("{}.", sign(Algorithm::HS256, TYPE, &good).rsplit_once('.').unwrap().0);
        assert!(ours.read(&stripped).is_err());
    }
}
