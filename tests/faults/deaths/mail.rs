//! The mail server dies while mails go out, or the service that sends them, or both.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::RngExt;
use tokio::time::timeout;
use tokio_postgres::Client;
use uvote_loadtest::election::Election;
use uvote_loadtest::organiser::Organiser;
use uvote_loadtest::roll::Roll;
use uvote_loadtest::sink::{Mail, Sink};

use crate::proof::election::{CANDIDATES, register, run};
use crate::proof::postgres::Server;
use crate::proof::process::{GLANCE, Process, Settings, free_port};
use crate::proof::report::{Run, Votes};

/// Voters who are mailed in each round.
const VOTERS: usize = 150;
/// Mails that the service has under way at once, and so the most that one death can repeat.
const IN_FLIGHT: usize = uvote::actors::mailer::IN_FLIGHT as usize;
/// How long all mails of a round may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// After so long without a mail, those wait that failed.
const SILENCE: Duration = Duration::from_millis(1_500);

/// What came for each voter of a roll: Message-IDs with links, one for each mail.
#[derive(Default)]
struct Post {
    roll: Option<Roll>,
    came: BTreeMap<usize, Vec<(String, String)>>,
}

/// A mail server that can die and come back at the same address; the post outlives it.
struct Office {
    address: SocketAddr,
    post: Arc<Mutex<Post>>,
    sink: Option<Sink>,
}

impl Office {
    async fn open() -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut office = Self { address, post: Arc::default(), sink: None };
        office.come_back().await;
        office
    }

    async fn come_back(&mut self) {
        let post = Arc::clone(&self.post);
        let take = move |mail: Mail| post.lock().unwrap().take(mail);
        // Another test that looks for a free port may hold this one for a moment.
        for _ in 0..500 {
            if let Ok(sink) = Sink::bind_with(self.address, take.clone()).await {
                self.sink = Some(sink);
                return;
            }
            tokio::time::sleep(GLANCE).await;
        }
        panic!("{} stays in use", self.address);
    }

    async fn die(&mut self) {
        self.sink.take().unwrap().shut_down().await;
    }

    fn mails(&self) -> usize {
        self.post.lock().unwrap().came.values().map(Vec::len).sum()
    }

    fn voters(&self) -> usize {
        self.post.lock().unwrap().came.len()
    }

    async fn wait_for_more_than(&self, mails: usize) {
        while self.mails() <= mails {
            tokio::time::sleep(GLANCE).await;
        }
    }
}

impl Post {
    /// Keeps what matters of a mail to a voter; any other mail is given back.
    fn take(&mut self, mail: Mail) -> Option<Mail> {
        let voter = mail.to.iter().find_map(|to| self.roll.as_ref()?.voter(to));
        let Some(voter) = voter else { return Some(mail) };
        let entry = (mail.message_id().unwrap(), mail.link().unwrap());
        self.came.entry(voter).or_default().push(entry);
        None
    }
}

/// An open election whose voters are invited by mail.
async fn invite(organiser: &Organiser, office: &Office) {
    let election = Election::create(organiser, "Board", &CANDIDATES).await.unwrap();
    let roll = Roll::new(VOTERS, &run());
    *office.post.lock().unwrap() = Post { roll: Some(roll.clone()), came: BTreeMap::new() };
    election.import(organiser, &roll).await.unwrap();
    election.activate(organiser).await.unwrap();
    election.invite(organiser).await.unwrap();
}

/// What failed is due again after half a minute, and what a dead process had under way after three;
/// no test waits that long. Nothing else is touched.
pub async fn pass_time(superuser: &Client) {
    let sql = "UPDATE mail_outbox SET due_at = clock_timestamp()
        WHERE state IN ('queued', 'sending') AND due_at > clock_timestamp()";
    superuser.batch_execute(sql).await.unwrap();
}

async fn wait_for_everybody(office: &Office, superuser: &Client) {
    let everybody = async {
        while office.voters() < VOTERS {
            if timeout(SILENCE, office.wait_for_more_than(office.mails())).await.is_err() {
                pass_time(superuser).await;
            }
        }
    };
    let came = timeout(PATIENCE, everybody).await;
    assert!(came.is_ok(), "{} of {VOTERS} voters have their mail", office.voters());
}

/// What is wrong with what came.
fn complaints(post: &Post, deaths: usize) -> Vec<String> {
    let mut complaints = Vec::new();
    let repeats = post.came.values().map(|mails| mails.len() - 1).sum::<usize>();
    if repeats > deaths * IN_FLIGHT {
        complaints.push(format!("{repeats} mails were repeated after {deaths} deaths"));
    }
    for (voter, mails) in &post.came {
        if mails.iter().collect::<BTreeSet<_>>().len() > 1 {
            complaints.push(format!("the mails to voter {voter} are not the same: {mails:?}"));
        }
    }
    complaints
}

#[actix_web::test]
async fn mails_that_a_death_interrupts_go_out_and_repeats_show_as_such() {
    let run = Run::begin("mail server killed", 3, 60);
    let (mut office, postgres) = (Office::open().await, Server::start().await);
    let mut service = Process::start(Settings::new(postgres.url(), office.address)).await;
    let superuser = postgres.superuser().await;
    let (organiser, _) = register(&service.url(), office.sink.as_ref().unwrap()).await;
    let (mut votes, mut found) = (Votes::default(), Vec::new());
    for round in 0..run.rounds {
        let mut chance = run.rng(round);
        invite(&organiser, &office).await;
        office.wait_for_more_than(0).await;
        tokio::time::sleep(Duration::from_micros(chance.random_range(0..100_000))).await;
        let deaths = kill(round % 3, &mut office, &mut service).await;
        wait_for_everybody(&office, &superuser).await;
        let post = office.post.lock().unwrap();
        found.extend(complaints(&post, deaths));
        votes.acknowledged += post.came.len() as u64;
        votes.unknown += post.came.values().map(|mails| mails.len() as u64 - 1).sum::<u64>();
        run.tick();
    }
    run.end(&votes, &found);
}

/// Kills the mail server, the service, or both, and has them come back; answers how many died.
async fn kill(who: usize, office: &mut Office, service: &mut Process) -> usize {
    if who != 1 {
        office.die().await;
    }
    if who != 0 {
        service.kill();
        service.rise();
        service.wait_until_ready().await;
    }
    if who != 1 {
        office.come_back().await;
    }
    if who == 2 { 2 } else { 1 }
}
