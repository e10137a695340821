//! An election's actor that dies.

use futures_util::future::join_all;
use hyper::StatusCode;
use uvote::app::faults::Victim;

use crate::count::{cast_until_acknowledged, published, sound_ballots};
use crate::support::people::Election;
use crate::support::{Organiser, Service};

/// Makes the actor panic, and waits until it has.
async fn panic(service: &Service, election: &Election) {
    service.running().harm(Victim::Election(election.id.parse().unwrap())).await;
}

#[actix_web::test]
async fn the_vote_after_a_panic_is_counted() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 2).await;
    voters[0].cast(&election.choose(Some(0))).await;
    panic(&service, &election).await;
    voters[1].cast(&election.choose(Some(1))).await;
    assert_eq!(sound_ballots(&organiser, &election).await, 2);
    panic(&service, &election).await;
    organiser.close(&election.id).await;
    assert_eq!(published(&organiser, &election).await, (vec![1, 1], 0));
}

#[actix_web::test]
async fn a_vote_under_way_in_a_panic_is_not_lost() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 1).await;
    let body = voters[0].body(&election.choose(Some(0)));
    let mut superuser = service.superuser().await;
    let watcher = service.superuser().await;
    let obstacle = superuser.transaction().await.unwrap();
    obstacle.batch_execute("SELECT FROM voting_tokens FOR UPDATE").await.unwrap();
    let interrupt = async {
        wait_for_a_lock(&watcher).await;
        panic(&service, &election).await;
    };
    let ((status, answer), ()) = futures_util::future::join(voters[0].send_once(&body), interrupt).await;
    assert_eq!((status, &answer["code"]), (StatusCode::SERVICE_UNAVAILABLE, &"OUTCOME_UNKNOWN".into()));
    obstacle.rollback().await.unwrap();
    let receipt = cast_until_acknowledged(&voters[0], &body).await;
    assert_eq!(cast_until_acknowledged(&voters[0], &body).await, receipt);
    assert_eq!(sound_ballots(&organiser, &election).await, 1);
}

/// PostgreSQL announces no waiting, so it is asked until somebody waits for a lock.
async fn wait_for_a_lock(watcher: &tokio_postgres::Client) {
    let sql = "SELECT count(*) AS waiting FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let asked = async {
        while watcher.query_one(sql, &[]).await.unwrap().get::<_, i64>("waiting") == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), asked).await.expect("a vote that waits");
}

#[actix_web::test]
async fn votes_through_a_row_of_panics_are_each_counted_once() {
    const VOTERS: usize = 40;
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, VOTERS).await;
    let ballot = election.choose(Some(1));
    let votes = join_all(voters.iter().map(|voter| async {
        let body = voter.body(&ballot);
        cast_until_acknowledged(voter, &body).await
    }));
    let panics = async {
        for _ in 0..8 {
            panic(&service, &election).await;
        }
    };
    futures_util::future::join(votes, panics).await;
    assert_eq!(sound_ballots(&organiser, &election).await, VOTERS);
}
