//! What most scenarios stand on: one service, one PostgreSQL, one mail server, one open election.

use uvote_loadtest::sink::Sink;

use super::election::OpenElection;
use super::postgres::Server;
use super::process::{Process, Settings};

/// Everything is private to the scenario and ends with it.
pub struct Stage {
    /// The election.
    pub open: OpenElection,
    /// The service.
    pub service: Process,
    /// Its PostgreSQL.
    pub postgres: Server,
    /// Its mail server.
    pub sink: Sink,
}

impl Stage {
    /// A stage with so many voters.
    pub async fn set(voters: usize) -> Self {
        Self::set_with(voters, |settings| settings).await
    }

    /// A stage whose service has settings of its own.
    pub async fn set_with(voters: usize, change: impl FnOnce(Settings) -> Settings) -> Self {
        Self::set_on(Server::start().await, voters, change).await
    }

    /// A stage on a PostgreSQL that was started otherwise.
    pub async fn set_on(postgres: Server, voters: usize, change: impl FnOnce(Settings) -> Settings) -> Self {
        let sink = Sink::bind("127.0.0.1:0").await.unwrap();
        let service = Process::start(change(Settings::new(postgres.url(), sink.address()))).await;
        let open = OpenElection::new(&service.url(), &sink, &postgres.owner_url(), voters).await;
        Self { open, service, postgres, sink }
    }
}
