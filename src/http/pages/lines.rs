//! A roll as people paste it: CSV with a header, or simply one address on each line.

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};
use uvote_domain::fault::Fault;
use uvote_domain::voter_roll::{RowError, RowFault};

use crate::http::error::{Answer, Problem};

/// Bytes read at once; a line that is longer is refused as a row anyway.
const PIECE: u64 = 128 * 1024;
/// What some editors put in front of UTF-8.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// How a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Its first line names the columns.
    Csv,
    /// Each line is an address, perhaps with names behind the delimiter, or a name and `<address>`.
    List {
        /// What separates an address from the names.
        delimiter: u8,
    },
}

impl Reading {
    /// Judges by the beginning of a text: no name of a column has an @.
    pub fn of(start: &[u8]) -> Self {
        let start = start.strip_prefix(BOM).unwrap_or(start);
        let mut lines = start.split(|byte| matches!(byte, b'\n' | b'\r'));
        let first = lines.find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
        let names_email = first.split(|byte| b",;\t".contains(byte)).any(|name| {
            let name = name.trim_ascii();
            let quoted = name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\""));
            quoted.unwrap_or(name).trim_ascii().eq_ignore_ascii_case(b"email")
        });
        if names_email || !first.contains(&b'@') {
            return Self::Csv;
        }
        let delimiter = b"\t;".iter().copied().find(|delimiter| first.contains(delimiter)).unwrap_or(b',');
        Self::List { delimiter }
    }

    /// The text as CSV.
    pub fn csv(self, text: impl AsyncBufRead + Unpin) -> impl Stream<Item = Answer<Bytes>> {
        let header = stream::iter(self.header().map(|header| Ok(Bytes::from(header))));
        let lines = stream::try_unfold(text, move |mut text| async move {
            let mut line = Vec::new();
            let read = (&mut text).take(PIECE).read_until(b'\n', &mut line).await;
            read.map_err(|error| Problem::internal(&error))?;
            Ok((!line.is_empty()).then(|| (Bytes::from(self.line(line)), text)))
        });
        header.chain(lines)
    }

    fn header(self) -> Option<String> {
        let Self::List { delimiter } = self else { return None };
        let delimiter = char::from(delimiter);
        Some(format!("email{delimiter}first_name{delimiter}last_name\n"))
    }

    fn line(self, mut line: Vec<u8>) -> Vec<u8> {
        let Self::List { delimiter } = self else { return line };
        if line.starts_with(BOM) {
            line.drain(..BOM.len());
        }
        named(&line, char::from(delimiter)).map_or(line, String::into_bytes)
    }

    /// The error where its reader finds it: the header that was put in front is no line of theirs.
    pub fn locate(self, error: RowError) -> RowError {
        if self == Self::Csv {
            return error;
        }
        let fault = match error.fault {
            Fault::Row(RowFault::Duplicate(line)) => RowFault::Duplicate(line.saturating_sub(1)).into(),
            fault => fault,
        };
        RowError { line: error.line.saturating_sub(1), field: error.field, fault }
    }
}

/// `Vera Voter vera@example.org` and `Vera Voter; vera@example.org`: the address stands last.
fn name_first(line: &str, delimiter: char) -> Option<(&str, &str)> {
    let (name, email) = line.rsplit_once(|c: char| c == delimiter || c.is_whitespace())?;
    let is_address_last = email.contains('@') && !name.contains('@');
    is_address_last.then(|| (name.trim_end_matches([delimiter, ' ']), email))
}

/// `Vera Voter <vera@example.org>`, `Voter, Vera <vera@example.org>` or `Vera Voter vera@example.org`
/// as a row of CSV.
fn named(line: &[u8], delimiter: char) -> Option<String> {
    let line = std::str::from_utf8(line).ok()?.trim().trim_end_matches([',', ';']);
    let (name, email) = match line.strip_suffix('>').and_then(|line| line.rsplit_once('<')) {
        Some(parts) => parts,
        None => name_first(line, delimiter)?,
    };
    let name = name.trim().trim_matches('"');
    let (first, last) = match name.split_once(',') {
        Some((last, first)) => (first, last),
        None => name.rsplit_once(' ').unwrap_or((name, "")),
    };
    let quoted = |text: &str| format!("\"{}\"", text.trim().replace('"', "\"\""));
    let fields = [email, first, last].map(quoted);
    Some(format!("{}\n", fields.join(&delimiter.to_string())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_a_first_line_with_an_address_is_no_header() {
        for csv in
            ["", "email\na@b.org", "\u{feff}EMAIL;x@y\n", "\"email\",\"who@\"\n", "name,address\na,b@c.org"]
        {
            assert_eq!(Reading::of(csv.as_bytes()), Reading::Csv, "{csv}");
        }
        for (list, delimiter) in
            [("\r\n a@b.org\n", b','), ("a@b.org;A;B", b';'), ("a@b.org\tA, C\tB", b'\t')]
        {
            assert_eq!(Reading::of(list.as_bytes()), Reading::List { delimiter }, "{list}");
        }
    }

    #[test]
    fn names_in_front_of_an_address_are_taken_apart() {
        let row = |line: &str| named(line.as_bytes(), ',');
        assert_eq!(row("Vera Maria Voter <v@x.org>,\r\n").unwrap(), "\"v@x.org\",\"Vera Maria\",\"Voter\"\n");
        assert_eq!(row("\"Voter, Vera\" <v@x.org>;").unwrap(), "\"v@x.org\",\"Vera\",\"Voter\"\n");
        assert_eq!(row("<v@x.org>").unwrap(), "\"v@x.org\",\"\",\"\"\n");
        assert_eq!(row("Vera Voter v@x.org\n").unwrap(), "\"v@x.org\",\"Vera\",\"Voter\"\n");
        assert_eq!(row("Vera Voter, v@x.org").unwrap(), "\"v@x.org\",\"Vera\",\"Voter\"\n");
        assert_eq!(row("v@x.org,Vera,Voter\n"), None);
        assert_eq!(row("v@x.org, Vera Voter"), None);
    }
}
