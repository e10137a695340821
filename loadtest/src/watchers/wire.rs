//! The client's side of a WebSocket for ten thousand of them: it reads straight from the stream into
//! the stack, one system call for all that has come, and hands out frames where they lie.

use std::future::poll_fn;
use std::io::{self, Cursor};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context as Waiting, Poll, Waker, ready};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::SinkExt;
use hyper::Method;
use serde_json::json;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, OpCode};

use crate::authority::{Stream, socket};
use crate::organiser::Organiser;

/// Bytes read at a time; some twenty frames.
const READ_AT_ONCE: usize = 4 * 1024;
/// A frame longer than this is no frame of the service.
const LONGEST_FRAME: u64 = 64 * 1024;
/// Sockets from one loopback address: fewer than an address has ports to give.
const SOCKETS_OF_AN_ADDRESS: usize = 20_000;
/// How soon a stalled socket learns that the other side has gone.
const KEEPALIVE: Duration = Duration::from_secs(1);

/// What a socket is to be like.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Its number among the sockets of this program.
    pub number: usize,
    /// Whether it is to take as little unread as the system allows, and to ask by itself whether the
    /// other side is still there.
    pub stalls: bool,
}

/// A WebSocket.
pub struct Wire {
    stream: Stream,
    /// The beginning of a frame whose end has not come.
    partial: Vec<u8>,
}

impl Wire {
    /// Opens a socket with a ticket of the organiser and subscribes to a topic.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn open(organiser: &Organiser, topic: &str, kind: Kind) -> Result<Self> {
        let answer = organiser.call(Method::POST, "/api/v1/live/tickets", None).await?;
        let ticket = answer["ticket"].as_str().context("a ticket is missing")?;
        let client = organiser.client();
        let authority = client.authority();
        let stream = authority.wrap(connect(authority.as_str(), kind).await?).await?;
        // The scheme names no port here, and TLS is there already where it is wanted.
        let url = format!("ws://{}/api/v1/live?ticket={ticket}", authority.host());
        let (mut live, answer) = client_async(url, stream).await.context("opening a WebSocket")?;
        ensure!(answer.status() == 101, "a WebSocket was refused");
        let subscribe = json!({"type": "subscribe", "topic": topic}).to_string();
        live.send(Message::text(subscribe)).await?;
        // The service says nothing before it is asked, so the library has read nothing ahead.
        Ok(Self { stream: live.into_inner(), partial: Vec::new() })
    }

    /// Waits for bytes, and hands every frame that is complete to `take`.
    ///
    /// # Errors
    /// When the connection has ended or carries no WebSocket frames.
    pub async fn read(&mut self, mut take: impl FnMut(OpCode, &[u8])) -> io::Result<()> {
        poll_fn(|context| {
            let mut space = [MaybeUninit::uninit(); READ_AT_ONCE];
            let mut buffer = ReadBuf::uninit(&mut space);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
            Poll::Ready(self.digest(buffer.filled(), &mut take))
        })
        .await
    }

    fn digest(&mut self, bytes: &[u8], take: &mut impl FnMut(OpCode, &[u8])) -> io::Result<()> {
        if bytes.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if self.partial.is_empty() {
            let used = frames(bytes, take)?;
            self.partial.extend_from_slice(&bytes[used..]);
        } else {
            self.partial.extend_from_slice(bytes);
            let used = frames(&self.partial, take)?;
            self.partial.drain(..used);
        }
        Ok(())
    }

    /// Sends a control frame without content. One that does not fit into the socket at once is left
    /// out; the service pings again.
    pub fn say(&mut self, control: Control) {
        let opcode = OpCode::Control(control);
        let header = FrameHeader { opcode, mask: Some(rand::random()), ..FrameHeader::default() };
        let (mut bytes, mut once) = (Vec::with_capacity(8), Waiting::from_waker(Waker::noop()));
        if header.format(0, &mut bytes).is_ok() {
            let _ = Pin::new(&mut self.stream).poll_write(&mut once, &bytes);
            let _ = Pin::new(&mut self.stream).poll_flush(&mut once);
        }
    }

    /// Waits, without reading, until the other side has ended the connection or the system has found
    /// out that it is gone; looks once a second.
    pub async fn ended(&self) {
        let mut ticks = tokio::time::interval(KEEPALIVE);
        loop {
            ticks.tick().await;
            // Unread bytes make the socket ready at once, so this does not wait for the end itself.
            let ready = socket(&self.stream).ready(Interest::READABLE | Interest::ERROR).await;
            if ready.is_ok_and(|ready| ready.is_read_closed() || ready.is_error()) {
                return;
            }
        }
    }
}

