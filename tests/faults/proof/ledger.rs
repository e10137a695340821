//! Every attempt of every voter, and what it was told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;
use uvote_loadtest::ledger::{self, Choice};

/// A ballot as a voter sends it, the same at every attempt.
#[derive(Clone, Debug)]
pub struct Ballot {
    /// The voter, by place in the roll.
    pub voter: usize,
    /// What is chosen.
    pub choice: Choice,
    /// The voter's nonce.
    pub nonce: [u8; 16],
    /// The body of the request.
    pub body: Value,
}

/// What an attempt was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The ballot is counted.
    Acknowledged(Receipt),
    /// It is not, and never will be: the code of the problem.
    Refused(String),
    /// It is not, and may be sent again; nothing but that nobody listened, or `BUSY`.
    Untouched,
    /// It may be counted or not: the code of the problem, or that the connection broke.
    Unknown(String),
}

impl Told {
    /// Whether there is nothing more to learn.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Acknowledged(_) | Self::Refused(_))
    }
}

/// Proof of a counted ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Receipt {
    /// The ballot's hash.
    pub hash: [u8; 32],
    /// Its place in the chain.
    pub position: u64,
}

/// One request and its outcome.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The ballot, by its number in the ledger.
    pub ballot: usize,
    /// When it was sent.
    pub sent: Instant,
    /// When its outcome was here.
    pub at: Instant,
    /// The outcome.
    pub told: Told,
}

/// What is known of a ballot after all attempts so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was acknowledged, under these receipts (more than one is a fault).
    Acknowledged(BTreeSet<Receipt>),
    /// It was refused for good.
    Refused(String),
    /// Some attempt may have counted.
    Unknown,
    /// No attempt can have counted.
    Untouched,
}

impl Outcome {
    /// Whether it is acknowledged.
    pub fn is_acknowledged(&self) -> bool {
        matches!(self, Self::Acknowledged(_))
    }

    fn hear(&mut self, told: &Told) {
        match (told, &mut *self) {
            (Told::Acknowledged(receipt), Self::Acknowledged(receipts)) => drop(receipts.insert(*receipt)),
            (Told::Acknowledged(receipt), _) => *self = Self::Acknowledged(BTreeSet::from([*receipt])),
            (_, Self::Acknowledged(_)) => {}
            // Refused it is even if an attempt before was unknown: the same body would have been
            // recognised.
            (Told::Refused(code), _) => *self = Self::Refused(code.clone()),
            (Told::Unknown(_), Self::Untouched) => *self = Self::Unknown,
            (Told::Unknown(_) | Told::Untouched, _) => {}
        }
    }
}

/// The ledger of one election.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Every ballot that somebody holds.
    pub ballots: Vec<Ballot>,
    /// What is known of each, in the same order.
    pub outcomes: Vec<Outcome>,
    /// Every attempt that ended, in the order of their ends.
    pub attempts: Vec<Attempt>,
    /// Attempts that have not ended.
    pub under_way: usize,
}

impl Ledger {
    /// Enters a ballot that is about to be sent; answers its number.
    pub fn enter(&mut self, ballot: Ballot) -> usize {
        self.ballots.push(ballot);
        self.outcomes.push(Outcome::Untouched);
        self.ballots.len() - 1
    }

    /// Enters how an attempt ended.
    pub fn note(&mut self, attempt: Attempt) {
        self.outcomes[attempt.ballot].hear(&attempt.told);
        self.attempts.push(attempt);
    }

    /// Ballots that were acknowledged, by number, with their first receipts.
    pub fn acknowledged(&self) -> BTreeMap<usize, Receipt> {
        let receipt = |outcome: &Outcome| match outcome {
            Outcome::Acknowledged(receipts) => receipts.first().copied(),
            _ => None,
        };
        let outcomes = self.outcomes.iter().map(receipt).enumerate();
        outcomes.filter_map(|(ballot, receipt)| Some((ballot, receipt?))).collect()
    }

