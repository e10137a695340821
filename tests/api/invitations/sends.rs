//! Sends to many at once: each voter is mailed once, whatever comes in between.

use std::collections::HashSet;
use std::time::Duration;

use hyper::StatusCode;
use serde_json::json;
use tokio_postgres::Client as Postgres;
use uvote_loadtest::sink::{Fault, Mail};

use super::{active, delivered, deliveries, invite, outbox, voters};
use crate::support::{Organiser, Service};

/// Waits until somebody waits for a lock.
async fn blocked(superuser: &Postgres) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let wait = async {
        while superuser.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait).await.expect("nobody waits for the head");
}

#[actix_web::test]
async fn two_invitations_at_once_mail_everybody_once() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 5).await;
    futures_util::join!(
        invite(&organiser, &election, "not_invited"),
        invite(&organiser, &election, "not_invited")
    );
    delivered(&organiser, &election, 0, 5, 0).await;
    assert_eq!(invite(&organiser, &election, "not_invited").await, 0);
}

#[actix_web::test]
async fn what_is_still_queued_can_be_taken_back_and_sent_later() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 60).await;
    // The mailer has 48 mails under way at once, and gets no answer for a while.
    service.sink.fail(|_| Some(Fault::Delay(Duration::from_secs(3))));
    assert_eq!(invite(&organiser, &election, "not_invited").await, 60);
    service.sink.mail_where(|mail| mail.subject().as_deref() == Some("Your vote in Board")).await.unwrap();
    let (status, answer) = organiser.delete(&election.path("/invitations")).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({"stopped": 12})));
    service.sink.heal();
    delivered(&organiser, &election, 0, 48, 0).await;
    assert_eq!(voters(&organiser, &election, "delivery=none&limit=100").await.len(), 12);
    let (_, answer) = organiser.delete(&election.path("/invitations")).await;
    assert_eq!(answer, json!({"stopped": 0}));
    assert_eq!(invite(&organiser, &election, "not_invited").await, 12);
    delivered(&organiser, &election, 0, 60, 0).await;
    let mails: Vec<Mail> =
        service.sink.mails().into_iter().filter(|mail| !mail.is_to(&organiser.email)).collect();
    let (recipients, links): (HashSet<_>, HashSet<_>) =
        mails.iter().map(|mail| (mail.to.clone(), mail.link())).unzip();
    assert_eq!((mails.len(), recipients.len(), links.len()), (60, 60, 60));
}

#[actix_web::test]
async fn a_send_that_is_stopped_before_its_mails_are_queued_mails_nobody() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 3).await;
    // As if the service had died after it had taken the order and before it had queued the mails.
    let run = format!(
        "INSERT INTO mail_runs (id, election_id, kind, audience, up_to) SELECT gen_random_uuid(), election_id, 'invitation', 'not_invited', max(number)
        FROM voters WHERE election_id = '{}' GROUP BY election_id", election.id);
    let superuser = service.superuser().await;
    // The head is held, so that the run can't advance.
    let mut holder = service.superuser().await;
    let held = holder.transaction().await.unwrap();
    let hold = format!("SELECT 1 FROM election_heads WHERE election_id = '{}' FOR UPDATE", election.id);
    held.batch_execute(&hold).await.unwrap();
    let path = election.path("/invitations");
    let order = async {
        // The stop waits for the head first; a run that waits behind it finds itself finished.
        blocked(&superuser).await;
        superuser.batch_execute(&run).await.unwrap();
        held.commit().await.unwrap();
    };
    let ((status, _), ()) = futures_util::join!(organiser.delete(&path), order);
    assert_eq!(status, StatusCode::OK);
    assert_eq!(outbox(&superuser, &election).await, 0);
    assert_eq!(invite(&organiser, &election, "not_invited").await, 3);
}

#[actix_web::test]
async fn a_send_that_a_crash_interrupted_reminds_nobody_again() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, 5).await;
    invite(&organiser, &election, "not_invited").await;
    delivered(&organiser, &election, 0, 5, 0).await;
    // As if the service had died when it had reminded the first voter and not written down how far it was.
    let crash = format!(
        "INSERT INTO mail_runs (id, election_id, kind, audience, up_to) SELECT gen_random_uuid(), election_id, 'reminder', 'not_voted', max(number)
            FROM voters WHERE election_id = '{0}' GROUP BY election_id;
        INSERT INTO mail_outbox (election_id, voter_id, kind, state, finished_at) SELECT election_id, id, 'reminder', 'sent', clock_timestamp()
            FROM voters WHERE election_id = '{0}' ORDER BY number LIMIT 1", election.id);
    service.superuser().await.batch_execute(&crash).await.unwrap();
    delivered(&organiser, &election, 0, 5 + 1 + 4, 0).await;
    assert_eq!(invite(&organiser, &election, "not_voted").await, 5);
}

#[actix_web::test]
async fn a_long_roll_is_queued_whole_and_nobody_twice() {
    const VOTERS: usize = 9_000;
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, VOTERS).await;
    let superuser = service.superuser().await;
    assert_eq!(invite(&organiser, &election, "not_invited").await, VOTERS as u64);
    let unfinished = "SELECT count(*) FROM mail_runs WHERE finished_at IS NULL";
    while superuser.query_one(unfinished, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(outbox(&superuser, &election).await, VOTERS as i64);
    let voters = "SELECT count(DISTINCT m.voter_id) FROM mail_outbox m JOIN voting_tokens t USING (election_id, voter_id)";
    assert_eq!(superuser.query_one(voters, &[]).await.unwrap().get::<_, i64>(0), VOTERS as i64);
}

#[actix_web::test]
async fn a_mail_that_somebody_waits_for_overtakes_those_of_a_bulk_send() {
    const VOTERS: usize = 400;
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = active(&organiser, VOTERS).await;
    service.sink.fail(|_| Some(Fault::Delay(Duration::from_millis(200))));
    assert_eq!(invite(&organiser, &election, "not_invited").await, VOTERS as u64);
    while deliveries(&organiser, &election).await["queued"] == 0 {}
    let forgotten = json!({"email": organiser.email});
    let (status, _) = service.anonymous().post("/api/v1/auth/password/forgot", &forgotten).await.unwrap();
    assert_eq!(status, StatusCode::ACCEPTED);
    let is_reset = |mail: &Mail| {
        mail.to == [organiser.email.clone()]
            && mail.link().is_some_and(|link| link.contains("/reset-password#"))
    };
    service.sink.mail_where(is_reset).await.unwrap();
    let arrived = service.sink.mails().iter().filter(|mail| mail.to != [organiser.email.clone()]).count();
    assert!(arrived < VOTERS, "all {arrived} invitations came first");
}
