//! One private PostgreSQL for all tests of a binary; each test gets a database of its own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{OnceLock, mpsc};

use secrecy::SecretString;
use uvote::embedded::postgres::{Options, Postgres};
use uvote::store::schema;

pub struct Cluster {
    pub directory: PathBuf,
    pub binaries: PathBuf,
    host: String,
}

static CLUSTER: OnceLock<Cluster> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(1);

/// The cluster of this process. PostgreSQL stops when the thread dies that has started it, so
/// that thread waits for ever; it is then gone with the process, and its directory is swept up
/// by the next run.
pub fn cluster() -> &'static Cluster {
    CLUSTER.get_or_init(|| {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let directory = scratch().to_owned();
        let (sender, receiver) = mpsc::channel();
        let own = directory.clone();
        std::thread::spawn(move || {
            let settings = [("max_connections", "400"), ("fsync", "off")];
            let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
            let postgres = Postgres::start(&own, Options { settings }).unwrap();
            sender.send((postgres.connection("postgres"), postgres.binaries().to_owned())).unwrap();
            loop {
                std::thread::park();
            }
        });
        let (connection, binaries) = receiver.recv().unwrap();
        let host =
            connection.split_whitespace().find_map(|word| word.strip_prefix("host=")).unwrap().to_owned();
        Cluster { directory, binaries, host }
    })
}

/// The directory of this process, which the next run sweeps up.
fn scratch() -> &'static Path {
    static SCRATCH: OnceLock<PathBuf> = OnceLock::new();
    SCRATCH.get_or_init(|| {
        let root = std::env::temp_dir().join("uvote-tests");
        std::fs::create_dir_all(&root).unwrap();
        sweep(&root);
        let own = root.join(std::process::id().to_string());
        // An earlier process may have had the same number.
        drop(std::fs::remove_dir_all(&own));
        std::fs::create_dir(&own).unwrap();
        own
    })
}

/// A fresh directory of this process, which the next run sweeps up.
pub fn scratch_directory(name: &str) -> PathBuf {
    let directory = scratch().join(format!("{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir(&directory).unwrap();
    directory
}

/// Removes what earlier runs have left behind.
fn sweep(root: &Path) {
    for entry in std::fs::read_dir(root).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let alive = Path::new("/proc").join(&name).exists();
        if name.parse::<u32>().is_ok() && !alive {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

impl Cluster {
    /// The socket's directory.
    pub fn host(&self) -> &str {
        self.host.trim_matches('\'')
    }

    /// How to reach a database as its owner.
    pub fn url(&self, database: &str) -> SecretString {
        format!("host='{}' port=5432 user=uvote_owner dbname={database}", self.host()).into()
    }

    /// A fresh database with the whole schema.
    pub async fn database(&self) -> String {
        self.prepare_template().await;
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let client = self.connect("postgres").await;
        loop {
            let made = client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE uvote_template")).await;
            match made {
                Ok(()) => return name,
                // Another test is copying the template at this moment.
                Err(error) if error.code() == Some(&tokio_postgres::error::SqlState::OBJECT_IN_USE) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    }

    async fn prepare_template(&self) {
        static READY: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
        READY
            .get_or_init(|| async {
                let client = self.connect("postgres").await;
                client.batch_execute("CREATE DATABASE uvote_template").await.unwrap();
                let url = self.url("uvote_template");
                schema::migrate(&url, &url).await.unwrap();
            })
            .await;
    }

    /// A connection with the rights of the owner, who is a superuser.
    pub async fn connect(&self, database: &str) -> tokio_postgres::Client {
        use secrecy::ExposeSecret;
        schema::connect(self.url(database).expose_secret()).await.unwrap()
    }
}
