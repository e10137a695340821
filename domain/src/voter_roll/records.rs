//! Splits bytes into CSV records (RFC 4180), each with the line it starts on, in bounded memory.
//!
//! CSV libraries count only line feeds, forgive a quote that is never closed, and know no limit to
//! a record; a roll needs all three, so that an organiser is told which line to mend.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use thiserror::Error;

/// The longest record, in bytes as they stand in the file.
pub(super) const MAX_RECORD_BYTES: usize = 64 * 1024;

/// Why a record can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecordFault {
    /// More bytes than a row may have.
    #[error("The row is longer than 64 KiB. Look for a quotation mark that is opened here and not closed.")]
    TooLong,
    /// Something between a closing quotation mark and the next field.
    #[error("A quotation mark closes in the middle of a field. Inside a quoted field, write it twice.")]
    TextAfterQuote,
    /// A file that ends inside of a quoted field.
    #[error("A quotation mark is opened in this row and never closed.")]
    UnclosedQuote,
}

/// One record, its quotes resolved. Its contents mean nothing when it has a fault.
#[derive(Debug, Default)]
pub(super) struct Record {
    line: u64,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    size: usize,
    fault: Option<RecordFault>,
}

impl Record {
    /// The physical line on which the record starts, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn fault(&self) -> Option<RecordFault> {
        self.fault
    }

    /// Whether there is nothing in it but space: an empty line, or a row of empty cells.
    pub(super) fn is_blank(&self) -> bool {
        self.fault.is_none() && self.bytes.iter().all(u8::is_ascii_whitespace)
    }

    /// The number of fields.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of a field, empty for one that the record does not reach.
    pub(super) fn field(&self, index: usize) -> &[u8] {
        let start = if index == 0 { Some(0) } else { self.ends.get(index - 1).copied() };
        match (start, self.ends.get(index)) {
            (Some(start), Some(&end)) => &self.bytes[start..end],
            _ => &[],
        }
    }

    /// UTF-8 if every field is that, else Windows-1252, in which any bytes mean something.
    pub(super) fn encoding(&self) -> &'static Encoding {
        let is_utf8 = |index| std::str::from_utf8(self.field(index)).is_ok();
        if (0..self.len()).all(is_utf8) { UTF_8 } else { WINDOWS_1252 }
    }

    /// A field as text, without the space around it.
    pub(super) fn text(&self, index: usize, encoding: &'static Encoding) -> Cow<'_, str> {
        match encoding.decode_without_bom_handling(self.field(index)).0 {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }

    fn restart(&mut self, line: u64) {
        self.line = line;
        self.bytes.clear();
        self.ends.clear();
        self.size = 0;
        self.fault = None;
    }

    fn grow(&mut self) {
        self.size += 1;
        if self.size > MAX_RECORD_BYTES {
            self.fault = Some(RecordFault::TooLong);
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.size <= MAX_RECORD_BYTES {
            self.bytes.push(byte);
        }
    }

    fn end_field(&mut self) {
        if self.size <= MAX_RECORD_BYTES {
            self.ends.push(self.bytes.len());
        }
    }

    fn forget_field(&mut self) {
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Only spaces of the field so far.
    FieldStart,
    Plain,
    Quoted,
    /// A quotation mark within a quoted field: its end, or the first half of a doubled one.
    QuoteSeen,
    /// Behind the end of a quoted field.
    Closed,
}

/// The state machine; its memory is that of one record.
#[derive(Debug)]
pub(super) struct Splitter {
    delimiter: u8,
    state: State,
    line: u64,
    after_cr: bool,
    restart: bool,
    record: Record,
}

impl Splitter {
    pub(super) fn new(delimiter: u8) -> Self {
        let record = Record { line: 1, ..Record::default() };
        let state = State::FieldStart;
        Self { delimiter, state, line: 1, after_cr: false, restart: false, record }
    }

    /// Takes one byte; the record that it completes, if it does. LF, CR LF and CR end a line.
    pub(super) fn feed(&mut self, byte: u8) -> Option<&Record> {
        if std::mem::take(&mut self.restart) {
            self.record.restart(self.line);
        }
        let newline = matches!(byte, b'\n' | b'\r');
        let second_half = byte == b'\n' && self.after_cr;
        self.after_cr = byte == b'\r';
        self.line += u64::from(newline && !second_half);
        if newline && self.state != State::Quoted {
            return if second_half { None } else { Some(self.end_record()) };
        }
        self.record.grow();
        self.state = self.step(byte);
        None
    }

    /// Ends the last record, which may lack its line end.
    pub(super) fn finish(&mut self) -> Option<&Record> {
        if self.restart || self.record.size == 0 {
            return None;
        }
        if self.state == State::Quoted {
            self.record.fault = Some(RecordFault::UnclosedQuote);
        }
        Some(self.end_record())
    }

    fn step(&mut self, byte: u8) -> State {
        match (self.state, byte) {
            (State::Quoted, b'"') => State::QuoteSeen,
            (State::Quoted, _) | (State::QuoteSeen, b'"') => self.keep(byte, State::Quoted),
            (_, byte) if byte == self.delimiter => {
                self.record.end_field();
                State::FieldStart
            }
            (State::FieldStart, b'"') => {
                self.record.forget_field();
                State::Quoted
            }
            (State::FieldStart, b' ') => self.keep(byte, State::FieldStart),
            (State::FieldStart | State::Plain, _) => self.keep(byte, State::Plain),
            (State::QuoteSeen | State::Closed, b' ') => State::Closed,
            (State::QuoteSeen | State::Closed, _) => {
                self.record.fault.get_or_insert(RecordFault::TextAfterQuote);
                State::Closed
            }
        }
    }

    fn keep(&mut self, byte: u8, next: State) -> State {
        self.record.keep(byte);
        next
    }

    fn end_record(&mut self) -> &Record {
        self.record.end_field();
        self.state = State::FieldStart;
        self.restart = true;
        &self.record
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_record_is_not_kept_in_memory() {
        for byte in [b'x', b',', b'"'] {
            let mut splitter = Splitter::new(b',');
            let ended = (0..10_000_000).any(|_| splitter.feed(byte).is_some());
            assert!(!ended);
            let record = &splitter.record;
            assert!(record.bytes.capacity() <= 2 * MAX_RECORD_BYTES);
            assert!(record.ends.capacity() <= 2 * MAX_RECORD_BYTES);
            assert_eq!(record.fault, Some(RecordFault::TooLong));
        }
    }
}
