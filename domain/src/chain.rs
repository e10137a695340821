//! Hash chains: each link binds everything before it, so nothing can be taken out or changed.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// SHA-256.
pub type Hash = [u8; 32];

/// What the first link of every chain follows.
pub const GENESIS: Hash = [0; 32];

/// The hash of a ballot, which is also the voter's receipt.
///
/// `sha256("uvote.ballot.v1", election, position, sealed, previous)`, position as 8 bytes
/// big-endian from 1. The insert trigger of the `ballots` table computes the same.
pub fn ballot_hash(election: Uuid, position: i64, sealed: &[u8], previous: &Hash) -> Hash {
    Sha256::new()
        .chain_update(b"uvote.ballot.v1")
        .chain_update(election.as_bytes())
        .chain_update(position.to_be_bytes())
        .chain_update(sealed)
        .chain_update(previous)
        .finalize()
        .into()
}

/// The hash of an audit record: `sha256("uvote.audit.v1", organisation, position, each field with
/// its length in 8 bytes, previous)`.
pub fn audit_hash(organisation: Uuid, position: i64, fields: &[&[u8]], previous: &Hash) -> Hash {
    let mut hasher = Sha256::new()
        .chain_update(b"uvote.audit.v1")
        .chain_update(organisation.as_bytes())
        .chain_update(position.to_be_bytes());
    for field in fields {
        hasher.update((field.len() as u64).to_be_bytes());
        hasher.update(field);
    }
    hasher.chain_update(previous).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_ballot_changes_its_hash() {
        let hash = |election, position, sealed: &[u8], previous: &Hash| {
            ballot_hash(Uuid::from_u128(election), position, sealed, previous)
        };
        let original = hash(1, 1, b"sealed", &GENESIS);
        assert_ne!(original, hash(2, 1, b"sealed", &GENESIS));
        assert_ne!(original, hash(1, 2, b"sealed", &GENESIS));
        assert_ne!(original, hash(1, 1, b"sealeD", &GENESIS));
        assert_ne!(original, hash(1, 1, b"sealed", &original));
    }

    #[test]
    fn fields_of_an_audit_record_do_not_run_into_each_other() {
        let organisation = Uuid::from_u128(1);
        let apart = audit_hash(organisation, 1, &[b"ab", b"c"], &GENESIS);
        let shifted = audit_hash(organisation, 1, &[b"a", b"bc"], &GENESIS);
        assert_ne!(apart, shifted);
    }
}
