//! The rows of a roll: each record to a voter or to an error, and the count of both.

use std::collections::{BTreeMap, btree_map::Entry};
use std::ops::ControlFlow;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::header::{Columns, EMAIL, FIRST_NAME, HeaderFault, LAST_NAME};
use super::records::{Record, RecordFault};
use super::{MAX_LISTED_ERRORS, MAX_NAME_CHARS, MAX_ROWS, RollSummary, RowError, VoterRow};
use crate::account::{Email, EmailError};
use crate::fault::Fault;

/// Why a row is no voter.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RowFault {
    /// No record at all.
    #[error(transparent)]
    Unreadable(#[from] RecordFault),
    /// This many fields, but only so many columns.
    #[error("The row has {0} fields, but the header has only {1}. Quote a field that holds the delimiter.")]
    TooManyFields(usize, usize),
    /// No plain text.
    #[error("The field holds a NUL byte. Save the file again as \"CSV UTF-8\".")]
    Nul,
    /// No e-mail address.
    #[error(transparent)]
    Email(#[from] EmailError),
    /// The address is on this line already.
    #[error("This address is already on line {0}.")]
    Duplicate(u32),
    /// More than [`MAX_NAME_CHARS`].
    #[error("The name is longer than {MAX_NAME_CHARS} characters.")]
    LongName,
    /// A name that is not one line of text.
    #[error("The name holds a line break or another control character.")]
    ControlInName,
    /// More than [`MAX_ROWS`].
    #[error("The file has more than 1,000,000 rows.")]
    TooManyRows,
    /// Nothing below the header.
    #[error("The file has no voters, only a header.")]
    NoVoters,
}

/// A fault and the field to blame for it.
type Blame = (String, RowFault);

/// What has been read so far.
#[derive(Debug, Default)]
pub(super) struct Rows {
    columns: Option<Columns>,
    read: u64,
    accepted: u64,
    rejected: u64,
    errors: Vec<RowError>,
    seen: Seen,
}

impl Rows {
    /// Takes the next record: the header first, then rows. A break says to read no further.
    pub(super) fn take(&mut self, record: &Record, row: &mut impl FnMut(VoterRow)) -> ControlFlow<()> {
        if record.is_blank() {
            return ControlFlow::Continue(());
        }
        let Some(columns) = &self.columns else {
            return self.take_header(record);
        };
        self.read += 1;
        if self.read > MAX_ROWS {
            self.reject(record.line(), "row", RowFault::TooManyRows);
            return ControlFlow::Break(());
        }
        match voter(record, columns, &mut self.seen) {
            Ok(voter) => {
                self.accepted += 1;
                row(voter);
            }
            Err((field, fault)) => self.reject(record.line(), &field, fault),
        }
        ControlFlow::Continue(())
    }

    fn take_header(&mut self, record: &Record) -> ControlFlow<()> {
        match Columns::read(record) {
            Ok(columns) => {
                self.columns = Some(columns);
                ControlFlow::Continue(())
            }
            Err(fault) => {
                self.reject(record.line(), "header", fault);
                ControlFlow::Break(())
            }
        }
    }

    /// Counts an error, and lists it while there is room.
    pub(super) fn reject(&mut self, line: u64, field: &str, fault: impl Into<Fault>) {
        self.rejected += 1;
        if self.errors.len() < MAX_LISTED_ERRORS {
            self.errors.push(RowError { line, field: field.to_owned(), fault: fault.into() });
        }
    }

    /// What it all came to; a file without a single row is an error too.
    pub(super) fn finish(mut self) -> RollSummary {
        if self.accepted == 0 && self.rejected == 0 {
            match self.columns {
                None => self.reject(1, "header", HeaderFault::Empty),
                Some(_) => self.reject(1, "row", RowFault::NoVoters),
            }
        }
        RollSummary {
            rows: self.accepted,
            rejected: self.rejected,
            errors: self.errors,
            ignored_columns: self.columns.as_ref().map(Columns::ignored).unwrap_or_default(),
        }
    }
}

fn voter(record: &Record, columns: &Columns, seen: &mut Seen) -> Result<VoterRow, Blame> {
    check_form(record, columns)?;
    let encoding = record.encoding();
    let blame = |field: &str, fault| (field.to_owned(), fault);
    let email =
        Email::parse(&record.text(columns.email, encoding)).map_err(|error| blame(EMAIL, error.into()))?;
    seen.insert(&email, record.line()).map_err(|line| blame(EMAIL, RowFault::Duplicate(line)))?;
    let name = |column: Option<usize>, field| match column {
        Some(index) => name(&record.text(index, encoding)).map_err(|fault| blame(field, fault)),
        None => Ok(None),
    };
    let first_name = name(columns.first_name, FIRST_NAME)?;
    let last_name = name(columns.last_name, LAST_NAME)?;
    Ok(VoterRow { line: record.line(), email, first_name, last_name })
}

fn check_form(record: &Record, columns: &Columns) -> Result<(), Blame> {
    let row = |fault| Err(("row".to_owned(), fault));
    if let Some(fault) = record.fault() {
        return row(fault.into());
    }
    if record.len() > columns.names.len() {
        return row(RowFault::TooManyFields(record.len(), columns.names.len()));
    }
    match (0..record.len()).find(|&index| record.field(index).contains(&0)) {
        Some(index) => Err((columns.names[index].clone(), RowFault::Nul)),
        None => Ok(()),
    }
}

/// A trimmed name. Leading = + - @ are kept: a name is data, and whoever writes a spreadsheet
/// neutralises formulas there.
fn name(text: &str) -> Result<Option<String>, RowFault> {
    if text.chars().nth(MAX_NAME_CHARS).is_some() {
        return Err(RowFault::LongName);
    }
    if text.contains(char::is_control) {
        return Err(RowFault::ControlInName);
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// The addresses so far and their lines. 16 bytes of SHA-256 stand for an address, too many for
/// two of them to meet by chance; a tree grows without the copy that a hash table makes of itself.
#[derive(Debug, Default)]
struct Seen(BTreeMap<u128, u32>);

impl Seen {
    /// Notes an address, or answers the line that it is already on.
    fn insert(&mut self, email: &Email, line: u64) -> Result<(), u32> {
        match self.0.entry(fingerprint(email)) {
            Entry::Occupied(first) => Err(*first.get()),
            Entry::Vacant(place) => {
                place.insert(u32::try_from(line).unwrap_or(u32::MAX));
                Ok(())
            }
        }
    }
}

fn fingerprint(email: &Email) -> u128 {
    let digest: [u8; 32] = Sha256::digest(email.as_str()).into();
    digest[..16].iter().fold(0, |sum, &byte| sum << 8 | u128::from(byte))
}
