//! What comes back from the database: a sealed ballot, and what a seal may hold.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uuid::Uuid;
use uvote_domain::seal::{Key, Purpose, open, seal};
use uvote_domain::tally::running::RunningTally;
use uvote_fuzz::paper;

fuzz_target!(|bytes: &[u8]| {
    let (key, election) = (Key::from_bytes([7; 32]), Uuid::from_u128(5));
    assert!(open(&key, Purpose::Ballot, election, bytes).is_err(), "nobody makes a seal without the key");
    let sealed = seal(&key, Purpose::Ballot, election, [9; 24], bytes).expect("it is short");
    assert_eq!(open(&key, Purpose::Ballot, election, &sealed).as_deref(), Ok(bytes));
    assert!(open(&key, Purpose::RunningTally, election, &sealed).is_err());

    let paper = paper();
    if let Some((nonce, marks)) = paper.decode(bytes) {
        assert_eq!(paper.encode(&nonce, &marks), bytes, "a ballot has one form");
        let openings = paper.openings(&nonce, &marks);
        let choices = openings.into_iter().map(|opening| (opening.contest, opening.choices)).collect();
        assert_eq!(paper.mark(&choices), Ok(marks), "only what a voter could send is a ballot");
    }
    if let Some(running) = RunningTally::decode(&paper, bytes) {
        assert_eq!(running.encode(), bytes, "a tally has one form");
    }
});
