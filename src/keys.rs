//! The master key and what it protects: election keys, second factors, and the tokens of account mails.

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
        let opened = self.with_either(|master| seal::open(master, purpose, election, wrapped))?;
        Ok(Key::from_bytes(opened.try_into().map_err(|_| BrokenSeal)?))
    }

    /// What opens under the present master key or the old one.
    fn with_either(&self, open: impl Fn(&Key) -> Result<Vec<u8>, BrokenSeal>) -> Result<Vec<u8>, BrokenSeal> {
        open(&self.master).or_else(|broken| self.old.as_ref().map_or(Err(broken), open))
    }

    /// Seals what the codes of an account's second factor are made of.
    ///
    /// # Errors
    /// Never for a secret of some bytes; see [`seal::seal`].
    pub fn seal_totp_secret(&self, account: Uuid, secret: &[u8]) -> Result<Vec<u8>, BrokenSeal> {
        seal::seal(&second_factors(&self.master), Purpose::TotpSecret, account, rand::random(), secret)
    }

    /// Opens what [`Keyring::seal_totp_secret`] made, with the present master key or the old one.
    ///
    /// # Errors
    /// When neither master key has sealed it for this account.
    pub fn open_totp_secret(&self, account: Uuid, sealed: &[u8]) -> Result<Vec<u8>, BrokenSeal> {
        self.with_either(|master| seal::open(&second_factors(master), Purpose::TotpSecret, account, sealed))
    }

    /// The secret of a link mailed to an account holder, derived so that it is stored nowhere.
    pub fn account_token(&self, id: Uuid) -> [u8; 32] {
        *self.master.derive("account token").derive(&id.to_string()).bytes()
    }

    /// The secret of a link that invites into an organisation, derived like the others.
    pub fn invitation_token(&self, id: Uuid) -> [u8; 32] {
        *self.master.derive("organisation invitation").derive(&id.to_string()).bytes()
    }
}

/// The key under which second factors are sealed.
fn second_factors(master: &Key) -> Key {
    master.derive("second factors")
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

    #[test]
    fn a_second_factor_opens_for_its_account_alone_and_after_a_rotation() {
        let (first, second, account) = (random_key(), random_key(), Uuid::now_v7());
        let sealed = Keyring::new(first.clone(), None).seal_totp_secret(account, b"secret").unwrap();
        let rotated = Keyring::new(second.clone(), Some(first));
        assert_eq!(rotated.open_totp_secret(account, &sealed).unwrap(), b"secret");
        assert!(rotated.open_totp_secret(Uuid::now_v7(), &sealed).is_err());
        assert!(Keyring::new(second, None).open_totp_secret(account, &sealed).is_err());
    }
}
