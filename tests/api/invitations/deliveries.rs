//! What happens to mails when the servers that take them misbehave.

use std::time::Duration;

use hyper::StatusCode;
use serde_json::json;
use tokio_postgres::Client as Postgres;
use uvote_loadtest::sink::Fault;

use super::{active, delivered, deliveries, invite, opens, voter, voter_path, voters};
use crate::support::people::address;
use crate::support::{Organiser, Service};

#[actix_web::test]
async fn a_mail_refused_for_good_is_shown_at_the_voter_and_in_the_deliveries() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 3).await;
    service.sink.fail(|to| (to == address(2)).then(|| Fault::Refuse(550, "5.1.1 No such mailbox".into())));
    invite(&organiser, &election, "not_invited").await;
    let now = delivered(&organiser, &election, 0, 2, 1).await;
    let failures = now["recent_failures"].as_array().unwrap();
    assert_eq!((failures.len(), &failures[0]["email"]), (1, &json!(address(2))));
    assert!(failures[0]["error"].as_str().unwrap().contains("550"), "{now}");
    assert!(failures[0]["error"].as_str().unwrap().contains("No such mailbox"), "{now}");
    assert!(failures[0]["at"].is_string());
    let marked = voters(&organiser, &election, "delivery=failed").await;
    assert_eq!((marked.len(), &marked[0]["email"]), (1, &json!(address(2))));
    assert_eq!(voters(&organiser, &election, "delivery=sent").await.len(), 2);

    service.sink.heal();
    let path = voter_path(&organiser, &election, &address(2), "").await;
    organiser.patch(&path, &json!({"email": "mended@example.org"})).await;
    let mail = service.sink.mail_to("mended@example.org").await.unwrap();
    assert_eq!(opens(&service, &election, &mail).await.0, StatusCode::OK);
    delivered(&organiser, &election, 0, 3, 1).await;
    assert!(voters(&organiser, &election, "delivery=failed").await.is_empty(), "the latest mail counts");
}

/// Makes mails that wait for another attempt due now.
async fn hurry(superuser: &Postgres) {
    let sql = "UPDATE mail_outbox SET due_at = clock_timestamp() WHERE state = 'queued'";
    superuser.batch_execute(sql).await.unwrap();
}

/// Waits until a first attempt has been written down as failed for now.
async fn put_off(superuser: &Postgres, attempts: i32) {
    let sql =
        "SELECT count(*) FROM mail_outbox WHERE state = 'queued' AND attempts = $1 AND error IS NOT NULL";
    let wait = async {
        while superuser.query_one(sql, &[&attempts]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("no attempt was put off");
}

#[actix_web::test]
async fn a_mail_refused_for_now_is_tried_again() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 1).await;
    let superuser = service.superuser().await;
    service.sink.fail(|_| Some(Fault::Refuse(451, "4.7.1 Come back later".into())));
    invite(&organiser, &election, "not_invited").await;
    put_off(&superuser, 1).await;
    let now = deliveries(&organiser, &election).await;
    assert_eq!((&now["queued"], &now["failed"]), (&json!(1), &json!(0)));
    assert_eq!(voters(&organiser, &election, "delivery=queued").await.len(), 1);
    let wait: f64 = superuser
        .query_one("SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM mail_outbox WHERE state = 'queued'", &[])
        .await
        .unwrap()
        .get(0);
    assert!((20.0..=38.0).contains(&wait), "{wait}");
    hurry(&superuser).await;
    put_off(&superuser, 2).await;
    service.sink.heal();
    hurry(&superuser).await;
    let mail = service.sink.mail_to(&address(1)).await.unwrap();
    assert_eq!(opens(&service, &election, &mail).await.0, StatusCode::OK);
    delivered(&organiser, &election, 0, 1, 0).await;
}

