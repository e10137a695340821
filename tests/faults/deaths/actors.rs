//! Each actor of the service panics under load.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use hyper::Method;
use rand::RngExt;
use secrecy::ExposeSecret;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::timeout;
use tokio_postgres::Client;
use uvote::app::faults::Victim;
use uvote_loadtest::election::Election;
use uvote_loadtest::roll::Roll;

use super::mail::pass_time;
use super::{DENSE, RESTART};
use crate::proof::crowd::{Crowd, Manners};
use crate::proof::election::{CANDIDATES, OpenElection, run};
use crate::proof::invariants::{Evidence, hold, hold_so_far};
use crate::proof::process::GLANCE;
use crate::proof::report::Run;
use crate::support::Service;
use crate::support::cluster::cluster;
use crate::support::live::Live;

/// How long what an actor is for may take after its death.
const PATIENCE: Duration = Duration::from_secs(30);
/// How soon an election falls due: late enough that a busy machine can still be told so.
const FALLS_DUE: Duration = Duration::from_secs(2);
/// Voters for each round, so that there are new votes to the end.
const VOTERS: usize = 400;
/// Sockets that are killed in a round.
const WATCHERS: usize = 5;
/// Voters who are mailed in a round.
const MAILED: usize = 30;

/// A service in this process, whose actors can be harmed, and an election.
struct Stage {
    open: OpenElection,
    service: Service,
    superuser: Client,
}

impl Stage {
    async fn set(voters: usize) -> Self {
        let service = Service::start().await;
        let owner = cluster().url(&service.database);
        let open = OpenElection::new(&service.url(), &service.sink, owner.expose_secret(), voters).await;
        Self { open, superuser: service.superuser().await, service }
    }

    /// A further open election with a roll of its own, and the path to it.
    async fn another(&self) -> (Election, Roll) {
        let organiser = &self.open.organiser;
        let (election, roll) =
            (Election::create(organiser, "Council", &CANDIDATES).await.unwrap(), Roll::new(MAILED, &run()));
        election.import(organiser, &roll).await.unwrap();
        election.activate(organiser).await.unwrap();
        (election, roll)
    }

    /// Somebody who watches the turnout, and the ballots that were shown first.
    async fn watcher(&self) -> (Live, i64) {
        let tickets = self.open.organiser.call(Method::POST, "/api/v1/live/tickets", Some(&json!({}))).await;
        let (ticket, address) = (tickets.unwrap(), self.service.address());
        let url = format!("ws://{address}/api/v1/live?ticket={}", ticket["ticket"].as_str().unwrap());
        let mut watcher = Live::open(&url).await.unwrap();
        watcher.subscribe(&self.open.election.path("/turnout")["/api/v1/".len()..]).await;
        let first = watcher.until(|frame| frame["type"] == "turnout").await;
        (watcher, first["ballots_cast"].as_i64().unwrap())
    }

    async fn until(&self, what: &str, done: impl AsyncFn() -> bool) {
        let asked = async {
            while !done().await {
                tokio::time::sleep(GLANCE).await;
            }
        };
        assert!(timeout(PATIENCE, asked).await.is_ok(), "{what} within {PATIENCE:?}");
    }
}

/// Harms an actor again and again while people vote, each time in the middle of `work`, which only
/// ends when the service has done what the actor is for, and answers when it was dead.
async fn harm(
    mut run: Run,
    manners: Manners,
    victim: impl Fn(&Stage) -> Victim,
    work: impl AsyncFn(&Stage, &dyn Fn() -> Victim) -> Instant,
) {
    let stage = Stage::set(run.rounds * VOTERS + 200).await;
    let crowd = Crowd::gather(&run, &stage.open, &[stage.service.url()], manners);
    crowd.acknowledgements(5).await;
    for round in 0..run.rounds {
        tokio::time::sleep(Duration::from_micros(run.rng(round).random_range(0..100_000))).await;
        let dead = work(&stage, &|| victim(&stage)).await;
        run.recovered(crowd.first_acknowledgement(dead).await - dead, RESTART);
        hold_so_far(&crowd, &stage.open, &stage.superuser).await;
        run.tick();
    }
    let ledger = crowd.disperse().await;
    let (superuser, url) = (stage.service.superuser().await, stage.service.url());
    let evidence = Evidence { open: &stage.open, url, superuser, data: Vec::new(), logs: Vec::new() };
    hold(run, ledger, &evidence).await;
}

/// Makes an actor panic; answers when it was dead.
async fn kill(stage: &Stage, victim: &dyn Fn() -> Victim) -> Instant {
    stage.service.running().harm(victim()).await;
    Instant::now()
}

#[actix_web::test]
async fn voting_goes_on_after_panics_of_the_election() {
    let run = Run::begin("election panics", 5, 200);
    harm(run, DENSE, |stage| Victim::Election(stage.open.election.id.parse().unwrap()), kill).await;
}

#[actix_web::test]
async fn voting_goes_on_after_panics_of_the_committer() {
    harm(Run::begin("committer panics", 5, 200), DENSE, |_| Victim::Committer, kill).await;
}

/// Kills the hub beside somebody who watches, and waits until whoever comes then sees all that was
/// counted, and the turnout grow.
async fn come_to_a_new_hub(stage: &Stage, victim: &dyn Fn() -> Victim) -> Instant {
    let (_watcher, _) = stage.watcher().await;
    let dead = kill(stage, victim).await;
    see_turnout_grow(stage).await;
    dead
}

