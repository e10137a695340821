//! The only SQL: one file for each noun, free functions, columns by name.

pub mod accounts;
pub mod admin;
pub mod audit;
pub mod ballots;
pub mod contests;
pub mod definition;
pub mod election_keys;
pub mod elections;
pub mod heads;
mod lines;
pub mod mail;
pub mod members;
pub mod organisations;
pub mod recount;
pub mod replay;
pub mod results;
pub mod schema;
pub mod second_factors;
pub mod sessions;
pub mod snapshot;
pub mod steps;
pub mod tokens;
pub mod voters;

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    GenericClient, Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod,
    Runtime, TimeoutType, Timeouts,
};
use thiserror::Error;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;
use uvote_domain::refusal::Refusal;

use self::lines::{CONNECT_WAIT, Newest, Servers};
use crate::breaker::{Breaker, Error as CircuitError};

/// How long work that nobody waits for in person, or that comes in storms, waits for a connection.
const POOL_WAIT: Duration = Duration::from_secs(3);
/// How long a request waits for a connection. Together with the lock_timeout of [`PLAIN`] this
/// keeps an answer under a second when somebody holds a table.
const REQUEST_WAIT: Duration = Duration::from_millis(400);

/// What to do about a server that takes no TLS, or whose certificate nobody vouches for.
const ON_TLS: &str = "give the server a certificate that this machine trusts, or, where nobody else can listen, add \
    sslmode=disable to DATABASE_URL (and to UVOTE_OWNER_DATABASE_URL, where it is set)";

/// Why the store did not do what was asked.
#[derive(Debug, Clone, Error)]
pub enum StoreError {
    /// A rule refused it; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// PostgreSQL is not there, or went away.
    #[error("PostgreSQL can't be reached: {0}")]
    Unavailable(String),
    /// PostgreSQL has not been there for a while, which has been logged, and was not asked again.
    #[error("PostgreSQL can't be reached")]
    CircuitOpen,
    /// PostgreSQL refused a statement, or a row is not what it should be: a bug.
    #[error("PostgreSQL refused a statement: {0}")]
    Database(String),
}

/// What store functions answer.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A connection of a pool.
pub type Client = Object;

/// The pools: one for everything, one that the committer shares with nobody, and one for elections
/// that read their heads, so that neither voting nor becoming ready waits behind anything else.
#[derive(Clone)]
pub struct Database {
    general: Gate,
    casting: Gate,
    loading: Gate,
    patience: Duration,
}

/// A pool behind a breaker of its own, so that trouble with one is not everybody's.
#[derive(Clone)]
struct Gate {
    pool: Pool,
    breaker: Arc<Breaker>,
}

impl Gate {
    fn new(
        url: &str,
        size: usize,
        session: &'static str,
        name: &'static str,
        newest: &Newest,
    ) -> Result<Self> {
        Ok(Self { pool: pool(url, size, session, newest.clone())?, breaker: Arc::new(Breaker::new(name)) })
    }

    async fn client(&self, patience: Duration) -> Result<Client> {
        let timeouts = Timeouts { wait: Some(patience), ..self.pool.timeouts() };
        self.breaker.call(is_away, self.pool.timeout_get(&timeouts)).await.map_err(|error| match error {
            CircuitError::Inner(error) => error.into(),
            CircuitError::Rejected => StoreError::CircuitOpen,
        })
    }
}

/// Whether there is no getting through to PostgreSQL. A pool whose connections are all in use is busy.
fn is_away(error: &PoolError) -> bool {
    matches!(
        error,
        PoolError::Backend(_)
            | PoolError::PostCreateHook(_)
            | PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle)
    )
}

impl Database {
    /// Prepares the pools; connections open when they are first used.
    ///
    /// # Errors
    /// When the address is malformed or no root certificates can be read.
    pub fn new(url: &str) -> Result<Self> {
        let newest = Newest::default();
        Ok(Self {
            general: Gate::new(url, 16, PLAIN, "postgresql", &newest)?,
            casting: Gate::new(url, 2, CASTING, "postgresql_casting", &newest)?,
            loading: Gate::new(url, 4, PLAIN, "postgresql_loading", &newest)?,
            patience: POOL_WAIT,
        })
    }

    /// The same for those who answer requests, and have people waiting.
    #[must_use]
    pub fn for_requests(&self) -> Self {
        Self { patience: REQUEST_WAIT, ..self.clone() }
    }

    /// A connection for reads and plain changes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none comes free in time, [`StoreError::CircuitOpen`] at once.
    pub async fn client(&self) -> Result<Client> {
        self.general.client(self.patience).await
    }

    /// A connection for casting, which never waits behind anything else.
    ///
    /// # Errors
    /// As [`Database::client`].
    pub async fn casting_client(&self) -> Result<Client> {
        self.casting.client(self.patience).await
    }

    /// A connection for an election that reads its head.
    ///
    /// # Errors
    /// As [`Database::client`].
    pub async fn loading_client(&self) -> Result<Client> {
        self.loading.client(self.patience).await
    }

    /// What stands before PostgreSQL.
    pub fn breakers(&self) -> [&Breaker; 3] {
        [&self.general, &self.casting, &self.loading].map(|gate| &*gate.breaker)
    }

    /// Whether PostgreSQL answers now, whatever the breakers say.
    pub async fn answers(&self) -> bool {
        match self.general.pool.get().await {
            Ok(client) => client.simple_query("SELECT 1").await.is_ok(),
            Err(_) => false,
        }
    }

    /// Closes every connection that is not in use, and the rest when they come back.
    pub fn close(&self) {
        self.general.pool.close();
        self.casting.pool.close();
        self.loading.pool.close();
    }
}

