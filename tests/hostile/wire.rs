//! A connection whose every byte the test decides, as no client library would send them.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

/// How long an answer may take before it counts as none.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Wire {
    stream: TcpStream,
    unread: Vec<u8>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Wire {
    pub async fn to(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), unread: Vec::new() }
    }

    /// One that takes as little unread as the system allows.
    pub async fn narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Self { stream: socket.connect(address).await.unwrap(), unread: Vec::new() }
    }

    /// Sends bytes, if the other side still takes them.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref()).await
    }

    async fn more(&mut self) -> io::Result<usize> {
        timeout(PATIENCE, self.stream.read_buf(&mut self.unread)).await?
    }

    /// The next answer; nothing when the connection ends or hangs before it is whole.
    pub async fn answer(&mut self) -> Option<Answer> {
        let head = loop {
            if let Some(end) = find(&self.unread, b"\r\n\r\n") {
                break String::from_utf8(self.unread.drain(..end + 4).collect()).unwrap();
            }
            if self.more().await.ok()? == 0 {
                return None;
            }
        };
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        let length: usize = length.unwrap_or(0);
        while self.unread.len() < length {
            if self.more().await.ok()? == 0 {
                return None;
            }
        }
        let body = String::from_utf8_lossy(&self.unread.drain(..length).collect::<Vec<u8>>()).into_owned();
        Some(Answer { status, head, body })
    }

    /// Bytes as they come, a whole frame of them say; nothing once the connection has ended.
    pub async fn bytes(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.unread.len() < count {
            if self.more().await.ok()? == 0 {
                return None;
            }
        }
        Some(self.unread.drain(..count).collect())
    }

    /// Waits until the other side has ended the connection, and says how many bytes came before that;
    /// nothing if it has not by then.
    pub async fn ended_by(&mut self, deadline: Instant) -> Option<usize> {
        let (mut count, mut buffer) = (self.unread.len(), vec![0; 64 * 1024]);
        loop {
            match tokio::time::timeout_at(deadline, self.stream.read(&mut buffer)).await {
                Err(_) => return None,
                Ok(Ok(0) | Err(_)) => return Some(count),
                Ok(Ok(read)) => count += read,
            }
        }
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, wanted)
}
