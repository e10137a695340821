use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use proptest::sample::Index;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use uvote_domain::seal::Key;
use uvote_domain::token::{TEXT_LENGTH, Token, retry_mac};

proptest! {
    #[test]
    fn a_token_reads_back_from_its_text_in_whatever_space(
        key: [u8; 32], voter: u128, generation: i32, before in "[ \t\r\n\u{a0}]{0,3}", after in "[ \t\r\n\u{a0}]{0,3}",
    ) {
        let token = Token::derive(&Key::from_bytes(key), Uuid::from_u128(voter), generation);
        let text = token.text();
        prop_assert_eq!(text.len(), TEXT_LENGTH);
        let read = Token::parse(&format!("{before}{text}{after}")).unwrap();
        prop_assert_eq!((read.text(), read.hash()), (text.clone(), token.hash()));
        let expected: [u8; 32] = Sha256::digest(URL_SAFE_NO_PAD.decode(text).unwrap()).into();
        prop_assert_eq!(token.hash(), expected, "the database knows older tokens by this hash");
    }

    #[test]
    fn the_same_voter_has_the_same_token_and_another_or_a_later_one_another(
        key: [u8; 32], other: [u8; 32], voter: u128, generation in 1i32..1_000,
    ) {
        let hash = |key, voter, generation| {
            Token::derive(&Key::from_bytes(key), Uuid::from_u128(voter), generation).hash()
        };
        let original = hash(key, voter, generation);
        prop_assert_eq!(hash(key, voter, generation), original);
        prop_assert_ne!(hash(key, voter, generation + 1), original);
        prop_assert_ne!(hash(key, voter ^ 1, generation), original);
        prop_assert_eq!(hash(other, voter, generation) == original, other == key);
    }

    #[test]
    fn a_text_is_a_token_only_if_it_is_the_one_spelling_of_32_bytes(
        text in prop_oneof!["[A-Za-z0-9_-]{43}", "[A-Za-z0-9_-]{40,46}", "[A-Za-z0-9+/=_-]{43}", "\\PC{0,50}"],
    ) {
        let spelt = URL_SAFE_NO_PAD.decode(&text).ok().filter(|bytes| bytes.len() == 32);
        let is_spelling = spelt.is_some_and(|bytes| URL_SAFE_NO_PAD.encode(bytes) == text);
        prop_assert_eq!(Token::parse(&text).is_some(), is_spelling || text != text.trim() && Token::parse(text.trim()).is_some());
    }

    #[test]
    fn a_token_with_one_character_changed_is_another_or_none(key: [u8; 32], place: Index, character in "[ -~é]") {
        let token = Token::derive(&Key::from_bytes(key), Uuid::nil(), 1);
        let mut text: Vec<String> = token.text().chars().map(String::from).collect();
        let place = place.index(text.len());
        prop_assume!(text[place] != character);
        text[place] = character;
        prop_assert!(Token::parse(&text.concat()).is_none_or(|read| read.hash() != token.hash()));
    }

    #[test]
    fn a_repeated_request_is_known_by_every_part_of_it(
        key: [u8; 32], token: [u8; 32], nonce: [u8; 16], marks in proptest::collection::vec(0u8..2, 1..20), place: Index,
    ) {
        let mac = |token: &[u8; 32], nonce: &[u8; 16], marks: &[u8]| {
            retry_mac(&Key::from_bytes(key), token, nonce, marks)
        };
        let original = mac(&token, &nonce, &marks);
        prop_assert_eq!(mac(&token, &nonce, &marks), original);
        let bent = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let place = place.index(bytes.len());
            bytes[place] ^= 1;
            bytes
        };
        prop_assert_ne!(mac(&bent(&token).try_into().unwrap(), &nonce, &marks), original);
        prop_assert_ne!(mac(&token, &bent(&nonce).try_into().unwrap(), &marks), original);
        prop_assert_ne!(mac(&token, &nonce, &bent(&marks)), original);
    }
}
