//! One keep-alive HTTP/1.1 connection, driven by the task that uses it: no task of its own, no
//! wake-ups between threads, and the socket closes when the value is dropped.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body;
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use crate::authority::{Authority, Stream};

type Driver<B> = Pin<Box<http1::Connection<TokioIo<Stream>, B>>>;

/// A connection that carries one request at a time.
pub struct Connection<B: Body + 'static> {
    sender: http1::SendRequest<B>,
    driver: Option<Driver<B>>,
}

/// Why an exchange failed, and whether the request certainly never left.
#[derive(Debug)]
pub struct Broken<B> {
    /// The request, when no part of it was sent.
    pub unsent: Option<Request<B>>,
    /// The cause.
    pub source: hyper::Error,
}

impl<B> Connection<B>
where
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(authority: &Authority) -> std::io::Result<Self> {
        let stream = TokioIo::new(authority.connect().await?);
        let (sender, driver) = http1::handshake(stream).await.map_err(std::io::Error::other)?;
        Ok(Self { sender, driver: Some(Box::pin(driver)) })
    }

    /// Sends a request in origin form and reads the whole answer.
    ///
    /// # Errors
    /// [`Broken`] when the connection ends first; it is then of no further use.
    pub async fn exchange(&mut self, request: Request<B>) -> Result<Response<Bytes>, Broken<B>> {
        let sender = &mut self.sender;
        let exchange = async {
            if let Err(source) = sender.ready().await {
                return Err((Some(request), source));
            }
            let response = sender.try_send_request(request).await;
            let (head, body) =
                response.map_err(|mut broken| (broken.take_message(), broken.into_error()))?.into_parts();
            let body = body.collect().await.map_err(|source| (None, source))?;
            Ok(Response::from_parts(head, body.to_bytes()))
        };
        let outcome = drive(&mut self.driver, exchange).await;
        outcome.map_err(|(unsent, source)| Broken { unsent, source })
    }

    /// Whether the other side has left it open; asked before a connection is used again.
    pub async fn is_open(&mut self) -> bool {
        let ready = self.sender.ready();
        drive(&mut self.driver, ready).await.is_ok()
    }
}

/// Polls `work` to its end with the connection beside it. A connection that has ended is
/// dropped, which fails whatever still waits for it.
async fn drive<B, F>(driver: &mut Option<Driver<B>>, work: F) -> F::Output
where
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    F: Future,
{
    let mut work = pin!(work);
    poll_fn(|context| {
        if let Some(running) = driver
            && running.as_mut().poll(context).is_ready()
        {
            *driver = None;
        }
        match work.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(output),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
