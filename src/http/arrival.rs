//! How a body arrives: unpacked, and not too slowly.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::http::header::CONTENT_ENCODING;
use actix_web::middleware::Next;
use actix_web::rt::time::{Instant, Sleep, sleep};
use actix_web::{Error, HttpMessage, ResponseError};
use bytes::Bytes;
use futures_util::Stream;

use super::error::Problem;
use super::line::{PATIENCE, allowance};

/// Has the body of a request fail when it comes too slowly, and refuses one that is packed: a few
/// bytes can unfold to gigabytes.
///
/// # Errors
/// Whatever the request itself answers.
pub async fn arrive<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if is_packed(&request) {
        let problem = Problem::unsupported("plain bytes, without Content-Encoding");
        return Ok(request.into_response(problem.error_response()).map_into_right_body());
    }
    // That of a GET is none: nobody reads it, or it is a WebSocket.
    if request.method() != Method::GET {
        let body = request.take_payload();
        let body = Arrival { body, begun: Instant::now(), received: 0, timer: None };
        request.set_payload(Payload::Stream { payload: Box::pin(body) });
    }
    Ok(next.call(request).await?.map_into_left_body())
}

fn is_packed(request: &ServiceRequest) -> bool {
    let mut encodings = request.headers().get_all(CONTENT_ENCODING);
    encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// A body on its way.
struct Arrival {
    body: Payload,
    begun: Instant,
    received: u64,
    /// Only where there is something to wait for.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Stream for Arrival {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match Pin::new(&mut self.body).poll_next(context) {
            Poll::Pending => self.still_pending(context),
            Poll::Ready(Some(Ok(bytes))) => {
                self.received = self.received.saturating_add(bytes.len() as u64);
                Poll::Ready(Some(Ok(bytes)))
            }
            ended => ended,
        }
    }
}

impl Arrival {
    fn still_pending(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        let until = self.begun + allowance(self.received);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        while timer.as_mut().poll(context).is_ready() {
            if until <= Instant::now() {
                let problem = io::Error::new(io::ErrorKind::TimedOut, "it came too slowly");
                return Poll::Ready(Some(Err(PayloadError::Io(problem))));
            }
            timer.as_mut().reset(until);
        }
        Poll::Pending
    }
}
