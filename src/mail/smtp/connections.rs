//! The connections that are kept open between mails.

use std::{
    fmt::Display,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use lettre::transport::smtp::{Error, client::AsyncSmtpConnection, extension::ServerInfo};
use tokio::time::timeout;

use super::{Failure, server::Server};

/// How long a goodbye may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// What a server says when it is about to hang up (RFC 5321, section 3.8).
const CLOSING: u16 = 421;

/// An idle connection and when it was last spoken on.
struct Kept {
    connection: AsyncSmtpConnection,
    since: Instant,
}

/// Connections to one server. Whoever takes one owns it, and returns it only when both sides agree
/// that nothing is left to be said: one that is dropped halfway is closed.
pub(super) struct Connections {
    server: Server,
    /// The latest used is the last, so that those too many grow old.
    idle: Mutex<Vec<Kept>>,
}

impl Connections {
    pub(super) const fn new(server: Server) -> Self {
        Self { server, idle: Mutex::new(Vec::new()) }
    }

    /// A connection on which the server has agreed to a first command, which may depend on what the
    /// server can do. It also shows whether a kept connection still stands, while there is nothing
    /// yet that could be sent twice.
    pub(super) async fn open<C: Display>(
        &self,
        command: impl Fn(&ServerInfo) -> Result<C, Failure>,
    ) -> Result<AsyncSmtpConnection, Failure> {
        while let Some(mut connection) = self.kept() {
            let first = command(connection.server_info())?;
            match connection.command(first).await {
                Err(error) if has_ended(&error) => {}
                agreed => return Ok(agreed.map(|_| connection)?),
            }
        }
        let mut connection = self.server.connect().await?;
        let first = command(connection.server_info())?;
        connection.command(first).await?;
        Ok(connection)
    }

    /// Keeps a connection for the next who asks.
    pub(super) fn keep(&self, connection: AsyncSmtpConnection) {
        self.lock().push(Kept { connection, since: Instant::now() });
    }

    /// Hangs up on those that have been idle for longer.
    pub(super) async fn close_idle(&self, most: Duration) {
        let old: Vec<Kept> = {
            let mut idle = self.lock();
            let young = idle.partition_point(|kept| kept.since.elapsed() > most);
            idle.drain(..young).collect()
        };
        for mut kept in old {
            // Whether the server answers makes no difference.
            drop(timeout(FAREWELL, kept.connection.quit()).await);
        }
    }

    fn kept(&self) -> Option<AsyncSmtpConnection> {
        self.lock().pop().map(|kept| kept.connection)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn has_ended(error: &Error) -> bool {
    error.status().is_none_or(|code| u16::from(code) == CLOSING)
}
