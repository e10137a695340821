//! An e-mail address.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uvote_domain::account::Email;

fuzz_target!(|text: &str| {
    let Ok(email) = Email::parse(text) else { return };
    let address = email.as_str();
    assert!(address.len() <= 254);
    assert_eq!(address.matches('@').count(), 1);
    let unsafe_in_header = |c: char| c.is_control() || c.is_whitespace() || "<>\",;:()[]\\".contains(c);
    assert!(!address.contains(unsafe_in_header), "{address:?}");
    assert_eq!(Email::parse(address).as_ref(), Ok(&email), "an address has one spelling");
});