    /// The numbers of ballots of which nobody knows whether they count: they were sent, no attempt was
    /// acknowledged or refused, and no other ballot of the same voter was acknowledged.
    pub fn unknown(&self) -> Vec<usize> {
        let outcomes = || self.outcomes.iter().zip(&self.ballots).enumerate();
        let open = outcomes().filter(|(_, (outcome, _))| **outcome == Outcome::Unknown);
        let mut open: Vec<(usize, usize)> =
            open.map(|(number, (_, ballot))| (ballot.voter, number)).collect();
        let voters: BTreeSet<usize> = open.iter().map(|(voter, _)| *voter).collect();
        let settled: BTreeSet<usize> = outcomes()
            .filter(|(_, (outcome, ballot))| outcome.is_acknowledged() && voters.contains(&ballot.voter))
            .map(|(_, (_, ballot))| ballot.voter)
            .collect();
        open.retain(|(voter, _)| !settled.contains(voter));
        open.into_iter().map(|(_, number)| number).collect()
    }

    /// How many ballots had an attempt of which the voter never learnt what became of it.
    pub fn ever_unknown(&self) -> u64 {
        let unknown = self.attempts.iter().filter(|attempt| matches!(attempt.told, Told::Unknown(_)));
        unknown.map(|attempt| attempt.ballot).collect::<BTreeSet<_>>().len() as u64
    }

    /// How many ballots at least and at most are counted by all that voters were told.
    pub fn bounds(&self) -> (u64, u64) {
        let acknowledged = self.outcomes.iter().filter(|outcome| outcome.is_acknowledged()).count();
        let unknown = self.unknown();
        let unknown: BTreeSet<usize> = unknown.iter().map(|ballot| self.ballots[*ballot].voter).collect();
        (acknowledged as u64, (acknowledged + unknown.len() + self.under_way) as u64)
    }

    /// When the first vote was acknowledged of those sent after a moment.
    pub fn first_acknowledgement(&self, sent_after: Instant) -> Option<Instant> {
        let recent = self.attempts.iter().rev().take_while(|attempt| attempt.at > sent_after);
        let acknowledged = |attempt: &&Attempt| matches!(attempt.told, Told::Acknowledged(_));
        recent.filter(acknowledged).filter(|attempt| attempt.sent > sent_after).map(|a| a.at).min()
    }

    /// The longest that an acknowledged attempt took.
    pub fn slowest(&self) -> Duration {
        let acknowledged = self.attempts.iter().filter(|a| matches!(a.told, Told::Acknowledged(_)));
        acknowledged.map(|attempt| attempt.at - attempt.sent).max().unwrap_or_default()
    }

    /// What is wrong with what voters were told, whatever the service says elsewhere.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        let (mut voters, mut positions) = (BTreeMap::new(), BTreeMap::new());
        for (number, outcome) in self.outcomes.iter().enumerate() {
            let voter = self.ballots[number].voter;
            match outcome {
                Outcome::Acknowledged(receipts) => {
                    if receipts.len() > 1 {
                        complaints.push(format!("one body of voter {voter} has two receipts: {receipts:?}"));
                    }
                    if let Some(other) = voters.insert(voter, number) {
                        complaints.push(format!("voter {voter} had two ballots counted: {other}, {number}"));
                    }
                    for receipt in receipts {
                        if let Some(other) = positions.insert(receipt.position, number) {
                            complaints.push(format!("ballots {other} and {number} share a position"));
                        }
                    }
                }
                Outcome::Refused(code) if !EXPECTED_REFUSALS.contains(&code.as_str()) => {
                    complaints.push(format!("voter {voter} was refused: {code}"));
                }
                _ => {}
            }
        }
        complaints.extend(self.wrongly_refused());
        complaints.extend(self.refused_later());
        complaints
    }

    /// Voters who were told that the election is not open. Asked before it is closed.
    pub fn sent_away(&self) -> Option<String> {
        let closed = Told::Refused("ELECTION_NOT_ACTIVE".to_owned());
        let sent_away = self.attempts.iter().filter(|attempt| attempt.told == closed).count();
        (sent_away > 0).then(|| format!("{sent_away} voters were sent away from an open election"))
    }

    /// Voters with a single ballot that is said to have been preceded by another.
    fn wrongly_refused(&self) -> Vec<String> {
        let mut ballots = BTreeMap::<usize, usize>::new();
        self.ballots.iter().for_each(|ballot| *ballots.entry(ballot.voter).or_default() += 1);
        let outcomes = self.outcomes.iter().zip(&self.ballots);
        let already = |outcome: &Outcome| *outcome == Outcome::Refused("ALREADY_VOTED".to_owned());
        let wrongly = outcomes.filter(|(outcome, ballot)| already(outcome) && ballots[&ballot.voter] == 1);
        wrongly
            .map(|(_, ballot)| format!("voter {}, who sent one body, has ALREADY_VOTED", ballot.voter))
            .collect()
    }

    /// Ballots that were acknowledged at one time and refused at another.
    fn refused_later(&self) -> Vec<String> {
        let refused = |attempt: &&Attempt| {
            matches!(attempt.told, Told::Refused(_)) && self.outcomes[attempt.ballot].is_acknowledged()
        };
        let refused = self.attempts.iter().filter(refused);
        refused.map(|attempt| format!("an acknowledged ballot was refused: {:?}", attempt.told)).collect()
    }

    /// The same in the form that the load test compares with published results.
    pub fn told(&self) -> ledger::Ledger {
        let acknowledged = self.acknowledged();
        // Nobody compares the times.
        let at = Instant::now();
        let entry = |(ballot, receipt): (&usize, &Receipt)| ledger::Acknowledged {
            choice: self.ballots[*ballot].choice,
            receipt: receipt.hash,
            position: receipt.position,
            at,
        };
        ledger::Ledger {
            acknowledged: acknowledged.iter().map(entry).collect(),
            unsettled: self.unknown().into_iter().map(|ballot| self.ballots[ballot].choice).collect(),
        }
    }
}

