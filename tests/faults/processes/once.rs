//! Clock, mailer and audit log of three processes share the work and do nothing twice.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hyper::Method;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;
use uvote_loadtest::election::Election;
use uvote_loadtest::organiser::Organiser;
use uvote_loadtest::roll::Roll;
use uvote_loadtest::sink::Mail;

use super::site::Site;
use crate::proof::election::CANDIDATES;
use crate::proof::process::GLANCE;
use crate::proof::report::{Run, Votes};
use crate::proof::seed::is_long;

/// How long anything may take, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);
/// Mails that one process has under way at the most, and so what its death can repeat.
const IN_FLIGHT: usize = 48;

/// Waits until a query that counts answers so much.
async fn until_count(superuser: &Client, sql: &str, expected: i64) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let count: i64 = superuser.query_one(sql, &[]).await.unwrap().get(0);
        if count == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{count} instead of {expected}: {sql}");
        tokio::time::sleep(GLANCE).await;
    }
}

/// How often each act was recorded for each election.
async fn records(superuser: &Client) -> HashMap<Uuid, BTreeMap<String, i64>> {
    until_count(superuser, "SELECT count(*) FROM audit_outbox", 0).await;
    let sql = "SELECT election_id, action, count(*) FROM audit_records
        WHERE election_id IS NOT NULL GROUP BY election_id, action";
    let mut records = HashMap::<Uuid, BTreeMap<String, i64>>::new();
    for row in superuser.query(sql, &[]).await.unwrap() {
        records.entry(row.get(0)).or_default().insert(row.get(1), row.get(2));
    }
    records
}

/// An election that waits for its time.
async fn scheduled(organiser: &Organiser, number: usize) -> Election {
    let election = Election::create(organiser, &format!("Board {number}"), &CANDIDATES).await.unwrap();
    let times = json!({"opens_at": "2998-01-01T00:00:00Z", "closes_at": "2999-01-01T00:00:00Z"});
    organiser.call(Method::PATCH, &election.path(""), Some(&times)).await.unwrap();
    election.import(organiser, &Roll::new(2, "clock")).await.unwrap();
    election.activate(organiser).await.unwrap();
    election
}

#[actix_web::test]
async fn the_clocks_of_three_processes_open_count_and_close_each_election_once() {
    let run = Run::begin("scheduled elections of three processes", 10, 100);
    let site = Site::set(3, 1).await;
    let superuser = site.postgres.superuser().await;
    let mut elections = Vec::new();
    for number in 0..run.rounds {
        elections.push(scheduled(&site.open.organiser, number).await);
    }
    let number = i64::try_from(run.rounds).unwrap();
    for (column, status) in [("opens_at", "active"), ("closes_at", "closed")] {
        let due =
            format!("UPDATE election_heads SET {column} = clock_timestamp() WHERE closes_at IS NOT NULL");
        superuser.batch_execute(&due).await.unwrap();
        let count = "SELECT count(*) FROM election_heads WHERE closes_at IS NOT NULL AND";
        until_count(&superuser, &format!("{count} status = '{status}'"), number).await;
    }
    let published =
        "SELECT count(*) FROM election_heads WHERE closes_at IS NOT NULL AND published_at IS NOT NULL";
    until_count(&superuser, published, number).await;
    let (records, mut complaints) = (records(&superuser).await, Vec::new());
    for election in elections {
        let of_this = &records[&election.id.parse().unwrap()];
        for act in ["opened", "closed", "counted", "published"] {
            let times = of_this.get(&format!("election.{act}"));
            if times != Some(&1) {
                complaints.push(format!("{act} is recorded {times:?} times"));
            }
        }
        run.tick();
    }
    complaints.extend(broken_audit(&site).await);
    run.end(&Votes::default(), &complaints);
}

async fn broken_audit(site: &Site) -> Option<String> {
    let intact = site.open.election.audit_is_intact(&site.open.organiser).await.unwrap();
    (!intact).then(|| "the audit log is broken".to_owned())
}

#[actix_web::test]
async fn acts_at_three_processes_at_once_are_each_recorded_once() {
    let run = Run::begin("acts at three processes", 20, 300);
    let mut site = Site::set(3, 1).await;
    let organisers =
        join_all(site.processes.iter().map(async |process| {
            Organiser::sign_in(&process.client(), &site.open.credentials).await.unwrap()
        }))
        .await;
    let election = site.open.election.clone();
    let add = async |door: usize, number: usize| {
        let voter = json!({"email": format!("late-{number}-{door}@load.example")});
        organisers[door].call(Method::POST, &election.path("/voters"), Some(&voter)).await.unwrap();
    };
    let add = &add;
    for number in 0..run.rounds {
        match number % 6 {
            2 => site.redis.die(),
            4 => site.redis.come_back().await,
            _ => {}
        }
        join_all((0..organisers.len()).map(|door| add(door, number))).await;
        run.tick();
    }
    let superuser = site.postgres.superuser().await;
    let (acts, mut complaints) = (organisers.len() * run.rounds, Vec::new());
    let records = records(&superuser).await;
    let added = records[&election.id.parse().unwrap()]["voter.added"];
    if usize::try_from(added) != Ok(acts) {
        complaints.push(format!("{acts} voters were added, {added} acts are recorded"));
    }
    complaints.extend(broken_audit(&site).await);
    run.end(&Votes::default(), &complaints);
}

