//! The private PostgreSQL of one data directory: made, started, watched over and stopped here.

mod cluster;
mod error;
mod leftover;
mod log;
mod owner;
mod server;
mod socket;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use super::binaries::Search;
pub use error::StartError;
use error::unusable;
use log::Log;
use owner::Owner;
pub use server::Server;

/// The superuser that `initdb` makes, owner of every database.
const SUPERUSER: &str = "uvote_owner";

/// How long a fast shutdown may take before it is cut short; recovery mends what that leaves.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a state that PostgreSQL does not announce is looked at.
const GLANCE: Duration = Duration::from_millis(5);

/// What every cluster runs with. Durability is the default, and stated because it is a promise.
/// The log is terse and without statements, because the detail of a refused row can tell of a vote.
const SETTINGS: [(&str, &str); 19] = [
    ("listen_addresses", ""),
    ("port", "5432"),
    ("unix_socket_permissions", "0700"),
    ("max_connections", "60"),
    ("fsync", "on"),
    ("full_page_writes", "on"),
    ("synchronous_commit", "on"),
    ("wal_compression", "off"),
    // Old log files are kept to be written again: to make a new one holds votes up for some 50 ms.
    ("min_wal_size", "1GB"),
    ("jit", "off"),
    ("max_parallel_workers_per_gather", "0"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("logging_collector", "off"),
    ("log_destination", "stderr"),
    ("log_min_messages", "warning"),
    ("log_checkpoints", "off"),
    ("log_error_verbosity", "terse"),
    ("log_min_error_statement", "panic"),
];

/// How a cluster is run.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// Further settings of PostgreSQL, as name and value; they win over the built-in ones.
    pub settings: Vec<(String, String)>,
}

/// A running PostgreSQL, stopped when this is dropped.
#[derive(Debug)]
pub struct Postgres {
    child: Child,
    socket: PathBuf,
    binaries: PathBuf,
    /// Held as long as the process runs, so that nobody starts a second one on its data.
    _lock: Lock,
}

impl Postgres {
    /// Starts the PostgreSQL of the data directory `directory`, and makes both on the first start.
    ///
    /// Blocks until connections are accepted. Call it from the main thread: the kernel stops the
    /// server when the thread that started it ends, which is what makes `kill -9` leave nothing.
    ///
    /// # Errors
    /// See [`StartError`]; nothing is left running.
    pub fn start(directory: &Path, options: Options) -> Result<Self, StartError> {
        let directory = prepare(directory)?;
        Self::start_in(&directory, &options, &Search::from_environment(&directory))
    }

    fn start_in(directory: &Path, options: &Options, search: &Search) -> Result<Self, StartError> {
        let lock = Lock::of(directory)?;
        let cluster = directory.join("postgres");
        let owner = Owner::of(&cluster)?;
        owner.admit(directory)?;
        leftover::end(&cluster)?;
        let made_by = cluster::major(&cluster);
        let binaries = search.locate(made_by, |binaries| owner.version(binaries))?;
        if made_by.is_none() {
            cluster::initialise(&cluster, &binaries, &owner)?;
        }
        let socket = socket::directory(directory, &owner)?;
        let mut log = Log::open(directory)?;
        let child = spawn(server(&cluster, &binaries, &socket, options, &owner), &log)?;
        let mut postgres = Self { child, socket, binaries, _lock: lock };
        postgres.wait_until_ready(&cluster, &mut log)?;
        Ok(postgres)
    }

    /// How to connect to `database`: keywords and values as libpq and `tokio_postgres` read them.
    ///
    /// It names the superuser, for migrations and grants; the service itself takes another role.
    pub fn connection(&self, database: &str) -> String {
        server::connection(&self.socket, database)
    }

    /// The directory of the programs in use; a fetched package has no client programs.
    pub fn binaries(&self) -> &Path {
        &self.binaries
    }

