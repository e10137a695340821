//! Casting: every refusal, and what never happens twice.

use hyper::StatusCode;

use crate::support::{Organiser, Service};

#[actix_web::test]
async fn a_vote_gets_a_receipt_and_the_same_body_gets_it_again() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = organiser.open_election(&service, 2).await;
    let body = voters[0].body(&election.choose(Some(0)));
    let (status, first) = voters[0].send(&body).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, second) = voters[0].send(&body).await;
    assert_eq!((status, &second), (StatusCode::OK, &first));
    organiser.close(&election.id).await;
    let (status, third) = voters[0].send(&body).await;
    assert_eq!((status, third), (StatusCode::OK, first), "also after the close");
}
