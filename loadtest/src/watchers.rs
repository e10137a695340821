//! Organisers who watch the turnout over WebSockets.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use futures_util::{SinkExt, StreamExt, TryStreamExt, stream};
use hyper::Method;
use serde::Deserialize;
use serde_json::json;
use std::borrow::Cow;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::election::Election;
use crate::organiser::Organiser;

/// Watchers that sign in at a time.
const JOINING_AT_ONCE: usize = 32;
/// How long a watcher may take for its first frame, or to close.
const PATIENCE: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<TcpStream>;

/// What one watcher has seen so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Turnout frames received.
    pub frames: u64,
    /// The revision of the last frame.
    pub revision: u64,
    /// Ballots cast by the last frame.
    pub ballots_cast: u64,
    /// What went wrong first, if anything did.
    pub trouble: Option<String>,
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    revision: u64,
    #[serde(default)]
    ballots_cast: u64,
    #[serde(borrow, default)]
    code: Cow<'a, str>,
}

impl Seen {
    fn read(&mut self, text: &str) {
        match serde_json::from_str::<Frame<'_>>(text) {
            Ok(frame) if frame.kind == "turnout" => self.take(&frame),
            Ok(frame) if frame.kind == "error" => {
                self.complain(format!("the service sent the error {}", frame.code));
            }
            Ok(_) => {}
            Err(error) => self.complain(format!("a frame can't be read: {error}")),
        }
    }

    fn take(&mut self, frame: &Frame<'_>) {
        if frame.revision < self.revision || frame.ballots_cast < self.ballots_cast {
            self.complain(format!(
                "the turnout went back from revision {} with {} ballots to {} with {}",
                self.revision, self.ballots_cast, frame.revision, frame.ballots_cast
            ));
        }
        self.frames += 1;
        self.revision = frame.revision;
        self.ballots_cast = frame.ballots_cast;
    }

    fn complain(&mut self, trouble: String) {
        self.trouble.get_or_insert(trouble);
    }
}

struct Watcher {
    seen: watch::Receiver<Seen>,
    task: JoinHandle<()>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Watchers of one election's turnout, each with a socket of its own.
pub struct Watchers {
    watchers: Vec<Watcher>,
    leave: watch::Sender<bool>,
}

impl Watchers {
    /// Lets so many watchers subscribe, and waits until each has had its first frame.
    ///
    /// # Errors
    /// When one is refused or gets no frame.
    pub async fn join(organiser: &Organiser, election: &Election, count: usize) -> Result<Self> {
        let leave = watch::Sender::new(false);
        let topic = format!("elections/{}/turnout", election.id);
        let watchers = stream::iter(0..count)
            .map(|_| start(organiser, &topic, leave.subscribe()))
            .buffer_unordered(JOINING_AT_ONCE)
            .try_collect()
            .await?;
        Ok(Self { watchers, leave })
    }

    /// Waits until every watcher has seen at least so many ballots or has broken off; gives up
    /// after `patience`, for [`Watchers::seen`] tells who has seen what.
    pub async fn see(&self, ballots_cast: u64, patience: Duration) {
        let all = async {
            for watcher in &self.watchers {
                let enough = |seen: &Seen| seen.ballots_cast >= ballots_cast || seen.trouble.is_some();
                // An ended watcher has said why in what it has seen.
                let _ = watcher.seen.clone().wait_for(enough).await;
            }
        };
        let _ = timeout(patience, all).await;
    }

    /// What each watcher has seen.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        let watchers = self.watchers.iter();
        watchers.map(|watcher| watcher.seen.borrow().clone()).collect()
    }

    /// Says goodbye on every socket.
    pub async fn leave(mut self) {
        self.leave.send_replace(true);
        for watcher in &mut self.watchers {
            let _ = timeout(PATIENCE, &mut watcher.task).await;
        }
    }
}

