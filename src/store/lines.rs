//! Lines to PostgreSQL: which of several servers is spoken to, and when a line has to be given up.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::Connect;
use futures_util::future::{BoxFuture, FutureExt, TryFutureExt, select_ok};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::error::DbError;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Error, Socket};

/// Short, since a second after PostgreSQL is back the attempt before may still be waiting for it.
pub(super) const CONNECT_WAIT: Duration = Duration::from_secs(3);
/// How long a line may be silent before it is probed.
const SILENCE: Duration = Duration::from_secs(10);
/// How long a probe, or anything else that was sent, may stay unanswered by the other machine.
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// A line, and the task that carries what is said on it.
type Line = (Client, JoinHandle<()>);

/// The newest timeline that any line has led to. A standby that is promoted begins a new one, so a
/// server on an older one is a primary of the past, whatever it believes itself to be.
#[derive(Clone, Default)]
pub(super) struct Newest(watch::Sender<i32>);

/// Opens lines to whichever server of an address takes writes.
pub(super) struct Servers<T> {
    each: Vec<Config>,
    tls: T,
    newest: Newest,
}

impl<T> Servers<T>
where
    T: MakeTlsConnect<Socket> + Clone + Sync + Send + 'static,
    T::Stream: Sync + Send,
    T::TlsConnect: Sync + Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    pub(super) fn new(config: &Config, tls: T, newest: Newest) -> Self {
        let servers = config.get_hosts().len().max(config.get_hostaddrs().len()).max(1);
        Self { each: (0..servers).map(|place| one_of(config, place)).collect(), tls, newest }
    }

    /// Asks all servers at once, so that one that hangs or has lost its power delays nobody.
    pub(super) async fn open(&self) -> Result<Line, Error> {
        let attempts = self.each.iter().map(|server| self.attempt(server).boxed());
        select_ok(attempts).map_ok(|(line, _)| line).await
    }

    async fn attempt(&self, server: &Config) -> Result<Line, Error> {
        let (client, connection) = server.connect(self.tls.clone()).await?;
        let mut carrying = JoinSet::new();
        carrying.spawn(carry(connection));
        // Where there is but one server, nobody can take its place.
        let timeline = if self.each.len() == 1 { i32::MAX } else { self.newest.at_least(&client).await? };
        let mut newest = self.newest.0.subscribe();
        let line = async move {
            tokio::select! {
                _ = carrying.join_next() => {}
                Ok(_) = newest.wait_for(|newest| *newest > timeline) => tracing::warn!("{OVERTAKEN}"),
            }
        };
        Ok((client, tokio::spawn(line)))
    }
}

/// What the log says of a primary of the past.
const OVERTAKEN: &str = "a line was closed: its server still takes writes, though another has been promoted since; \
    stop it, and make it a standby";

impl Newest {
    /// The timeline of a server.
    ///
    /// # Errors
    /// Also when it is older than the newest.
    async fn at_least(&self, client: &Client) -> Result<i32, Error> {
        let sql = "SELECT timeline FROM
            (SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int4 AS timeline) wal
            WHERE timeline >= $1";
        let newest = *self.0.borrow();
        let row = client.query_one(sql, &[&newest]).await.inspect_err(|error| {
            tracing::warn!(%error, newest, "a server takes writes, but is no longer the primary");
        })?;
        let timeline: i32 = row.get("timeline");
        self.0.send_if_modified(|newest| timeline > std::mem::replace(newest, timeline.max(*newest)));
        Ok(timeline)
    }
}

impl<T> Connect for Servers<T>
where
    T: MakeTlsConnect<Socket> + Clone + Sync + Send + 'static,
    T::Stream: Sync + Send,
    T::TlsConnect: Sync + Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    fn connect(&self, _: &Config) -> BoxFuture<'_, Result<Line, Error>> {
        self.open().boxed()
    }
}

/// One server out of an address that may name several. It has to take writes, whatever the address
/// says: a standby is of no use to the service.
fn one_of(config: &Config, place: usize) -> Config {
    let mut one = Config::new();
    match config.get_hosts().get(place) {
        Some(Host::Tcp(name)) => drop(one.host(name)),
        Some(Host::Unix(directory)) => drop(one.host_path(directory)),
        None => {}
    }
    let ports = config.get_ports();
    config.get_hostaddrs().get(place).map(|address| one.hostaddr(*address));
    ports.get(place).or(ports.first()).map(|port| one.port(*port));
    config.get_user().map(|user| one.user(user));
    config.get_password().map(|password| one.password(password));
    config.get_dbname().map(|name| one.dbname(name));
    config.get_options().map(|options| one.options(options));
    one.ssl_mode(config.get_ssl_mode()).ssl_negotiation(config.get_ssl_negotiation());
    one.channel_binding(config.get_channel_binding()).target_session_attrs(TargetSessionAttrs::ReadWrite);
    one.application_name("uvote").connect_timeout(CONNECT_WAIT);
    one.keepalives_idle(SILENCE).keepalives_interval(PROBE_EVERY).tcp_user_timeout(SILENCE + PROBE_EVERY);
    one
}

/// Carries what is said on a line. A line that is given up is closed at once, whatever is still
/// unread: whoever waits for an answer on it, that of a commit included, is told that it broke.
async fn carry<S, T>(mut connection: Connection<S, T>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let message = poll_fn(|context| match connection.poll_message(context) {
            _ if takes_no_writes(&connection) => Poll::Ready(None),
            polled => polled,
        });
        match message.await {
            Some(Ok(AsyncMessage::Notice(notice))) if is_unreplicated(&notice) => {
                tracing::warn!(notice = notice.message(), "a commit is not known to the standby");
                return;
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return tracing::debug!(%error, "a line to PostgreSQL broke"),
            None => return,
        }
    }
}

/// Whether the server has been told meanwhile to take no more writes, of which it informs all sessions.
fn takes_no_writes<S, T>(connection: &Connection<S, T>) -> bool
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    connection.parameter("default_transaction_read_only") == Some("on")
}

/// Whether the wait of a commit for the synchronous standby was cancelled. PostgreSQL then says that
/// the transaction is committed, though the next primary may never have heard of it. The words of
/// the warning depend on the server's language, and its code is that of any warning; the place in
/// PostgreSQL's sources that it comes from tells it from all others.
fn is_unreplicated(notice: &DbError) -> bool {
    notice.file() == Some("syncrep.c")
}
