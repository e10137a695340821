//! Casts the votes of a roll in a closed loop: each of C connections sends its next vote as
//! soon as it has the answer to the last.

mod answer;
mod books;
mod paper;

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{HeaderMap, Method, Request, Uri};
use indicatif::ProgressBar;
use tokio::task::JoinSet;
use tokio::time::timeout;

pub use answer::Answer;
pub use books::Books;
pub use paper::BallotPaper;

use crate::client::Client;
use crate::connection::{Broken, Connection};
use crate::election::Election;
use crate::ledger::Choice;

/// How long one answer may take before its outcome counts as unknown.
const ANSWER_PATIENCE: Duration = Duration::from_secs(30);
/// How long a vote is sent again until its voter gives up.
const VOTE_PATIENCE: Duration = Duration::from_secs(60);
/// The longest `Retry-After` that is honoured to the full.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How soon a vote is sent again over a new connection when the last one broke.
const RECONNECT_PAUSE: Duration = Duration::from_millis(100);

/// The votes to be cast and the books about them.
struct Casting {
    client: Client,
    uri: Uri,
    headers: HeaderMap,
    paper: BallotPaper,
    tokens: Vec<Box<str>>,
    next: AtomicUsize,
    stopped: AtomicBool,
    books: Mutex<Books>,
    progress: ProgressBar,
}

type Wire = Option<Connection<Full<Bytes>>>;

/// Casts one vote for each token over so many connections at a time. When `stop` is ready no
/// further vote is begun, and what is under way ends.
///
/// # Errors
/// When the election's id does not make a path.
pub async fn cast(
    client: &Client,
    election: &Election,
    tokens: Vec<Box<str>>,
    concurrency: usize,
    progress: ProgressBar,
    stop: impl Future,
) -> anyhow::Result<Books> {
    let casting = Arc::new(Casting::new(client, election, tokens, concurrency, progress)?);
    let start = Instant::now();
    let mut workers: JoinSet<()> = (0..concurrency).map(|_| Arc::clone(&casting).work()).collect();
    let mut stop = pin!(stop);
    while !workers.is_empty() {
        tokio::select! {
            Some(ended) = workers.join_next() => ended?,
            _ = &mut stop, if !casting.has_stopped() => casting.stop(),
        }
    }
    casting.progress.finish_and_clear();
    let mut books = casting.books().clone();
    books.elapsed = start.elapsed();
    Ok(books)
}

impl Casting {
    fn new(
        client: &Client,
        election: &Election,
        tokens: Vec<Box<str>>,
        concurrency: usize,
        progress: ProgressBar,
    ) -> anyhow::Result<Self> {
        let host = HeaderValue::from_str(client.authority().as_str())?;
        let json = HeaderValue::from_static("application/json");
        Ok(Self {
            client: client.clone(),
            uri: election.path("/votes").parse()?,
            headers: HeaderMap::from_iter([(HOST, host), (CONTENT_TYPE, json)]),
            paper: BallotPaper::new(election),
            tokens,
            next: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            books: Mutex::new(Books::new(concurrency)),
            progress,
        })
    }

    async fn work(self: Arc<Self>) {
        let mut wire = None;
        while let Some(token) = self.next_token() {
            let choice = self.paper.choose();
            let body = self.paper.body(token, choice);
            self.settle(&mut wire, choice, &body).await;
            self.progress.inc(1);
        }
    }

    fn next_token(&self) -> Option<&str> {
        if self.has_stopped() {
            return None;
        }
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        self.tokens.get(next).map(|token| &**token)
    }

    /// Sends a vote until its outcome is known or its voter gives up, and enters it.
    async fn settle(&self, wire: &mut Wire, choice: Choice, body: &Bytes) {
        let deadline = Instant::now() + VOTE_PATIENCE;
        let mut doubt = None;
        loop {
            let sent = Instant::now();
            let told = self.send(wire, body.clone()).await;
            let latency = sent.elapsed();
            let Some(pause) = self.pause_after(&told) else {
                return self.books().settle(choice, told, latency);
            };
            if matches!(told, Answer::Unknown(_)) {
                doubt = Some(told.clone());
            }
            if sent > deadline || self.has_stopped() {
                // A vote that once may have been taken stays in doubt, whatever came later.
                return self.books().settle(choice, doubt.unwrap_or(told), latency);
            }
            self.books().retried += 1;
            tokio::time::sleep(jittered(pause.min(LONGEST_PAUSE))).await;
        }
    }

    /// How long to wait before sending the vote again; `None` when its outcome is known.
    fn pause_after(&self, told: &Answer) -> Option<Duration> {
        match told {
            Answer::Busy(pause) => {
                self.books().busy += 1;
                Some(*pause)
            }
            Answer::Unknown(pause) => {
                self.books().unknown += 1;
                Some(*pause)
            }
            Answer::Acknowledged { .. } | Answer::Refused(_) => None,
        }
    }

    /// Sends a vote once, over a new connection when there is none or the last one has ended.
    async fn send(&self, wire: &mut Wire, body: Bytes) -> Answer {
        let request = self.request(body);
        let exchange = timeout(ANSWER_PATIENCE, exchange(&self.client, wire, request));
        exchange.await.unwrap_or_else(|_| {
            *wire = None;
            Answer::Unknown(RECONNECT_PAUSE)
        })
    }

    fn request(&self, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn exchange(client: &Client, wire: &mut Wire, mut request: Request<Full<Bytes>>) -> Answer {
    if let Some(mut connection) = wire.take() {
        match connection.exchange(request).await {
            Ok(answer) => {
                *wire = Some(connection);
                return Answer::read(&answer);
            }
            // The service had closed it before: nothing was sent, so nothing is in doubt.
            Err(Broken { unsent: Some(unsent), .. }) => request = unsent,
            Err(_) => return Answer::Unknown(RECONNECT_PAUSE),
        }
    }
    let Ok(mut connection) = Connection::open(client.authority()).await else {
        return Answer::Busy(RECONNECT_PAUSE);
    };
    match connection.exchange(request).await {
        Ok(answer) => {
            *wire = Some(connection);
            Answer::read(&answer)
        }
        Err(_) => Answer::Unknown(RECONNECT_PAUSE),
    }
}

/// A little longer, so that those who were told the same time do not all come at once.
fn jittered(pause: Duration) -> Duration {
    pause + pause.mul_f64(rand::random_range(0.0..0.25))
}
