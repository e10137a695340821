//! Casts the votes of one election or of several at a [`Pace`], and keeps the books.

mod answer;
mod bodies;
mod books;
mod pace;
mod paper;
mod plan;
mod queue;
mod timeline;
mod turns;
mod wires;

use std::future::Future;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::http::uri::InvalidUri;
use hyper::{HeaderMap, Method, Request, Uri};
use indicatif::ProgressBar;
use tokio::task::JoinSet;

pub use answer::{Answer, Later};
pub use bodies::write_bodies;
pub use books::{Books, Mark, latency_histogram};
pub use pace::{Pace, PaceOptions, closed_in_words};
pub use paper::BallotPaper;
pub use plan::{Arrivals, Shape};
pub use queue::Queue;
pub use timeline::{Second, Timeline};
pub(crate) use turns::Turns;

use crate::client::Client;
use crate::election::Election;
use books::Vote;
use queue::Voter;
use wires::Wires;

/// How long a vote is sent again until its voter gives up.
const VOTE_PATIENCE: Duration = Duration::from_secs(60);
/// The longest `Retry-After` that is honoured to the full.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What the votes of one election look like and where they go.
struct Form {
    uri: Uri,
    paper: BallotPaper,
}

/// The votes to be cast and the books about them.
struct Casting {
    wires: Wires,
    headers: HeaderMap,
    forms: Vec<Form>,
    voters: Vec<Voter>,
    turns: Turns,
    /// What the castings before it took.
    earlier: Duration,
    // One lock for all: held so briefly that books for each connection would save nothing.
    books: Mutex<Books>,
    progress: ProgressBar,
}

/// Casts one vote for each voter of the queue. When `stop` is ready no further vote is begun,
/// and what is under way ends.
///
/// # Errors
/// When an election's id does not make a path, or no thread can be started.
pub async fn cast(
    client: &Client,
    queue: Queue,
    pace: Pace,
    progress: ProgressBar,
    stop: impl Future,
) -> anyhow::Result<Books> {
    cast_on(Books::default(), client, queue, pace, progress, stop).await
}

/// As [`cast`], going on with the books of an earlier casting: its ledgers are those of the same
/// elections or none, and its time goes on from where it stopped.
///
/// # Errors
/// As [`cast`].
pub async fn cast_on(
    books: Books,
    client: &Client,
    queue: Queue,
    pace: Pace,
    progress: ProgressBar,
    stop: impl Future,
) -> anyhow::Result<Books> {
    let workers = pace.connections.min(queue.len());
    let casting = Arc::new(Casting::new(books, client, queue, pace, progress)?);
    let mut workers: JoinSet<()> = (0..workers).map(|_| Arc::clone(&casting).work()).collect();
    let mut stop = pin!(stop);
    while !workers.is_empty() {
        tokio::select! {
            Some(ended) = workers.join_next() => ended?,
            _ = &mut stop, if !casting.turns.has_stopped() => casting.turns.stop(),
        }
    }
    casting.progress.finish_and_clear();
    Ok(casting.close_books())
}

impl Casting {
    fn new(
        mut books: Books,
        client: &Client,
        queue: Queue,
        pace: Pace,
        progress: ProgressBar,
    ) -> anyhow::Result<Self> {
        let host = HeaderValue::from_str(client.authority().host())?;
        let json = HeaderValue::from_static("application/json");
        let forms = queue.elections.iter().map(Form::new).collect::<Result<Vec<Form>, InvalidUri>>()?;
        books.open(forms.len(), queue.len());
        Ok(Self {
            earlier: books.elapsed,
            wires: Wires::new(client.authority().clone()),
            headers: HeaderMap::from_iter([(HOST, host), (CONTENT_TYPE, json)]),
            books: Mutex::new(books),
            forms,
            turns: match pace.plan {
                Some(plan) => Turns::planned(plan)?,
                None => Turns::unplanned(queue.len()),
            },
            voters: queue.voters,
            progress,
        })
    }

    async fn work(self: Arc<Self>) {
        while let Some(turn) = self.turns.next().await
            && let Some(voter) = self.voters.get(turn.number)
        {
            self.settle(voter, turn.due).await;
            self.progress.inc(1);
        }
    }

    /// Sends a vote until its outcome is known or its voter gives up, and enters it.
    async fn settle(&self, voter: &Voter, due: Instant) {
        let form = &self.forms[voter.election];
        let choice = form.paper.choose();
        let body = form.paper.body(&voter.token, choice);
        let deadline = Instant::now() + VOTE_PATIENCE;
        let mut doubt = None;
        let told = loop {
            let told = self.wires.send(self.request(form, body.clone())).await;
            let Some(later) = self.sent_away(&told) else {
                break told;
            };
            if matches!(told, Answer::Unknown(_)) {
                doubt = Some(told.clone());
            }
            if Instant::now() > deadline || self.turns.has_stopped() {
                // A vote that once may have been taken stays in doubt, whatever came later.
                break doubt.unwrap_or(told);
            }
            self.books().retried += 1;
            tokio::time::sleep(jittered(later.pause.min(LONGEST_PAUSE))).await;
        };
        let (latency, at) = (due.elapsed(), self.elapsed());
        self.books().settle(voter.election, Vote { choice, told, latency, at });
    }

    /// Enters an answer that is no acknowledgement; when the vote may be sent again.
    fn sent_away<'a>(&self, told: &'a Answer) -> Option<&'a Later> {
        if told.error().is_some() {
            self.books().fail(told, self.elapsed());
        }
        told.later()
    }

    fn request(&self, form: &Form, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = form.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elapsed(&self) -> Duration {
        self.earlier + self.turns.start().elapsed()
    }

    fn close_books(&self) -> Books {
        let books = mem::take(&mut *self.books());
        let connections = books.connections + self.wires.opened();
        Books { elapsed: self.elapsed(), connections, ..books }
    }
}

impl Form {
    fn new(election: &Election) -> Result<Self, InvalidUri> {
        Ok(Self { uri: election.path("/votes").parse()?, paper: BallotPaper::new(election) })
    }
}

/// A little longer, so that those who were told the same time do not all come at once.
fn jittered(pause: Duration) -> Duration {
    pause + pause.mul_f64(rand::random_range(0.0..0.25))
}
