//! The frames of the live WebSocket, as `docs/LIVE.md` describes them.

use bytestring::ByteString;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use uvote_domain::tally::percent;

use crate::actors::election::{Announcement, ShownContest};
use crate::store::mail::DeliveryCounts;
use crate::store::results::Minute;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Wants a topic's frames from now on.
    Subscribe {
        /// Such as `elections/{id}/turnout`.
        topic: String,
    },
    /// Wants them no longer.
    Unsubscribe {
        /// As subscribed.
        topic: String,
    },
    /// Wants a sign of life.
    Ping,
}

/// What can be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// How many have voted.
    Turnout(Uuid),
    /// The running or final tally.
    Tally(Uuid),
    /// Where an election stands.
    Status(Uuid),
    /// An account's notifications.
    Notifications,
    /// What is read from the database.
    Fed(Feed),
}

/// What the hub reads from the database when it has moved, since no announcement carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feed {
    /// How the mails of an election fare.
    Deliveries(Uuid),
    /// The ballots of an election over time.
    Minutes(Uuid),
}

/// The state of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// The mails in each state.
    Deliveries(DeliveryCounts),
    /// The latest minutes.
    Minutes(Vec<Minute>),
}

impl Topic {
    /// Reads a topic's name.
    pub fn parse(name: &str) -> Option<Self> {
        if name == "account/notifications" {
            return Some(Self::Notifications);
        }
        let (id, what) = name.strip_prefix("elections/")?.split_once('/')?;
        let id = Uuid::parse_str(id).ok()?;
        match what {
            "turnout" => Some(Self::Turnout(id)),
            "tally" => Some(Self::Tally(id)),
            "status" => Some(Self::Status(id)),
            "deliveries" => Some(Self::Fed(Feed::Deliveries(id))),
            "minutes" => Some(Self::Fed(Feed::Minutes(id))),
            _ => None,
        }
    }

    /// The election that it is about.
    pub const fn election(self) -> Option<Uuid> {
        match self {
            Self::Turnout(id)
            | Self::Tally(id)
            | Self::Status(id)
            | Self::Fed(Feed::Deliveries(id) | Feed::Minutes(id)) => Some(id),
            Self::Notifications => None,
        }
    }

    /// The frame with the whole state of this topic, where the announcement has one.
    pub fn frame(self, state: &Announcement) -> Option<ByteString> {
        let (topic, revision) = (self.to_string(), state.revision);
        let body = match self {
            Self::Turnout(_) => {
                let percent = percent(state.ballots_cast.unsigned_abs(), state.eligible.unsigned_abs());
                json!({"type": "turnout", "topic": topic, "revision": revision, "eligible": state.eligible,
                    "ballots_cast": state.ballots_cast, "percent": percent})
            }
            Self::Tally(_) => {
                let contests: Vec<Value> = state.tally.as_ref()?.contests.iter().map(contest).collect();
                json!({"type": "tally", "topic": topic, "revision": revision, "contests": contests})
            }
            Self::Status(_) => {
                json!({"type": "status", "topic": topic, "revision": revision, "status": state.status})
            }
            Self::Notifications | Self::Fed(_) => return None,
        };
        Some(body.to_string().into())
    }
}

impl Feed {
    /// The frame with the whole state of this feed.
    pub fn frame(self, revision: i64, reading: &Reading) -> ByteString {
        let topic = Topic::Fed(self).to_string();
        let body = match reading {
            Reading::Deliveries(DeliveryCounts { queued, sent, failed }) => {
                json!({"type": "deliveries", "topic": topic, "revision": revision, "queued": queued,
                    "sent": sent, "failed": failed})
            }
            Reading::Minutes(minutes) => {
                json!({"type": "minutes", "topic": topic, "revision": revision, "per_minute": minutes})
            }
        };
        body.to_string().into()
    }
}

fn contest(ShownContest { id, blank, candidates }: &ShownContest) -> Value {
    let candidates: Vec<Value> =
        candidates.iter().map(|(id, votes)| json!({"id": id, "votes": votes})).collect();
    json!({"id": id, "blank": blank, "candidates": candidates})
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Turnout(id) => write!(f, "elections/{id}/turnout"),
            Self::Tally(id) => write!(f, "elections/{id}/tally"),
            Self::Status(id) => write!(f, "elections/{id}/status"),
            Self::Notifications => f.write_str("account/notifications"),
            Self::Fed(Feed::Deliveries(id)) => write!(f, "elections/{id}/deliveries"),
            Self::Fed(Feed::Minutes(id)) => write!(f, "elections/{id}/minutes"),
        }
    }
}

/// Says that a subscription holds.
pub fn subscribed(topic: Topic) -> ByteString {
    json!({"type": "subscribed", "topic": topic.to_string()}).to_string().into()
}

/// Says that something was not done.
pub fn error(code: &str, topic: Option<&str>, detail: &str) -> ByteString {
    json!({"type": "error", "code": code, "topic": topic, "detail": detail}).to_string().into()
}

/// Answers a ping.
pub fn pong() -> ByteString {
    ByteString::from_static(r#"{"type":"pong"}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_read_back_as_they_are_written() {
        let id = Uuid::now_v7();
        let feeds = [Feed::Deliveries(id), Feed::Minutes(id)].map(Topic::Fed);
        let others = [Topic::Turnout(id), Topic::Tally(id), Topic::Status(id), Topic::Notifications];
        for topic in others.into_iter().chain(feeds) {
            assert_eq!(Topic::parse(&topic.to_string()), Some(topic));
        }
        for name in
            ["", "elections/", "elections/x/turnout", "elections/00000000-0000-0000-0000-000000000000/votes"]
        {
            assert_eq!(Topic::parse(name), None, "{name}");
        }
    }
}
