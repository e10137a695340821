//! The SMTP server: lettre's pool of connections, with the deadlines that it lacks.

use std::{
    error::Error as _,
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    transport::smtp::{AsyncSmtpTransportBuilder, Error, PoolConfig},
};
use tokio::{runtime::Handle, sync::Semaphore, time::timeout};

use super::{SendError, letter::one_line};
use crate::breaker::{self, Breaker};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const PROBE_DEADLINE: Duration = Duration::from_secs(10);
/// Long enough for a server that scans or delays mail before it answers.
const SEND_DEADLINE: Duration = Duration::from_secs(120);
/// How long a retired pool may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);
/// What a server says when it refuses the service's own sign-in (RFC 4954, section 6): the setting
/// is wrong and not the voter's address, so that the mail is worth another try.
const SIGN_IN_REFUSED: [u16; 4] = [530, 534, 535, 538];
const LONGEST_REPLY_CHARS: usize = 300;

type Connections = AsyncSmtpTransport<Tokio1Executor>;

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{}", describe(.0, .0.status().map(u16::from)))]
    Told(Error),
    #[error("The mail server did not answer in time.")]
    Silence,
}

impl Failure {
    /// Whether the server is out of order; one that refuses a mail is not.
    fn is_outage(&self) -> bool {
        match self {
            Self::Told(error) => error.status().is_none() && !error.is_client() && !error.is_response(),
            Self::Silence => true,
        }
    }
}

struct Pool {
    connections: Arc<Connections>,
    runtime: Handle,
}

/// One SMTP server, with a pool that is made at the first use.
pub(super) struct Smtp {
    builder: AsyncSmtpTransportBuilder,
    pool: Mutex<Option<Pool>>,
    /// lettre's pool bounds only what it keeps, not what it opens.
    permits: Semaphore,
    pub(super) breaker: Breaker,
    pub(super) send_deadline: Duration,
}

impl Smtp {
    pub(super) fn new(url: &str, pool_size: u32) -> Result<Self, Error> {
        let builder = Connections::from_url(url)?
            .timeout(Some(CONNECT_TIMEOUT))
            .pool_config(PoolConfig::new().max_size(pool_size));
        Ok(Self {
            builder,
            pool: Mutex::new(None),
            permits: Semaphore::new(pool_size.max(1) as usize),
            breaker: Breaker::new("mail"),
            send_deadline: SEND_DEADLINE,
        })
    }

    /// Sends in a task of its own: if the caller's future were dropped halfway through, lettre
    /// would give the half-spoken connection to the next mail.
    pub(super) async fn send(self: &Arc<Self>, message: Message) -> Result<(), SendError> {
        let smtp = Arc::clone(self);
        tokio::spawn(async move { smtp.deliver(message).await })
            .await
            .unwrap_or_else(|_| Err(SendError::Transient("Sending was interrupted.".into())))
    }

    pub(super) async fn answers(self: &Arc<Self>) -> bool {
        let smtp = Arc::clone(self);
        tokio::spawn(async move { smtp.greet().await }).await.unwrap_or(false)
    }

    async fn deliver(&self, message: Message) -> Result<(), SendError> {
        let _permit = self.permits.acquire().await;
        let connections = self.connections();
        let ascii = message.envelope().to().iter().all(|to| AsRef::<str>::as_ref(to).is_ascii());
        let exchange = async {
            match self.within(self.send_deadline, &connections, connections.send(message)).await {
                Some(Ok(_accepted)) => Ok(()),
                Some(Err(error)) => Err(Failure::Told(error)),
                None => Err(Failure::Silence),
            }
        };
        self.breaker.call(Failure::is_outage, exchange).await.map_err(|error| match error {
            breaker::Error::Inner(Failure::Told(error)) => judge(&error, ascii),
            breaker::Error::Inner(silence) => SendError::Transient(silence.to_string()),
            breaker::Error::Rejected => SendError::Postponed,
        })
    }

    async fn greet(&self) -> bool {
        let Ok(_permit) = timeout(PROBE_DEADLINE, self.permits.acquire()).await else {
            return false;
        };
        let connections = self.connections();
        let greeting = connections.test_connection();
        matches!(self.within(PROBE_DEADLINE, &connections, greeting).await, Some(Ok(true)))
    }

    /// The exchange's outcome, or `None` when it took too long. lettre bounds nothing but the
    /// connecting, and returns an abandoned connection to its pool, where the next mail would read
    /// the answers to this one: so the whole pool is retired before the exchange is dropped.
    async fn within<T>(
        &self,
        deadline: Duration,
        connections: &Arc<Connections>,
        exchange: impl Future<Output = Result<T, Error>>,
    ) -> Option<Result<T, Error>> {
        let mut exchange = pin!(exchange);
        if let Ok(outcome) = timeout(deadline, &mut exchange).await {
            return Some(outcome);
        }
        self.retire(connections).await;
        None
    }

    fn connections(&self) -> Arc<Connections> {
        let mut pool = self.lock();
        let pool = pool.get_or_insert_with(|| Pool {
            connections: Arc::new(self.builder.clone().build()),
            runtime: Handle::current(),
        });
        Arc::clone(&pool.connections)
    }

    async fn retire(&self, stalled: &Arc<Connections>) {
        self.lock().take_if(|pool| Arc::ptr_eq(&pool.connections, stalled));
        // The goodbye to a server that has fallen silent may never end, and nothing hangs on it.
        let _ = timeout(FAREWELL, stalled.shutdown()).await;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Pool>> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Smtp {
    /// lettre's pool spawns its clean-up when it is dropped, and panics outside a runtime.
    fn drop(&mut self) {
        if let Some(pool) = self.lock().take() {
            let _runtime = pool.runtime.enter();
            drop(pool.connections);
        }
    }
}

/// `ascii` tells whether the recipient's address is: without SMTPUTF8 on the server the others
/// fail for good, and lettre has no kind of its own for that.
fn judge(error: &Error, ascii: bool) -> SendError {
    let code = error.status().map(u16::from);
    let refused = error.is_permanent() && !code.is_some_and(|code| SIGN_IN_REFUSED.contains(&code));
    let text = describe(error, code);
    if refused || (error.is_client() && !ascii) {
        SendError::Permanent(text)
    } else {
        SendError::Transient(text)
    }
}

fn describe(error: &Error, code: Option<u16>) -> String {
    let reason = error.source().map(ToString::to_string).unwrap_or_default();
    let text = match code {
        Some(code) => format!("{code} {reason}"),
        None if error.is_tls() => format!("No secure connection to the mail server: {reason}"),
        None if error.is_client() || error.is_response() => reason,
        None => format!("The mail server can't be reached: {reason}"),
    };
    one_line(&text).chars().take(LONGEST_REPLY_CHARS).collect()
}
