use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use tokio::time::timeout;

use super::Answer;
use super::answer::Later;
use crate::authority::Authority;
use crate::connection::{Broken, Connection};

/// How long one answer may take before its outcome counts as unknown.
const ANSWER_PATIENCE: Duration = Duration::from_secs(30);
/// How soon a vote is sent again over a new connection when the last one broke.
const RECONNECT_PAUSE: Duration = Duration::from_millis(100);

type Body = Full<Bytes>;

/// Connections to the service. The one that was used last is used next, so that there are no
/// more than votes were under way at a time.
pub(super) struct Wires {
    authority: Authority,
    idle: Mutex<Vec<Connection<Body>>>,
    opened: AtomicU64,
}

impl Wires {
    pub(super) fn new(authority: Authority) -> Self {
        Self { authority, idle: Mutex::default(), opened: AtomicU64::new(0) }
    }

    /// How many were opened.
    pub(super) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// Sends a vote once.
    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let exchange = timeout(ANSWER_PATIENCE, self.exchange(request));
        exchange.await.unwrap_or_else(|_| Answer::Unknown(soon("NO_ANSWER")))
    }

    async fn exchange(&self, mut request: Request<Body>) -> Answer {
        // Not in the condition below, which would hold the lock throughout.
        let idle = self.idle().pop();
        if let Some(connection) = idle {
            match self.carry(connection, request).await {
                Ok(answer) => return answer,
                // The service had closed it before: nothing was sent, so nothing is in doubt.
                Err(Broken { unsent: Some(unsent), .. }) => request = unsent,
                Err(_) => return Answer::Unknown(soon("BROKEN")),
            }
        }
        let Ok(connection) = Connection::open(&self.authority).await else {
            return Answer::Busy(soon("NO_CONNECTION"));
        };
        self.opened.fetch_add(1, Ordering::Relaxed);
        let answer = self.carry(connection, request).await;
        answer.unwrap_or_else(|_| Answer::Unknown(soon("BROKEN")))
    }

    async fn carry(
        &self,
        mut connection: Connection<Body>,
        request: Request<Body>,
    ) -> Result<Answer, Broken<Body>> {
        let answer = connection.exchange(request).await?;
        self.idle().push(connection);
        Ok(Answer::read(&answer))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection<Body>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn soon(code: &str) -> Later {
    Later { code: code.to_owned(), pause: RECONNECT_PAUSE }
}