/// Hands out the complete frames; answers how many bytes they were.
fn frames(bytes: &[u8], take: &mut impl FnMut(OpCode, &[u8])) -> io::Result<usize> {
    let mut used = 0;
    loop {
        let mut cursor = Cursor::new(&bytes[used..]);
        let parsed = FrameHeader::parse(&mut cursor).map_err(io::Error::other)?;
        let Some((header, length)) = parsed else { return Ok(used) };
        if length > LONGEST_FRAME || !header.is_final {
            return Err(io::Error::other("a frame that the service does not send"));
        }
        let start = used + cursor.position() as usize;
        let end = start + length as usize;
        let Some(payload) = bytes.get(start..end) else { return Ok(used) };
        take(header.opcode, payload);
        used = end;
    }
}

async fn connect(authority: &str, kind: Kind) -> Result<TcpStream> {
    let address = lookup_host(authority).await?.next().context("the service's address is unknown")?;
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(source) = source(address, kind.number) {
        socket.bind(source)?;
    }
    if kind.stalls {
        // The least that the system allows is more than this.
        socket.set_recv_buffer_size(1)?;
        let often = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
        SockRef::from(&socket).set_tcp_keepalive(&often)?;
    }
    let stream = socket.connect(address).await.with_context(|| format!("can't connect to {authority}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// On loopback each address has its own ports; elsewhere the system chooses.
fn source(service: SocketAddr, number: usize) -> Option<SocketAddr> {
    let address = u32::try_from(number / SOCKETS_OF_AN_ADDRESS).ok()?;
    let further = service.is_ipv4() && service.ip().is_loopback() && address > 0;
    further.then(|| SocketAddr::from((Ipv4Addr::from(Ipv4Addr::LOCALHOST.to_bits() + address), 0)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::pin::pin;

    use bytes::Bytes;
    use futures_util::poll;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;
    use tokio_util::either::Either;

    use super::*;

    fn bytes(texts: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for text in texts {
            let text = Bytes::copy_from_slice(text.as_bytes());
            Frame::message(text, OpCode::Data(Data::Text), true).format(&mut bytes).unwrap();
        }
        bytes
    }

    async fn wire() -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        Wire { stream: Either::Left(stream), partial: Vec::new() }
    }

    #[tokio::test]
    async fn frames_come_out_whole_wherever_the_stream_is_cut() {
        let long = "x".repeat(300);
        let (texts, all) = (["one", &long, "three"], bytes(&["one", &long, "three"]));
        for size in 1..=all.len() {
            let (mut wire, mut taken) = (wire().await, Vec::new());
            for part in all.chunks(size) {
                let mut take = |_, payload: &[u8]| taken.push(String::from_utf8(payload.to_vec()).unwrap());
                wire.digest(part, &mut take).unwrap();
            }
            assert_eq!(taken, texts, "in parts of {size}");
            assert!(wire.partial.is_empty());
        }
    }

    #[tokio::test]
    async fn an_end_is_noticed_behind_bytes_that_are_never_read() {
        for abrupt in [false, true] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let kind = Kind { number: 0, stalls: true };
            let stream = connect(&listener.local_addr().unwrap().to_string(), kind).await.unwrap();
            let (mut service, _) = listener.accept().await.unwrap();
            let wire = Wire { stream: Either::Left(stream), partial: Vec::new() };
            service.write_all(b"unread").await.unwrap();
            let mut ended = pin!(wire.ended());
            assert!(poll!(&mut ended).is_pending());
            let abort = SockRef::from(&service).set_linger(abrupt.then_some(Duration::ZERO));
            abort.unwrap();
            drop(service);
            tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap();
        }
    }

    #[test]
    fn a_frame_that_is_too_long_ends_the_reading() {
        let refused = frames(&[0x81, 127, 0, 0, 0, 0, 1, 0, 0, 0], &mut |_, _| {});
        assert!(refused.is_err());
    }

    #[test]
    fn only_where_ports_run_out_further_loopback_addresses_are_taken() {
        let service = "127.0.0.1:8080".parse().unwrap();
        assert_eq!(source(service, 19_999), None);
        assert_eq!(source(service, 20_000), Some("127.0.0.2:0".parse().unwrap()));
        assert_eq!(source("192.0.2.1:80".parse().unwrap(), 50_000), None);
    }
}
