//! A day and a time as a form holds them. The first byte chooses the zone.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uvote::http::pages::zone::{read, write};

const ZONES: [Option<&str>; 4] = [None, Some("Europe/Berlin"), Some("Pacific/Apia"), Some("Nowhere")];

fuzz_target!(|input: &[u8]| {
    let Some((zone, text)) = input.split_first() else { return };
    let zone = ZONES[usize::from(*zone) % ZONES.len()];
    let Ok(at) = str::from_utf8(text).map_err(drop).and_then(|text| read(text, zone).map_err(drop)) else {
        return;
    };
    // What is kept is never outside of these years, which need no sign.
    if !(1..=9999).contains(&at.year()) {
        return;
    }
    // Of the hour that winter time repeats the first is meant, and what is shown is read as it.
    let shown = write(at, zone);
    let again = read(&shown, zone).expect("what the service wrote reads back");
    assert_eq!(write(again, zone), shown);
});
