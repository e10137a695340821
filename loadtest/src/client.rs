//! A small client for the service's JSON interface.

use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::Value;

use crate::authority::{Authority, BadAddress};
use crate::connection::{Broken, Connection};

/// The body of a request.
pub type Body = BoxBody<Bytes, Infallible>;

/// A body that is sent with its length.
pub fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).boxed()
}

/// A body that is sent in chunks, as they come.
pub fn streamed(chunks: impl Stream<Item = Bytes> + Send + Sync + 'static) -> Body {
    BodyExt::boxed(StreamBody::new(chunks.map(|chunk| Ok(Frame::data(chunk)))))
}

/// Why there is no answer, or none that can be read.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address of the service is of no use.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// Nobody listens.
    #[error("can't connect to {authority}")]
    Connect {
        /// Where it was tried.
        authority: String,
        /// The cause.
        source: io::Error,
    },
    /// The connection ended before the answer was complete.
    #[error("the connection broke before the answer")]
    Broken(#[from] hyper::Error),
    /// The answer took too long.
    #[error("no answer within {} seconds", .0.as_secs())]
    TooSlow(Duration),
    /// The request could not be put together.
    #[error("not a valid request")]
    Request(#[from] hyper::http::Error),
    /// The answer is not JSON.
    #[error("the answer ({status}) is not JSON: {start:?}")]
    NotJson {
        /// Its status.
        status: StatusCode,
        /// How it begins.
        start: String,
    },
}

/// How long a client waits for an answer unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client of one service, with or without a bearer token. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    authority: Authority,
    host: HeaderValue,
    bearer: Option<HeaderValue>,
    patience: Duration,
    idle: Arc<Mutex<Vec<Connection<Body>>>>,
}

impl Client {
    /// A client of the service at `url`, for example `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// [`ClientError::Address`] for another kind of address.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        Self::trusting(url, None)
    }

    /// As [`Client::new`]; `https` trusts the certificates in the PEM file `ca` too.
    ///
    /// # Errors
    /// [`ClientError::Address`] for another kind of address, or a file without certificates.
    pub fn trusting(url: &str, ca: Option<&Path>) -> Result<Self, ClientError> {
        let authority = Authority::from_url(url, ca)?;
        let host = HeaderValue::from_str(authority.host()).map_err(hyper::http::Error::from)?;
        Ok(Self { authority, host, bearer: None, patience: PATIENCE, idle: Arc::default() })
    }

    /// The same client, with an access token.
    ///
    /// # Errors
    /// [`ClientError::Request`] when the token can't stand in a header.
    pub fn signed_in(&self, access_token: &str) -> Result<Self, ClientError> {
        let bearer = HeaderValue::from_str(&format!("Bearer {access_token}"));
        Ok(Self { bearer: Some(bearer.map_err(hyper::http::Error::from)?), ..self.clone() })
    }

    /// The same client, waiting this long for an answer (60 seconds unless told).
    #[must_use]
    pub fn patient(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
    }

    /// Where the service listens.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// `GET path`.
    ///
    /// # Errors
    /// As [`Client::json`].
    pub async fn get(&self, path: &str) -> Result<(StatusCode, Value), ClientError> {
        self.json(Method::GET, path, None).await
    }

    /// `POST path` with a JSON body.
    ///
    /// # Errors
    /// As [`Client::json`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<(StatusCode, Value), ClientError> {
        self.json(Method::POST, path, Some(body)).await
    }

    /// `PATCH path` with a JSON body.
    ///
    /// # Errors
    /// As [`Client::json`].
    pub async fn patch(&self, path: &str, body: &Value) -> Result<(StatusCode, Value), ClientError> {
        self.json(Method::PATCH, path, Some(body)).await
    }

    /// `DELETE path`.
    ///
    /// # Errors
    /// As [`Client::json`].
    pub async fn delete(&self, path: &str) -> Result<(StatusCode, Value), ClientError> {
        self.json(Method::DELETE, path, None).await
    }

    /// Sends `body`, if there is one, as JSON and reads JSON; an empty answer is `Null`.
    ///
    /// # Errors
    /// When there is no answer or none that is JSON. An answer of any status is no error.
    pub async fn json(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Value), ClientError> {
        let request = Request::builder().method(method).uri(path);
        let request = match body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(whole(body.to_string())),
            None => request.body(whole(Bytes::new())),
        };
        read_json(&self.send(request?).await?)
    }

    /// Sends a request with a path for its URI and any body; Host and Authorization are added
    /// where it has none of its own.
    ///
    /// # Errors
    /// When there is no answer. An answer of any status is no error.
    pub async fn send(&self, mut request: Request<Body>) -> Result<Response<Bytes>, ClientError> {
        add_header(&mut request, HOST, Some(&self.host));
        add_header(&mut request, AUTHORIZATION, self.bearer.as_ref());
        tokio::time::timeout(self.patience, self.exchange(request))
            .await
            .map_err(|_| ClientError::TooSlow(self.patience))?
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Response<Bytes>, ClientError> {
        let mut connection = self.connection().await?;
        match connection.exchange(request).await {
            Ok(answer) => {
                self.idle().push(connection);
                Ok(answer)
            }
            // The other side closed it just now: the request is still whole, so try afresh.
            Err(Broken { unsent: Some(request), .. }) => {
                let mut connection = self.connect().await?;
                let answer = connection.exchange(request).await;
                Ok(answer.map_err(|broken| broken.source)?)
            }
            Err(broken) => Err(broken.source.into()),
        }
    }

    async fn connection(&self) -> Result<Connection<Body>, ClientError> {
        loop {
            let idle = self.idle().pop();
            match idle {
                None => return self.connect().await,
                Some(mut connection) => {
                    if connection.is_open().await {
                        return Ok(connection);
                    }
                }
            }
        }
    }

    async fn connect(&self) -> Result<Connection<Body>, ClientError> {
        Connection::open(&self.authority)
            .await
            .map_err(|source| ClientError::Connect { authority: self.authority.as_str().to_owned(), source })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection<Body>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the body of an answer as JSON; an empty one is `Null`.
///
/// # Errors
/// [`ClientError::NotJson`].
pub fn read_json(answer: &Response<Bytes>) -> Result<(StatusCode, Value), ClientError> {
    let (status, body) = (answer.status(), answer.body());
    if body.is_empty() {
        return Ok((status, Value::Null));
    }
    let value = serde_json::from_slice(body).map_err(|_| ClientError::NotJson {
        status,
        start: String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned(),
    })?;
    Ok((status, value))
}

fn add_header(request: &mut Request<Body>, name: HeaderName, value: Option<&HeaderValue>) {
    if let Some(value) = value {
        request.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
}

#[cfg(test)]
mod tests;
