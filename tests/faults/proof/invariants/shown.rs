//! What live frames and the CSV export show, against the results.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::rt;
use hyper::{Method, Request};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use uvote_loadtest::client::whole;
use uvote_loadtest::ledger::Published;

use super::Evidence;
use crate::proof::election::CANDIDATES;
use crate::proof::process::GLANCE;
use crate::support::live::Live;

/// How long the last frame may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody who watches the turnout from before the close, and reads whatever comes.
pub struct Watch {
    frames: Rc<RefCell<Vec<Value>>>,
    reading: JoinHandle<()>,
}

impl Watch {
    /// Begins to watch.
    pub async fn begin(evidence: &Evidence<'_>) -> Self {
        let (mut live, first) = joined(evidence, "turnout").await;
        let frames = Rc::new(RefCell::new(vec![first]));
        let came = Rc::clone(&frames);
        let reading = rt::spawn(async move {
            while let Some(frame) = live.next().await {
                came.borrow_mut().push(frame);
            }
        });
        Self { frames, reading }
    }

    /// Waits for a frame that says what the results say, and answers what is wrong.
    async fn end(self, results: &Published) -> Vec<String> {
        let last = async {
            while self.frames.borrow().last().unwrap()["ballots_cast"] != results.ballots_cast {
                tokio::time::sleep(GLANCE).await;
            }
        };
        let agreed = timeout(PATIENCE, last).await.is_ok();
        self.reading.abort();
        let frames = self.frames.take();
        let differ = (!agreed).then(|| format!("the last of {frames:?} is not the result {results:?}"));
        let is_later = frames.is_sorted_by_key(|frame| frame["revision"].as_i64());
        let went_back = (!is_later).then(|| format!("a revision went back: {frames:?}"));
        differ.into_iter().chain(went_back).collect()
    }
}

/// A socket on a topic, and its first frame. Whoever is sent away comes again, as browsers do: the
/// service may meet a connection to a database that has died.
async fn joined(evidence: &Evidence<'_>, topic: &str) -> (Live, Value) {
    for _ in 0..100 {
        if let Some(mut live) = signed_in(evidence).await {
            live.subscribe(&format!("elections/{}/{topic}", evidence.open.election.id)).await;
            while let Some(frame) = live.next().await {
                if frame["type"] == topic {
                    return (live, frame);
                }
            }
        }
        tokio::time::sleep(GLANCE).await;
    }
    panic!("whoever watches the {topic} is sent away again and again")
}

async fn signed_in(evidence: &Evidence<'_>) -> Option<Live> {
    let path = "/api/v1/live/tickets";
    let ticket = evidence.open.organiser.call(Method::POST, path, Some(&json!({}))).await.ok()?;
    let address = evidence.url.replacen("http", "ws", 1);
    let url = format!("{address}/api/v1/live?ticket={}", ticket["ticket"].as_str().unwrap());
    Live::open(&url).await.ok()
}

/// The last frames and the export say what the results say, and no revision goes back.
pub async fn frames_and_csv_agree(watch: Watch, evidence: &Evidence<'_>) -> Vec<String> {
    let open = evidence.open;
    let Ok(results) = open.election.results(&open.organiser).await else {
        // That has been complained of.
        return Vec::new();
    };
    let mut complaints = watch.end(&results).await;
    complaints.extend(tally_agrees(&results, evidence).await);
    let table = csv(evidence).await;
    let expected = expected_csv(&results);
    if table != expected {
        complaints.push(format!("the export says {table:?}, the results {expected:?}"));
    }
    complaints
}

async fn tally_agrees(results: &Published, evidence: &Evidence<'_>) -> Option<String> {
    let (_, frame) = joined(evidence, "tally").await;
    let contest = &frame["contests"][0];
    let votes =
        |candidate: &Value| (candidate["id"].as_str().unwrap().to_owned(), candidate["votes"].as_u64());
    let shown: Vec<_> = contest["candidates"].as_array().unwrap().iter().map(votes).collect();
    let published: Vec<_> = results.votes.iter().map(|(id, votes)| (id.clone(), Some(*votes))).collect();
    (shown != published || contest["blank"] != results.blank)
        .then(|| format!("the last frame {frame} is not the result {results:?}"))
}

/// Names with votes, as exported.
async fn csv(evidence: &Evidence<'_>) -> Vec<(String, String)> {
    let request = Request::get(evidence.open.election.path("/results.csv")).body(whole("")).unwrap();
    let answer = evidence.open.organiser.client().send(request).await.unwrap();
    let text = String::from_utf8(answer.body().to_vec()).unwrap();
    let row = |line: &str| {
        let mut fields = line.split(',').skip(1).map(str::to_owned);
        (fields.next().unwrap_or_default(), fields.next().unwrap_or_default())
    };
    text.lines().skip(1).map(row).collect()
}

fn expected_csv(results: &Published) -> Vec<(String, String)> {
    let votes = CANDIDATES.iter().zip(&results.votes).map(|(name, (_, votes))| (*name, *votes));
    let rows = votes.chain([("(blank)", results.blank)]);
    rows.map(|(name, votes)| (name.to_owned(), votes.to_string())).collect()
}
