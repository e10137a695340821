//! One socket. The only use of actix-web-actors.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix::prelude::*;
use actix_http::ws::Item;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::ws::{self, CloseCode, CloseReason, ProtocolError, WebsocketContext};
use uuid::Uuid;

use super::frames::Bounded;
use super::handshake::{Caller, Live};
use super::hub::inbox::Inbox;
use super::hub::{Frame, Hub, Join, Leave, SocketId, Subscribe, Unsubscribe};
use super::protocol::{Request, Topic, error, pong};
use super::state::{Seen, catch_up, explain, read};
use crate::store::{StoreError, sessions};

/// How often the server pings.
const PING_EVERY: Duration = Duration::from_secs(15);
/// How long a socket may be silent or stalled. It is dropped within 45 seconds: silence is noticed at
/// the next ping, and a stall when the buffers on the way are full.
pub const PATIENCE: Duration = Duration::from_secs(40);
/// Bytes of a client's frame: topics are short.
const FRAME_LIMIT: usize = 4 * 1024;
const TOO_LONG: &str = "messages have at most 4 KiB";
/// Words of the hub that may wait for a socket; frames wait in its inbox.
const MAILBOX: usize = 16;
/// Topics that one socket may watch.
const MOST_TOPICS: usize = 64;

static NEXT_SOCKET: AtomicU64 = AtomicU64::new(1);

/// Opens a socket of this caller.
///
/// # Errors
/// When the request is no WebSocket's.
pub fn start(
    live: Arc<Live>,
    caller: Option<Caller>,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let session = Session {
        socket: NEXT_SOCKET.fetch_add(1, Ordering::Relaxed),
        caller,
        live,
        heard_at: Instant::now(),
        topics: HashSet::new(),
        inbox: Arc::default(),
        fragments: Vec::new(),
    };
    let frames = Bounded::new(payload, FRAME_LIMIT);
    ws::WsResponseBuilder::new(session, request, frames).frame_size(FRAME_LIMIT).start()
}

/// The actor of one socket.
struct Session {
    socket: SocketId,
    caller: Option<Caller>,
    live: Arc<Live>,
    heard_at: Instant,
    /// Filled by the hub.
    inbox: Arc<Inbox>,
    topics: HashSet<Topic>,
    /// What has come of a text that is sent in several frames.
    fragments: Vec<u8>,
}

impl Actor for Session {
    type Context = WebsocketContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        let frames = context.address().recipient();
        let (live, caller) = (Arc::clone(&self.live), self.caller);
        let join = Join { socket: self.socket, caller, frames, inbox: Arc::clone(&self.inbox) };
        // A session that ended before the hub knew its socket was told to nobody here.
        let work = async move {
            live.hub.address().send(join).await.ok()?;
            is_living(&live, caller).await.ok()
        };
        context.wait(work.into_actor(self).map(|living, _, context| match living {
            Some(true) => {}
            Some(false) => end(context, CloseCode::Policy, "signed out"),
            None => end(context, CloseCode::Restart, "connect again"),
        }));
        let hub = self.live.hub.address();
        context.run_interval(PING_EVERY, move |session, context| {
            if session.inbox.is_dropped() || !hub.connected() {
                end(context, CloseCode::Restart, "frames were missed; connect again");
            } else if session.heard_at.elapsed() > PATIENCE {
                end(context, CloseCode::Policy, "silent for too long");
            } else {
                context.ping(b"");
            }
        });
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        // A message that finds the hub's mailbox full is lost: the next frame to this socket then
        // fails, which removes it just the same.
        self.live.hub.try_send(Leave(self.socket));
    }
}

fn end(context: &mut WebsocketContext<Session>, code: CloseCode, description: &str) {
    context.close(Some(CloseReason { code, description: Some(description.to_owned()) }));
    context.stop();
}

impl Session {
    /// Waits its turn at the hub: a socket that joins or subscribes is never forgotten.
    fn tell_hub<M>(&self, message: M, context: &mut WebsocketContext<Self>)
    where
        M: Message<Result = ()> + Send + 'static,
        Hub: Handler<M>,
    {
        let sent = self.live.hub.address().send(message);
        context.wait(sent.into_actor(self).map(|sent, _, context| {
            if sent.is_err() {
                end(context, CloseCode::Restart, "try again");
            }
        }));
    }

    /// Adds to a text that comes in several frames.
    fn gather(&mut self, fragment: &[u8], context: &mut WebsocketContext<Self>) {
        if self.fragments.len() + fragment.len() > FRAME_LIMIT {
            return end(context, CloseCode::Size, TOO_LONG);
        }
        self.fragments.extend_from_slice(fragment);
    }