#[actix_web::test]
async fn a_mail_is_given_up_after_its_last_attempt() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 1).await;
    let superuser = service.superuser().await;
    service.sink.fail(|_| Some(Fault::Refuse(451, "4.7.1 Come back later".into())));
    invite(&organiser, &election, "not_invited").await;
    put_off(&superuser, 1).await;
    let last = "UPDATE mail_outbox SET attempts = 11, due_at = clock_timestamp() WHERE state = 'queued'";
    superuser.batch_execute(last).await.unwrap();
    let now = delivered(&organiser, &election, 0, 0, 1).await;
    assert!(now["recent_failures"][0]["error"].as_str().unwrap().contains("Come back later"), "{now}");
}

#[actix_web::test]
async fn a_mail_whose_acceptance_is_unknown_is_repeated_under_the_same_message_id() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 1).await;
    let superuser = service.superuser().await;
    service.sink.fail(|_| Some(Fault::DropAfterData));
    invite(&organiser, &election, "not_invited").await;
    let first = service.sink.mail_to(&address(1)).await.unwrap();
    put_off(&superuser, 1).await;
    service.sink.heal();
    hurry(&superuser).await;
    let second = service.sink.mail_to(&address(1)).await.unwrap();
    assert_eq!((first.message_id(), first.link()), (second.message_id(), second.link()));
    delivered(&organiser, &election, 0, 1, 0).await;
}

#[actix_web::test]
async fn a_crash_between_acceptance_and_bookkeeping_repeats_the_mail_under_the_same_message_id() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 1).await;
    invite(&organiser, &election, "not_invited").await;
    let first = service.sink.mail_to(&address(1)).await.unwrap();
    delivered(&organiser, &election, 0, 1, 0).await;
    let crash = "UPDATE mail_outbox SET state = 'sending', finished_at = NULL, due_at = clock_timestamp() - interval '1 second'
        WHERE voter_id IS NOT NULL";
    service.superuser().await.batch_execute(crash).await.unwrap();
    let second = service.sink.mail_to(&address(1)).await.unwrap();
    assert_eq!((first.message_id(), first.link()), (second.message_id(), second.link()));
    delivered(&organiser, &election, 0, 1, 0).await;
}

#[actix_web::test]
async fn a_mail_whose_voter_has_voted_meanwhile_is_not_sent() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 2).await;
    let superuser = service.superuser().await;
    invite(&organiser, &election, "not_invited").await;
    let link = service.sink.mail_to(&address(1)).await.unwrap();
    delivered(&organiser, &election, 0, 2, 0).await;
    service.sink.fail(|_| Some(Fault::Refuse(451, "4.7.1 Come back later".into())));
    invite(&organiser, &election, "not_voted").await;
    delivered(&organiser, &election, 2, 2, 0).await;
    put_off(&superuser, 1).await;
    voter(&service, &election, &link).cast(&election.choose(Some(1))).await;
    service.sink.heal();
    hurry(&superuser).await;
    delivered(&organiser, &election, 0, 3, 0).await;
    let reminders = service.sink.mails().iter().filter(|mail| mail.is_to(&address(1))).count();
    assert_eq!(reminders, 1, "the invitation alone");
}

#[actix_web::test]
async fn mails_of_a_deleted_election_hold_up_nobody() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 2).await;
    let superuser = service.superuser().await;
    service.sink.fail(|_| Some(Fault::Refuse(451, "4.7.1 Come back later".into())));
    invite(&organiser, &election, "not_invited").await;
    put_off(&superuser, 1).await;
    assert_eq!(organiser.delete(&election.path("")).await.0, StatusCode::NO_CONTENT);
    service.sink.heal();
    hurry(&superuser).await;
    let other = Organiser::register(&service).await;
    assert_eq!(other.get("/api/v1/auth/verify").await.0, StatusCode::OK);
    assert!(service.sink.mails().iter().all(|mail| !mail.is_to(&address(1))), "nobody votes in it any more");
    assert_eq!(organiser.post(&election.path("/restore"), &json!({})).await.0, StatusCode::OK);
    assert_eq!(invite(&organiser, &election, "not_invited").await, 2);
    delivered(&organiser, &election, 0, 2, 0).await;
}
