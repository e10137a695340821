use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;
use uvote_domain::chain::{GENESIS, Hash, audit_hash, ballot_hash};

const ELECTION: Uuid = Uuid::from_u128(5);

/// A ballot as the table keeps it.
#[derive(Debug, Clone, PartialEq)]
struct Link {
    sealed: Vec<u8>,
    hash: Hash,
}

/// Chains ballots, of which each is another, since each is sealed with another nonce.
fn chains(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Link>> {
    vec(vec(any::<u8>(), 0..40), length).prop_map(|sealed| {
        let mut previous = GENESIS;
        let numbered = sealed.into_iter().zip(0u32..);
        let link = |(mut sealed, number): (Vec<u8>, u32)| {
            sealed.extend(number.to_be_bytes());
            let position = i64::from(number) + 1;
            previous = ballot_hash(ELECTION, position, &sealed, &previous);
            Link { sealed, hash: previous }
        };
        numbered.map(link).collect()
    })
}

/// The place of the first link, from 0, that does not follow the one before.
fn first_broken(election: Uuid, chain: &[Link]) -> Option<usize> {
    let previous = std::iter::once(&GENESIS).chain(chain.iter().map(|link| &link.hash));
    let mut places = chain.iter().zip(previous).zip(1..);
    places.position(|((link, previous), position)| {
        link.hash != ballot_hash(election, position, &link.sealed, previous)
    })
}

proptest! {
    #[test]
    fn an_untouched_chain_holds_for_its_election_alone(chain in chains(1..20)) {
        prop_assert_eq!(first_broken(ELECTION, &chain), None);
        prop_assert_eq!(first_broken(Uuid::from_u128(6), &chain), Some(0));
    }

    #[test]
    fn a_ballot_has_another_hash_in_another_place(sealed in vec(any::<u8>(), 0..40), one in 1i64.., other in 1i64..) {
        let hash = |position| ballot_hash(ELECTION, position, &sealed, &GENESIS);
        prop_assert_eq!(hash(one) == hash(other), one == other);
    }

    #[test]
    fn a_changed_ballot_is_found_in_its_place(chain in chains(1..20), place: Index, bit: Index) {
        let (mut bent, place) = (chain.clone(), place.index(chain.len()));
        let bit = bit.index(8 * chain[place].sealed.len());
        bent[place].sealed[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(first_broken(ELECTION, &bent), Some(place));
    }

    #[test]
    fn a_ballot_changed_along_with_its_hash_is_found_at_the_next(chain in chains(2..20), place: Index) {
        let (mut bent, place) = (chain.clone(), place.index(chain.len() - 1));
        let previous = place.checked_sub(1).map_or(GENESIS, |before| chain[before].hash);
        bent[place].sealed.push(0);
        bent[place].hash = ballot_hash(ELECTION, place as i64 + 1, &bent[place].sealed, &previous);
        prop_assert_eq!(first_broken(ELECTION, &bent), Some(place + 1));
        // Only a last hash that somebody else has kept shows that all that follow were made anew.
        prop_assert_ne!(bent[place].hash, chain[place].hash);
    }

    #[test]
    fn a_ballot_taken_out_is_missed_in_its_place(mut chain in chains(2..20), place: Index) {
        let place = place.index(chain.len() - 1);
        chain.remove(place);
        prop_assert_eq!(first_broken(ELECTION, &chain), Some(place));
    }

    #[test]
    fn a_ballot_put_in_is_found_in_its_place(chain in chains(1..20), place: Index, from: Index) {
        let (mut bent, place) = (chain.clone(), place.index(chain.len()));
        bent.insert(place, chain[from.index(chain.len())].clone());
        // One put in behind itself stands where the next should be.
        let found = if bent[place] == chain[place] { place + 1 } else { place };
        prop_assert_eq!(first_broken(ELECTION, &bent), Some(found));
    }

    #[test]
    fn two_ballots_in_each_others_place_are_found_at_the_first(mut chain in chains(2..20), one: Index, apart: Index) {
        let one = one.index(chain.len());
        let other = (one + 1 + apart.index(chain.len() - 1)) % chain.len();
        chain.swap(one, other);
        prop_assert_eq!(first_broken(ELECTION, &chain), Some(one.min(other)));
    }

    #[test]
    fn audit_records_have_one_hash_only_when_every_field_is_the_same(
        one in vec(vec(0u8..3, 0..4), 0..5),
        other in vec(vec(0u8..3, 0..4), 0..5),
        position in 1i64..,
    ) {
        let hash = |fields: &[Vec<u8>], position, previous: &Hash| {
            let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
            audit_hash(ELECTION, position, &fields, previous)
        };
        let original = hash(&one, position, &GENESIS);
        prop_assert_eq!(hash(&other, position, &GENESIS) == original, one == other);
        prop_assert_ne!(hash(&one, position - 1, &GENESIS), original);
        prop_assert_ne!(hash(&one, position, &original), original);
        // The same fields in fewer, longer pieces are others.
        let joined = [one.concat()];
        prop_assert_eq!(hash(&joined, position, &GENESIS) == original, one == joined);
    }
}
