//! Voting tokens: derived from the election's link key, shown as text once, stored as a hash.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::Mac;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::seal::Key;

/// The length of a token's text: 32 bytes in base64url without padding (RFC 4648, section 5).
pub const TEXT_LENGTH: usize = 43;

/// What a voter holds: whoever has it can cast that voter's ballot.
pub struct Token([u8; 32]);

/// SHA-256 of a token: all that the database knows of it.
pub type TokenHash = [u8; 32];

impl Token {
    /// The token of a voter's link; a new generation makes every older link worthless.
    pub fn derive(link_key: &Key, voter: Uuid, generation: i32) -> Self {
        let mut mac = link_key.mac();
        mac.update(voter.as_bytes());
        mac.update(&generation.to_be_bytes());
        Self(mac.finalize().into_bytes().into())
    }

    /// Reads the text form; surrounding space is forgiven, since people paste it.
    /// Anything but exactly 32 bytes of canonical base64url is no token.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() != TEXT_LENGTH {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// The 43 characters that go into a link.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the database stores and looks for.
    pub fn hash(&self) -> TokenHash {
        Sha256::digest(self.0).into()
    }
}

/// Which ballot a token was spent on, without saying so to whoever lacks the key:
/// `HMAC(key, token hash, nonce, marks)`. The same body gives the same value.
pub fn retry_mac(retry_key: &Key, token: &TokenHash, nonce: &[u8; 16], marks: &[u8]) -> [u8; 32] {
    let mut mac = retry_key.mac();
    mac.update(token);
    mac.update(nonce);
    mac.update(marks);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token::derive(&Key::from_bytes([7; 32]), Uuid::from_u128(1), 1)
    }

    #[test]
    fn a_token_is_43_characters_and_reads_back() {
        let text = token().text();
        assert_eq!(text.len(), TEXT_LENGTH);
        assert_eq!(Token::parse(&format!(" {text}\n")).unwrap().hash(), token().hash());
    }

    #[test]
    fn a_new_generation_is_another_token() {
        let key = Key::from_bytes([7; 32]);
        let second = Token::derive(&key, Uuid::from_u128(1), 2);
        assert_ne!(second.hash(), token().hash());
    }

    #[test]
    fn a_text_with_loose_trailing_bits_is_no_token() {
        // The last character carries four bits; another one with the same four would be a second spelling.
        let text = Token([0; 32]).text();
        let loose = format!("{}B", &text[..42]);
        assert!(Token::parse(&text).is_some());
        assert!(Token::parse(&loose).is_none());
    }

    #[test]
    fn texts_of_any_other_form_are_no_tokens() {
        for text in ["", "abc", &"=".repeat(43), &"ä".repeat(21), &"A".repeat(44)] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
    }
}
