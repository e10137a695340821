#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;

fn candidates() -> Vec<String> {
    vec!["ann".into(), "bob".into()]
}

/// Three votes for Ann, two for Bob, one blank.
fn ledger() -> Ledger {
    let choices = [
        Choice::Candidate(0),
        Choice::Candidate(1),
        Choice::Blank,
        Choice::Candidate(0),
        Choice::Candidate(1),
        Choice::Candidate(0),
    ];
    let vote = |(place, choice): (u8, &Choice)| Acknowledged {
        choice: *choice,
        receipt: [place; 32],
        position: u64::from(place),
        at: Instant::now(),
    };
    Ledger { acknowledged: (1..).zip(&choices).map(vote).collect(), unsettled: Vec::new() }
}

fn published() -> Published {
    Published::read(&json!({
        "election_id": "e", "eligible": 8, "ballots_cast": 6,
        "contests": [{"id": "c", "blank": 1, "candidates": [
            {"id": "ann", "votes": 3, "winner": true}, {"id": "bob", "votes": 2, "winner": false},
        ]}],
    }))
    .unwrap()
}

fn differences(ledger: &Ledger, published: &Published) -> Vec<String> {
    ledger.differences(&candidates(), 8, published)
}

#[test]
fn results_that_agree_leave_nothing_to_say() {
    assert!(differences(&ledger(), &published()).is_empty());
}

#[test]
fn a_vote_moved_to_another_candidate_shows_at_both() {
    let mut published = published();
    published.votes = vec![("ann".into(), 2), ("bob".into(), 3)];
    let expected = [
        "votes for candidate ann: expected 3, the service says 2",
        "votes for candidate bob: expected 2, the service says 3",
    ];
    assert_eq!(differences(&ledger(), &published), expected);
}

#[test]
fn a_lost_ballot_shows_in_the_count_the_votes_and_the_positions() {
    let mut published = published();
    published.ballots_cast = 5;
    published.blank = 0;
    let expected = [
        "published ballots_cast: expected 6, the service says 5",
        "blank votes: expected 1, the service says 0",
        "positions: 1 to 6 were given out for 5 ballots",
    ];
    assert_eq!(differences(&ledger(), &published), expected);
}

#[test]
fn results_that_do_not_add_up_or_name_a_stranger_are_told() {
    let mut published = published();
    published.votes.push(("eve".into(), 1));
    let expected = [
        "candidate eve is in no list and has 1 votes",
        "sum of the published votes and ballots_cast: expected 6, the service says 7",
    ];
    assert_eq!(differences(&ledger(), &published), expected);
}

#[test]
fn another_number_of_voters_is_told() {
    let found = ledger().differences(&candidates(), 9, &published());
    assert_eq!(found, ["eligible voters: expected 9, the service says 8"]);
}

#[test]
fn an_unsettled_vote_may_be_counted_or_not_but_only_once() {
    let mut ledger = ledger();
    ledger.unsettled.push(Choice::Candidate(0));
    assert!(differences(&ledger, &published()).is_empty());

    let mut counted = published();
    counted.ballots_cast = 7;
    counted.votes[0].1 = 4;
    assert!(differences(&ledger, &counted).is_empty());

    counted.ballots_cast = 8;
    counted.votes[0].1 = 5;
    let expected = [
        "published ballots_cast: expected 6 to 7, the service says 8",
        "votes for candidate ann: expected 3 to 4, the service says 5",
    ];
    assert_eq!(differences(&ledger, &counted), expected);
}

#[test]
fn positions_and_receipts_given_out_twice_are_told() {
    let mut ledger = ledger();
    ledger.acknowledged[5].position = 2;
    ledger.acknowledged[5].receipt = [2; 32];
    let expected = ["positions: 1 were given out twice", "receipts: 1 were given out twice"];
    assert_eq!(differences(&ledger, &published()), expected);
}

#[test]
fn a_position_before_the_first_is_told() {
    let mut ledger = ledger();
    ledger.acknowledged[0].position = 0;
    let expected = ["positions: 0 to 6 were given out for 6 ballots"];
    assert_eq!(differences(&ledger, &published()), expected);
}

#[test]
fn results_without_their_contest_can_not_be_read() {
    let results = json!({"eligible": 1, "ballots_cast": 0, "contests": []});
    assert!(Published::read(&results).is_err());
}
