use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use uvote_domain::ballot::{BallotPaper, Marks};
use uvote_domain::tally::plurality::{Outcome, outcome};
use uvote_domain::tally::running::{LEAST_PER_MINUTE, RunningTally, SHOWN_STEP, TurnoutMinute};
use uvote_domain::tally::{Tally, percent};

use crate::made::{ballots, cut};

/// All ballots counted one after the other, as the recount does.
fn recount(paper: &BallotPaper, ballots: &[Marks]) -> Tally {
    let mut tally = Tally::empty(paper);
    ballots.iter().for_each(|marks| tally.add(paper, marks));
    tally
}

/// Counts batches, a minute later each time by as much as `steps` says; answers the minutes told.
fn count(paper: &BallotPaper, batches: &[&[Marks]], steps: &[i64]) -> (RunningTally, Vec<TurnoutMinute>) {
    let (mut running, mut told) = (RunningTally::empty(paper), Vec::new());
    let (mut position, mut minute) = (0, 29_000_000);
    // A batch has at least one ballot.
    for (batch, step) in batches.iter().filter(|batch| !batch.is_empty()).zip(steps.iter().cycle()) {
        let batch: Vec<&Marks> = batch.iter().collect();
        position += batch.len() as i64;
        minute += step;
        told.extend(running.count(paper, &batch, position, minute));
    }
    (running, told)
}

