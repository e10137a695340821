use rand::seq::SliceRandom;

use crate::election::Election;

/// A voter who has the link.
#[derive(Clone, Debug)]
pub(super) struct Voter {
    /// The election, by its place in the queue's list.
    pub(super) election: usize,
    pub(super) token: Box<str>,
}

/// Voters in the order in which they vote, in one election or in several.
#[derive(Clone, Debug)]
pub struct Queue {
    pub(super) elections: Vec<Election>,
    pub(super) voters: Vec<Voter>,
}

impl Queue {
    /// The voters of one election, in this order.
    #[must_use]
    pub fn of(election: &Election, tokens: Vec<Box<str>>) -> Self {
        let voters = tokens.into_iter().map(|token| Voter { election: 0, token });
        Self { elections: vec![election.clone()], voters: voters.collect() }
    }

    /// The voters of several elections, in an order by chance.
    #[must_use]
    pub fn mixed(elections: Vec<(Election, Vec<Box<str>>)>) -> Self {
        let (elections, tokens): (Vec<_>, Vec<_>) = elections.into_iter().unzip();
        let voters = tokens.into_iter().enumerate();
        let mut voters: Vec<Voter> = voters
            .flat_map(|(election, tokens)| tokens.into_iter().map(move |token| Voter { election, token }))
            .collect();
        voters.shuffle(&mut rand::rng());
        Self { elections, voters }
    }

    /// How many voters are left in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.voters.len()
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.voters.is_empty()
    }

    /// Takes so many voters from the end.
    #[must_use]
    pub fn split_off(&mut self, voters: usize) -> Self {
        let kept = self.voters.len().saturating_sub(voters);
        Self { elections: self.elections.clone(), voters: self.voters.split_off(kept) }
    }
}
