//! Passwords, access tokens, and the random tokens of sessions.

mod passwords;

use actix::Message;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

pub use self::passwords::{HashError, Passwords, is_outdated};

/// Seconds that an access token lives.
pub const ACCESS_SECONDS: i64 = 15 * 60;
/// The cookie of a browser's session; the prefix binds it to this host, over TLS (RFC 6265bis, 4.1.3.2).
pub const SESSION_COOKIE: &str = "__Host-uvote";
const ISSUER: &str = "uvote";
const TYPE: &str = "at+jwt";

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
}
