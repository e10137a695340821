//! A primary and its synchronous standby: what one has acknowledged, the other has.

mod fence;
mod promotion;
mod server;
mod trap;

use uvote_loadtest::sink::Sink;

use self::server::Server;
use crate::proof::election::OpenElection;
use crate::proof::process::{Process, Settings};

/// Two servers, of which either may lead.
struct Pair {
    primary: Server,
    standby: Server,
    /// The address of both, in an order that has nothing to do with who leads.
    url: String,
}

impl Pair {
    /// Both servers, with the schema of the service.
    async fn start() -> Self {
        let (mut primary, mut standby) = (Server::new("a").await, Server::new("b").await);
        primary.lead().await;
        standby.follow(&primary).await;
        let url = address_of(&[&primary, &standby]);
        Self { primary, standby, url }
    }

    /// The standby takes over from a primary that is dead.
    async fn fail_over(&mut self) {
        self.standby.promote().await;
        std::mem::swap(&mut self.primary, &mut self.standby);
    }
}

/// How the service reaches whichever of these servers takes writes.
fn address_of(servers: &[&Server]) -> String {
    let hosts: Vec<String> = servers.iter().map(|server| format!("127.0.0.1:{}", server.port())).collect();
    format!("postgresql://uvote@{}/uvote?target_session_attrs=read-write", hosts.join(","))
}

/// A pair, a service that knows both servers, and an open election.
struct Stage {
    open: OpenElection,
    service: Process,
    pair: Pair,
    sink: Sink,
}

impl Stage {
    async fn set(voters: usize) -> Self {
        let sink = Sink::bind("127.0.0.1:0").await.unwrap();
        let pair = Pair::start().await;
        let service = Process::start(Settings::new(pair.url.clone(), sink.address())).await;
        let owner = pair.primary.address("uvote_owner", "uvote");
        let open = OpenElection::new(&service.url(), &sink, &owner, voters).await;
        Self { open, service, pair, sink }
    }
}
