//! Puts the service together: what starts in which order, and stops in the reverse.

mod announcements;
mod descriptors;
#[cfg(feature = "faults")]
pub mod faults;
mod listener;
mod server;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Arbiter, ArbiterHandle};
use actix_web::dev::ServerHandle;
use actix_web::{ResponseError, web};
use secrecy::ExposeSecret;
use thiserror::Error;
use tokio::sync::Semaphore;

use self::announcements::{Audience, tell};
use crate::actors::Standing;
use crate::actors::audit::{Audit, DrainAll};
use crate::actors::clock::Clock;
use crate::actors::committer::Committer;
use crate::actors::election::Surroundings;
use crate::actors::mailer::{IN_FLIGHT, Mailer, Outbox, Rest};
use crate::actors::registry::Registry;
use crate::actors::tokens::Tokens;
use crate::auth::{AccessTokens, Passwords};
use crate::config::Config;
use crate::embedded::inbox::Inbox;
use crate::http::Service;
use crate::http::clients::Hosts;
use crate::http::error::Problem;
use crate::http::pages::uploads::Uploads;
use crate::keys::Keyring;
use crate::limits::{BadAddress, Limits, Redis};
use crate::mail::{self, MailConfigError};
use crate::peers::Peers;
use crate::photos::Photos;
use crate::store::{Database, StoreError, election_keys, schema, second_factors};
use crate::telemetry;
use crate::ws::handshake::Live;
use crate::ws::hub::{Farewell, Hub};

