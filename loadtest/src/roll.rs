//! A voter roll made up for a run.

use std::ops::Range;

use bytes::Bytes;
use futures_util::{Stream, stream};

const ROWS_PER_CHUNK: usize = 1_000;
/// The most rows that the service takes in one file.
const ROWS_PER_FILE: usize = 1_000_000;

/// Voters with numbers, and addresses of which no other run has any.
#[derive(Clone, Debug)]
pub struct Roll {
    numbers: Range<usize>,
    domain: String,
}

impl Roll {
    /// A roll of so many voters for the run of this name (letters and digits).
    #[must_use]
    pub fn new(voters: usize, run: &str) -> Self {
        Self { numbers: 0..voters, domain: format!("@{run}.load.example") }
    }

    /// The roll in parts of so many voters each, in their order; who is left over is on none.
    pub fn parts(&self, sizes: &[usize]) -> Vec<Self> {
        let mut end = self.numbers.start;
        let part = |size: &usize| {
            let start = end;
            end = self.numbers.end.min(start + size);
            Self { numbers: start..end, domain: self.domain.clone() }
        };
        sizes.iter().map(part).collect()
    }

    /// The roll in parts that can be imported.
    #[must_use]
    pub fn files(&self) -> Vec<Self> {
        self.parts(&vec![ROWS_PER_FILE; self.len().div_ceil(ROWS_PER_FILE)])
    }

    /// How many voters are on it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether nobody is on it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The address of the voter with this number.
    #[must_use]
    pub fn address(&self, voter: usize) -> String {
        format!("voter-{voter}{}", self.domain)
    }

    /// The number of the voter whose address this is, in any case; `None` when it is not on the
    /// roll.
    #[must_use]
    pub fn voter(&self, address: &str) -> Option<usize> {
        let address = address.to_ascii_lowercase();
        let number = address.strip_prefix("voter-")?.strip_suffix(&self.domain)?;
        number.parse().ok().filter(|voter| self.numbers.contains(voter))
    }

    /// The roll as CSV, a thousand rows at a time, so that a large one is never whole in memory.
    pub fn csv(&self) -> impl Stream<Item = Bytes> + Send + Sync + use<> {
        let roll = self.clone();
        let header = Bytes::from_static(b"email,first_name,last_name\r\n");
        let chunks = roll.numbers.clone().step_by(ROWS_PER_CHUNK);
        let rows = chunks.map(move |first| roll.rows(first));
        stream::iter(std::iter::once(header).chain(rows))
    }

    fn rows(&self, first: usize) -> Bytes {
        let end = self.numbers.end.min(first + ROWS_PER_CHUNK);
        (first..end)
            .map(|voter| format!("{},Voter,Number {voter}\r\n", self.address(voter)))
            .collect::<String>()
            .into()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use futures_util::StreamExt;

    use super::*;

    #[tokio::test]
    async fn the_csv_has_a_header_and_each_voter_once() {
        let roll = Roll::new(2_345, "run7");
        let chunks: Vec<Bytes> = roll.csv().collect().await;
        let text = String::from_utf8(chunks.concat()).unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("email,first_name,last_name"));
        let voters: Vec<usize> =
            lines.map(|line| roll.voter(line.split(',').next().unwrap()).unwrap()).collect();
        assert_eq!(voters, (0..2_345).collect::<Vec<_>>());
    }

    #[test]
    fn parts_share_the_voters_out() {
        let roll = Roll::new(10, "run7");
        let parts = roll.parts(&[3, 0, 6]);
        let on =
            |voter: usize| parts.iter().filter(|part| part.voter(&roll.address(voter)).is_some()).count();
        assert_eq!((0..10).map(on).collect::<Vec<_>>(), [1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
        assert_eq!(parts.iter().map(Roll::len).collect::<Vec<_>>(), [3, 0, 6]);
    }

    #[test]
    fn a_roll_that_is_longer_than_a_file_may_be_is_shared_out_too() {
        let files = Roll::new(2_000_001, "run7").files();
        assert_eq!(files.iter().map(Roll::len).collect::<Vec<_>>(), [1_000_000, 1_000_000, 1]);
        assert_eq!(files[2].voter("voter-2000000@run7.load.example"), Some(2_000_000));
    }

    #[test]
    fn an_address_of_another_run_is_not_on_the_roll() {
        let roll = Roll::new(10, "run7");
        assert_eq!(roll.voter("VOTER-9@run7.load.example"), Some(9));
        assert_eq!(roll.voter("voter-10@run7.load.example"), None);
        assert_eq!(roll.voter("voter-9@run8.load.example"), None);
        assert_eq!(roll.voter("organiser@load.example"), None);
    }
}
