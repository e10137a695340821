//! An access token: one made of any header and claims and signed with the right key, and one of any
//! text. The input is a line of each: header, claims, text.
#![no_main]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;
use serde_json::Value;
use sha2::Sha256;
use uvote::auth::AccessTokens;

const SECRET: &str = "a secret that is known to this test alone";
const ORIGIN: &str = "https://vote.example.org";

fuzz_target!(|input: &[u8]| {
    let mut lines = input.splitn(3, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (header, claims, text) = (line(), line(), line());
    let tokens = AccessTokens::new(&SecretString::from(SECRET), None, ORIGIN);
    if let Ok(text) = str::from_utf8(text) {
        assert!(tokens.read(text).is_err(), "nobody signs without the secret: {text}");
    }
    let Ok(read) = tokens.read(&signed(header, claims)) else { return };
    // What nobody asks for is skipped, and may be broken in ways that only a whole reading notices.
    let (Some(header), Some(claims)) = (json(header), json(claims)) else { return };
    assert_eq!((&header["alg"], &header["typ"]), (&Value::from("HS256"), &Value::from("at+jwt")));
    assert_eq!((read.iss.as_str(), read.aud.as_str()), ("uvote", ORIGIN));
    assert_eq!(claims["exp"], read.exp);
    assert_eq!(claims["sub"].as_str().and_then(|id| id.parse().ok()), Some(read.sub));
});

fn signed(header: &[u8], claims: &[u8]) -> String {
    let said = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key may have any length");
    mac.update(said.as_bytes());
    format!("{said}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn json(text: &[u8]) -> Option<Value> {
    serde_json::from_slice(text).ok()
}
