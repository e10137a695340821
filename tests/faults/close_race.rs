//! A vote and the close in the same instant: counted and acknowledged, or neither.

use futures_util::future::{join, join_all};
use hyper::StatusCode;
use serde_json::json;

use crate::count::{published, sound_ballots};
use crate::support::people::{Election, Voter};
use crate::support::{Organiser, Service};

const ROUNDS: usize = 30;
const VOTERS: usize = 6;

/// Votes of which `before` are sent before the close and the rest after; answers how many were
/// acknowledged.
async fn race(organiser: &Organiser, election: &Election, voters: &[Voter], before: usize) -> usize {
    let ballot = election.choose(Some(0));
    let vote = async |voter: &Voter| {
        let (status, answer) = voter.send(&voter.body(&ballot)).await;
        match status {
            StatusCode::CREATED => true,
            StatusCode::CONFLICT if answer["code"] == "ELECTION_NOT_ACTIVE" => false,
            _ => panic!("a vote at the close met {status}: {answer}"),
        }
    };
    let vote = &vote;
    let early = join_all(voters[..before].iter().map(vote));
    let late = join_all(voters[before..].iter().map(vote));
    let (early, (_, late)) = join(early, join(organiser.close(&election.id), late)).await;
    early.into_iter().chain(late).filter(|acknowledged| *acknowledged).count()
}

#[actix_web::test]
async fn a_vote_at_the_close_is_counted_exactly_when_it_was_acknowledged() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let mut seen = (0, 0);
    for round in 0..ROUNDS {
        let (election, voters) = organiser.open_election(&service, VOTERS).await;
        let acknowledged = race(&organiser, &election, &voters, round % (VOTERS + 1)).await;
        assert_eq!(published(&organiser, &election).await, (vec![acknowledged, 0], 0), "round {round}");
        assert_eq!(sound_ballots(&organiser, &election).await, acknowledged, "round {round}");
        seen = (seen.0 + acknowledged, seen.1 + VOTERS - acknowledged);
    }
    assert!(seen.0 > 0 && seen.1 > 0, "no race: {} counted, {} refused", seen.0, seen.1);
}

#[actix_web::test]
async fn a_close_that_meets_another_count_waits_for_its_end() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, VOTERS).await;
    voters[0].cast(&election.choose(Some(0))).await;
    // Whoever counts holds this lock, as another process or the clock would.
    let counter = service.superuser().await;
    let lock = format!("SELECT pg_advisory_lock(hashtextextended('recount of {}', 0))", election.id);
    counter.batch_execute(&lock).await.unwrap();
    let path = election.path("/close");
    let nothing = json!({});
    let close = organiser.post(&path, &nothing);
    let until_closed = async {
        while organiser.get(&election.path("")).await.1["status"] != "closed" {}
        assert_eq!(organiser.post(&election.path("/publish"), &nothing).await.1["code"], "COUNTING");
        counter.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
    };
    let ((status, closed), ()) = join(close, until_closed).await;
    assert_eq!(status, StatusCode::OK, "{closed}");
    assert_eq!(published(&organiser, &election).await, (vec![1, 0], 0));
}
