//! What the voters were told, and how it compares with what the service publishes.

use std::collections::{BTreeSet, HashSet};
use std::time::Instant;

use serde::Deserialize;
use serde_json::Value;

/// What a voter chose in the one contest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Choice {
    /// Nobody.
    Blank,
    /// A candidate, by place in the election's list, from 0.
    Candidate(usize),
}

/// A vote that the service has acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// What was chosen.
    pub choice: Choice,
    /// The receipt.
    pub receipt: [u8; 32],
    /// The position in the chain.
    pub position: u64,
    /// When the acknowledgement was here.
    pub at: Instant,
}

/// The votes of a run.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Votes that were acknowledged.
    pub acknowledged: Vec<Acknowledged>,
    /// Choices of voters who were never told what became of their vote; each may or may not
    /// have been counted.
    pub unsettled: Vec<Choice>,
}

/// Published results of an election with one contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Voters on the roll.
    pub eligible: u64,
    /// Ballots cast.
    pub ballots_cast: u64,
    /// Blank votes.
    pub blank: u64,
    /// Candidates' ids with their votes.
    pub votes: Vec<(String, u64)>,
}

impl Published {
    /// Reads the answer of `GET elections/{id}/results`.
    ///
    /// # Errors
    /// When a field is missing, or there is not exactly one contest.
    pub fn read(results: &Value) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Results {
            eligible: u64,
            ballots_cast: u64,
            contests: (Contest,),
        }
        #[derive(Deserialize)]
        struct Contest {
            blank: u64,
            candidates: Vec<Candidate>,
        }
        #[derive(Deserialize)]
        struct Candidate {
            id: String,
            votes: u64,
        }
        let Results { eligible, ballots_cast, contests: (contest,) } = Results::deserialize(results)?;
        let votes = contest.candidates.into_iter().map(|c| (c.id, c.votes));
        Ok(Self { eligible, ballots_cast, blank: contest.blank, votes: votes.collect() })
    }

    fn votes_for(&self, candidate: &str) -> u64 {
        let found = self.votes.iter().find(|(id, _)| id == candidate);
        found.map_or(0, |(_, votes)| *votes)
    }
}

impl Ledger {
    /// Adds the votes of another run of the same election.
    pub fn append(&mut self, mut other: Self) {
        self.acknowledged.append(&mut other.acknowledged);
        self.unsettled.append(&mut other.unsettled);
    }

    /// Each way in which `published` contradicts what the voters were told, in words; empty
    /// when it agrees. `candidates` are the ids in the election's order.
    #[must_use]
    pub fn differences(&self, candidates: &[String], voters: u64, published: &Published) -> Vec<String> {
        let mut found = Vec::new();
        found.extend(unequal("eligible voters", voters, published.eligible));
        found.extend(self.turnout_difference("published ballots_cast", published.ballots_cast));
        found.extend(self.choice_difference("blank votes", Choice::Blank, published.blank));
        for (place, id) in candidates.iter().enumerate() {
            let (label, choice) = (format!("votes for candidate {id}"), Choice::Candidate(place));
            found.extend(self.choice_difference(&label, choice, published.votes_for(id)));
        }
        found.extend(inner_differences(candidates, published));
        found.extend(self.position_difference(published.ballots_cast));
        found.extend(self.receipt_difference());
        found
    }

    /// How a number of ballots cast contradicts the votes, if it does.
    #[must_use]
    pub fn turnout_difference(&self, label: &str, told: u64) -> Option<String> {
        outside(label, self.acknowledged.len() as u64, self.unsettled.len() as u64, told)
    }

    fn choice_difference(&self, label: &str, choice: Choice, published: u64) -> Option<String> {
        let acknowledged = self.acknowledged.iter().filter(|v| v.choice == choice);
        let unsettled = self.unsettled.iter().filter(|c| **c == choice);
        outside(label, acknowledged.count() as u64, unsettled.count() as u64, published)
    }

    /// Positions are distinct and, when every vote is accounted for, exactly 1 to n.
    fn position_difference(&self, ballots_cast: u64) -> Option<String> {
        let positions: BTreeSet<u64> = self.acknowledged.iter().map(|v| v.position).collect();
        let doubled = self.acknowledged.len() - positions.len();
        if doubled > 0 {
            return Some(format!("positions: {doubled} were given out twice"));
        }
        let within = positions.first() >= Some(&1) && positions.last().is_none_or(|p| *p <= ballots_cast);
        (!positions.is_empty() && !within).then(|| {
            format!(
                "positions: {} to {} were given out for {ballots_cast} ballots",
                positions.first().unwrap_or(&0),
                positions.last().unwrap_or(&0)
            )
        })
    }

    fn receipt_difference(&self) -> Option<String> {
        let receipts: HashSet<&[u8; 32]> = self.acknowledged.iter().map(|v| &v.receipt).collect();
        let doubled = self.acknowledged.len() - receipts.len();
        (doubled > 0).then(|| format!("receipts: {doubled} were given out twice"))
    }
}

/// What is wrong with results whatever the voters were told.
fn inner_differences(candidates: &[String], published: &Published) -> Vec<String> {
    let strangers = published.votes.iter().filter(|(id, _)| !candidates.contains(id));
    let mut found: Vec<String> =
        strangers.map(|(id, votes)| format!("candidate {id} is in no list and has {votes} votes")).collect();
    let sum = published.blank + published.votes.iter().map(|(_, votes)| votes).sum::<u64>();
    found.extend(unequal("sum of the published votes and ballots_cast", published.ballots_cast, sum));
    found
}

fn unequal(label: &str, expected: u64, published: u64) -> Option<String> {
    outside(label, expected, 0, published)
}

fn outside(label: &str, acknowledged: u64, unsettled: u64, published: u64) -> Option<String> {
    if (acknowledged..=acknowledged + unsettled).contains(&published) {
        return None;
    }
    let margin = match unsettled {
        0 => String::new(),
        some => format!(" to {}", acknowledged + some),
    };
    Some(format!("{label}: expected {acknowledged}{margin}, the service says {published}"))
}

#[cfg(test)]
mod tests;
