//! Papers and ballots to try properties with.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use uuid::Uuid;
use uvote_domain::ballot::{BallotPaper, Choices, Marks};
use uvote_domain::contest::{Contest, Method};

/// A paper of one to four contests, each with up to seven candidates and as many seats or more.
pub fn papers() -> impl Strategy<Value = BallotPaper> {
    let shapes = vec((1u32..4, any::<bool>(), 1u128..8), 1..5);
    (shapes, any::<bool>()).prop_map(|(shapes, shared)| {
        let contests = shapes.into_iter().zip(1..).map(|((seats, allow_blank, candidates), number)| {
            // Ids need not differ from contest to contest for the paper to tell them apart.
            let first = if shared { 1 } else { number * 100 };
            Contest {
                id: Uuid::from_u128(number << 64),
                method: Method::Plurality,
                seats,
                allow_blank,
                candidates: (first..first + candidates).map(Uuid::from_u128).collect(),
            }
        });
        BallotPaper::new(contests.collect())
    })
}

/// Choices that the rules of a paper allow.
pub fn valid_choices(paper: &BallotPaper) -> impl Strategy<Value = Choices> + use<> {
    let chosen = paper.contests().iter().map(|contest| {
        let least = usize::from(!contest.allow_blank);
        let most = contest.candidates.len().min(contest.seats as usize);
        let chosen = subsequence(contest.candidates.clone(), least..=most).prop_shuffle();
        (Just(contest.id), chosen)
    });
    chosen.collect::<Vec<_>>().prop_map(|chosen| chosen.into_iter().collect())
}

/// A paper and some ballots on it.
pub fn ballots() -> impl Strategy<Value = (BallotPaper, Vec<Marks>)> {
    papers().prop_flat_map(|paper| {
        let choices = vec(valid_choices(&paper), 0..40);
        (Just(paper), choices).prop_map(|(paper, choices)| {
            let marks = choices.iter().map(|choices| paper.mark(choices).unwrap()).collect();
            (paper, marks)
        })
    })
}

/// Cuts a list anywhere, also into empty pieces.
pub fn cut<'a, T>(list: &'a [T], at: &[Index]) -> Vec<&'a [T]> {
    let mut places: Vec<usize> = at.iter().map(|place| place.index(list.len() + 1)).collect();
    places.extend([0, list.len()]);
    places.sort_unstable();
    places.windows(2).map(|ends| &list[ends[0]..ends[1]]).collect()
}
