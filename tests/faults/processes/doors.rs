//! One election at several processes at the same moment: the same ballot at each, another at each, and
//! a close at one of them.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::json;
use uvote_loadtest::ledger::Choice;
use uvote_loadtest::organiser::Organiser;

use super::site::Site;
use super::watchers::Watchers;
use crate::proof::courier::Courier;
use crate::proof::crowd::{Crowd, Manners};
use crate::proof::election::OpenElection;
use crate::proof::invariants::hold;
use crate::proof::ledger::{Attempt, Ballot, Ledger, Told};
use crate::proof::report::{Run, Votes};

/// Voters who vote at the same time.
const AT_ONCE: usize = 8;

/// A voter's ballot with a choice and a nonce by chance.
fn ballot(open: &OpenElection, voter: usize, chance: &mut StdRng) -> Ballot {
    let candidates = &open.election.candidates;
    let (nonce, place) = (chance.random::<[u8; 16]>(), chance.random_range(0..candidates.len()));
    let body = json!({"token": open.codes[voter], "nonce": URL_SAFE_NO_PAD.encode(nonce),
        "choices": {&open.election.contest: [&candidates[place]]}});
    Ballot { voter, choice: Choice::Candidate(place), nonce, body }
}

/// Hands a ballot in at one process until that says what became of it.
async fn persist(courier: &Courier, ledger: &RefCell<Ledger>, door: usize, number: usize) -> Told {
    loop {
        let (body, sent) = (ledger.borrow().ballots[number].body.clone(), Instant::now());
        let told = courier.carry(door, &body).await;
        ledger.borrow_mut().note(Attempt { ballot: number, sent, at: Instant::now(), told: told.clone() });
        if matches!(told, Told::Acknowledged(_) | Told::Refused(_)) {
            return told;
        }
    }
}

/// What a voter hands in at all processes.
#[derive(Clone, Copy)]
enum Hand {
    /// One ballot, which each of them acknowledges.
    Same,
    /// A ballot for each, of which one is acknowledged.
    Different,
}

impl Hand {
    /// The ballots, by number, in the order of the processes.
    fn ballots(
        self,
        ledger: &RefCell<Ledger>,
        mut ballot: impl FnMut() -> Ballot,
        doors: usize,
    ) -> Vec<usize> {
        let mut enter = || ledger.borrow_mut().enter(ballot());
        match self {
            Self::Same => vec![enter(); doors],
            Self::Different => (0..doors).map(|_| enter()).collect(),
        }
    }

    const fn acknowledged(self, doors: usize) -> usize {
        match self {
            Self::Same => doors,
            Self::Different => 1,
        }
    }
}

/// Every voter hands something in at all processes at the same moment. Answers the ledger.
async fn everywhere(run: &Run, site: &Site, hand: Hand) -> Ledger {
    let courier = Courier::new(&site.urls(), &site.open.election);
    let ledger = RefCell::default();
    let votes = (0..site.open.codes.len()).map(|voter| {
        let mut chance = run.rng(voter);
        let ballots = hand.ballots(&ledger, || ballot(&site.open, voter, &mut chance), courier.doors());
        let (courier, ledger) = (&courier, &ledger);
        async move {
            let votes =
                ballots.iter().enumerate().map(|(door, ballot)| persist(courier, ledger, door, *ballot));
            let told = join_all(votes).await;
            let acknowledged = told.iter().filter(|told| matches!(told, Told::Acknowledged(_))).count();
            assert_eq!(acknowledged, hand.acknowledged(courier.doors()), "voter {voter} was told {told:?}");
            run.tick();
        }
    });
    stream::iter(votes).for_each_concurrent(AT_ONCE, |vote| vote).await;
    ledger.into_inner()
}

async fn vote_everywhere(run: Run, number: usize, hand: Hand) {
    let site = Site::set(number, run.rounds).await;
    let watchers = Watchers::gather(&site).await;
    let ledger = everywhere(&run, &site, hand).await;
    watchers.until_turnout(site.open.codes.len() as u64).await;
    hold(run, ledger, &site.evidence().await).await;
    watchers.until_status("closed").await;
    watchers.leave().await;
}

#[actix_web::test]
async fn the_same_ballot_at_two_processes_at_once_is_counted_once_and_has_one_receipt() {
    vote_everywhere(Run::begin("the same ballot at two processes", 24, 1_000), 2, Hand::Same).await;
}

#[actix_web::test]
async fn different_ballots_of_one_voter_at_three_processes_at_once_make_one() {
    vote_everywhere(Run::begin("different ballots at three processes", 24, 1_000), 3, Hand::Different).await;
}

#[actix_web::test]
async fn a_close_at_one_process_ends_casting_at_all() {
    let run = Run::begin("closed at one process while others cast", 1, 20);
    let mut site = Site::set(3, 200).await;
    let (mut votes, mut complaints) = (Votes::default(), Vec::new());
    for round in 0..run.rounds {
        if round > 0 {
            let (url, owner) = (site.processes[0].url(), site.postgres.owner_url());
            site.open = OpenElection::new(&url, &site.sink, &owner, 200).await;
        }
        let ledger = close_while_casting(&run, &site, round).await;
        votes.acknowledged += ledger.acknowledged().len() as u64;
        votes.unknown += ledger.ever_unknown();
        complaints.extend(check_closed(&site, ledger).await);
        run.tick();
    }
    run.end(&votes, &complaints);
}

async fn close_while_casting(run: &Run, site: &Site, round: usize) -> Ledger {
    let mut chance = run.rng(round);
    let door = &site.processes[chance.random_range(0..site.processes.len())];
    let organiser = Organiser::sign_in(&door.client(), &site.open.credentials).await.unwrap();
    let watchers = Watchers::gather(site).await;
    let manners = Manners { in_flight: 16, pause: Duration::from_millis(50) };
    let crowd = Crowd::gather(run, &site.open, &site.urls(), manners);
    crowd.acknowledgements(chance.random_range(5..60)).await;
    site.open.election.close(&organiser).await.unwrap();
    let ledger = crowd.disperse().await;
    watchers.until_status("closed").await;
    watchers.until_turnout(site.counted().await).await;
    watchers.leave().await;
    ledger
}

/// What is wrong with a closed election.
async fn check_closed(site: &Site, ledger: Ledger) -> Vec<String> {
    let OpenElection { organiser, election, codes, .. } = &site.open;
    let (published, found) =
        (election.results(organiser).await.unwrap(), election.verify(organiser).await.unwrap());
    let mut complaints = ledger.complaints();
    complaints.extend(ledger.told().differences(&election.candidates, codes.len() as u64, &published));
    if !found.chain_intact || found.recount_matches != Some(true) || found.ballots != published.ballots_cast {
        complaints.push(format!("{found:?} for {published:?}"));
    }
    complaints
}
