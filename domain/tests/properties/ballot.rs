use std::collections::BTreeSet;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use uuid::Uuid;
use uvote_domain::ballot::{BallotPaper, Choices};

use crate::made::{papers, valid_choices};

/// Choices of which some break rules: contests and candidates that are foreign, twice, or missing.
fn any_choices(paper: &BallotPaper) -> impl Strategy<Value = Choices> + use<> {
    let contests: Vec<Uuid> =
        paper.contests().iter().map(|contest| contest.id).chain([Uuid::max()]).collect();
    let candidates = paper.contests().iter().flat_map(|contest| contest.candidates.clone());
    let candidates: Vec<Uuid> = candidates.chain([Uuid::max()]).collect();
    btree_map(select(contests), vec(select(candidates), 0..4), 0..6)
}

/// The rules of a ballot in the words of the design, without the paper's marks.
fn is_valid(paper: &BallotPaper, choices: &Choices) -> bool {
    let contests = paper.contests();
    choices.keys().all(|id| contests.iter().any(|contest| contest.id == *id))
        && contests.iter().all(|contest| {
            let Some(chosen) = choices.get(&contest.id) else { return false };
            let different: BTreeSet<&Uuid> = chosen.iter().collect();
            different.len() == chosen.len()
                && chosen.len() <= contest.seats as usize
                && chosen.iter().all(|candidate| contest.candidates.contains(candidate))
                && (contest.allow_blank || !chosen.is_empty())
        })
}

/// What was chosen, without its order.
fn sets(choices: impl IntoIterator<Item = (Uuid, Vec<Uuid>)>) -> Vec<(Uuid, BTreeSet<Uuid>)> {
    let mut sets: Vec<_> =
        choices.into_iter().map(|(contest, chosen)| (contest, chosen.into_iter().collect())).collect();
    sets.sort();
    sets
}

proptest! {
    #[test]
    fn a_paper_takes_valid_choices_and_no_others(
        (paper, choices) in papers().prop_flat_map(|paper| {
            let choices = prop_oneof![valid_choices(&paper), any_choices(&paper)];
            (Just(paper), choices)
        }),
    ) {
        match paper.mark(&choices) {
            Ok(_) => prop_assert!(is_valid(&paper, &choices)),
            Err(errors) => {
                prop_assert!(!is_valid(&paper, &choices));
                prop_assert!(!errors.is_empty());
            }
        }
    }

    #[test]
    fn each_contest_that_is_wrong_is_named_and_no_other(
        (paper, choices) in papers().prop_flat_map(|paper| {
            let choices = any_choices(&paper);
            (Just(paper), choices)
        }),
    ) {
        let named: BTreeSet<String> =
            paper.mark(&choices).err().into_iter().flatten().map(|error| error.field).collect();
        let contests = paper.contests().iter();
        let wrong = contests.filter(|contest| {
            let alone = BallotPaper::new(vec![(*contest).clone()]);
            let chosen = choices.get(&contest.id).map(|chosen| (contest.id, chosen.clone()));
            !is_valid(&alone, &chosen.into_iter().collect())
        });
        let foreign = choices.keys().filter(|id| paper.contests().iter().all(|contest| contest.id != **id));
        let expected = wrong.map(|contest| contest.id).chain(foreign.copied());
        prop_assert_eq!(named, expected.map(|id| format!("choices.{id}")).collect());
    }

    #[test]
    fn a_ballot_reads_back_as_it_was_chosen(
        (paper, choices) in papers().prop_flat_map(|paper| {
            let choices = valid_choices(&paper);
            (Just(paper), choices)
        }),
        nonce: [u8; 16],
    ) {
        let marks = paper.mark(&choices).unwrap();
        let bytes = paper.encode(&nonce, &marks);
        prop_assert_eq!(bytes.len(), 17 + paper.length(), "whatever was chosen");
        prop_assert_eq!(paper.decode(&bytes), Some((nonce, marks.clone())));
        let openings = paper.openings(&nonce, &marks);
        prop_assert_eq!(sets(openings.into_iter().map(|opening| (opening.contest, opening.choices))), sets(choices));
    }

    #[test]
    fn bytes_are_a_ballot_only_if_a_voter_could_have_sent_it(
        (paper, choices) in papers().prop_flat_map(|paper| {
            let choices = valid_choices(&paper);
            (Just(paper), choices)
        }),
        changes in vec((any::<Index>(), 0u8..3), 0..4),
    ) {
        let mut bytes = paper.encode(&[3; 16], &paper.mark(&choices).unwrap());
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Some((nonce, marks)) = paper.decode(&bytes) {
            prop_assert_eq!(paper.encode(&nonce, &marks), bytes);
            let openings = paper.openings(&nonce, &marks).into_iter();
            prop_assert!(is_valid(&paper, &openings.map(|opening| (opening.contest, opening.choices)).collect()));
        }
    }

    #[test]
    fn the_order_of_contests_and_candidates_on_the_screen_does_not_change_a_ballot(
        (paper, shown, choices) in papers().prop_flat_map(|paper| {
            let shown = Just(paper.contests().to_vec()).prop_shuffle();
            let choices = valid_choices(&paper);
            (Just(paper), shown, choices)
        }),
    ) {
        let mut shown = shown;
        shown.iter_mut().for_each(|contest| contest.candidates.reverse());
        let shown = BallotPaper::new(shown);
        prop_assert_eq!(shown.mark(&choices), paper.mark(&choices));
        prop_assert_eq!(shown, paper);
    }
}
