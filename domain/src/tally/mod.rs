//! Counting: what was marked, and who has won. One file for each counting method.

pub mod plurality;
pub mod running;

use crate::ballot::{BallotPaper, Marks};

/// The counted marks of one contest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContestTally {
    /// Ballots that marked nobody here.
    pub blank: u64,
    /// Votes for each candidate, in the paper's order.
    pub votes: Vec<u64>,
}

/// The counted marks of an election, in the order of its ballot paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// One for each contest.
    pub contests: Vec<ContestTally>,
}

impl Tally {
    /// No ballot counted yet.
    pub fn empty(paper: &BallotPaper) -> Self {
        let contests = paper.contests().iter();
        let empty =
            contests.map(|contest| ContestTally { blank: 0, votes: vec![0; contest.candidates.len()] });
        Self { contests: empty.collect() }
    }

    /// Counts one ballot.
    pub fn add(&mut self, paper: &BallotPaper, marks: &Marks) {
        for (index, contest) in self.contests.iter_mut().enumerate() {
            let marks = &marks.bytes()[paper.range(index)];
            for (votes, mark) in contest.votes.iter_mut().zip(marks) {
                *votes += u64::from(*mark);
            }
            contest.blank += u64::from(marks.iter().all(|mark| *mark == 0));
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        for contest in &self.contests {
            out.extend(contest.blank.to_be_bytes());
            out.extend(contest.votes.iter().flat_map(|votes| votes.to_be_bytes()));
        }
    }

    fn read(paper: &BallotPaper, from: &mut impl Iterator<Item = u64>) -> Option<Self> {
        let mut tally = Self::empty(paper);
        for contest in &mut tally.contests {
            contest.blank = from.next()?;
            for votes in &mut contest.votes {
                *votes = from.next()?;
            }
        }
        Some(tally)
    }
}

/// A share in percent with two decimals; nothing out of nothing is 0.
pub fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    let hundredths = (u128::from(part) * 20_000 + u128::from(whole)) / (u128::from(whole) * 2);
    hundredths as f64 / 100.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ballot::tests::{choices, paper};
    use uuid::Uuid;

    #[test]
    fn marks_and_blanks_are_counted_apart() {
        let paper = paper();
        let mut tally = Tally::empty(&paper);
        let anna = Uuid::from_u128(1);
        tally.add(&paper, &paper.mark(&choices(&[anna], &[])).unwrap());
        tally.add(&paper, &paper.mark(&choices(&[anna], &[anna])).unwrap());
        assert_eq!(tally.contests[0], ContestTally { blank: 1, votes: vec![1, 0, 0] });
        assert_eq!(tally.contests[1], ContestTally { blank: 0, votes: vec![2, 0] });
    }

    #[test]
    fn percents_have_two_decimals_and_nothing_of_nothing_is_nothing() {
        assert!((percent(1, 3) - 33.33).abs() < 1e-9);
        assert!((percent(2, 3) - 66.67).abs() < 1e-9);
        assert!((percent(5, 5) - 100.0).abs() < 1e-9);
        assert!(percent(0, 0).abs() < 1e-9);
    }
}
