//! The WebSocket with the turnout.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Misconduct, Reply, Service};

const TOPIC: &str = "elections/e/turnout";

type Socket = WebSocketStream<TokioIo<Upgraded>>;

pub(super) fn upgrade(service: Arc<Service>, request: Request<Incoming>) -> Reply {
    assert_eq!(request.uri().query(), Some("ticket=t"));
    let key = derive_accept_key(request.headers()["sec-websocket-key"].as_bytes());
    tokio::spawn(async move {
        let upgraded = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
        let socket = WebSocketStream::from_raw_socket(upgraded, Role::Server, None).await;
        // The watcher may leave at any time.
        let _ = serve(service, socket).await;
    });
    let builder = Response::builder()
        .status(101)
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-accept", key);
    builder.body(Default::default()).unwrap()
}

async fn serve(
    service: Arc<Service>,
    mut socket: Socket,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    let asked = socket.next().await.unwrap()?;
    let asked: Value = serde_json::from_str(asked.to_text()?).unwrap();
    assert_eq!(asked, json!({"type": "subscribe", "topic": TOPIC}));
    let subscribed = json!({"type": "subscribed", "topic": TOPIC});
    socket.send(Message::text(subscribed.to_string())).await?;
    let mut turnout = service.turnout.subscribe();
    loop {
        let ballots = *turnout.borrow_and_update();
        socket.send(turnout_frame(ballots + 1, ballots)).await?;
        if service.misconduct == Misconduct::GoesBack && ballots > 0 {
            socket.send(turnout_frame(0, ballots)).await?;
        }
        tokio::select! {
            changed = turnout.changed() => changed.unwrap(),
            from_client = socket.next() => match from_client {
                Some(Ok(_)) => {}
                _ => return Ok(()),
            }
        }
    }
}

fn turnout_frame(revision: u64, ballots_cast: u64) -> Message {
    let frame = json!({"type": "turnout", "topic": TOPIC, "revision": revision,
        "eligible": 9, "ballots_cast": ballots_cast, "percent": 0.0});
    Message::text(frame.to_string())
}
