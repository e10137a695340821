//! What another process says through Redis.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uvote::peers::Message;

fuzz_target!(|said: &[u8]| {
    let Some(message) = Message::read(said) else { return };
    assert_eq!(Message::read(message.to_json().as_bytes()), Some(message));
});
