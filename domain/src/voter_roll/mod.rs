//! The voter roll: a CSV file of any origin to voters, or to errors that say which line to mend.
//!
//! The file is read as it arrives and is never held as a whole. Whether one bad row refuses the
//! whole roll is for the caller to say.

mod header;
mod records;
mod rows;
#[cfg(test)]
mod tests;

pub use header::HeaderFault;
use header::Opening;
pub use records::RecordFault;
use records::Splitter;
pub use rows::RowFault;
use rows::Rows;
use serde::Serialize;

use crate::account::Email;
use crate::fault::Fault;

/// The most rows that a roll may have, good and bad ones together.
pub const MAX_ROWS: u64 = 1_000_000;
/// The most errors that a summary lists; the others are only counted.
pub const MAX_LISTED_ERRORS: usize = 1_000;
/// The longest first or last name, in characters.
pub const MAX_NAME_CHARS: usize = 100;

/// One good row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoterRow {
    /// The physical line on which the row starts; the header is on line 1.
    pub line: u64,
    /// The address, which no earlier row has.
    pub email: Email,
    /// The first name, trimmed; an empty one is none.
    pub first_name: Option<String>,
    /// The last name, trimmed; an empty one is none.
    pub last_name: Option<String>,
}

/// The first thing wrong with a row, or with the file as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// The physical line on which the row starts; the header is on line 1.
    pub line: u64,
    /// The column's name, or `row` or `header` where no single column is to blame.
    pub field: String,
    /// What is wrong and what to do; in JSON its sentence, as `message`.
    #[serde(rename = "message")]
    pub fault: Fault,
}

/// What a whole file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollSummary {
    /// How many rows were good.
    pub rows: u64,
    /// How many errors there are, one for each bad row and one for a file that can't be read.
    pub rejected: u64,
    /// The first [`MAX_LISTED_ERRORS`] of them, in the order of the file.
    pub errors: Vec<RowError>,
    /// The names of the columns that were not used.
    pub ignored_columns: Vec<String>,
}

/// Reads a roll from chunks of bytes, cut anywhere.
///
/// At [`MAX_ROWS`] it holds some 40 MB, nearly all of it to find addresses that come twice.
#[derive(Debug, Default)]
pub struct RollReader {
    stage: Stage,
    rows: Rows,
}

#[derive(Debug)]
enum Stage {
    Opening(Opening),
    Records(Splitter),
    /// The file is refused as a whole, so the rest of it is not looked at.
    Over,
}

impl Default for Stage {
    fn default() -> Self {
        Self::Opening(Opening::default())
    }
}

impl RollReader {
    /// A reader at the start of a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of the file and hands each good row that they complete to `row`.
    pub fn push(&mut self, bytes: &[u8], row: &mut impl FnMut(VoterRow)) {
        let mut taken = 0;
        if let Stage::Opening(opening) = &mut self.stage {
            taken = opening.take(bytes);
            if opening.is_complete() {
                self.open(row);
            }
        }
        self.split(&bytes[taken..], row);
    }

    /// Ends the file; its last line may lack a line end.
    pub fn finish(mut self, row: &mut impl FnMut(VoterRow)) -> RollSummary {
        self.open(row);
        if let Stage::Records(splitter) = &mut self.stage
            && let Some(record) = splitter.finish()
        {
            // There is no rest of the file that a refusal could spare.
            _ = self.rows.take(record, row);
        }
        self.rows.finish()
    }

    /// Leaves the opening, if the file is still there, for the records.
    fn open(&mut self, row: &mut impl FnMut(VoterRow)) {
        let Stage::Opening(opening) = &mut self.stage else {
            return;
        };
        let opening = std::mem::take(opening);
        self.stage = Stage::Over;
        match opening.read() {
            Ok((text, delimiter)) => {
                self.stage = Stage::Records(Splitter::new(delimiter));
                self.split(text, row);
            }
            Err(fault) => self.rows.reject(1, "header", fault),
        }
    }

    fn split(&mut self, bytes: &[u8], row: &mut impl FnMut(VoterRow)) {
        let Stage::Records(splitter) = &mut self.stage else {
            return;
        };
        for &byte in bytes {
            if let Some(record) = splitter.feed(byte)
                && self.rows.take(record, row).is_break()
            {
                self.stage = Stage::Over;
                return;
            }
        }
    }
}
