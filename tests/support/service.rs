//! A whole service on a database of its own, with an SMTP server that keeps its mails.

use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use uvote::app::{self, Running};
use uvote::config::{Config, Networks, Quotas};
use uvote_domain::seal::Key;
use uvote_loadtest::client::Client;
use uvote_loadtest::sink::Sink;

use super::cluster::cluster;

pub const ORIGIN: &str = "http://localhost";

pub struct Service {
    pub sink: Sink,
    pub database: String,
    database_url: SecretString,
    running: Option<Running>,
}

/// The master key of every service under test.
pub fn master_key() -> Key {
    Key::from_bytes(std::array::from_fn(|place| place as u8))
}

/// Where the services on a database keep their files, under what the cluster sweeps up.
fn data_dir(database_url: &SecretString) -> PathBuf {
    let config: tokio_postgres::Config = database_url.expose_secret().parse().unwrap();
    cluster().directory.join("data").join(config.get_dbname().unwrap())
}

/// The settings of a service under test.
pub fn config(database_url: SecretString, smtp: SocketAddr) -> Config {
    Config {
        bind: "127.0.0.1:0".parse().unwrap(),
        data_dir: data_dir(&database_url),
        origin: ORIGIN.to_owned(),
        allowed_origins: Vec::new(),
        master_key: master_key(),
        master_key_old: None,
        jwt_secret: "a secret of the tests, long enough to be taken".to_owned().into(),
        jwt_secret_old: None,
        database_url,
        smtp_url: format!("smtp://{smtp}").into(),
        mail_from: "Elections <vote@example.org>".to_owned(),
        metrics_bind: None,
        trusted_proxies: Networks::default(),
        redis_url: None,
        shared: false,
        limits: None,
        docs: true,
        inbox: None,
    }
}

impl Service {
    /// Starts on a fresh database.
    pub async fn start() -> Self {
        let database = cluster().database().await;
        let url = cluster().url(&database);
        Self::start_on(database, url).await
    }

    /// Starts on a fresh database with the rate limits that hold unless told otherwise.
    pub async fn limited() -> Self {
        Self::start_with(|config| config.limits = Some(Quotas::default())).await
    }

    /// Starts on a fresh database with settings of its own.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let database = cluster().database().await;
        let url = cluster().url(&database);
        Self::start_changed(database, url, change).await
    }

    /// Starts on a database that is reached in some other way, such as through a proxy.
    pub async fn start_on(database: String, database_url: SecretString) -> Self {
        Self::start_changed(database, database_url, |_| {}).await
    }

    async fn start_changed(
        database: String,
        database_url: SecretString,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let sink = Sink::bind("127.0.0.1:0").await.unwrap();
        let mut config = config(database_url.clone(), sink.address());
        change(&mut config);
        let running = app::start(config).await.unwrap();
        Self { sink, database, database_url, running: Some(running) }
    }

    /// A second process, as it were, on the same database; its mails go to the same sink.
    pub async fn another(&self) -> Running {
        self.another_with(|_| {}).await
    }

    /// A second process with settings of its own.
    pub async fn another_with(&self, change: impl FnOnce(&mut Config)) -> Running {
        let mut config = config(self.database_url.clone(), self.sink.address());
        change(&mut config);
        app::start(config).await.unwrap()
    }

    /// Stops; what listens after [`Service::restart`] has another address.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// Stops and starts again on the same database.
    pub async fn restart(&mut self) {
        self.stop().await;
        let config = config(self.database_url.clone(), self.sink.address());
        self.running = Some(app::start(config).await.unwrap());
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub fn address(&self) -> SocketAddr {
        self.running().address()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Somebody who has not signed in.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.url()).unwrap()
    }

    /// A connection behind the service's back, with every right.
    pub async fn superuser(&self) -> tokio_postgres::Client {
        cluster().connect(&self.database).await
    }
}

impl Drop for Service {
    /// The actors of a test outlive it, since they have threads of their own; its connections must
    /// not, or the cluster runs out of them.
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.database().close();
        }
        drop(std::fs::remove_dir_all(data_dir(&self.database_url)));
    }
}
