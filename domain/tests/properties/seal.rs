use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use uuid::Uuid;
use uvote_domain::seal::{BrokenSeal, Key, NONCE_LENGTH, Purpose, open, seal};
use uvote_domain::tally::running::RunningTally;

use crate::made::ballots;

const PURPOSES: [Purpose; 5] =
    [Purpose::Ballot, Purpose::RunningTally, Purpose::SealKey, Purpose::LinkKey, Purpose::TotpSecret];

/// Under which key, for what, and of which election.
type Heading = ([u8; 32], usize, u128);

/// Few of each, so that two of them are often alike in part.
fn headings() -> impl Strategy<Value = Heading> {
    (select(vec![[0; 32], [1; 32], [255; 32]]), 0..PURPOSES.len(), select(vec![0, 1, u128::MAX]))
}

fn sealed((key, purpose, election): Heading, nonce: [u8; NONCE_LENGTH], text: &[u8]) -> Vec<u8> {
    seal(&Key::from_bytes(key), PURPOSES[purpose], Uuid::from_u128(election), nonce, text).unwrap()
}

fn opened((key, purpose, election): Heading, sealed: &[u8]) -> Result<Vec<u8>, BrokenSeal> {
    open(&Key::from_bytes(key), PURPOSES[purpose], Uuid::from_u128(election), sealed)
}

proptest! {
    #[test]
    fn a_seal_opens_under_its_own_heading_alone(
        heading in headings(), other in headings(), nonce: [u8; NONCE_LENGTH], text in vec(any::<u8>(), 0..200),
    ) {
        let sealed = sealed(heading, nonce, &text);
        prop_assert_eq!(opened(heading, &sealed), Ok(text.clone()));
        prop_assert_eq!(opened(other, &sealed), if other == heading { Ok(text) } else { Err(BrokenSeal) });
    }

    #[test]
    fn a_seal_with_a_bit_flipped_does_not_open(
        heading in headings(), nonce: [u8; NONCE_LENGTH], text in vec(any::<u8>(), 0..200), bit: Index,
    ) {
        let mut sealed = sealed(heading, nonce, &text);
        let bit = bit.index(8 * sealed.len());
        sealed[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(opened(heading, &sealed), Err(BrokenSeal));
    }

    #[test]
    fn a_seal_cut_short_or_lengthened_does_not_open(
        heading in headings(), nonce: [u8; NONCE_LENGTH], text in vec(any::<u8>(), 0..200), end: Index, more: u8,
    ) {
        let mut sealed = sealed(heading, nonce, &text);
        prop_assert_eq!(opened(heading, &sealed[..end.index(sealed.len())]), Err(BrokenSeal));
        sealed.push(more);
        prop_assert_eq!(opened(heading, &sealed), Err(BrokenSeal));
    }

    #[test]
    fn keys_derived_for_two_purposes_differ(key: [u8; 32], one in "[a-z-]{0,12}", other in "[a-z-]{0,12}") {
        let key = Key::from_bytes(key);
        let (derived, others) = (key.derive(&one), key.derive(&other));
        prop_assert_eq!(derived.bytes() == others.bytes(), one == other);
        prop_assert_ne!(derived.bytes(), key.bytes());
    }

    #[test]
    fn what_is_sealed_of_an_election_has_one_length_whatever_was_chosen(
        (paper, ballots) in ballots(), nonce: [u8; 16], minute in 0i64..,
    ) {
        let length = |text: &[u8]| sealed(([1; 32], 0, 1), [9; NONCE_LENGTH], text).len();
        let mut running = RunningTally::empty(&paper);
        let empty = length(&running.encode());
        running.count(&paper, &ballots.iter().collect::<Vec<_>>(), ballots.len() as i64, minute);
        prop_assert_eq!(length(&running.encode()), empty);
        for pair in ballots.windows(2).take(2) {
            let [one, other] = [&pair[0], &pair[1]].map(|marks| length(&paper.encode(&nonce, marks)));
            prop_assert_eq!(one, other);
        }
    }
}
