//! Somebody who asks a service all the time, and how long the answers took.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt;
use hyper::{Method, Request};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use uvote_loadtest::client::{Client, read_json, whole};

use super::figures::{HANGING, figures};
use crate::proof::election::OpenElection;
use crate::proof::ledger::{Ledger, Told};

/// Within what time nearly all are answered.
const IN_TIME: Duration = Duration::from_secs(1);
/// Within what time the service nearly always says that it lives.
const LIVELY: Duration = Duration::from_millis(50);
/// How long one who asks pauses.
const PAUSE: Duration = Duration::from_millis(15);

/// Asks until told to stop.
pub struct Watch {
    leaving: Rc<Cell<bool>>,
    asking: BTreeMap<&'static str, Vec<JoinHandle<Vec<Answered>>>>,
}

/// One answer.
#[derive(Clone, Debug)]
struct Answered {
    took: Duration,
    status: u16,
    code: String,
    has_retry_after: bool,
}

/// What to ask for.
#[derive(Clone)]
struct Question {
    method: Method,
    path: String,
    body: String,
}

/// The answers, by what was asked for.
pub struct Seen(BTreeMap<&'static str, Vec<Answered>>);

impl Watch {
    /// Asks whether the service lives, casts a ballot that can't count, and opens the ballot of the last
    /// voter, each one after the other.
    pub fn begin(url: &str, open: &OpenElection) -> Self {
        let mut watch = Self { leaving: Rc::default(), asking: BTreeMap::new() };
        // Each keeps a connection of its own, for when there are no further ones.
        let client = || Client::new(url).unwrap();
        let code = open.codes.last().unwrap();
        let invalid = json!({"token": code, "nonce": "AAAAAAAAAAAAAAAAAAAAAA", "choices": {}});
        watch.ask("live", client(), Question::get("/health/live"));
        watch.ask("cast", client(), Question::post(open.election.path("/votes"), invalid));
        watch.ask("ballot", client(), Question::post(open.election.path("/ballot"), json!({"token": code})));
        watch
    }

    /// Has an organiser read this page so many times at once, besides.
    #[must_use]
    pub fn reading(mut self, client: &Client, path: &str, times: usize) -> Self {
        for _ in 0..times {
            self.ask("read", client.clone(), Question::get(path));
        }
        self
    }

    fn ask(&mut self, what: &'static str, client: Client, question: Question) {
        let (leaving, client) = (Rc::clone(&self.leaving), client.patient(HANGING));
        let asking = rt::spawn(async move {
            let mut answers = Vec::new();
            while !leaving.get() {
                answers.push(question.put(&client).await);
                tokio::time::sleep(PAUSE).await;
            }
            answers
        });
        self.asking.entry(what).or_default().push(asking);
    }

    /// Stops asking.
    pub async fn end(self) -> Seen {
        self.leaving.set(true);
        let mut seen = BTreeMap::new();
        for (what, asking) in self.asking {
            let answers: &mut Vec<Answered> = seen.entry(what).or_default();
            for asking in asking {
                answers.extend(asking.await.unwrap());
            }
        }
        Seen(seen)
    }
}

impl Question {
    fn post(path: String, body: Value) -> Self {
        Self { method: Method::POST, path, body: body.to_string() }
    }

    fn get(path: &str) -> Self {
        Self { method: Method::GET, path: path.to_owned(), body: String::new() }
    }

    async fn put(&self, client: &Client) -> Answered {
        let request = Request::builder().method(&self.method).uri(&self.path);
        let request = request.header("content-type", "application/json").body(whole(self.body.clone()));
        let asked = Instant::now();
        match client.send(request.unwrap()).await {
            Ok(answer) => Answered {
                took: asked.elapsed(),
                status: answer.status().as_u16(),
                code: code(&read_json(&answer).map(|(_, body)| body).unwrap_or_default()),
                has_retry_after: answer.headers().contains_key("retry-after"),
            },
            Err(error) => {
                Answered { took: asked.elapsed(), status: 0, code: error.to_string(), has_retry_after: false }
            }
        }
    }
}

fn code(body: &Value) -> String {
    body["code"].as_str().unwrap_or_default().to_owned()
}

impl Seen {
    /// Asserts that everybody had an answer in time, that none was an error of the service, that every
    /// 503 says when to come back, and that the service was lively; prints the figures.
    pub fn bounded(self, during: &str) {
        for (what, answers) in self.0 {
            let figures = figures(during, what, answers.iter().map(|answer| answer.took));
            let mut statuses = BTreeMap::<(u16, &str), usize>::new();
            for Answered { status, code, .. } in &answers {
                *statuses.entry((*status, code)).or_default() += 1;
            }
            println!("    {statuses:?}");
            figures.bounded(if what == "live" { LIVELY } else { IN_TIME });
            for answer in &answers {
                let kind =
                    matches!(answer.status, 200..500) || answer.status == 503 && answer.has_retry_after;
                assert!(kind, "{during}, {what}: {answer:?}");
            }
        }
    }

    /// How many of the casts were refused for want of something.
    pub fn refused_casts(&self) -> usize {
        self.0["cast"].iter().filter(|answer| answer.status == 503).count()
    }
}

/// Asserts of a crowd that all its attempts since a moment were answered in time, and in words that
/// voters are to hear.
pub fn voters_were_answered(ledger: &Ledger, since: Instant, during: &str) {
    let attempts: Vec<_> = ledger.attempts.iter().filter(|attempt| attempt.sent >= since).collect();
    figures(during, "votes", attempts.iter().map(|attempt| attempt.at - attempt.sent)).bounded(IN_TIME);
    for attempt in attempts {
        if let Told::Unknown(code) = &attempt.told {
            let is_fair = ["OUTCOME_UNKNOWN", "UNAVAILABLE"].contains(&code.as_str());
            assert!(is_fair, "{during}: a voter was told {code}");
        }
    }
}
