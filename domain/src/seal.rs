//! Sealing: what is written about a vote can be read only with its election's key.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;
use uuid::Uuid;
use zeroize::Zeroize;

/// Bytes of randomness that each sealing needs (XChaCha20, draft-irtf-cfrg-xchacha).
pub const NONCE_LENGTH: usize = 24;

/// A 32-byte secret that is wiped from memory when dropped and never printed.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// Takes the bytes as the secret.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret itself.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key for one purpose, so that no two purposes share one: `HMAC-SHA256(self, purpose)`.
    pub fn derive(&self, purpose: &str) -> Self {
        let mut mac = self.mac();
        mac.update(purpose.as_bytes());
        Self(mac.finalize().into_bytes().into())
    }

    /// HMAC-SHA256 (RFC 2104) under this key, which is padded with zeros to the block.
    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        block.zeroize();
        mac
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(secret)")
    }
}

/// What a sealed text is for; the same bytes do not open under any other heading.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    /// A voter's ballot.
    Ballot,
    /// The running tally of the head row.
    RunningTally,
    /// An election's sealing key under the master key.
    SealKey,
    /// An election's link key under the master key.
    LinkKey,
    /// What the codes of an account's second factor are made of.
    TotpSecret,
}

impl Purpose {
    const fn tag(self) -> &'static [u8] {
        match self {
            Self::Ballot => b"uvote.ballot.v1",
            Self::RunningTally => b"uvote.running-tally.v1",
            Self::SealKey => b"uvote.seal-key.v1",
            Self::LinkKey => b"uvote.link-key.v1",
            Self::TotpSecret => b"uvote.totp-secret.v1",
        }
    }
}

/// The seal is broken: another key, another purpose, another election, or changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("sealed bytes do not open under this key")]
pub struct BrokenSeal;

/// Seals with XChaCha20-Poly1305 (RFC 8439, extended nonce): nonce, ciphertext, 16 bytes of tag.
///
/// # Errors
/// [`BrokenSeal`] only for a plaintext beyond 256 GiB, the cipher's limit.
pub fn seal(
    key: &Key,
    purpose: Purpose,
    election: Uuid,
    nonce: [u8; NONCE_LENGTH],
    plaintext: &[u8],
) -> Result<Vec<u8>, BrokenSeal> {
    let aad = heading(purpose, election);
    let payload = Payload { msg: plaintext, aad: &aad };
    let ciphertext = cipher(key).encrypt(&XNonce::from(nonce), payload).map_err(|_| BrokenSeal)?;
    Ok([nonce.as_slice(), &ciphertext].concat())
}

/// Opens what [`seal`] made.
///
/// # Errors
/// [`BrokenSeal`] when key, purpose or election differ, or a bit has changed.
pub fn open(key: &Key, purpose: Purpose, election: Uuid, sealed: &[u8]) -> Result<Vec<u8>, BrokenSeal> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LENGTH>().ok_or(BrokenSeal)?;
    let aad = heading(purpose, election);
    let payload = Payload { msg: ciphertext, aad: &aad };
    cipher(key).decrypt(&XNonce::from(*nonce), payload).map_err(|_| BrokenSeal)
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

fn heading(purpose: Purpose, election: Uuid) -> Vec<u8> {
    [purpose.tag(), election.as_bytes()].concat()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ELECTION: Uuid = Uuid::from_u128(5);

    fn key() -> Key {
        Key::from_bytes([1; 32])
    }

    #[test]
    fn what_was_sealed_opens_again() {
        let sealed = seal(&key(), Purpose::Ballot, ELECTION, [9; 24], b"a choice").unwrap();
        assert_eq!(open(&key(), Purpose::Ballot, ELECTION, &sealed).unwrap(), b"a choice");
    }

    #[test]
    fn a_seal_holds_against_another_key_purpose_election_or_bit() {
        let sealed = seal(&key(), Purpose::Ballot, ELECTION, [9; 24], b"a choice").unwrap();
        let mut bent = sealed.clone();
        bent[30] ^= 1;
        let other = Key::from_bytes([2; 32]);
        assert!(open(&other, Purpose::Ballot, ELECTION, &sealed).is_err());
        assert!(open(&key(), Purpose::RunningTally, ELECTION, &sealed).is_err());
        assert!(open(&key(), Purpose::Ballot, Uuid::nil(), &sealed).is_err());
        assert!(open(&key(), Purpose::Ballot, ELECTION, &bent).is_err());
        assert!(open(&key(), Purpose::Ballot, ELECTION, &sealed[..10]).is_err());
    }
}