/// Has somebody join who must see at least what is counted already, and then more.
async fn see_turnout_grow(stage: &Stage) {
    let counted = stage.open.counted(&stage.superuser).await;
    let (mut watcher, seen) = stage.watcher().await;
    assert!(seen >= counted, "{seen} ballots are shown of {counted}");
    let grows = watcher.until(|frame| frame["ballots_cast"].as_i64().is_some_and(|ballots| ballots > seen));
    assert!(timeout(PATIENCE, grows).await.is_ok(), "the turnout stays at {seen} within {PATIENCE:?}");
}

#[actix_web::test]
async fn live_frames_are_right_after_panics_of_the_hub() {
    harm(Run::begin("hub panics", 5, 200), DENSE, |_| Victim::Hub, come_to_a_new_hub).await;
}

/// Has somebody watch at each of several sockets, kills all of these, and waits until each has ended,
/// and whoever comes back sees the turnout grow.
async fn come_back(stage: &Stage, victim: &dyn Fn() -> Victim) -> Instant {
    let mut watchers = Vec::new();
    for _ in 0..WATCHERS {
        watchers.push(stage.watcher().await.0);
    }
    let dead = kill(stage, victim).await;
    for watcher in &mut watchers {
        let ended = timeout(PATIENCE, async { while watcher.next().await.is_some() {} }).await;
        assert!(ended.is_ok(), "whoever watched at a dead socket is told nothing for ever");
    }
    see_turnout_grow(stage).await;
    dead
}

#[actix_web::test]
async fn whoever_watched_comes_back_after_panics_of_the_sockets() {
    harm(Run::begin("sockets panic", 5, 200), DENSE, |_| Victim::Sockets, come_back).await;
}

/// Invites a roll, and kills while links are issued and mails go out.
async fn invite(stage: &Stage, victim: &dyn Fn() -> Victim) -> Instant {
    let (election, roll) = stage.another().await;
    election.invite(&stage.open.organiser).await.unwrap();
    let dead = kill(stage, victim).await;
    let mut quiet_since = (0, Instant::now());
    loop {
        let came = mails(stage, &roll);
        assert!(came.values().all(|mails| mails.len() == 1), "repeats are the same mail: {came:?}");
        if came.len() == MAILED {
            return dead;
        }
        if quiet_since.0 < came.len() {
            quiet_since = (came.len(), Instant::now());
        } else if quiet_since.1.elapsed() > RESTART {
            pass_time(&stage.superuser).await;
        }
        assert!(quiet_since.1.elapsed() < PATIENCE, "{} of {MAILED} mails came", came.len());
        tokio::time::sleep(GLANCE).await;
    }
}

/// The different mails of each voter of a roll.
fn mails(stage: &Stage, roll: &Roll) -> BTreeMap<usize, BTreeSet<(String, String)>> {
    let mut came = BTreeMap::<usize, BTreeSet<_>>::new();
    for mail in stage.service.sink.mails() {
        if let Some(voter) = mail.to.iter().find_map(|to| roll.voter(to)) {
            let entry = (mail.message_id().unwrap(), mail.link().unwrap());
            came.entry(voter).or_default().insert(entry);
        }
    }
    came
}

#[actix_web::test]
async fn everybody_gets_a_link_after_panics_of_the_issuer() {
    let run = Run::begin("issuer of links panics", 3, 60);
    harm(run, Manners::default(), |_| Victim::Tokens, invite).await;
}

#[actix_web::test]
async fn everybody_gets_a_link_after_panics_of_the_mailer() {
    harm(Run::begin("mailer panics", 2, 60), Manners::default(), |_| Victim::Mailer, invite).await;
}

/// Does something that is audited, kills the one who writes it down, and waits until it is written.
async fn act(stage: &Stage, victim: &dyn Fn() -> Victim) -> Instant {
    let (path, body) = (stage.open.election.path(""), json!({"description": run()}));
    stage.open.organiser.call(Method::PATCH, &path, Some(&body)).await.unwrap();
    let dead = kill(stage, victim).await;
    let written = async || {
        let sql = "SELECT count(*) AS waiting FROM audit_outbox";
        stage.superuser.query_one(sql, &[]).await.unwrap().get::<_, i64>("waiting") == 0
    };
    stage.until("the audit log is written", written).await;
    dead
}

#[actix_web::test]
async fn the_audit_log_is_whole_after_panics_of_the_auditor() {
    harm(Run::begin("auditor panics", 3, 60), Manners::default(), |_| Victim::Audit, act).await;
}

/// Has an election fall due in a moment, kills the clock, and waits until the election is closed.
async fn fall_due(stage: &Stage, victim: &dyn Fn() -> Victim) -> Instant {
    let (election, organiser) = (stage.another().await.0, &stage.open.organiser);
    let closes_at = (OffsetDateTime::now_utc() + FALLS_DUE).format(&Rfc3339).unwrap();
    let body = json!({"closes_at": closes_at});
    organiser.call(Method::PATCH, &election.path(""), Some(&body)).await.unwrap();
    let dead = kill(stage, victim).await;
    let path = election.path("");
    let closed = async || organiser.call(Method::GET, &path, None).await.unwrap()["status"] == "closed";
    stage.until("the election closes", closed).await;
    dead
}

#[actix_web::test]
async fn elections_close_on_time_after_panics_of_the_clock() {
    harm(Run::begin("clock panics", 2, 60), Manners::default(), |_| Victim::Clock, fall_due).await;
}
