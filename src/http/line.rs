//! The connection of a client, which ends when the client does not move on.
//!
//! The server below times the head of a connection's first request alone. So the time between one
//! answer and the next request is judged here: a client that never reads the answer, or never ends
//! the head of the next request, would otherwise hold its connection for ever.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::rt::net::TcpStream;
use actix_web::rt::time::{Instant, Sleep, sleep};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How long a client may let nothing move.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes that must move in a second, on average, to go on for longer than [`PATIENCE`].
pub const SLOWEST: u64 = 4 * 1024;

/// A connection, and how long it has been its client's turn.
pub struct Line {
    stream: TcpStream,
    turn: Rc<Turn>,
    timer: Pin<Box<Sleep>>,
}

/// Whose turn it is on a connection: the client's, to read an answer and to ask for the next, or that
/// of the service.
#[derive(Default)]
pub struct Turn(Cell<Option<Waiting>>);

/// How long the client has been waited for.
#[derive(Clone, Copy)]
struct Waiting {
    begun: Instant,
    moved: Instant,
    written: u64,
}

impl Waiting {
    fn now() -> Self {
        let now = Instant::now();
        Self { begun: now, moved: now, written: 0 }
    }

    fn until(&self) -> Instant {
        (self.moved + PATIENCE).min(self.begun + allowance(self.written))
    }
}

/// How long so many bytes may take.
pub const fn allowance(bytes: u64) -> Duration {
    Duration::from_millis(PATIENCE.as_millis() as u64 + bytes.saturating_mul(1_000) / SLOWEST)
}

impl Turn {
    /// The service's turn, until the answer to this request is there.
    pub fn taken(request: &ServiceRequest) -> Rc<Self> {
        let turn = request.conn_data::<Rc<Self>>().cloned().unwrap_or_default();
        turn.0.set(None);
        turn
    }

    /// The client's turn, to read this answer. What is no longer HTTP, such as a WebSocket, stays the
    /// service's.
    pub fn give(&self, status: Option<StatusCode>) {
        if status != Some(StatusCode::SWITCHING_PROTOCOLS) {
            self.0.set(Some(Waiting::now()));
        }
    }

    fn wrote(&self, bytes: usize) {
        if let Some(waiting) = self.0.get() {
            let written = waiting.written.saturating_add(bytes as u64);
            self.0.set(Some(Waiting { moved: Instant::now(), written, ..waiting }));
        }
    }
}

impl Line {
    /// A connection that was just opened: it is the client's turn.
    pub fn new(stream: TcpStream) -> Self {
        let turn = Rc::new(Turn(Cell::new(Some(Waiting::now()))));
        Self { stream, turn, timer: Box::pin(sleep(PATIENCE)) }
    }

    /// Whose turn it is, for the requests of this connection to say.
    pub fn turn(&self) -> Rc<Turn> {
        Rc::clone(&self.turn)
    }

    /// What is pending stays so until the client has had its time.
    fn still_pending<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        while self.timer.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            let until = self.turn.0.get().map_or(now + PATIENCE, |waiting| waiting.until());
            if until <= now {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.timer.as_mut().reset(until);
        }
        Poll::Pending
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Pending => self.still_pending(context),
            ready => ready,
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Pending => self.still_pending(context),
            Poll::Ready(Ok(written)) => {
                self.turn.wrote(written);
                Poll::Ready(Ok(written))
            }
            failed => failed,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
