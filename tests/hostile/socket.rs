//! A WebSocket without a library: frames as the test writes them.

use serde_json::json;

use crate::program::Program;
use crate::wire::Wire;

pub struct Socket(pub Wire);

/// A masked frame: its first byte, and its payload.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let head = match length {
        0..126 => vec![first, 0x80 | length as u8],
        126..0x1_0000 => [&[first, 0xFE][..], &(length as u16).to_be_bytes()].concat(),
        _ => [&[first, 0xFF][..], &(length as u64).to_be_bytes()].concat(),
    };
    let key = [1, 2, 3, 4];
    let masked = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
    head.into_iter().chain(key).chain(masked).collect()
}

pub const TEXT: u8 = 0x81;
pub const CLOSE: u8 = 0x88;

impl Socket {
    /// Opens a socket, that of whoever has the ticket.
    pub async fn open(program: &Program, ticket: Option<&str>, mut wire: Wire) -> Self {
        let query = ticket.map(|ticket| format!("?ticket={ticket}")).unwrap_or_default();
        let head = format!(
            "GET /api/v1/live{query} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n",
            program.address
        );
        wire.send(head).await.unwrap();
        assert_eq!(wire.answer().await.unwrap().status, 101);
        Self(wire)
    }

    pub async fn subscribe(&mut self, topic: &str) {
        let request = json!({"type": "subscribe", "topic": topic}).to_string();
        self.0.send(frame(TEXT, request.as_bytes())).await.unwrap();
    }

    /// The next frame of the service: its first byte, and its payload.
    pub async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = self.0.bytes(2).await?;
        let length = match head[1] {
            126 => u16::from_be_bytes(self.0.bytes(2).await?.try_into().unwrap()).into(),
            length => usize::from(length),
        };
        Some((head[0], self.0.bytes(length).await?))
    }

    /// The code with which the service closes; what it sends before that is let pass.
    pub async fn close_code(&mut self) -> Option<u16> {
        loop {
            let (first, payload) = self.next().await?;
            if first == CLOSE {
                return Some(u16::from_be_bytes(payload.get(..2)?.try_into().unwrap()));
            }
        }
    }
}
