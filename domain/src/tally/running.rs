//! The running tally: the live state of an election that only its key can read.

use crate::ballot::{BallotPaper, Marks};
use crate::tally::Tally;

/// A tally that may be seen moves only in steps of at least this many ballots, and a minute of
/// turnout tells at least half as many: smaller steps would tell what single voters did.
pub const SHOWN_STEP: i64 = 10;

/// Minutes with fewer ballots than this are merged with the ones that follow.
pub const LEAST_PER_MINUTE: u32 = 5;

/// The ballots cast from one minute on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnoutMinute {
    /// Minutes since 1970-01-01T00:00Z.
    pub minute: i64,
    /// Ballots counted in it.
    pub ballots: u32,
}

/// What the sealed column of the head row holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningTally {
    /// All ballots.
    pub current: Tally,
    /// The ballots that the shown tally counts.
    pub shown_at: i64,
    /// The tally as it was at `shown_at`.
    pub shown: Tally,
    /// The minute that is being filled.
    pub minute: TurnoutMinute,
}

impl RunningTally {
    /// Before the first ballot.
    pub fn empty(paper: &BallotPaper) -> Self {
        let empty = Tally::empty(paper);
        Self {
            current: empty.clone(),
            shown_at: 0,
            shown: empty,
            minute: TurnoutMinute { minute: 0, ballots: 0 },
        }
    }

    /// Counts a batch that brings the election to `position` ballots in `minute`. A minute that is
    /// over and full enough to be told is handed back.
    pub fn count(
        &mut self,
        paper: &BallotPaper,
        batch: &[&Marks],
        position: i64,
        minute: i64,
    ) -> Option<TurnoutMinute> {
        for marks in batch {
            self.current.add(paper, marks);
        }
        if position - self.shown_at >= SHOWN_STEP {
            self.shown_at = position;
            self.shown = self.current.clone();
        }
        self.count_minute(batch.len() as u32, minute)
    }

    fn count_minute(&mut self, ballots: u32, minute: i64) -> Option<TurnoutMinute> {
        let full = self.minute.ballots >= LEAST_PER_MINUTE && minute > self.minute.minute;
        let finished = full.then_some(self.minute);
        if full || self.minute.ballots == 0 {
            self.minute = TurnoutMinute { minute, ballots: 0 };
        }
        self.minute.ballots += ballots;
        finished
    }

    /// The plaintext that is sealed; its length depends on the paper alone.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.current.write(&mut out);
        out.extend(self.shown_at.to_be_bytes());
        self.shown.write(&mut out);
        out.extend(self.minute.minute.to_be_bytes());
        out.extend(u64::from(self.minute.ballots).to_be_bytes());
        out
    }

    /// Reads [`encode`](Self::encode) back; nothing when the bytes do not fit the paper.
    pub fn decode(paper: &BallotPaper, bytes: &[u8]) -> Option<Self> {
        let (words, []) = bytes.as_chunks::<8>() else { return None };
        let mut words = words.iter().map(|word| u64::from_be_bytes(*word));
        let running = Self {
            current: Tally::read(paper, &mut words)?,
            shown_at: words.next()?.cast_signed(),
            shown: Tally::read(paper, &mut words)?,
            minute: TurnoutMinute {
                minute: words.next()?.cast_signed(),
                ballots: words.next()?.try_into().ok()?,
            },
        };
        words.next().is_none().then_some(running)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ballot::tests::{choices, paper};
    use uuid::Uuid;

    fn count(
        running: &mut RunningTally,
        ballots: usize,
        position: i64,
        minute: i64,
    ) -> Option<TurnoutMinute> {
        let paper = paper();
        let marks = paper.mark(&choices(&[Uuid::from_u128(1)], &[])).unwrap();
        running.count(&paper, &vec![&marks; ballots], position, minute)
    }

    #[test]
    fn the_shown_tally_moves_in_steps_of_at_least_ten() {
        let mut running = RunningTally::empty(&paper());
        count(&mut running, 9, 9, 1);
        assert_eq!((running.shown_at, running.shown.contests[0].blank), (0, 0));
        count(&mut running, 4, 13, 1);
        assert_eq!((running.shown_at, running.shown.contests[0].blank), (13, 13));
        count(&mut running, 9, 22, 1);
        assert_eq!(running.shown_at, 13);
        assert_eq!(running.current.contests[0].blank, 22);
    }

    #[test]
    fn a_minute_is_told_only_when_it_is_over_and_has_five_ballots() {
        let mut running = RunningTally::empty(&paper());
        assert_eq!(count(&mut running, 4, 4, 100), None);
        assert_eq!(count(&mut running, 3, 7, 130), None, "four are too few to be told alone");
        assert_eq!(count(&mut running, 1, 8, 131), Some(TurnoutMinute { minute: 100, ballots: 7 }));
        assert_eq!(running.minute, TurnoutMinute { minute: 131, ballots: 1 });
    }

    #[test]
    fn the_running_tally_reads_back_as_written() {
        let mut running = RunningTally::empty(&paper());
        count(&mut running, 12, 12, 5);
        assert_eq!(RunningTally::decode(&paper(), &running.encode()).unwrap(), running);
        assert!(RunningTally::decode(&paper(), &running.encode()[8..]).is_none());
    }
}