/// Why the service does not start; each is one line.
#[derive(Debug, Error)]
pub enum StartError {
    /// The database can't be used.
    #[error("DATABASE_URL: {0}")]
    Database(#[from] StoreError),
    /// The schema is older than this program.
    #[error("DATABASE_URL: the database lacks this program's migrations; run `uvote migrate` first")]
    NotMigrated,
    /// The mail settings can't be used.
    #[error("{0}")]
    Mail(#[from] MailConfigError),
    /// The address of Redis can't be used.
    #[error("REDIS_URL: {0}")]
    RedisAddress(#[from] BadAddress),
    /// Several processes are to share Redis, which is not there.
    #[error("REDIS_URL: Redis does not answer; start it, or unset UVOTE_PEERS if this process is alone")]
    Redis,
    /// The directory of the data can't be used.
    #[error("UVOTE_DATA_DIR: {} can't be used: {source}; choose a directory that the service may write to", directory.display())]
    DataDirectory {
        /// The directory.
        directory: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The address of the metrics can't be bound.
    #[error("UVOTE_METRICS_BIND: {bind} can't be bound: {source}; choose another address, or `off`")]
    MetricsBind {
        /// The address.
        bind: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// Nobody knows how many clients fit.
    #[error("the limit of open files can't be read: {0}")]
    OpenFiles(#[source] std::io::Error),
    /// The address can't be bound.
    #[error("UVOTE_BIND: {bind} can't be bound: {source}; choose another address or port")]
    Bind {
        /// The address.
        bind: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
}

/// A running service.
pub struct Running {
    address: SocketAddr,
    server: ServerHandle,
    stopped: actix_web::rt::task::JoinHandle<std::io::Result<()>>,
    service: web::Data<Service>,
    hub: Arc<Standing<Hub>>,
    arbiters: Arbiters,
    database: Database,
    registry: Arc<Registry>,
}

/// Serves `/metrics`, where the configuration has an address for it.
///
/// # Errors
/// When the address can't be bound.
pub fn serve_metrics(config: &Config) -> Result<(), StartError> {
    let Some(bind) = config.metrics_bind else { return Ok(()) };
    let Some(handle) = telemetry::start_metrics() else { return Ok(()) };
    let server =
        telemetry::serve_metrics(handle, bind).map_err(|source| StartError::MetricsBind { bind, source })?;
    actix::spawn(server);
    Ok(())
}

/// Wraps all election keys and second factors under the present master key; answers how many there are.
///
/// # Errors
/// When the database can't be used, or a key opens under neither master key.
pub async fn rotate_keys(config: &Config) -> Result<usize, StartError> {
    let database = Database::new(config.database_url.expose_secret())?;
    let keyring = Keyring::new(config.master_key.clone(), config.master_key_old.clone());
    let mut client = database.client().await?;
    Ok(election_keys::rewrap(&mut client, &keyring).await?
        + second_factors::reseal(&mut client, &keyring).await?)
}

/// Waits until somebody asks the process to stop.
pub async fn stop_requested() {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = |kind| async move {
        match signal(kind) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::interrupt()) => {}
    }
}

/// Rolls read at once.
const IMPORTS_AT_ONCE: usize = 4;
/// How often a process that can't be without Redis asks for it at its start: on a busy machine the
/// first answer may be late.
const REDIS_TRIES: usize = 6;
/// How often actors are looked after.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// The threads of the actors: casting shares its own with nobody.
struct Arbiters {
    casting: Arbiter,
    watching: Arbiter,
    background: Arbiter,
}

/// Starts everything and listens.
///
/// # Errors
/// See [`StartError`].
pub async fn start(config: Config) -> Result<Running, StartError> {
    if !schema::is_current(&config.database_url).await? {
        return Err(StartError::NotMigrated);
    }
    let database = Database::new(config.database_url.expose_secret())?;
    let post =
        mail::Mailer::new(config.smtp_url.expose_secret(), &config.mail_from, &config.origin, IN_FLIGHT)?;
    let photos = Photos::in_directory(&config.data_dir)
        .map_err(|source| StartError::DataDirectory { directory: config.data_dir.clone(), source })?;
    let parts = Parts {
        limits: Arc::new(limits(&config).await?),
        peers: peers(&config)?,
        database: database.clone(),
        keyring: Arc::new(Keyring::new(config.master_key.clone(), config.master_key_old.clone())),
        post: Arc::new(post),
    };
    let arbiters = Arbiters { casting: Arbiter::new(), watching: Arbiter::new(), background: Arbiter::new() };
    let (service, live) = parts.assemble(&config, &arbiters, photos);
    let (service, live) = (web::Data::new(service), web::Data::new(live));
    let registry = Arc::clone(&service.registry);
    let (server, address) = server::listen(&config, service.clone(), live.clone())?;
    let handle = server.handle();
    look_after(service.clone(), live.clone());
    tracing::info!(%address, origin = config.origin, "listening");
    Ok(Running {
        address,
        server: handle,
        stopped: actix::spawn(server),
        hub: Arc::clone(&live.hub),
        service,
        arbiters,
        database,
        registry,
    })
}

/// Whether Redis answers one of so many times that it is asked.
async fn answers(redis: &Redis, tries: usize) -> bool {
    for _ in 0..tries {
        if redis.answers().await {
            return true;
        }
    }
    false
}

/// Rate limits, in Redis where there is one. A process alone can do without it.
async fn limits(config: &Config) -> Result<Limits, StartError> {
    let redis = config.redis_url.as_ref().map(Redis::new).transpose()?;
    let tries = if config.shared { REDIS_TRIES } else { 1 };
    if let Some(redis) = &redis
        && !answers(redis, tries).await
    {
        if config.shared {
            return Err(StartError::Redis);
        }
        tracing::warn!("REDIS_URL: Redis does not answer; limits are counted in this process until it does");
    }
    Ok(Limits::new(config.limits.clone(), config.master_key.derive("rate limits"), redis))
}

/// The processes beside this one.
fn peers(config: &Config) -> Result<Option<Arc<Peers>>, BadAddress> {
    let redis = config.redis_url.as_ref().filter(|_| config.shared);
    redis.map(|url| Peers::new(url).map(Arc::new).map_err(|_| BadAddress)).transpose()
}

/// Starts actors again that have died without anybody asking for them.
fn look_after(service: web::Data<Service>, live: web::Data<Live>) {
    actix::spawn(async move {
        loop {
            tokio::time::sleep(WATCH_EVERY).await;
            drop((
                service.mailer.address(),
                service.tokens.address(),
                service.audit.address(),
                service.clock.address(),
            ));
            drop(live.hub.address());
        }
    });
}

/// What actors and handlers share.
struct Parts {
    database: Database,
    keyring: Arc<Keyring>,
    post: Arc<mail::Mailer>,
    limits: Arc<Limits>,
    peers: Option<Arc<Peers>>,
}

fn standing<A>(arbiter: &Arbiter, make: impl Fn() -> A + Send + Sync + Clone + 'static) -> Standing<A>
where
    A: Actor<Context = actix::Context<A>>,
{
    let handle: ArbiterHandle = arbiter.handle();
    Standing::new(move || {
        let make = make.clone();
        A::start_in_arbiter(&handle, move |_| make())
    })
}

impl Parts {
    fn assemble(&self, config: &Config, arbiters: &Arbiters, photos: Photos) -> (Service, Live) {
        let (database, keyring) = (self.database.clone(), Arc::clone(&self.keyring));
        let has_peers = self.peers.is_some();
        let hub = Arc::new(standing(&arbiters.watching, move || {
            Hub::new(database.clone(), Arc::clone(&keyring), has_peers)
        }));
        let audience = Audience { hub: Arc::clone(&hub), peers: self.peers.clone() };
        audience.listen(&arbiters.watching);
        let database = self.database.clone();
        let committer = Arc::new(standing(&arbiters.casting, move || Committer::new(database.clone())));
        let surroundings = Surroundings {
            database: self.database.clone(),
            keyring: Arc::clone(&self.keyring),
            committer,
            announce: audience.of_elections(),
        };
        let registry = Arc::new(Registry::new(arbiters.casting.handle(), surroundings));
        let mailer = Arc::new(self.mailer(config, arbiters, &audience));
        let live = Live {
            database: self.database.clone(),
            keyring: Arc::clone(&self.keyring),
            hub: Arc::clone(&hub),
            origin: config.origin.clone(),
            allowed_origins: config.allowed_origins.clone(),
            problem: |status, code, detail| Problem::new(status, code, detail).error_response(),
        };
        (self.service(config, arbiters, registry, mailer, photos, &hub), live)
    }

    fn service(
        &self,
        config: &Config,
        arbiters: &Arbiters,
        registry: Arc<Registry>,
        mailer: Arc<Standing<Mailer>>,
        photos: Photos,
        hub: &Arc<Standing<Hub>>,
    ) -> Service {
        let watching = Arc::clone(hub);
        let (database, keyring, queued) =
            (self.database.clone(), Arc::clone(&self.keyring), mailer.address().recipient());
        let tokens = standing(&arbiters.background, move || {
            Tokens::new(database.clone(), Arc::clone(&keyring), queued.clone())
        });
        let (due, elections) = (self.database.clone(), Arc::clone(&registry));
        let clock = standing(&arbiters.background, move || Clock::new(due.clone(), Arc::clone(&elections)));
        let database = self.database.clone();
        Service {
            database: self.database.for_requests(),
            keyring: Arc::clone(&self.keyring),
            registry,
            tokens,
            mailer,
            clock,
            audit: standing(&arbiters.background, move || Audit::new(database.clone())),
            sessions_ended: Box::new(move |ended| tell(&watching, ended)),
            access_tokens: AccessTokens::new(
                &config.jwt_secret,
                config.jwt_secret_old.as_ref(),
                &config.origin,
            ),
            passwords: Passwords::default(),
            imports: Semaphore::new(IMPORTS_AT_ONCE),
            photos,
            uploads: Uploads::in_directory(&config.data_dir),
            limits: Arc::clone(&self.limits),
            shared: config.shared,
            trusted_proxies: config.trusted_proxies.clone(),
            hosts: Hosts::of(&config.origin, config.bind.ip().is_loopback()),
            post: Arc::clone(&self.post),
            origin: config.origin.clone(),
            inbox: config.inbox.clone().map(Inbox::new),
            docs: config.docs,
        }
    }

    fn mailer(&self, config: &Config, arbiters: &Arbiters, audience: &Audience) -> Standing<Mailer> {
        let outbox = Arc::new(Outbox {
            database: self.database.clone(),
            keyring: Arc::clone(&self.keyring),
            post: Arc::clone(&self.post),
            origin: config.origin.clone(),
        });
        let announce = audience.of_mails();
        standing(&arbiters.background, move || Mailer::new(Arc::clone(&outbox), Arc::clone(&announce)))
    }
}

impl Running {
    /// Where the service listens; of use when the port was left to the system.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The database, for the demo and for tests that look behind the interface.
    pub fn database(&self) -> Database {
        self.database.clone()
    }

    /// The registry, for tests that harm an actor.
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry)
    }

    /// Accepts nothing new, finishes what is under way, and closes everything.
    pub async fn stop(self) {
        self.hub.address().send(Farewell).await.unwrap_or_default();
        self.server.stop(true).await;
        drop(self.stopped.await);
        self.service.mailer.address().send(Rest).await.unwrap_or_default();
        drop(self.service.audit.address().send(DrainAll).await);
        for arbiter in [self.arbiters.casting, self.arbiters.background, self.arbiters.watching] {
            arbiter.stop();
        }
        self.database.close();
        tracing::info!("stopped");
    }
}
