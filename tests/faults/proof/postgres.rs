//! A PostgreSQL of a scenario's own, durable as in production, to be killed and started again.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use secrecy::SecretString;
use tokio::sync::oneshot;
use tokio_postgres::Client;
use uvote::embedded::postgres::{Options, Postgres};
use uvote::store::schema;

use crate::support::cluster::scratch_directory;

/// The database of the service.
const DATABASE: &str = "uvote";

type Order = Box<dyn FnOnce(&mut Option<Postgres>) + Send>;

/// A PostgreSQL with `fsync` on and the schema of the service. A thread of its own keeps it, since it
/// stops with the thread that started it; it is killed when this is dropped.
pub struct Server {
    directory: PathBuf,
    options: Options,
    orders: Option<Sender<Order>>,
    keeper: Option<JoinHandle<()>>,
}

impl Server {
    /// Makes a cluster, starts it, and brings it to the present schema.
    pub async fn start() -> Self {
        Self::start_in(scratch_directory("postgres"), &[]).await
    }

    /// Does so in a directory (one that the user of PostgreSQL can reach), with further settings.
    pub async fn start_in(directory: PathBuf, settings: &[(&str, &str)]) -> Self {
        let further = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = std::iter::once(("max_connections".to_owned(), "200".to_owned())).chain(further);
        let (orders, received) = channel::<Order>();
        let keeper = thread::spawn(move || {
            let mut running = None;
            received.into_iter().for_each(|order| order(&mut running));
        });
        let options = Options { settings: settings.collect() };
        let server = Self { directory, options, orders: Some(orders), keeper: Some(keeper) };
        server.come_back().await;
        server.prepare().await;
        server
    }

    async fn prepare(&self) {
        let postgres = schema::connect(&self.address("uvote_owner", "postgres")).await.unwrap();
        postgres.batch_execute(&format!("CREATE DATABASE {DATABASE}")).await.unwrap();
        postgres.batch_execute("CREATE ROLE uvote LOGIN").await.unwrap();
        let (owner, service) = (self.owner_url(), self.url());
        schema::migrate(&SecretString::from(owner), &SecretString::from(service)).await.unwrap();
    }

    /// How the service reaches its database: as a login without rights of its own.
    pub fn url(&self) -> String {
        self.address("uvote", DATABASE)
    }

    /// How the owner, who is a superuser, reaches the same database.
    pub fn owner_url(&self) -> String {
        self.address("uvote_owner", DATABASE)
    }

    fn address(&self, user: &str, database: &str) -> String {
        format!("host='{}' port=5432 user={user} dbname={database}", self.socket().display())
    }

    /// The directory of its socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.join("run")
    }

    /// Its data, write-ahead log included.
    pub fn data(&self) -> PathBuf {
        self.directory.join("postgres")
    }

    /// What it logs.
    pub fn log(&self) -> PathBuf {
        self.directory.join("postgres.log")
    }

    /// A connection with every right.
    pub async fn superuser(&self) -> Client {
        schema::connect(&self.owner_url()).await.unwrap()
    }

    /// `kill -9` of the postmaster and all its processes at once.
    pub async fn kill(&self) {
        self.order(|running| {
            if let Some(postgres) = running.take() {
                kill_all(postgres.pid());
            }
        })
        .await;
    }

    /// An immediate stop: no goodbye to anybody and no checkpoint.
    pub async fn stop_immediately(&self) {
        self.order(|running| {
            if let Some(postgres) = running.take() {
                signal(postgres.pid(), libc::SIGQUIT);
                drop(postgres);
            }
        })
        .await;
    }

    /// Stops it as an operator does: ends all sessions, writes a checkpoint.
    pub async fn stop(&self) {
        self.order(|running| drop(running.take())).await;
    }

    /// Starts it on the data that are there; answers when it took connections.
    pub async fn come_back(&self) -> Instant {
        let (directory, options) = (self.directory.clone(), self.options.clone());
        self.order(move |running| *running = Some(Postgres::start(&directory, options).unwrap())).await;
        Instant::now()
    }

    /// The process id of the postmaster.
    pub async fn pid(&self) -> u32 {
        let (sender, answered) = oneshot::channel();
        self.order(move |running| sender.send(running.as_ref().unwrap().pid()).unwrap()).await;
        answered.await.unwrap()
    }

    async fn order(&self, order: impl FnOnce(&mut Option<Postgres>) + Send + 'static) {
        let (sender, done) = oneshot::channel();
        let order: Order = Box::new(move |running| {
            order(running);
            // Whoever gave the order waits below.
            let _ = sender.send(());
        });
        self.orders.as_ref().unwrap().send(order).unwrap();
        done.await.expect("PostgreSQL obeys; see above");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(orders) = self.orders.take() {
            let last: Order = Box::new(|running| {
                if let Some(postgres) = running.take() {
                    kill_all(postgres.pid());
                }
            });
            // The keeper is gone when an order has failed.
            drop(orders.send(last));
        }
        drop(self.keeper.take().map(JoinHandle::join));
        drop(fs::remove_dir_all(&self.directory));
    }
}

/// Kills a postmaster and its children. It is halted first, so that it has no further ones meanwhile.
pub fn kill_all(postmaster: u32) {
    signal(postmaster, libc::SIGSTOP);
    let children = children(postmaster);
    for pid in children.into_iter().chain([postmaster]) {
        signal(pid, libc::SIGKILL);
    }
}

pub fn signal(pid: u32, signal: libc::c_int) {
    // SAFETY: kill touches no memory of this process.
    unsafe { libc::kill(pid.cast_signed(), signal) };
}

/// The processes whose parent this is.
pub fn children(parent: u32) -> Vec<u32> {
    let is_child = |pid: &u32| {
        let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
        // Behind the name, which is in parentheses, come the state and the parent.
        let stat = stat.unwrap_or_default();
        let parent_of = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
        parent_of == Some(parent)
    };
    let pid = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    fs::read_dir("/proc").unwrap().flatten().filter_map(pid).filter(is_child).collect()
}
