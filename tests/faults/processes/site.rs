//! Several services on one PostgreSQL and one Redis, with an open election.

use std::time::{Duration, Instant};

use hyper::Request;
use secrecy::ExposeSecret;
use uvote_loadtest::client::{Client, whole};
use uvote_loadtest::sink::Sink;

use crate::proof::election::OpenElection;
use crate::proof::invariants::Evidence;
use crate::proof::postgres::Server;
use crate::proof::process::{GLANCE, Process, Settings, free_port};
use crate::support::redis::Redis;

/// How long a process may take until it is ready again, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything is private to the scenario and ends with it.
pub struct Site {
    /// The election, whose organiser is signed in at the first process.
    pub open: OpenElection,
    /// The services.
    pub processes: Vec<Process>,
    /// Where each of them shows its metrics.
    metrics: Vec<String>,
    /// Carries their announcements.
    pub redis: Redis,
    /// Their database.
    pub postgres: Server,
    /// Their mail server.
    pub sink: Sink,
}

impl Site {
    /// So many processes, and an election of so many voters.
    pub async fn set(number: usize, voters: usize) -> Self {
        let sink = Sink::bind("127.0.0.1:0").await.unwrap();
        let (postgres, redis) = (Server::start().await, Redis::start().await);
        let (mut processes, mut metrics) = (Vec::new(), Vec::new());
        for _ in 0..number {
            let shown_at = format!("127.0.0.1:{}", free_port());
            let settings = Settings::new(postgres.url(), sink.address())
                .with("UVOTE_PEERS", "shared")
                .with("REDIS_URL", redis.url().expose_secret())
                .with("UVOTE_METRICS_BIND", &shown_at);
            processes.push(Process::start(settings).await);
            metrics.push(format!("http://{shown_at}"));
        }
        let open = OpenElection::new(&processes[0].url(), &sink, &postgres.owner_url(), voters).await;
        Self { open, processes, metrics, redis, postgres, sink }
    }

    /// Where the processes listen.
    pub fn urls(&self) -> Vec<String> {
        self.processes.iter().map(Process::url).collect()
    }

    /// All that there is, as the first process shows it.
    pub async fn evidence(&self) -> Evidence<'_> {
        Evidence {
            open: &self.open,
            url: self.processes[0].url(),
            superuser: self.postgres.superuser().await,
            data: vec![self.postgres.data()],
            logs: self.processes.iter().map(Process::log).chain([self.postgres.log()]).collect(),
        }
    }

    /// Starts a dead process again, as often as a supervisor would: one that does not reach Redis ends.
    pub async fn revive(&mut self, place: usize) {
        let process = &mut self.processes[place];
        let (client, deadline) =
            (process.client().patient(Duration::from_secs(5)), Instant::now() + PATIENCE);
        process.rise();
        while !matches!(client.get("/health/ready").await, Ok((status, _)) if status.is_success()) {
            process.supervise();
            assert!(Instant::now() < deadline, "it is not ready: {}", process.last_words());
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// The ballots of the election, as its head has them.
    pub async fn counted(&self) -> u64 {
        self.open.counted(&self.postgres.superuser().await).await.unsigned_abs()
    }

    /// A metric of each process, such as `uvote_sockets`; 0 where it has not been moved.
    pub async fn metric(&self, name: &str) -> Vec<f64> {
        let mut values = Vec::new();
        for url in &self.metrics {
            let client = Client::new(url).unwrap();
            let request = Request::get("/metrics").body(whole("")).unwrap();
            let answer = client.send(request).await.unwrap();
            let text = String::from_utf8(answer.body().to_vec()).unwrap();
            let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
            values.push(value.unwrap_or(0.0));
        }
        values
    }
}
