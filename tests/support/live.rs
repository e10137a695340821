//! A WebSocket client.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::{Organiser, Service};

pub struct Live(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Live {
    pub async fn anonymous(service: &Service) -> Self {
        Self::open(&format!("ws://{}/api/v1/live", service.address())).await.unwrap()
    }

    pub async fn signed_in(service: &Service, organiser: &Organiser) -> Self {
        Self::signed_in_at(service.address(), organiser).await
    }

    /// A socket of the process that listens at an address.
    pub async fn signed_in_at(address: SocketAddr, organiser: &Organiser) -> Self {
        let (status, ticket) = organiser.post("/api/v1/live/tickets", &json!({})).await;
        assert_eq!(status, StatusCode::CREATED, "{ticket}");
        let ticket = ticket["ticket"].as_str().unwrap();
        Self::open(&format!("ws://{address}/api/v1/live?ticket={ticket}")).await.unwrap()
    }

    pub async fn open(url: &str) -> Result<Self, tokio_tungstenite::tungstenite::Error> {
        let (socket, _) = tokio_tungstenite::connect_async(url).await?;
        Ok(Self(socket))
    }

    pub async fn send(&mut self, request: Value) {
        self.0.send(Message::text(request.to_string())).await.unwrap();
    }

    pub async fn subscribe(&mut self, topic: &str) {
        self.send(json!({"type": "subscribe", "topic": topic})).await;
    }

    /// The next frame of JSON; pings are answered on the way. Nothing when the server closes.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Reads frames until one fits.
    pub async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.next().await.expect("the socket closed before the frame came");
            if fits(&frame) {
                return frame;
            }
        }
    }
}