/// Whatever the login, the service itself has only the rights of this role. An acknowledged commit
/// is on disk, and on that of the synchronous standby where there is one, whatever the server's
/// default says; and the warning that a wait for the standby was cancelled is never kept quiet. Long
/// tables are read along an index in its order: before they have statistics, as in the first minute
/// after an import, PostgreSQL takes them for short and would rather gather all rows and sort them.
const SESSION: &str = "SET ROLE uvote_app; SET TIME ZONE 'UTC'; SET search_path = public;
    SET synchronous_commit = on; SET client_min_messages = warning; SET enable_bitmapscan = off";

/// What is added for reads and plain changes.
const PLAIN: &str = "SET lock_timeout = '400ms'";

/// Casting touches rows by their keys alone; a plan made while a table was small must not turn
/// into a scan of a million tokens later. A process that stalls in the middle loses its locks.
const CASTING: &str =
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;
    SET plan_cache_mode = force_generic_plan; SET lock_timeout = '700ms';
    SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '15s'";

fn pool(url: &str, size: usize, session: &'static str, newest: Newest) -> Result<Pool> {
    let config = parse(url)?;
    let recycle = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = if needs_tls(&config) {
        let servers = Servers::new(&config, tls()?, newest);
        Manager::from_connect(config, servers, recycle)
    } else {
        let servers = Servers::new(&config, NoTls, newest);
        Manager::from_connect(config, servers, recycle)
    };
    let timeouts =
        Timeouts { wait: Some(POOL_WAIT), create: Some(CONNECT_WAIT), recycle: Some(CONNECT_WAIT) };
    let pool = Pool::builder(manager)
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .timeouts(timeouts)
        .post_create(Hook::async_fn(move |client, _| {
            Box::pin(async move {
                let prepared = client.batch_execute(&format!("{SESSION}; {session}")).await;
                prepared.map_err(HookError::Backend)
            })
        }))
        .build();
    pool.map_err(|error| StoreError::Unavailable(error.to_string()))
}

fn parse(url: &str) -> Result<Config> {
    url.parse().map_err(|_| StoreError::Unavailable("the address is malformed".into()))
}

fn needs_tls(config: &Config) -> bool {
    config.get_ssl_mode() != SslMode::Disable
        && !config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)))
}

/// TLS with the platform's root certificates.
pub(crate) fn tls() -> Result<MakeRustlsConnect> {
    let mut roots = rustls::RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    tracing::debug!(added, "root certificates");
    Ok(MakeRustlsConnect::new(
        rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth(),
    ))
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                Self::Unavailable(describe(&error))
            }
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        if is_outage(&error) { Self::Unavailable(describe(&error)) } else { Self::Database(describe(&error)) }
    }
}

fn is_outage(error: &tokio_postgres::Error) -> bool {
    if lacks_tls(error) {
        return true;
    }
    let broken = || std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>());
    let Some(state) = error.code() else { return error.is_closed() || broken() };
    let class = &state.code()[..2];
    matches!(class, "08" | "53" | "57" | "58")
        || *state == SqlState::READ_ONLY_SQL_TRANSACTION
        || *state == SqlState::T_R_DEADLOCK_DETECTED
        || *state == SqlState::LOCK_NOT_AVAILABLE
}

/// Whether no line could be opened because TLS was refused or its certificate is not trusted, which
/// the driver tells by its words alone.
fn lacks_tls(error: &tokio_postgres::Error) -> bool {
    error.to_string().starts_with("error performing TLS handshake")
}

/// What PostgreSQL said, for the log: an error's own text is only "db error". The detail line is
/// left out, since it can quote a row.
pub fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(database) => format!("{} ({})", database.message(), database.code().code()),
        None => match std::error::Error::source(error) {
            Some(source) if lacks_tls(error) => format!("{error}: {source}; {ON_TLS}"),
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

/// Whether an error is the breach of this constraint.
pub(crate) fn breaks(error: &tokio_postgres::Error, constraint: &str) -> bool {
    error.as_db_error().and_then(|error| error.constraint()) == Some(constraint)
}

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// All rows of a prepared statement.
pub(crate) async fn rows<C: GenericClient>(
    client: &C,
    sql: &str,
    parameters: Parameters<'_>,
) -> Result<Vec<Row>> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query(&statement, parameters).await?)
}

/// The only row of a prepared statement.
pub(crate) async fn row<C: GenericClient>(client: &C, sql: &str, parameters: Parameters<'_>) -> Result<Row> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query_one(&statement, parameters).await?)
}

/// The row of a prepared statement, if there is one.
pub(crate) async fn row_if_any<C: GenericClient>(
    client: &C,
    sql: &str,
    parameters: Parameters<'_>,
) -> Result<Option<Row>> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query_opt(&statement, parameters).await?)
}

/// Runs a prepared statement; answers the number of rows it touched.
pub(crate) async fn execute<C: GenericClient>(
    client: &C,
    sql: &str,
    parameters: Parameters<'_>,
) -> Result<u64> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.execute(&statement, parameters).await?)
}

/// A page of a list: what is on it, how many there are in all, and where the next begins.
pub struct Page<T> {
    /// At most as many as were asked for.
    pub items: Vec<T>,
    /// All that match, on every page.
    pub total: i64,
    /// The key of the last item, when more follow.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts a list that was read with one row too many, to know whether more follow.
    pub(crate) fn cut(mut items: Vec<T>, limit: i64, total: i64, key: impl Fn(&T) -> String) -> Self {
        let more = items.len() as i64 > limit;
        items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let next = if more { items.last().map(key) } else { None };
        Self { items, total, next }
    }
}