    fn request(&mut self, text: &str, context: &mut WebsocketContext<Self>) {
        match serde_json::from_str(text) {
            Ok(Request::Ping) => context.text(pong()),
            Ok(Request::Subscribe { topic }) => self.subscribe(topic, context),
            Ok(Request::Unsubscribe { topic }) => match Topic::parse(&topic) {
                Some(topic) => {
                    self.topics.remove(&topic);
                    self.tell_hub(Unsubscribe { socket: self.socket, topic }, context);
                }
                None => context.text(error("NOT_FOUND", Some(&topic), "There is no such topic.")),
            },
            Err(problem) => {
                context.text(error("MALFORMED", None, &format!("This is no request: {problem}.")))
            }
        }
    }

    fn subscribe(&mut self, name: String, context: &mut WebsocketContext<Self>) {
        let Some(topic) = Topic::parse(&name) else {
            return context.text(error("NOT_FOUND", Some(&name), "There is no such topic."));
        };
        if !self.topics.contains(&topic) && self.topics.len() >= MOST_TOPICS {
            return context.text(error(
                "RATE_LIMITED",
                Some(&name),
                "This socket watches too many topics. Open another one.",
            ));
        }
        let (live, account) = (Arc::clone(&self.live), self.account());
        let work = async move { read(&live, account, topic).await };
        context.wait(work.into_actor(self).map(move |seen, session, context| match seen {
            Ok(seen) => session.watch(topic, seen, context),
            Err(problem) => {
                let (code, detail) = explain(&problem);
                context.text(error(code, Some(&name), &detail));
            }
        }));
    }

    fn account(&self) -> Option<Uuid> {
        self.caller.map(|caller| caller.account)
    }

    /// What changed after the state was read and before the hub followed the election was told to
    /// nobody here, so the state is looked at once more.
    fn watch(&mut self, topic: Topic, seen: Seen, context: &mut WebsocketContext<Self>) {
        self.topics.insert(topic);
        let (live, account, socket) = (Arc::clone(&self.live), self.account(), self.socket);
        let Seen { state, least, as_member } = seen;
        let revision = state.as_ref().map(|state| state.revision);
        let work = async move {
            let told =
                live.hub.address().send(Subscribe { socket, topic, state, least, as_member }).await.is_ok();
            told && catch_up(&live, account, topic, revision).await.is_ok()
        };
        context.wait(work.into_actor(self).map(|done, _, context| {
            if !done {
                end(context, CloseCode::Restart, "try again");
            }
        }));
    }
}

async fn is_living(live: &Live, caller: Option<Caller>) -> Result<bool, StoreError> {
    let Some(Caller { account, session }) = caller else { return Ok(true) };
    let client = live.database.client().await?;
    Ok(sessions::living(&client, session, account).await?.is_some())
}

impl Handler<Frame> for Session {
    type Result = ();

    fn handle(&mut self, frame: Frame, context: &mut Self::Context) {
        match frame {
            Frame::Waits => self.inbox.take(|text| context.text(text)),
            Frame::Withdrawn(topic) => {
                self.topics.remove(&topic);
                let detail = "You may not watch this any more.";
                context.text(error("NOT_FOUND", Some(&topic.to_string()), detail));
            }
            Frame::SignedOut => end(context, CloseCode::Policy, "signed out"),
            Frame::GoingAway => end(context, CloseCode::Away, "the service stops; connect again"),
            #[cfg(feature = "faults")]
            #[expect(clippy::panic, reason = "a test asked for it")]
            Frame::Panic => panic!("a test asked for it"),
        }
    }
}

impl StreamHandler<Result<ws::Message, ProtocolError>> for Session {
    fn handle(&mut self, message: Result<ws::Message, ProtocolError>, context: &mut Self::Context) {
        self.heard_at = Instant::now();
        match message {
            Ok(ws::Message::Text(text)) => self.request(&text, context),
            Ok(ws::Message::Ping(bytes)) => context.pong(&bytes),
            Ok(ws::Message::Pong(_) | ws::Message::Nop) => {}
            Ok(ws::Message::Binary(_) | ws::Message::Continuation(Item::FirstBinary(_))) => {
                end(context, CloseCode::Unsupported, "text frames only")
            }
            Ok(ws::Message::Continuation(Item::FirstText(fragment) | Item::Continue(fragment))) => {
                self.gather(&fragment, context)
            }
            Ok(ws::Message::Continuation(Item::Last(fragment))) => {
                self.gather(&fragment, context);
                match String::from_utf8(std::mem::take(&mut self.fragments)) {
                    Ok(text) => self.request(&text, context),
                    Err(_) => end(context, CloseCode::Invalid, "text is UTF-8"),
                }
            }
            Ok(ws::Message::Close(reason)) => {
                context.close(reason);
                context.stop();
            }
            Err(ProtocolError::Overflow) => end(context, CloseCode::Size, TOO_LONG),
            // The codec says so of text that is not UTF-8, and of nothing else that a client sends.
            Err(ProtocolError::Io(problem)) if problem.kind() == ErrorKind::Other => {
                end(context, CloseCode::Invalid, "text is UTF-8")
            }
            Err(_) => end(context, CloseCode::Protocol, "not a WebSocket frame"),
        }
    }
}
