//! A service in memory that speaks as much of the public interface as an election needs, and
//! that can be told to misbehave.

mod live;
mod mailing;
mod poll;

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use uvote_loadtest::report::Report;
use uvote_loadtest::scenario::Scenario;

use poll::Poll;

/// What the fake does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misconduct {
    /// Nothing.
    None,
    /// Publishes one vote of the first candidate as one of the second.
    MovesAVote,
    /// Acknowledges every tenth vote without keeping it.
    LosesVotes,
    /// Keeps every fourth vote and first says that its outcome is unknown.
    ForgetsOutcomes,
    /// Keeps every fourth vote and first breaks the connection.
    BreaksConnections,
    /// Has no room for every fourth vote when it first comes.
    IsBusy,
    /// Does not know any receipt.
    DeniesReceipts,
    /// Refuses every vote.
    RefusesVotes,
    /// Sends a last turnout frame with an old revision.
    GoesBack,
    /// Answers 401 until the session is renewed.
    Expires,
    /// Sends no invitations.
    IsMute,
    /// Answers the first vote after a third of a second.
    Stalls,
    /// Loses votes, and can't close an election.
    LosesVotesAndFails,
    /// Signs in whoever knows an address.
    TakesAnyPassword,
}

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    scenario: Scenario,
}

impl Misconduct {
    fn loses_votes(self) -> bool {
        matches!(self, Self::LosesVotes | Self::LosesVotesAndFails)
    }
}

/// Runs a scenario, given as on the command line, against a service of its own.
pub async fn play(misconduct: Misconduct, line: &[&str]) -> (Fake, anyhow::Result<Report>) {
    let smtp = free_address().await;
    let fake = Fake::start(smtp, misconduct).await;
    let report = run(line, &fake.url, smtp).await;
    (fake, report)
}

/// Runs a scenario against a service behind TLS.
pub async fn play_behind(tls: TlsAcceptor, line: &[&str]) -> anyhow::Result<Report> {
    let smtp = free_address().await;
    let url = Fake::start(smtp, Misconduct::None).await.behind(tls).await;
    run(line, &url, smtp).await
}

/// Where the sink is to listen: the port is given back at once, and the sink binds it next.
pub async fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

async fn run(line: &[&str], url: &str, smtp: SocketAddr) -> anyhow::Result<Report> {
    let smtp = smtp.to_string();
    let line = [&["loadtest"], line, &["--url", url, "--smtp-bind", &smtp]].concat();
    let mut scenario = Arguments::parse_from(line).scenario;
    let mut report = Report::new(scenario.name());
    let done = scenario.run(&mut report).await;
    done.map(|()| report)
}

const STALL: Duration = Duration::from_millis(333);

#[derive(Default)]
struct State {
    /// By id: the first is "e", the next "e1".
    polls: HashMap<String, Poll>,
    renewed: bool,
    stalled: bool,
    /// By address.
    passwords: HashMap<String, Value>,
}

pub struct Fake {
    pub url: String,
    /// Votes of the first election.
    pub votes: watch::Receiver<u64>,
}

struct Service {
    misconduct: Misconduct,
    smtp: SocketAddr,
    state: Mutex<State>,
    turnout: watch::Sender<u64>,
}

impl Fake {
    pub async fn start(smtp: SocketAddr, misconduct: Misconduct) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (turnout, votes) = watch::channel(0);
        let service = Arc::new(Service { misconduct, smtp, state: Mutex::default(), turnout });
        tokio::spawn(accept(listener, service));
        Self { url, votes }
    }

    /// Puts a proxy in front of it that ends TLS; the proxy's address.
    async fn behind(&self, tls: TlsAcceptor) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let service = self.url.trim_start_matches("http://").to_owned();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(carry(tls.clone(), stream, service.clone()));
            }
        });
        url
    }
}

/// A client that does not trust the certificate goes away in the middle.
async fn carry(tls: TlsAcceptor, stream: TcpStream, service: String) -> io::Result<()> {
    let mut outside = tls.accept(stream).await?;
    let mut inside = TcpStream::connect(service).await?;
    copy_bidirectional(&mut outside, &mut inside).await.map(drop)
}

async fn accept(listener: TcpListener, service: Arc<Service>) {
    while let Ok((stream, _)) = listener.accept().await {
        let service = Arc::clone(&service);
        let answer = service_fn(move |request| Arc::clone(&service).answer(request));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
        tokio::spawn(connection.with_upgrades());
    }
}

type Reply = Response<Full<Bytes>>;

fn reply(status: u16, body: Value) -> Reply {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let builder = Response::builder().status(status).header("retry-after", "0");
    builder.body(Full::from(body)).unwrap()
}

fn problem(status: u16, code: &str) -> Reply {
    reply(status, json!({"code": code, "detail": "as told"}))
}

/// A fault of the connection, not of HTTP.
#[derive(Debug, thiserror::Error)]
#[error("the connection breaks")]
struct Break;

impl From<Infallible> for Break {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl Service {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Reply, Break> {
        let (path, query) = (request.uri().path().to_owned(), request.uri().query().unwrap_or("").to_owned());
        let path = path.trim_start_matches("/api/v1").trim_start_matches('/');
        if path == "live" {
            return Ok(live::upgrade(self, request));
        }
        let signed_in = request.headers().contains_key("authorization");
        let method = request.method().clone();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        if self.misconduct == Misconduct::Stalls && path.ends_with("/votes") && self.is_first() {
            tokio::time::sleep(STALL).await;
        }
        if let Some(answer) = self.in_public(path, &body).await {
            return answer;
        }
        if !signed_in || self.has_expired(path) {
            return Ok(problem(401, "UNAUTHENTICATED"));
        }
        Ok(self.for_organisers(&method, path, &query, body).await)
    }

