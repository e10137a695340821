//! A service in memory that speaks as much of the public interface as an election needs, and
//! that can be told to misbehave.

mod live;
mod mailing;

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

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
}

#[derive(Default)]
struct State {
    voters: Vec<String>,
    /// Bodies with the answers that they got.
    ballots: HashMap<Bytes, Value>,
    first_tries: u64,
    acknowledged: u64,
    votes: HashMap<String, u64>,
    renewed: bool,
}

pub struct Fake {
    pub url: String,
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
        let service =
            Arc::new(Service { misconduct, smtp, state: Mutex::default(), turnout: watch::Sender::new(0) });
        tokio::spawn(accept(listener, service));
        Self { url }
    }
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
        let path = request.uri().path().to_owned();
        let path = path.strip_prefix("/api/v1/").unwrap_or(&path);
        if path == "live" {
            return Ok(live::upgrade(self, request));
        }
        let signed_in = request.headers().contains_key("authorization");
        let method = request.method().clone();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        if let Some(answer) = self.in_public(path, &body).await {
            return answer;
        }
        if !signed_in || self.has_expired(path) {
            return Ok(problem(401, "UNAUTHENTICATED"));
        }
        Ok(self.for_organisers(&method, path, body).await)
    }

    fn has_expired(&self, path: &str) -> bool {
        self.misconduct == Misconduct::Expires
            && path.ends_with("activate")
            && !self.state.lock().unwrap().renewed
    }

    async fn in_public(&self, path: &str, body: &Bytes) -> Option<Result<Reply, Break>> {
        let json = || serde_json::from_slice::<Value>(body).unwrap();
        let answer = match path {
            "auth/register" => {
                let email = json()["email"].as_str().unwrap().to_owned();
                mailing::send(self.smtp, vec![(email, "verify-email#verify".into())]).await;
                reply(202, json!({"message": "look at your mail"}))
            }
            "auth/verify-email" if json()["token"] == "verify" => reply(204, Value::Null),
            "auth/login" | "auth/refresh" => {
                self.state.lock().unwrap().renewed = path.ends_with("refresh");
                reply(200, json!({"access_token": "a", "token_type": "Bearer", "refresh_token": "r"}))
            }
            "elections/e/votes" => return Some(self.vote(body)),
            "elections/e/results" => self.results(),
            _ => return self.receipt(path).map(Ok),
        };
        Some(Ok(answer))
    }

    async fn for_organisers(&self, method: &Method, path: &str, body: Bytes) -> Reply {
        assert_eq!(method, Method::POST, "{path}");
        match path {
            "elections" => election(),
            "elections/e/voters/import" => self.import(&body),
            "elections/e/activate" | "elections/e/close" => reply(200, json!({})),
            "elections/e/invitations" => self.invite().await,
            "elections/e/verify" => {
                let ballots = self.state.lock().unwrap().acknowledged;
                reply(200, json!({"ballots": ballots, "chain_intact": true, "recount_matches": true}))
            }
            "organisations/o/audit/verify" => reply(200, json!({"records": 5, "intact": true})),
            "live/tickets" => reply(201, json!({"ticket": "t", "expires_at": "soon"})),
            _ => problem(404, "NOT_FOUND"),
        }
    }

    fn import(&self, csv: &Bytes) -> Reply {
        let text = std::str::from_utf8(csv).unwrap();
        let rows = text.lines().skip(1);
        let voters: Vec<String> = rows.map(|row| row.split(',').next().unwrap().to_owned()).collect();
        let answer = json!({"imported": voters.len(), "unchanged": 0, "ignored_columns": []});
        self.state.lock().unwrap().voters = voters;
        reply(200, answer)
    }

    async fn invite(&self) -> Reply {
        let voters = self.state.lock().unwrap().voters.clone();
        let mails = voters.into_iter().enumerate();
        let mails = mails.map(|(n, voter)| (voter, format!("vote/e#token-{n}")));
        let mails: Vec<(String, String)> = mails.collect();
        let queued = mails.len();
        if self.misconduct != Misconduct::IsMute {
            tokio::spawn(mailing::send(self.smtp, mails));
        }
        reply(202, json!({"queued": queued}))
    }

    fn vote(&self, body: &Bytes) -> Result<Reply, Break> {
        let mut state = self.state.lock().unwrap();
        if let Some(known) = state.ballots.get(body) {
            return Ok(reply(200, known.clone()));
        }
        if self.misconduct == Misconduct::RefusesVotes {
            return Ok(problem(404, "TOKEN_UNKNOWN"));
        }
        state.first_tries += 1;
        let fourth = state.first_tries.is_multiple_of(4);
        if fourth && self.misconduct == Misconduct::IsBusy {
            return Ok(problem(503, "BUSY"));
        }
        let told = state.take(body, self.misconduct);
        self.turnout.send_replace(state.acknowledged);
        match self.misconduct {
            Misconduct::ForgetsOutcomes if fourth => Ok(problem(503, "OUTCOME_UNKNOWN")),
            Misconduct::BreaksConnections if fourth => Err(Break),
            _ => Ok(reply(201, told)),
        }
    }

    fn results(&self) -> Reply {
        let state = self.state.lock().unwrap();
        let mut votes = state.votes.clone();
        if self.misconduct == Misconduct::MovesAVote {
            *votes.entry("ann".into()).or_default() -= 1;
            *votes.entry("bob".into()).or_default() += 1;
        }
        let of = |id: &str| votes.get(id).copied().unwrap_or(0);
        let candidates: Vec<Value> = ["ann", "bob", "cid"]
            .map(|id| json!({"id": id, "name": id, "votes": of(id), "winner": false}))
            .into();
        reply(
            200,
            json!({"election_id": "e", "eligible": state.voters.len(),
                "ballots_cast": state.acknowledged, "turnout_percent": 1.0,
                "contests": [{"id": "c", "blank": of(""), "candidates": candidates}]}),
        )
    }

    fn receipt(&self, path: &str) -> Option<Reply> {
        let receipt = path.strip_prefix("elections/e/receipts/")?;
        let state = self.state.lock().unwrap();
        let known = state.ballots.values().find(|told| told["receipt"] == receipt);
        let known = known.filter(|_| self.misconduct != Misconduct::DeniesReceipts);
        Some(known.map_or_else(
            || problem(404, "NOT_FOUND"),
            |told| reply(200, json!({"included": true, "position": told["position"]})),
        ))
    }
}

impl State {
    fn take(&mut self, body: &Bytes, misconduct: Misconduct) -> Value {
        let vote: Value = serde_json::from_slice(body).unwrap();
        let choice = vote["choices"]["c"][0].as_str().unwrap_or("").to_owned();
        let position = self.ballots.len() as u64 + 1;
        let told = json!({"receipt": format!("{position:064x}"), "position": position});
        self.ballots.insert(body.clone(), told.clone());
        if misconduct != Misconduct::LosesVotes || !position.is_multiple_of(10) {
            self.acknowledged += 1;
            *self.votes.entry(choice).or_default() += 1;
        }
        told
    }
}

fn election() -> Reply {
    let candidates = ["ann", "bob", "cid"].map(|id| json!({"id": id, "name": id}));
    reply(
        201,
        json!({"id": "e", "organisation_id": "o", "status": "draft",
            "contests": [{"id": "c", "title": "Chair", "candidates": candidates}]}),
    )
}
