//! Plurality: the most marks win, for as many seats as there are.

/// Who has won a contest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// For each candidate whether a seat is won.
    pub winners: Vec<bool>,
    /// Whether equal votes leave the last seats undecided.
    pub tie: bool,
}

/// Gives the seats to the candidates with the most votes.
///
/// Where more candidates have the same number than there are seats left, none of them wins and
/// the outcome is a tie. Nobody wins without a vote.
pub fn outcome(votes: &[u64], seats: u32) -> Outcome {
    let mut sorted: Vec<u64> = votes.iter().copied().filter(|votes| *votes > 0).collect();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let seats = seats as usize;
    let tie = seats > 0 && sorted.len() > seats && sorted[seats - 1] == sorted[seats];
    let last_seat = sorted.get(seats.min(sorted.len()).wrapping_sub(1)).copied();
    let wins = |votes: u64| match last_seat {
        Some(threshold) if tie => votes > threshold,
        Some(threshold) => votes >= threshold,
        None => false,
    };
    Outcome { winners: votes.iter().map(|votes| wins(*votes)).collect(), tie }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn winners(votes: &[u64], seats: u32) -> (Vec<bool>, bool) {
        let outcome = outcome(votes, seats);
        (outcome.winners, outcome.tie)
    }

    #[test]
    fn the_most_votes_take_the_seats() {
        assert_eq!(winners(&[5, 9, 2], 1), (vec![false, true, false], false));
        assert_eq!(winners(&[5, 9, 2], 2), (vec![true, true, false], false));
    }

    #[test]
    fn a_tie_at_the_last_seat_names_no_winner_among_the_tied() {
        assert_eq!(winners(&[4, 4], 1), (vec![false, false], true));
        assert_eq!(winners(&[9, 4, 4, 1], 2), (vec![true, false, false, false], true));
    }

    #[test]
    fn equal_votes_that_all_find_a_seat_are_no_tie() {
        assert_eq!(winners(&[4, 4, 1], 2), (vec![true, true, false], false));
    }

    #[test]
    fn nobody_wins_without_a_vote() {
        assert_eq!(winners(&[0, 0], 1), (vec![false, false], false));
        assert_eq!(winners(&[3, 0, 0], 2), (vec![true, false, false], false));
    }

    #[test]
    fn more_seats_than_candidates_seat_everyone_with_a_vote() {
        assert_eq!(winners(&[3, 1], 5), (vec![true, true], false));
    }
}
