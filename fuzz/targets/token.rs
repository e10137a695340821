//! A voting code.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uvote_domain::token::{TEXT_LENGTH, Token};

fuzz_target!(|text: &str| {
    let Some(token) = Token::parse(text) else { return };
    let written = token.text();
    assert_eq!(written.len(), TEXT_LENGTH);
    assert_eq!(written, text.trim(), "a code has one spelling");
    assert_eq!(Token::parse(&written).map(|read| read.hash()), Some(token.hash()));
});