proptest! {
    #[test]
    fn any_batches_in_any_order_come_to_what_the_recount_says(
        (paper, ballots) in ballots(), places in vec(any::<Index>(), 0..8), order in vec(any::<u32>(), 40),
    ) {
        let mut shuffled: Vec<(u32, Marks)> = order.into_iter().zip(ballots.iter().cloned()).collect();
        shuffled.sort_by_key(|(place, _)| *place);
        let shuffled: Vec<Marks> = shuffled.into_iter().map(|(_, marks)| marks).collect();
        let (running, _) = count(&paper, &cut(&shuffled, &places), &[0]);
        prop_assert_eq!(running.current, recount(&paper, &ballots));
    }

    #[test]
    fn every_ballot_is_blank_or_marks_as_many_as_there_are_seats_at_most((paper, ballots) in ballots()) {
        let tally = recount(&paper, &ballots);
        for (contest, counted) in paper.contests().iter().zip(&tally.contests) {
            let (votes, all) = (counted.votes.iter().sum::<u64>(), ballots.len() as u64);
            prop_assert!(counted.blank <= all && counted.votes.iter().all(|votes| *votes <= all));
            prop_assert!(votes >= all - counted.blank);
            prop_assert!(votes <= (all - counted.blank) * u64::from(contest.seats));
            prop_assert!(contest.allow_blank || counted.blank == 0);
        }
    }

    #[test]
    fn the_running_tally_reads_back_as_it_was_written_for_its_paper_alone(
        (paper, ballots) in ballots(), places in vec(any::<Index>(), 0..8), steps in vec(-1i64..3, 1..9), end: Index,
    ) {
        let (running, _) = count(&paper, &cut(&ballots, &places), &steps);
        let bytes = running.encode();
        prop_assert_eq!(RunningTally::decode(&paper, &bytes), Some(running));
        prop_assert_eq!(RunningTally::decode(&paper, &bytes[..end.index(bytes.len())]), None);
        prop_assert_eq!(RunningTally::decode(&paper, &[&bytes[..], &[0; 8]].concat()), None);
    }

    #[test]
    fn a_tally_taken_up_again_after_any_batch_goes_on_as_if_it_had_not_been_put_down(
        (paper, ballots) in ballots(), places in vec(any::<Index>(), 0..8), steps in vec(0i64..3, 1..9),
    ) {
        let batches = cut(&ballots, &places);
        let (whole, told) = count(&paper, &batches, &steps);
        let (mut running, mut told_so_far) = (RunningTally::empty(&paper), Vec::new());
        let (mut position, mut minute) = (0, 29_000_000);
        for (batch, step) in batches.iter().filter(|batch| !batch.is_empty()).zip(steps.iter().cycle()) {
            running = RunningTally::decode(&paper, &running.encode()).unwrap();
            (position, minute) = (position + batch.len() as i64, minute + step);
            told_so_far.extend(running.count(&paper, &batch.iter().collect::<Vec<_>>(), position, minute));
        }
        prop_assert_eq!((running, told_so_far), (whole, told));
    }

    #[test]
    fn what_is_shown_lags_behind_and_never_moves_by_less_than_a_step(
        (paper, ballots) in ballots(), places in vec(any::<Index>(), 0..20),
    ) {
        let mut running = RunningTally::empty(&paper);
        let mut position = 0;
        for batch in cut(&ballots, &places) {
            let shown_before = running.shown_at;
            position += batch.len();
            running.count(&paper, &batch.iter().collect::<Vec<_>>(), position as i64, 0);
            let moved = running.shown_at - shown_before;
            prop_assert!(moved == 0 || moved >= SHOWN_STEP);
            prop_assert!(position as i64 - running.shown_at < SHOWN_STEP);
            prop_assert_eq!(&running.shown, &recount(&paper, &ballots[..running.shown_at as usize]));
        }
    }

    #[test]
    fn the_minutes_that_are_told_are_full_in_order_and_leave_no_ballot_out(
        (paper, ballots) in ballots(), places in vec(any::<Index>(), 0..20), steps in vec(-2i64..4, 1..9),
    ) {
        let (running, told) = count(&paper, &cut(&ballots, &places), &steps);
        prop_assert!(told.iter().all(|minute| minute.ballots >= LEAST_PER_MINUTE));
        prop_assert!(told.is_sorted_by(|one, next| one.minute < next.minute));
        let counted = told.iter().chain([&running.minute]).map(|minute| minute.ballots as usize).sum::<usize>();
        prop_assert_eq!(counted, ballots.len());
    }

    #[test]
    fn the_winners_follow_from_the_votes_alone(votes in vec(0u64..6, 0..9), seats in 0u32..5, order in vec(any::<u32>(), 9)) {
        let Outcome { winners, tie } = outcome(&votes, seats);
        let won = winners.iter().filter(|wins| **wins).count();
        let with_votes = votes.iter().filter(|votes| **votes > 0).count();
        prop_assert!(won <= seats as usize);
        prop_assert!(tie || won == with_votes.min(seats as usize), "a seat stays empty only by a tie or for want of votes");
        prop_assert!(!tie || won < seats as usize);
        let least = votes.iter().zip(&winners).filter(|(_, wins)| **wins).map(|(votes, _)| *votes).min();
        let most = votes.iter().zip(&winners).filter(|(_, wins)| !**wins).map(|(votes, _)| *votes).max();
        prop_assert!(least.is_none_or(|least| least > 0 && most.is_none_or(|most| least > most)));
        // Another order of the candidates gives the same outcome in that order.
        let mut places: Vec<usize> = (0..votes.len()).collect();
        places.sort_by_key(|place| order[*place]);
        let shuffled: Vec<u64> = places.iter().map(|place| votes[*place]).collect();
        let expected = Outcome { winners: places.iter().map(|place| winners[*place]).collect(), tie };
        prop_assert_eq!(outcome(&shuffled, seats), expected);
    }

    #[test]
    fn a_percent_is_the_nearest_hundredth_from_0_to_100(part: u64, whole: u64) {
        let (part, whole) = (part.min(whole), part.max(whole));
        let percent = percent(part, whole);
        prop_assert!((0.0..=100.0).contains(&percent));
        let hundredths = (percent * 100.0).round();
        prop_assert!((percent - hundredths / 100.0).abs() < 1e-12);
        // |part / whole - hundredths / 10,000| is at most half a hundredth, in whole numbers.
        let difference = (i128::from(part) * 10_000 - hundredths as i128 * i128::from(whole)).abs();
        prop_assert!(difference * 2 <= i128::from(whole));
    }
}
