use proptest::prelude::*;
use uvote_domain::account::Email;

/// Addresses that are well formed, some in other scripts.
fn addresses() -> impl Strategy<Value = String> {
    let atom = "[a-z0-9!#$%&'*+/=?^_`{|}~äéñжλ-]{1,12}";
    let label = "[a-z0-9äéжλ]([a-z0-9äéжλ-]{0,10}[a-z0-9äéжλ])?";
    (prop::collection::vec(atom, 1..3), prop::collection::vec(label, 2..4))
        .prop_map(|(atoms, labels)| format!("{}@{}", atoms.join("."), labels.join(".")))
}

proptest! {
    #[test]
    fn a_well_formed_address_is_taken_in_any_case_and_space(address in addresses(), space in "[ \t\r\n]{0,3}") {
        let email = Email::parse(&address).unwrap();
        prop_assert_eq!(email.as_str(), &address);
        prop_assert_eq!(Email::parse(&format!("{space}{}{space}", address.to_uppercase())), Ok(email.clone()));
        let json = serde_json::to_string(&email).unwrap();
        prop_assert_eq!(serde_json::from_str::<Email>(&json).unwrap(), email);
    }

    #[test]
    fn a_mark_that_could_end_a_header_or_an_address_spoils_it(
        address in addresses(), place: prop::sample::Index, mark in "[ \r\n\t\u{0}<>\",;:()\\[\\]\\\\@\u{2028}\u{200b}]",
    ) {
        let mut characters: Vec<String> = address.chars().map(String::from).collect();
        // At either end, space is forgiven.
        characters.insert(1 + place.index(characters.len() - 1), mark);
        prop_assert!(Email::parse(&characters.concat()).is_err());
    }

    #[test]
    fn whatever_is_taken_has_one_spelling_and_is_safe_in_a_header(
        text in prop_oneof![
            "[ -~äΣİſK@.]{0,40}(@[a-zA-ZäİK.-]{1,20}\\.org)?",
            "\\PC{0,30}@\\PC{1,10}\\.[a-zA-Zİẞ]{2,5}",
        ],
    ) {
        if let Ok(email) = Email::parse(&text) {
            let is_unsafe = |c: char| c.is_control() || c.is_whitespace() || "<>\",;:()[]\\".contains(c);
            prop_assert!(!email.as_str().contains(is_unsafe));
            prop_assert_eq!(Email::parse(email.as_str()), Ok(email));
        }
    }
}
