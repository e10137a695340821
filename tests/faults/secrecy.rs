//! Looks for anything that ties a voter to a choice: in every table, in the files and the
//! write-ahead log of PostgreSQL, and in the service's own log.

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use hyper::{Method, Request, StatusCode};
use serde_json::json;
use tokio_postgres::Client;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, fmt};
use uuid::Uuid;
use uvote::telemetry::is_discreet;
use uvote_domain::ballot::serial;
use uvote_loadtest::client::whole;

use crate::proof::secrets::{Secret, contains, dump, files, told_by_dump, told_by_files, told_by_log};
use crate::support::cluster::cluster;
use crate::support::people::{Election, Voter, sample};
use crate::support::{Organiser, Service};

const VOTERS: usize = 24;
const AGENT: &str = "an-agent-that-nobody-may-remember";

/// What this process logs, at every level that the service lets through.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        // The clients of the tests live in this process too; what they log is not the service's.
        let filter = EnvFilter::new("trace,hyper=off,tungstenite=off,tokio_tungstenite=off");
        let layer = fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        tracing_subscriber::registry().with(filter).with(filter_fn(is_discreet)).with(layer).init();
        log
    })
}

/// A voter who has something to hide.
struct Secretive {
    voter: Voter,
    secret: Secret,
    choice: Option<usize>,
}

impl Secretive {
    fn body(&self, election: &Election) -> serde_json::Value {
        let nonce = URL_SAFE_NO_PAD.encode(self.secret.nonce);
        json!({"token": self.voter.code, "nonce": nonce, "choices": election.choose(self.choice)})
    }

    /// Casts like a browser, with a name of its own.
    async fn cast(&self, election: &Election) {
        let request = Request::builder()
            .method(Method::POST)
            .uri(election.path("/votes"))
            .header("content-type", "application/json")
            .header("user-agent", AGENT)
            .body(whole(self.body(election).to_string()))
            .unwrap();
        let answer = self.voter.client.send(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
    }
}

async fn cast_all(voters: &[Secretive], election: &Election) {
    join_all(voters.iter().map(|voter| voter.cast(election))).await;
}

fn secrets(voters: &[Secretive]) -> Vec<Secret> {
    voters.iter().map(|voter| voter.secret.clone()).collect()
}

/// An open election whose voters have names that nothing else in the process has.
async fn election(service: &Service, organiser: &Organiser) -> (Election, Vec<Secretive>) {
    let election = organiser.draft(sample()).await;
    let mark = Uuid::new_v4().simple().to_string();
    let addresses: Vec<String> =
        (0..VOTERS).map(|number| format!("secret-{mark}-{number}@example.org")).collect();
    organiser.import(&election.id, &format!("email\n{}\n", addresses.join("\n"))).await;
    for (path, expected) in [("/activate", StatusCode::OK), ("/invitations", StatusCode::ACCEPTED)] {
        assert_eq!(organiser.post(&election.path(path), &json!({})).await.0, expected);
    }
    let (superuser, id) = (service.superuser().await, election.id.parse().unwrap());
    let mut voters = Vec::new();
    for (number, address) in addresses.into_iter().enumerate() {
        let voter = Voter::invited(service, &election.id, &address).await;
        let secret = Secret::of(&superuser, id, address, &voter.code, rand::random()).await;
        voters.push(Secretive { voter, secret, choice: [Some(0), Some(1), None][number % 3] });
    }
    (election, voters)
}

async fn tokens(client: &Client) -> Vec<String> {
    let sql = "SELECT (election_id, token_hash, voter_id, generation, issued_at)::text AS row FROM voting_tokens ORDER BY token_hash";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get("row")).collect()
}

#[actix_web::test]
async fn no_table_ties_a_voter_to_a_ballot() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = election(&service, &organiser).await;
    let superuser = service.superuser().await;
    let before = tokens(&superuser).await;
    cast_all(&voters, &election).await;
    assert_eq!(tokens(&superuser).await, before, "casting changes nothing of a token but that it is spent");

    let candidates = [election.candidate(0, 0), election.candidate(0, 1)];
    let told = told_by_dump(&dump(&superuser).await, &secrets(&voters), &candidates);
    assert!(told.is_empty(), "{told:?}");
    let sql = "SELECT count(*) AS ballots, count(DISTINCT sealed) AS distinct_seals, count(DISTINCT length(sealed)) AS lengths FROM ballots";
    let seals = superuser.query_one(sql, &[]).await.unwrap();
    assert_eq!(seals.get::<_, i64>("ballots"), VOTERS as i64);
    assert_eq!(seals.get::<_, i64>("distinct_seals"), VOTERS as i64, "equal votes must not look alike");
    assert_eq!(seals.get::<_, i64>("lengths"), 1, "a length must not tell the choice");
}

