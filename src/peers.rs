//! What processes that serve one database tell each other through Redis: which elections have moved,
//! and never where to. Whoever watches one reads it from the database, so that Redis learns no number
//! that is for organisers alone, and whoever can write to it can show nobody a wrong one.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use redis::aio::{MultiplexedConnection, PubSubStream};
use redis::{AsyncTypedCommands, Client, RedisError};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::Notify;
use tokio::time::{error::Elapsed, sleep, timeout};
use uuid::Uuid;

/// Where processes meet.
const CHANNEL: &str = "uvote:moves";
/// The pause after each message, which joins what moves meanwhile.
const PAUSE: Duration = Duration::from_millis(100);
/// How often a process speaks although nothing has moved, and so hears itself.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);
/// How long Redis may be silent, or take to be reached.
const PATIENCE: Duration = Duration::from_secs(3);
/// The pause before Redis is tried again.
const AGAIN: Duration = Duration::from_millis(500);

/// What has moved in a process.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moves {
    /// The latest revisions of elections.
    #[serde(default)]
    pub elections: HashMap<Uuid, i64>,
    /// Elections whose mails were taken up or settled.
    #[serde(default)]
    pub mails: HashSet<Uuid>,
}

/// What a process says to the others.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    from: Uuid,
    #[serde(flatten)]
    moves: Moves,
}

/// What a process hears.
pub enum Heard {
    /// These have moved in another process.
    Moves(Moves),
    /// Redis is there. Whatever moved before was heard by nobody here.
    Contact,
}

/// Why processes do not hear each other.
#[derive(Debug, Error)]
enum Failure {
    #[error("{0}")]
    Redis(#[from] RedisError),
    #[error("no answer in time")]
    Silence(#[from] Elapsed),
    #[error("the connection was closed")]
    Closed,
}

/// The other processes.
pub struct Peers {
    client: Client,
    myself: Uuid,
    untold: Mutex<Moves>,
    something_is_untold: Notify,
}

impl Peers {
    /// Meets them at this Redis, which is reached when the talk begins.
    ///
    /// # Errors
    /// When the address is malformed.
    pub fn new(url: &SecretString) -> Result<Self, RedisError> {
        Ok(Self {
            client: Client::open(url.expose_secret())?,
            myself: Uuid::new_v4(),
            untold: Mutex::default(),
            something_is_untold: Notify::new(),
        })
    }

    /// An election has come to this revision. Never waits.
    pub fn election_moved(&self, election: Uuid, revision: i64) {
        let mut untold = self.untold();
        let latest = untold.elections.entry(election).or_insert(revision);
        *latest = revision.max(*latest);
        drop(untold);
        self.something_is_untold.notify_one();
    }

    /// Mails of these elections have moved. Never waits.
    pub fn mails_moved(&self, elections: &[Uuid]) {
        self.untold().mails.extend(elections);
        self.something_is_untold.notify_one();
    }

    /// Talks with the others as long as Redis is there, and again when it is back.
    pub async fn talk(&self, hear: impl Fn(Heard)) {
        let mut lost = false;
        loop {
            let failure = match self.meet().await {
                Ok((heard, line)) => {
                    if mem::take(&mut lost) {
                        tracing::info!("announcements of other processes are heard again");
                    }
                    metrics::gauge!("uvote_peers_heard").set(1.0);
                    hear(Heard::Contact);
                    self.converse(heard, line, &hear).await
                }
                Err(failure) => failure,
            };
            metrics::gauge!("uvote_peers_heard").set(0.0);
            if !mem::replace(&mut lost, true) {
                tracing::warn!(%failure, "announcements of other processes are not heard, since Redis does not carry them; live pages follow more slowly until it does");
            }
            sleep(AGAIN).await;
        }
    }

    /// Reaches Redis, and has heard itself there: it may be that only one direction is allowed.
    async fn meet(&self) -> Result<(PubSubStream, MultiplexedConnection), Failure> {
        let meeting = async {
            let mut subscription = self.client.get_async_pubsub().await?;
            subscription.subscribe(CHANNEL).await?;
            let mut heard = subscription.into_on_message();
            let mut line = self.client.get_multiplexed_async_connection().await?;
            self.say(Moves::default(), &mut line).await?;
            heard.next().await.ok_or(Failure::Closed)?;
            Ok((heard, line))
        };
        timeout(PATIENCE, meeting).await?
    }

    async fn converse(
        &self,
        heard: PubSubStream,
        line: MultiplexedConnection,
        hear: &impl Fn(Heard),
    ) -> Failure {
        let ended = tokio::select! {
            ended = self.listen(heard, hear) => ended,
            ended = self.speak(line) => ended,
        };
        let Err(failure) = ended;
        failure
    }

    /// Whoever does not even hear itself has lost the connection.
    async fn listen(&self, mut heard: PubSubStream, hear: &impl Fn(Heard)) -> Result<Infallible, Failure> {
        loop {
            let message = timeout(PATIENCE, heard.next()).await?.ok_or(Failure::Closed)?;
            // What another version says is found in the database a little later.
            let Some(Message { from, moves }) = Message::read(message.get_payload_bytes()) else { continue };
            if from != self.myself && !moves.is_empty() {
                metrics::counter!("uvote_peer_messages_total", "way" => "heard").increment(1);
                hear(Heard::Moves(moves));
            }
        }
    }

    async fn speak(&self, mut line: MultiplexedConnection) -> Result<Infallible, Failure> {
        loop {
            drop(timeout(SIGN_OF_LIFE, self.something_is_untold.notified()).await);
            let moves = mem::take(&mut *self.untold());
            if !moves.is_empty() {
                metrics::counter!("uvote_peer_messages_total", "way" => "said").increment(1);
            }
            self.say(moves, &mut line).await?;
            sleep(PAUSE).await;
        }
    }

    async fn say(&self, moves: Moves, line: &mut MultiplexedConnection) -> Result<(), Failure> {
        line.publish(CHANNEL, Message { from: self.myself, moves }.to_json()).await?;
        Ok(())
    }

    fn untold(&self) -> MutexGuard<'_, Moves> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Message {
    /// Reads what a process has said; nothing when this version does not understand it.
    pub fn read(said: &[u8]) -> Option<Self> {
        serde_json::from_slice(said).ok()
    }

    /// The words that carry it.
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

impl Moves {
    fn is_empty(&self) -> bool {
        self.elections.is_empty() && self.mails.is_empty()
    }
}
