//! A roll in CSV. The first byte says how the file is cut into chunks.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use uvote_domain::account::Email;
use uvote_domain::voter_roll::{MAX_NAME_CHARS, RollReader, RollSummary, VoterRow};

fuzz_target!(|input: &[u8]| {
    let Some((size, file)) = input.split_first() else { return };
    let (rows, summary) = read(file, usize::MAX);
    check(&rows, &summary);
    assert_eq!(read(file, 1 + usize::from(*size)), (rows, summary), "wherever it is cut");
});

fn read(file: &[u8], size: usize) -> (Vec<VoterRow>, RollSummary) {
    let mut rows = Vec::new();
    let mut keep = |row| rows.push(row);
    let mut reader = RollReader::new();
    for chunk in file.chunks(size) {
        reader.push(chunk, &mut keep);
    }
    let summary = reader.finish(&mut keep);
    (rows, summary)
}

fn check(rows: &[VoterRow], summary: &RollSummary) {
    assert_eq!(summary.rows, rows.len() as u64);
    assert!(summary.rows + summary.rejected > 0, "a file is never passed over in silence");
    assert!(rows.is_sorted_by_key(|row| row.line));
    assert!(summary.errors.is_sorted_by_key(|error| error.line));
    let mut known = HashSet::new();
    for row in rows {
        assert!(known.insert(&row.email), "twice: {}", row.email);
        assert_eq!(Email::parse(row.email.as_str()).as_ref(), Ok(&row.email));
        for name in row.first_name.iter().chain(&row.last_name) {
            assert!(!name.is_empty() && name.trim() == name && !name.contains(char::is_control));
            assert!(name.chars().count() <= MAX_NAME_CHARS);
        }
    }
}