    /// The process id of the postmaster.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stops cleanly: ends all sessions, writes a checkpoint, waits for the process.
    pub fn stop(&mut self) {
        self.signal(libc::SIGINT);
        if !wait_until(PATIENCE, || self.has_ended()) {
            tracing::warn!(pid = self.pid(), "PostgreSQL does not stop and is cut short");
            self.signal(libc::SIGQUIT);
            if let Err(error) = self.child.wait() {
                tracing::error!(%error, "PostgreSQL could not be waited for");
            }
        }
    }

    fn signal(&mut self, signal: libc::c_int) {
        if !self.has_ended() {
            leftover::signal(self.child.id().cast_signed(), signal);
        }
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Recovery after a crash may take long, so the only limit is the life of the process.
    fn wait_until_ready(&mut self, cluster: &Path, log: &mut Log) -> Result<(), StartError> {
        let pid = self.pid().to_string();
        while !cluster::is_ready(cluster, &pid) {
            if self.has_ended() {
                return Err(StartError::Stopped { reason: log.reason(), log: log.path.clone() });
            }
            glance();
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

#[expect(clippy::disallowed_methods, reason = "PostgreSQL starts and stops outside of any actor's thread")]
fn glance() {
    thread::sleep(GLANCE);
}

/// Looks until `done`, at most for `limit`; whether it is done.
fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if done() {
            return true;
        }
        if start.elapsed() > limit {
            return false;
        }
        glance();
    }
}

/// Makes the data directory, for its owner alone, and gives its absolute path.
fn prepare(directory: &Path) -> Result<PathBuf, StartError> {
    if let Some(parent) = directory.parent() {
        fs::create_dir_all(parent).map_err(unusable(parent))?;
    }
    make_private(directory)?;
    directory.canonicalize().map_err(unusable(directory))
}

/// Makes a directory of mode 0700 unless there is one.
fn make_private(directory: &Path) -> Result<(), StartError> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(unusable(directory)(error)),
        _ => Ok(()),
    }
}

/// The only one of its data directory.
#[derive(Debug)]
struct Lock(File);

impl Lock {
    fn of(directory: &Path) -> Result<Self, StartError> {
        let path = directory.join("postgres.lock");
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let file = options.open(&path).map_err(unusable(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StartError::InUse { directory: directory.to_owned() }),
            Err(TryLockError::Error(error)) => Err(unusable(&path)(error)),
        }
    }
}

impl Drop for Lock {
    /// Closing the file would not be enough: a child that another thread has just forked holds it open
    /// until its program is loaded, and with it the lock.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the lock of the data directory ends only with this process");
        }
    }
}

/// The command that runs the server in the foreground.
fn server(cluster: &Path, binaries: &Path, socket: &Path, options: &Options, owner: &Owner) -> Command {
    let mut command = owner.command(binaries.join("postgres"), cluster);
    command.arg("-D").arg(cluster);
    command.arg("-c").arg(format!("unix_socket_directories={}", socket.display()));
    let further = options.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let buffers = format!("{}MB", buffer_megabytes());
    let own = SETTINGS.into_iter().chain([("shared_buffers", buffers.as_str())]);
    for (name, value) in own.chain(further) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    owner::end_with_parent(&mut command, libc::SIGINT);
    command
}

/// A quarter of the machine's memory, as PostgreSQL's manual advises, and no more than holds the roll,
/// tokens and ballots of a million. Pages take memory only once they are used.
fn buffer_megabytes() -> u64 {
    // SAFETY: the calls read two numbers of the system; -1, when it does not know, fails to convert.
    let (pages, size) = unsafe { (libc::sysconf(libc::_SC_PHYS_PAGES), libc::sysconf(libc::_SC_PAGESIZE)) };
    let bytes = u64::try_from(pages).unwrap_or(0) * u64::try_from(size).unwrap_or(0);
    (bytes / 4 / 1024 / 1024).clamp(128, 1024)
}

fn spawn(mut server: Command, log: &Log) -> Result<Child, StartError> {
    server.stdout(log.writer()?).stderr(log.writer()?);
    let program = PathBuf::from(server.get_program());
    server.spawn().map_err(|source| StartError::Program { program, source })
}
