//! One voting code in many hands at once.

use std::collections::HashSet;

use futures_util::future::join_all;
use hyper::StatusCode;

use crate::count::{published, sound_ballots};
use crate::support::{Organiser, Service};

const REQUESTS: usize = 1_000;

#[actix_web::test]
async fn a_thousand_requests_with_one_code_make_one_ballot() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 2).await;
    let voter = &voters[0];
    let same = voter.body(&election.choose(Some(0)));
    // The others come with choices or a nonce of their own.
    let bodies: Vec<_> = (0..REQUESTS)
        .map(|number| match number % 4 {
            0 | 1 => same.clone(),
            2 => voter.body(&election.choose(Some(0))),
            _ => voter.body(&election.choose(Some(1))),
        })
        .collect();
    let answers = join_all(bodies.iter().map(|body| voter.send(body))).await;

    let acknowledged: Vec<_> =
        bodies.iter().zip(&answers).filter(|(_, (status, _))| status.is_success()).collect();
    let receipts: HashSet<&str> =
        acknowledged.iter().map(|(_, (_, answer))| answer["receipt"].as_str().unwrap()).collect();
    let counted: HashSet<String> = acknowledged.iter().map(|(body, _)| body.to_string()).collect();
    assert_eq!((receipts.len(), counted.len()), (1, 1), "one body is counted, under one receipt");
    let created = answers.iter().filter(|(status, _)| *status == StatusCode::CREATED).count();
    assert_eq!(created, 1);
    let counted = acknowledged[0].0;
    for (body, (status, answer)) in bodies.iter().zip(&answers) {
        if body == counted {
            assert!(status.is_success(), "{status} {answer}");
        } else {
            assert_eq!((*status, answer["code"].as_str()), (StatusCode::CONFLICT, Some("ALREADY_VOTED")));
        }
    }
    assert_eq!(sound_ballots(&organiser, &election).await, 1);
}

#[actix_web::test]
async fn the_code_of_one_voter_does_not_hold_up_the_others() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 30).await;
    let bodies: Vec<_> = (0..300).map(|_| voters[0].body(&election.choose(Some(1)))).collect();
    let flood = join_all(bodies.iter().map(|body| voters[0].send(body)));
    let ballot = election.choose(Some(0));
    let others = join_all(voters[1..].iter().map(|voter| voter.cast(&ballot)));
    let (flood, _) = futures_util::future::join(flood, others).await;
    assert_eq!(flood.iter().filter(|(status, _)| status.is_success()).count(), 1);
    organiser.close(&election.id).await;
    assert_eq!(published(&organiser, &election).await, (vec![29, 1], 0));
}