    /// Whether this is the first call.
    fn is_first(&self) -> bool {
        !std::mem::replace(&mut self.state.lock().unwrap().stalled, true)
    }

    fn has_expired(&self, path: &str) -> bool {
        self.misconduct == Misconduct::Expires
            && path.ends_with("activate")
            && !self.state.lock().unwrap().renewed
    }

    fn knows(&self, login: &Value) -> bool {
        let state = self.state.lock().unwrap();
        let password = login["email"].as_str().and_then(|email| state.passwords.get(email));
        self.misconduct == Misconduct::TakesAnyPassword || password == Some(&login["password"])
    }

    async fn in_public(&self, path: &str, body: &Bytes) -> Option<Result<Reply, Break>> {
        let json = || serde_json::from_slice::<Value>(body).unwrap();
        let answer = match path {
            "auth/register" => {
                let email = json()["email"].as_str().unwrap().to_owned();
                self.state.lock().unwrap().passwords.insert(email.clone(), json()["password"].clone());
                mailing::send(self.smtp, vec![(email, "verify-email#verify".into())]).await;
                reply(202, json!({"message": "look at your mail"}))
            }
            "auth/verify-email" if json()["token"] == "verify" => reply(204, Value::Null),
            "auth/login" if !self.knows(&json()) => problem(401, "INVALID_CREDENTIALS"),
            "auth/login" | "auth/refresh" => {
                self.state.lock().unwrap().renewed = path.ends_with("refresh");
                reply(200, json!({"access_token": "a", "token_type": "Bearer", "refresh_token": "r"}))
            }
            page if page.starts_with("vote/") => reply(200, Value::Null),
            _ => return self.of_election(path, body),
        };
        Some(Ok(answer))
    }

    /// What anybody may ask of an election.
    fn of_election(&self, path: &str, body: &Bytes) -> Option<Result<Reply, Break>> {
        let (id, rest) = path.strip_prefix("elections/")?.split_once('/')?;
        let mut state = self.state.lock().unwrap();
        let poll = state.polls.get_mut(id)?;
        Some(match rest {
            "votes" => {
                let answer = poll.vote(body, self.misconduct);
                if id == "e" {
                    self.turnout.send_replace(poll.acknowledged);
                }
                answer
            }
            "ballot" => Ok(reply(200, json!({}))),
            "results" => Ok(poll.results(id, self.misconduct)),
            _ => Ok(poll.receipt(rest.strip_prefix("receipts/")?, self.misconduct)),
        })
    }

    async fn for_organisers(&self, method: &Method, path: &str, query: &str, body: Bytes) -> Reply {
        match (method.as_str(), path) {
            ("POST", "elections") => self.create(),
            ("GET", "account" | "organisations/o") => reply(200, json!({})),
            ("POST", "organisations/o/audit/verify") => reply(200, json!({"records": 5, "intact": true})),
            ("POST", "live/tickets") => reply(201, json!({"ticket": "t", "expires_at": "soon"})),
            (method, path) => match path.strip_prefix("elections/") {
                Some(path) => self.organise(method, path, query, &body),
                None => problem(404, "NOT_FOUND"),
            },
        }
    }

    fn create(&self) -> Reply {
        let mut state = self.state.lock().unwrap();
        let id = match state.polls.len() {
            0 => "e".to_owned(),
            more => format!("e{more}"),
        };
        state.polls.insert(id.clone(), Poll::default());
        poll::created(&id)
    }

    /// What the organiser asks of an election.
    fn organise(&self, method: &str, path: &str, query: &str, body: &Bytes) -> Reply {
        let mut state = self.state.lock().unwrap();
        let (id, rest) = path.split_once('/').unwrap_or((path, ""));
        let Some(poll) = state.polls.get_mut(id) else {
            return problem(404, "NOT_FOUND");
        };
        match (method, rest) {
            ("POST", "close") if self.misconduct == Misconduct::LosesVotesAndFails => {
                problem(500, "INTERNAL")
            }
            ("POST", "voters/import") => poll.import(body),
            ("POST", "activate" | "close") | ("GET", "" | "turnout") => reply(200, json!({})),
            ("GET", "voters") => poll.page(query),
            ("POST", "invitations") => self.invite(id, &poll.voters),
            ("GET", "deliveries") => reply(200, json!({"queued": 0, "sent": poll.voters.len(), "failed": 0})),
            ("POST", "verify") => reply(
                200,
                json!({"ballots": poll.acknowledged, "chain_intact": true, "recount_matches": true}),
            ),
            _ => problem(404, "NOT_FOUND"),
        }
    }

    fn invite(&self, id: &str, voters: &[String]) -> Reply {
        let mails = voters.iter().enumerate();
        let mails = mails.map(|(n, voter)| (voter.clone(), format!("vote/{id}#token-{n}")));
        let mails: Vec<(String, String)> = mails.collect();
        if self.misconduct != Misconduct::IsMute {
            tokio::spawn(mailing::send(self.smtp, mails));
        }
        reply(202, json!({"queued": voters.len()}))
    }
}
