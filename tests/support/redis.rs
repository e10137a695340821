//! A Redis of the test's own.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use secrecy::SecretString;

pub struct Redis {
    port: u16,
    server: Child,
}

impl Redis {
    pub async fn start() -> Self {
        loop {
            // Another process may take the port in between; then the next is tried.
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(redis) = Self::start_on(port).await {
                return redis;
            }
        }
    }

    /// Starts on a port, unless it is taken.
    async fn start_on(port: u16) -> Option<Self> {
        let server = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server on PATH; on Debian it is in the package redis-server");
        let mut redis = Self { port, server };
        while redis.server.try_wait().unwrap().is_none() {
            if redis.connect().await.is_some() {
                return Some(redis);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        None
    }

    /// Kills it, and everything it knew.
    pub fn die(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// Starts it again, empty, where it was.
    pub async fn come_back(&mut self) {
        *self = Self::start_on(self.port).await.expect("the port is still free");
    }

    pub fn url(&self) -> SecretString {
        format!("redis://127.0.0.1:{}", self.port).into()
    }

    /// A connection, if it listens.
    pub async fn connect(&self) -> Option<MultiplexedConnection> {
        let client = redis::Client::open(("127.0.0.1", self.port)).unwrap();
        client.get_multiplexed_async_connection().await.ok()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may be dead already.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}
