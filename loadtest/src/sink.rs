//! An SMTP server that accepts every mail, for tests and for load (RFC 5321, with PIPELINING,
//! SIZE, 8BITMIME and SMTPUTF8). It can be told to fail as real servers do.

mod desk;
mod fault;
mod mail;
mod session;

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use desk::Desk;
pub use fault::Fault;
pub use mail::Mail;

/// How long a wait for a mail lasts before it fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// No mail that was waited for came in time.
#[derive(Debug, thiserror::Error)]
#[error(
    "no {wanted} arrived at {address} within {} seconds ({received} mails came in all); \
     start the service with SMTP_URL=smtp://{address}",
    waited.as_secs()
)]
pub struct NoMail {
    /// What was waited for, in words.
    pub wanted: String,
    /// How long.
    pub waited: Duration,
    /// Where this sink listens.
    pub address: SocketAddr,
    /// Mails received since the sink was bound.
    pub received: u64,
}

/// A listening SMTP server; it stops soon after it is dropped, or at once with
/// [`Sink::shut_down`].
pub struct Sink {
    address: SocketAddr,
    desk: Arc<Desk>,
    listening: JoinHandle<()>,
}

impl Sink {
    /// Listens at `address` (port 0 picks a free one) and keeps every mail.
    ///
    /// # Errors
    /// When the address can't be bound.
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::bind_with(address, Some).await
    }

    /// Listens at `address` and shows every mail to `handler` before it is acknowledged to the
    /// sender. What the handler gives back is kept; with `None` the mail takes no more memory.
    ///
    /// # Errors
    /// When the address can't be bound.
    pub async fn bind_with(
        address: impl ToSocketAddrs,
        handler: impl Fn(Mail) -> Option<Mail> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk::new(handler));
        let listening = tokio::spawn(listen(listener, Arc::clone(&desk)));
        Ok(Self { address, desk, listening })
    }

    /// Where the sink listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Mails received so far, those included that a handler did not keep.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.desk.count()
    }

    /// All mails kept so far, in the order in which they came, whether waited for or not.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.desk.mails()
    }

    /// Waits for a mail to `recipient` (any case) that no earlier wait has returned.
    ///
    /// # Errors
    /// [`NoMail`] after [`PATIENCE`].
    pub async fn mail_to(&self, recipient: &str) -> Result<Mail, NoMail> {
        self.wait(&format!("mail to {recipient}"), |mail| mail.is_to(recipient)).await
    }

    /// Waits for a mail that satisfies `wanted` and that no earlier wait has returned.
    ///
    /// # Errors
    /// [`NoMail`] after [`PATIENCE`].
    pub async fn mail_where(&self, wanted: impl Fn(&Mail) -> bool) -> Result<Mail, NoMail> {
        self.wait("mail of the wanted kind", wanted).await
    }

    async fn wait(&self, what: &str, wanted: impl Fn(&Mail) -> bool) -> Result<Mail, NoMail> {
        timeout(PATIENCE, self.desk.take_when_there(wanted)).await.map_err(|_| NoMail {
            wanted: what.to_owned(),
            waited: PATIENCE,
            address: self.address,
            received: self.count(),
        })
    }

    /// From now on asks `choose` once for each recipient of each mail whether something goes
    /// wrong with it. It replaces what was set before.
    pub fn fail(&self, choose: impl Fn(&str) -> Option<Fault> + Send + Sync + 'static) {
        self.desk.set_faults(choose);
    }

    /// From now on everything is accepted again.
    pub fn heal(&self) {
        self.fail(|_| None);
    }

    /// Stops listening and breaks the open connections; when it returns, the port is free.
    pub async fn shut_down(mut self) {
        self.listening.abort();
        // The only outcome of an aborted task is that it was cancelled.
        let _ = (&mut self.listening).await;
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink")
            .field("address", &self.address)
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

/// Accepts connections until it is aborted; the sessions end with it.
async fn listen(listener: TcpListener, desk: Arc<Desk>) {
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                sessions.spawn(session::serve(stream, Arc::clone(&desk)));
            },
            Some(_) = sessions.join_next() => {}
        }
    }
}

#[cfg(test)]
mod tests;
