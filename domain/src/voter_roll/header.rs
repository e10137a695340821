//! The header of a roll: which delimiter separates its columns, and which column is which.

use thiserror::Error;

use super::records::{MAX_RECORD_BYTES, Record, RecordFault, Splitter};

pub(super) const EMAIL: &str = "email";
pub(super) const FIRST_NAME: &str = "first_name";
pub(super) const LAST_NAME: &str = "last_name";
const KNOWN: [&str; 3] = [EMAIL, FIRST_NAME, LAST_NAME];

const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";
const UTF16_BOMS: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];

/// Why nothing of a file can be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HeaderFault {
    /// Nothing but blank lines.
    #[error("The file is empty.")]
    Empty,
    /// Words of two bytes each.
    #[error("The file is in UTF-16. Save it again as \"CSV UTF-8\".")]
    Utf16,
    /// Some other file than text.
    #[error("The first line holds NUL bytes, so this is no plain text. Save it again as \"CSV UTF-8\".")]
    Nul,
    /// No column of addresses.
    #[error(
        "The first line must name the columns, like email,first_name,last_name (in any order, \
         separated by commas, semicolons or tabs). It names no column \"email\"."
    )]
    NoEmail,
    /// Two columns of one name.
    #[error("The first line names the column \"{0}\" twice.")]
    Twice(&'static str),
    /// No record at all.
    #[error(transparent)]
    Unreadable(#[from] RecordFault),
}

/// The first line while it arrives: the delimiter is known only when it is there.
#[derive(Debug, Default)]
pub(super) struct Opening {
    bytes: Vec<u8>,
    quoted: bool,
    begun: bool,
    complete: bool,
}

impl Opening {
    /// Takes bytes up to the end of the header line, or to as many as a record may have.
    /// Answers how many it took.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        for (index, &byte) in bytes.iter().enumerate() {
            self.bytes.push(byte);
            self.complete = self.ends_with(byte) || self.bytes.len() > MAX_RECORD_BYTES;
            if self.complete {
                return index + 1;
            }
        }
        bytes.len()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// What was taken, without a byte order mark, and the delimiter that it uses.
    pub(super) fn read(&self) -> Result<(&[u8], u8), HeaderFault> {
        if UTF16_BOMS.iter().any(|bom| self.bytes.starts_with(bom)) {
            return Err(HeaderFault::Utf16);
        }
        let text = self.bytes.strip_prefix(UTF8_BOM).unwrap_or(&self.bytes);
        Ok((text, delimiter(text)))
    }

    /// A header has letters: line ends before the first of them are those of blank lines.
    fn ends_with(&mut self, byte: u8) -> bool {
        self.begun |= byte.is_ascii_alphabetic();
        self.quoted ^= byte == b'"';
        matches!(byte, b'\n' | b'\r') && self.begun && !self.quoted
    }
}

/// The delimiter under which the first row has a column "email".
fn delimiter(text: &[u8]) -> u8 {
    let fits = |&delimiter: &u8| names_email(Splitter::new(delimiter), text);
    b",;\t".iter().copied().find(fits).unwrap_or(b',')
}

fn names_email(mut splitter: Splitter, text: &[u8]) -> bool {
    for &byte in text {
        if let Some(record) = splitter.feed(byte).filter(|record| !record.is_blank()) {
            return names(record).any(|name| name == EMAIL);
        }
    }
    splitter.finish().is_some_and(|record| names(record).any(|name| name == EMAIL))
}

/// The names of the columns; a known one is spelt as here, one without a name is numbered.
fn names(header: &Record) -> impl Iterator<Item = String> {
    let encoding = header.encoding();
    (0..header.len()).map(move |index| {
        let name = header.text(index, encoding);
        match KNOWN.iter().find(|column| name.eq_ignore_ascii_case(column)) {
            Some(&column) => column.to_owned(),
            None if name.is_empty() => format!("column {}", index + 1),
            None => name.into_owned(),
        }
    })
}

/// Where a roll's columns stand in each row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Columns {
    /// The name of every column, in the order of the file.
    pub(super) names: Vec<String>,
    pub(super) email: usize,
    pub(super) first_name: Option<usize>,
    pub(super) last_name: Option<usize>,
}

impl Columns {
    /// Reads the header record.
    pub(super) fn read(header: &Record) -> Result<Self, HeaderFault> {
        if let Some(fault) = header.fault() {
            return Err(fault.into());
        }
        if (0..header.len()).any(|index| header.field(index).contains(&0)) {
            return Err(HeaderFault::Nul);
        }
        let names: Vec<String> = names(header).collect();
        Ok(Self {
            email: only(&names, EMAIL)?.ok_or(HeaderFault::NoEmail)?,
            first_name: only(&names, FIRST_NAME)?,
            last_name: only(&names, LAST_NAME)?,
            names,
        })
    }

    /// The columns that no voter's data comes from.
    pub(super) fn ignored(&self) -> Vec<String> {
        let known = |name: &String| KNOWN.contains(&name.as_str());
        self.names.iter().filter(|name| !known(name)).cloned().collect()
    }
}

fn only(names: &[String], column: &'static str) -> Result<Option<usize>, HeaderFault> {
    let mut places = (0..names.len()).filter(|&index| names[index] == column);
    match (places.next(), places.next()) {
        (_, Some(_)) => Err(HeaderFault::Twice(column)),
        (place, None) => Ok(place),
    }
}