/// How often each voter has had a mail, and whether each time it was the same.
fn mails_by_voter(mails: &[Mail], roll: &Roll) -> BTreeMap<usize, Vec<String>> {
    let mut by_voter = BTreeMap::<usize, Vec<String>>::new();
    for mail in mails {
        if let Some(voter) = mail.to.iter().find_map(|to| roll.voter(to)) {
            by_voter.entry(voter).or_default().push(mail.message_id().unwrap());
        }
    }
    by_voter
}

const ALL_SENT: &str = "SELECT count(*) FROM mail_outbox WHERE kind = 'invitation' AND state = 'sent'";

/// Invites the whole roll of a draft that is opened for it; answers its roll.
async fn invite(site: &Site, voters: usize) -> Roll {
    let organiser = &site.open.organiser;
    let election = Election::create(organiser, "Mailed", &CANDIDATES).await.unwrap();
    let roll = Roll::new(voters, "mailed");
    election.import(organiser, &roll).await.unwrap();
    election.activate(organiser).await.unwrap();
    election.invite(organiser).await.unwrap();
    roll
}

#[actix_web::test]
async fn three_mailers_send_each_mail_once_between_them() {
    let run = Run::begin("mails of three processes", 300, 3_000);
    let mut site = Site::set(3, 1).await;
    let superuser = site.postgres.superuser().await;
    let roll = invite(&site, run.rounds).await;
    site.redis.die();
    until_count(&superuser, ALL_SENT, i64::try_from(run.rounds).unwrap()).await;
    site.redis.come_back().await;
    let (mut complaints, by_voter) = (Vec::new(), mails_by_voter(&site.sink.mails(), &roll));
    if by_voter.len() != run.rounds {
        complaints.push(format!("{} of {} voters have their mail", by_voter.len(), run.rounds));
    }
    for (voter, mails) in by_voter {
        if mails.len() > 1 {
            complaints.push(format!("voter {voter} has had {} mails", mails.len()));
        }
    }
    let sent = site.metric("uvote_mails_total{outcome=\"sent\"}").await;
    // A few hundred may be on their way before another process looks.
    if is_long() && sent.iter().filter(|sent| **sent > 0.0).count() < 2 {
        complaints.push(format!("the processes do not share the work: {sent:?}"));
    }
    run.end(&Votes::default(), &complaints);
}

#[actix_web::test]
async fn mails_of_a_mailer_that_dies_are_sent_by_another() {
    let run = Run::begin("a mailer of three killed", 300, 2_000);
    let mut site = Site::set(3, 1).await;
    let superuser = site.postgres.superuser().await;
    let roll = invite(&site, run.rounds).await;
    let victim = async {
        let deadline = Instant::now() + PATIENCE;
        while site.sink.count() < 100 {
            assert!(Instant::now() < deadline, "the mails come");
            tokio::time::sleep(GLANCE).await;
        }
    };
    victim.await;
    site.processes[2].kill();
    // What it had taken up falls due when its lease is over, which nobody has the time to wait for.
    let open = "SELECT count(*) FROM mail_outbox WHERE kind = 'invitation' AND state = 'queued'";
    until_count(&superuser, open, 0).await;
    let lapse = "UPDATE mail_outbox SET due_at = clock_timestamp() WHERE state = 'sending'";
    superuser.batch_execute(lapse).await.unwrap();
    until_count(&superuser, ALL_SENT, i64::try_from(run.rounds).unwrap()).await;
    let by_voter = mails_by_voter(&site.sink.mails(), &roll);
    let repeated: usize = by_voter.values().map(|mails| mails.len() - 1).sum();
    let mut complaints = Vec::new();
    if by_voter.len() != run.rounds {
        complaints.push(format!("{} of {} voters have their mail", by_voter.len(), run.rounds));
    }
    if repeated > 3 * IN_FLIGHT || by_voter.values().any(|ids| ids.iter().any(|id| *id != ids[0])) {
        complaints.push(format!("{repeated} mails came again, or not under their Message-ID"));
    }
    run.end(&Votes::default(), &complaints);
}