#[actix_web::test]
async fn nothing_that_casting_writes_has_a_time() {
    let service = Service::start().await;
    let superuser = service.superuser().await;
    let sql = "SELECT table_name || '.' || column_name AS column FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name IN ('ballots', 'voting_tokens') AND data_type LIKE 'timestamp%'";
    let found: Vec<String> =
        superuser.query(sql, &[]).await.unwrap().iter().map(|row| row.get("column")).collect();
    assert_eq!(found, ["voting_tokens.issued_at"], "the issue of a link is no secret; a vote's time is");
}

#[actix_web::test]
async fn the_files_and_the_write_ahead_log_hold_no_code_and_no_nonce() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = election(&service, &organiser).await;
    let superuser = service.superuser().await;
    let wal_file = "SELECT pg_walfile_name(pg_current_wal_lsn()) AS name";
    let first: String = superuser.query_one(wal_file, &[]).await.unwrap().get("name");
    cast_all(&voters, &election).await;
    superuser.batch_execute("CHECKPOINT").await.unwrap();
    let last: String = superuser.query_one(wal_file, &[]).await.unwrap().get("name");
    let folder = "SELECT oid::int8::text AS oid FROM pg_database WHERE datname = current_database()";
    let oid: String = superuser.query_one(folder, &[]).await.unwrap().get("oid");

    // The other databases of the cluster and the older log belong to other tests.
    let is_own = |file: &PathBuf| {
        let folder = file.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        folder == oid || (folder == "pg_wal" && (first.as_str()..=last.as_str()).contains(&name))
    };
    let mut written = files(&cluster().directory.join("postgres"));
    written.retain(is_own);
    let told = told_by_files(&written, &secrets(&voters));
    assert!(told.is_empty(), "{told:?}");
}

#[actix_web::test]
async fn the_log_names_no_voter_no_code_and_no_browser() {
    let log = log();
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = election(&service, &organiser).await;
    cast_all(&voters, &election).await;
    // Refusals are where services log what was sent.
    let (status, _) = voters[0].voter.send(&voters[1].body(&election)).await;
    assert_eq!(status, StatusCode::OK, "a repeat");
    let mut other = voters[0].body(&election);
    other["nonce"] = json!(URL_SAFE_NO_PAD.encode([7; 16]));
    assert_eq!(voters[0].voter.send(&other).await.0, StatusCode::CONFLICT);
    organiser.close(&election.id).await;

    let written = log.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(contains(&written, b"/api/v1/elections/{id}/close"), "the search finds what is there");
    assert!(!contains(&written, AGENT.as_bytes()));
    let told = told_by_log(&written, &secrets(&voters));
    assert!(told.is_empty(), "{told:?}");
}

#[actix_web::test]
async fn after_the_close_only_the_nonce_finds_a_vote() {
    let service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let (election, voters) = election(&service, &organiser).await;
    cast_all(&voters, &election).await;
    organiser.close(&election.id).await;

    let superuser = service.superuser().await;
    let opened =
        superuser.query("SELECT serial, choices FROM opened_ballots ORDER BY ctid", &[]).await.unwrap();
    let serials: Vec<Vec<u8>> = opened.iter().map(|row| row.get("serial")).collect();
    assert!(serials.is_sorted(), "the only order is that of the serials");
    assert_eq!(serials.len(), VOTERS);
    let contest = Uuid::parse_str(election.contest(0)).unwrap();
    for voter in &voters {
        let own = serial(&voter.secret.nonce, contest);
        let row = opened
            .iter()
            .find(|row| row.get::<_, &[u8]>("serial") == own)
            .expect("a voter finds the own vote");
        let chosen = voter.choice.map(|place| Uuid::parse_str(election.candidate(0, place)).unwrap());
        assert_eq!(row.get::<_, Vec<Uuid>>("choices"), Vec::from_iter(chosen));
    }
    let sql = "SELECT purpose FROM election_keys ORDER BY purpose";
    let keys: Vec<String> =
        superuser.query(sql, &[]).await.unwrap().iter().map(|row| row.get("purpose")).collect();
    assert_eq!(keys, ["seal"], "the link key has died");
}
