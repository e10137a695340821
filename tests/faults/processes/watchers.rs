//! Sockets at every process, which look out for revisions that go back and for frames that contradict
//! each other.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use actix_web::rt;
use hyper::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use uvote_loadtest::client::Client;
use uvote_loadtest::organiser::Organiser;

use super::site::Site;
use crate::support::live::Live;

/// How long a socket may take to open, and the pause before the next attempt.
const OPENING: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(50);
/// How long it may take until all have heard something, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(30);

/// The latest frame of each kind, such as `turnout`.
pub type Latest = HashMap<String, Value>;

/// One watcher stays at each process, and one moves on whenever its process dies.
pub struct Watchers {
    shared: Rc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    urls: Vec<String>,
    organisers: Vec<Organiser>,
    election: String,
    latest: RefCell<Vec<Latest>>,
    /// What was shown under each revision, by whichever process.
    shown: RefCell<HashMap<(String, i64), Value>>,
    complaints: RefCell<Vec<String>>,
    frames: Cell<usize>,
    heard: Notify,
    leaving: Notify,
}

impl Watchers {
    /// Has the election of a site watched at every process.
    pub async fn gather(site: &Site) -> Self {
        let (urls, mut organisers) = (site.urls(), Vec::new());
        for url in &urls {
            let client = Client::new(url).unwrap();
            organisers.push(Organiser::sign_in(&client, &site.open.credentials).await.unwrap());
        }
        let shared = Rc::new(Shared {
            latest: RefCell::new(vec![Latest::new(); urls.len() + 1]),
            urls,
            organisers,
            election: site.open.election.id.clone(),
            shown: RefCell::default(),
            complaints: RefCell::default(),
            frames: Cell::new(0),
            heard: Notify::new(),
            leaving: Notify::new(),
        });
        let number = shared.urls.len();
        let tasks = (0..=number).map(|watcher| rt::spawn(Rc::clone(&shared).watch(watcher))).collect();
        let watchers = Self { shared, tasks };
        watchers.until("a first turnout", |latest| latest.contains_key("turnout")).await;
        watchers
    }

    /// Waits until everybody has seen something.
    pub async fn until(&self, what: &str, seen: impl Fn(&Latest) -> bool) {
        let all = async {
            while !self.shared.latest.borrow().iter().all(&seen) {
                self.shared.heard.notified().await;
            }
        };
        if tokio::time::timeout(PATIENCE, all).await.is_err() {
            panic!("not everybody has seen {what}: {:#?}", self.shared.latest.borrow());
        }
    }

    /// Waits until everybody shows so many ballots.
    pub async fn until_turnout(&self, ballots: u64) {
        let seen = |latest: &Latest| latest.get("turnout").is_some_and(|t| t["ballots_cast"] == ballots);
        self.until(&format!("{ballots} ballots"), seen).await;
    }

    /// Waits until everybody shows this status.
    pub async fn until_status(&self, status: &str) {
        self.until(status, |latest| latest.get("status").is_some_and(|s| s["status"] == status)).await;
    }

    /// Asserts that nobody has anything to complain of; answers how many frames were seen.
    pub async fn leave(self) -> usize {
        self.shared.leaving.notify_waiters();
        for task in self.tasks {
            task.await.unwrap();
        }
        let complaints = self.shared.complaints.take();
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
        self.shared.frames.get()
    }
}

impl Shared {
    async fn watch(self: Rc<Self>, watcher: usize) {
        let watching = async {
            let mut place = watcher % self.urls.len();
            loop {
                if let Ok(Some(live)) = tokio::time::timeout(OPENING, self.open(place)).await {
                    self.read(watcher, live).await;
                }
                if watcher == self.urls.len() {
                    place = (place + 1) % self.urls.len();
                }
                tokio::time::sleep(AGAIN).await;
            }
        };
        tokio::select! {
            () = watching => {}
            () = self.leaving.notified() => {}
        }
    }

    /// A socket at a process, if that lives.
    async fn open(&self, place: usize) -> Option<Live> {
        let organiser = &self.organisers[place];
        let ticket = organiser.call(Method::POST, "/api/v1/live/tickets", Some(&json!({}))).await.ok()?;
        let address = self.urls[place].replacen("http", "ws", 1);
        let url = format!("{address}/api/v1/live?ticket={}", ticket["ticket"].as_str()?);
        Live::open(&url).await.ok()
    }

    /// Reads until the socket ends.
    async fn read(&self, watcher: usize, mut live: Live) {
        use futures_util::SinkExt;
        for kind in ["turnout", "status", "minutes"] {
            let topic = format!("elections/{}/{kind}", self.election);
            let request = json!({"type": "subscribe", "topic": topic}).to_string();
            // A socket that has ended answers nothing below.
            drop(live.0.send(request.into()).await);
        }
        while let Some(frame) = live.next().await {
            if frame["revision"].is_i64() {
                self.note(watcher, frame);
                self.heard.notify_waiters();
            } else if frame["type"] == "error" && frame["code"] != "UNAVAILABLE" {
                self.complaints.borrow_mut().push(format!("a watcher was told {frame}"));
            }
        }
    }

    fn note(&self, watcher: usize, frame: Value) {
        let (kind, revision) =
            (frame["type"].as_str().unwrap().to_owned(), frame["revision"].as_i64().unwrap());
        self.frames.set(self.frames.get() + 1);
        // How the minutes are merged depends on the time, too.
        if kind != "minutes" {
            let mut shown = self.shown.borrow_mut();
            let first = shown.entry((kind.clone(), revision)).or_insert_with(|| frame.clone());
            if *first != frame {
                self.complaints.borrow_mut().push(format!("one revision, two states: {first} and {frame}"));
            }
        }
        let before = self.latest.borrow_mut()[watcher].insert(kind, frame.clone());
        if let Some(before) = before.filter(|before| before["revision"].as_i64() > Some(revision)) {
            self.complaints.borrow_mut().push(format!("a revision went back: {before}, then {frame}"));
        }
    }
}