async fn start(organiser: &Organiser, topic: &str, leave: watch::Receiver<bool>) -> Result<Watcher> {
    let mut socket = connect(organiser).await?;
    let subscribe = json!({"type": "subscribe", "topic": topic}).to_string();
    socket.send(Message::text(subscribe)).await?;
    let (sender, mut seen) = watch::channel(Seen::default());
    let task = tokio::spawn(watch_turnout(socket, sender, leave));
    let watcher = Watcher { seen: seen.clone(), task };
    let first = |seen: &Seen| seen.frames > 0 || seen.trouble.is_some();
    timeout(PATIENCE, seen.wait_for(first)).await.context("a watcher got no turnout frame")??;
    let trouble = seen.borrow().trouble.clone();
    trouble.map_or(Ok(watcher), |trouble| Err(anyhow!("a watcher could not start: {trouble}")))
}

async fn connect(organiser: &Organiser) -> Result<Socket> {
    let path = "/api/v1/live/tickets";
    let answer = organiser.call(Method::POST, path, None).await?;
    let ticket = answer["ticket"].as_str().context("a ticket is missing")?;
    let client = organiser.client();
    let authority = client.authority().as_str();
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let url = format!("ws://{authority}/api/v1/live?ticket={ticket}");
    // The default buffer of 128 KiB, cleared at each read, would cost more than all else.
    let config = WebSocketConfig::default().read_buffer_size(2 * 1024).write_buffer_size(0);
    let (socket, answer) =
        client_async_with_config(url, stream, Some(config)).await.context("opening a WebSocket")?;
    ensure!(answer.status() == 101, "a WebSocket was refused");
    Ok(socket)
}

async fn watch_turnout(mut socket: Socket, seen: watch::Sender<Seen>, mut leave: watch::Receiver<bool>) {
    loop {
        let frame = tokio::select! {
            frame = socket.next() => frame,
            _ = leave.changed() => {
                // Whether the other side still hears it makes no difference any more.
                let _ = socket.close(None).await;
                return;
            }
        };
        match frame {
            Some(Ok(Message::Text(text))) => seen.send_modify(|seen| seen.read(&text)),
            Some(Ok(Message::Close(frame))) => {
                let why = frame.map_or_else(String::new, |frame| format!(" ({frame})"));
                return seen.send_modify(|seen| {
                    seen.complain(format!("the service closed the socket{why}"));
                });
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                return seen.send_modify(|seen| seen.complain(format!("the socket broke: {error}")));
            }
            None => return seen.send_modify(|seen| seen.complain("the socket ended".into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turnout(revision: u64, ballots_cast: u64) -> String {
        json!({"type": "turnout", "topic": "elections/e/turnout", "revision": revision,
            "eligible": 9, "ballots_cast": ballots_cast, "percent": 1.5})
        .to_string()
    }

    #[test]
    fn the_last_frame_is_kept_and_other_frames_change_nothing() {
        let mut seen = Seen::default();
        seen.read(r#"{"type":"subscribed","topic":"elections/e/turnout"}"#);
        seen.read(&turnout(3, 1));
        seen.read(r#"{"type":"pong"}"#);
        seen.read(&turnout(5, 2));
        let expected = Seen { frames: 2, revision: 5, ballots_cast: 2, trouble: None };
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_revision_that_goes_back_is_trouble_even_if_later_frames_are_right() {
        let mut seen = Seen::default();
        for (revision, ballots) in [(5, 2), (4, 2), (6, 3)] {
            seen.read(&turnout(revision, ballots));
        }
        let trouble = seen.trouble.unwrap_or_default();
        assert!(trouble.contains("back from revision 5"), "{trouble}");
    }

    #[test]
    fn an_error_frame_and_a_broken_frame_are_trouble() {
        for text in [r#"{"type":"error","code":"FORBIDDEN","topic":"t","detail":"d"}"#, "{"] {
            let mut seen = Seen::default();
            seen.read(text);
            assert!(seen.trouble.is_some(), "{text}");
        }
    }
}
