//! The master key and what it protects: election keys, and the tokens of account mails.

use uuid::Uuid;
use uvote_domain::seal::{self, BrokenSeal, Key, Purpose};

/// Wraps and opens the keys of elections.
pub struct Keyring {
    master: Key,
    old: Option<Key>,
}

/// The keys that come from an election's sealing key, one for each purpose.
#[derive(Debug, Clone)]
pub struct SealKeys {
    /// Seals ballots.
    pub ballot: Key,
    /// Seals the running tally.
    pub running: Key,
    /// Recognises repeated requests.
    pub retry: Key,
}

impl SealKeys {
    /// Derives them.
    pub fn from_seal_key(key: &Key) -> Self {
        Self {
            ballot: key.derive("ballot"),
            running: key.derive("running tally"),
            retry: key.derive("retry"),
        }
    }
}

impl Keyring {
    /// The present master key, and the one before it while a rotation lasts.
    pub const fn new(master: Key, old: Option<Key>) -> Self {
        Self { master, old }
    }

    /// Seals an election's key under the master key.
    ///
    /// # Errors
    /// Never for a key of 32 bytes; see [`seal::seal`].
    pub fn wrap(&self, purpose: Purpose, election: Uuid, key: &Key) -> Result<Vec<u8>, BrokenSeal> {
        seal::seal(&self.master, purpose, election, rand::random(), key.bytes())
    }

    /// Opens an election's key with the present master key or the old one.
    ///
    /// # Errors
    /// When neither master key has wrapped it.
    pub fn unwrap(&self, purpose: Purpose, election: Uuid, wrapped: &[u8]) -> Result<Key, BrokenSeal> {
        let opened =
            seal::open(&self.master, purpose, election, wrapped).or_else(|broken| match &self.old {
                Some(old) => seal::open(old, purpose, election, wrapped),
                None => Err(broken),
            })?;
        Ok(Key::from_bytes(opened.try_into().map_err(|_| BrokenSeal)?))
    }

    /// The secret of a link mailed to an account holder, derived so that it is stored nowhere.
    pub fn account_token(&self, id: Uuid) -> [u8; 32] {
        *self.master.derive("account token").derive(&id.to_string()).bytes()
    }
}

/// A fresh random key.
pub fn random_key() -> Key {
    Key::from_bytes(rand::random())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_key_wrapped_before_a_rotation_still_opens() {
        let (first, second) = (random_key(), random_key());
        let wrapped =
            Keyring::new(first.clone(), None).wrap(Purpose::SealKey, Uuid::nil(), &random_key()).unwrap();
        let rotated = Keyring::new(second.clone(), Some(first));
        assert!(rotated.unwrap(Purpose::SealKey, Uuid::nil(), &wrapped).is_ok());
        assert!(Keyring::new(second, None).unwrap(Purpose::SealKey, Uuid::nil(), &wrapped).is_err());
        assert!(rotated.unwrap(Purpose::LinkKey, Uuid::nil(), &wrapped).is_err());
    }
}