/// What may be refused: another body of a voter who sends two, and what comes after the close.
const EXPECTED_REFUSALS: [&str; 2] = ["ALREADY_VOTED", "ELECTION_NOT_ACTIVE"];

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(told: &[(usize, Told)], voters: &[usize]) -> Ledger {
        let mut ledger = Ledger::default();
        for voter in voters {
            let (choice, nonce, body) = (Choice::Blank, [0; 16], Value::Null);
            ledger.enter(Ballot { voter: *voter, choice, nonce, body });
        }
        for (ballot, told) in told {
            let now = Instant::now();
            ledger.note(Attempt { ballot: *ballot, sent: now, at: now, told: told.clone() });
        }
        ledger
    }

    fn receipt(position: u64) -> Told {
        Told::Acknowledged(Receipt { hash: [u8::try_from(position).unwrap(); 32], position })
    }

    #[test]
    fn a_ballot_is_unknown_until_somebody_says_what_became_of_it() {
        let unknown = || Told::Unknown("OUTCOME_UNKNOWN".to_owned());
        let refused = || Told::Refused("ALREADY_VOTED".to_owned());
        assert_eq!(ledger(&[(0, unknown())], &[0]).bounds(), (0, 1));
        assert_eq!(ledger(&[(0, unknown()), (0, receipt(1))], &[0]).bounds(), (1, 1));
        assert_eq!(ledger(&[(0, unknown()), (0, refused())], &[0]).bounds(), (0, 0));
        assert_eq!(ledger(&[(0, Told::Untouched)], &[0]).bounds(), (0, 0));
        // Two ballots of one voter: at most one counts.
        assert_eq!(ledger(&[(0, unknown()), (1, unknown())], &[0, 0]).bounds(), (0, 1));
        assert_eq!(ledger(&[(0, unknown()), (1, receipt(1))], &[0, 0]).bounds(), (1, 1));
    }

    #[test]
    fn what_no_voter_may_be_told_is_complained_of() {
        let complaint =
            |told: &[(usize, Told)], voters: &[usize]| ledger(told, voters).complaints().join("; ");
        assert_eq!(complaint(&[(0, receipt(1)), (0, receipt(1)), (1, receipt(2))], &[0, 1]), "");
        assert!(complaint(&[(0, receipt(1)), (0, receipt(2))], &[0]).contains("two receipts"));
        assert!(complaint(&[(0, receipt(1)), (1, receipt(2))], &[0, 0]).contains("two ballots counted"));
        assert!(complaint(&[(0, receipt(1)), (1, receipt(1))], &[0, 1]).contains("share a position"));
        let refused = |code: &str| [(0, Told::Refused(code.to_owned()))];
        assert!(complaint(&refused("TOKEN_UNKNOWN"), &[0]).contains("was refused"));
        assert!(complaint(&refused("ALREADY_VOTED"), &[0]).contains("who sent one body"));
        let both = [(0, receipt(1)), (0, Told::Refused("ELECTION_NOT_ACTIVE".to_owned()))];
        assert!(complaint(&both, &[0]).contains("an acknowledged ballot was refused"));
    }
}
