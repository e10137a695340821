//! Records of the audit log as people read them: days, sentences, and what a check of the chain says.

mod sentence;

use std::collections::HashMap;

use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::reader::Reader;
use crate::store::audit::{AuditRecord, AuditVerification};

pub use sentence::accounts;

/// Records on one page.
pub const PAGE: i64 = 50;

/// The records of one day, newest first.
pub struct Day {
    /// The day in the reader's language.
    pub name: String,
    /// What was done on it.
    pub records: Vec<Told>,
}

/// A record as a person reads it.
pub struct Told {
    /// What was done.
    pub sentence: String,
    /// The time of day.
    pub clock: String,
    /// The moment for programs, as in RFC 3339.
    pub at: String,
    /// The record itself.
    pub record: AuditRecord,
}

impl Told {
    /// As much of the hash as tells records apart at a glance.
    pub fn short_hash(&self) -> &str {
        self.record.hash.get(..8).unwrap_or_default()
    }
}

/// Parts records, newest first, by the days of a zone, UTC where there is none.
pub fn days(
    reader: &Reader,
    zone: Option<&str>,
    names: &HashMap<Uuid, String>,
    records: Vec<AuditRecord>,
) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for record in records {
        let name = reader.language.day(record.at, zone);
        let told = Told {
            sentence: sentence::sentence(&reader.language, &record, names),
            clock: reader.language.clock(record.at, zone),
            at: record.at.format(&Rfc3339).unwrap_or_default(),
            record,
        };
        match days.last_mut().filter(|day| day.name == name) {
            Some(day) => day.records.push(told),
            None => days.push(Day { name, records: vec![told] }),
        }
    }
    days
}

/// What a check has found.
pub struct Finding {
    /// Whether all is as it should be.
    pub is_good: bool,
    /// What to tell, by paragraphs.
    pub words: Vec<String>,
    /// The last link of the chain of ballots, in groups.
    pub head: Vec<String>,
}

impl Finding {
    /// What the check of an organisation's chain has found.
    pub fn of_log(reader: &Reader, found: &AuditVerification) -> Self {
        let words = match found.first_broken {
            None => reader.say("audit-log-intact").count("records", found.records),
            Some(position) => reader.say("audit-log-broken").count("position", position),
        };
        Self { is_good: found.intact, words: vec![words.to_string()], head: Vec::new() }
    }
}
