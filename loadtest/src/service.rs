//! The service under load: one that is running somewhere, or one of this program's own.

mod own;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};

use crate::client::{Client, ClientError};
use crate::database::Database;
use crate::organiser::{Credentials, Organiser};
use crate::sink::{Mail, Sink};
pub use own::{Ending, Own};

/// How to reach the service, the same for every scenario.
#[derive(Clone, Debug, clap::Args)]
pub struct Service {
    /// Where the service listens
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// Trust the authorities in this PEM file, besides those of the system, for an https address
    #[arg(long, conflicts_with = "start_own")]
    pub ca: Option<PathBuf>,
    /// Where this program receives mail: the service must have been started with
    /// SMTP_URL=smtp:// and this address
    #[arg(long, default_value = "127.0.0.1:2525")]
    pub smtp_bind: SocketAddr,
    /// An existing account to use instead of registering one
    #[arg(long, requires = "password")]
    pub email: Option<String>,
    /// The password of that account
    #[arg(long, requires = "email")]
    pub password: Option<String>,
    /// Start a service of its own, with its own PostgreSQL and on free ports, and end it afterwards
    #[arg(long = "self", conflicts_with_all = ["url", "smtp_bind", "email"])]
    pub start_own: bool,
    /// The program to start; the `uvote` beside this one unless told otherwise
    #[arg(long, requires = "start_own")]
    pub binary: Option<PathBuf>,
    /// Write the report to this file, as JSON
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Write the report to this file, as a page with plots
    #[arg(long)]
    pub report: Option<PathBuf>,
    #[arg(skip)]
    own: Option<Arc<Own>>,
}

impl Service {
    /// Starts a service if the command line asked for one, and points everything at it.
    ///
    /// # Errors
    /// When it can't be started.
    pub async fn start(&mut self) -> Result<()> {
        if self.start_own {
            let (http, smtp) = (free_address()?, free_address()?);
            self.url = format!("http://{http}");
            self.smtp_bind = smtp;
            self.own = Some(Arc::new(Own::start(self.binary.as_deref(), http, smtp).await?));
        }
        Ok(())
    }

    /// Ends the service that was started, waits for it and removes its data.
    pub fn stop(&mut self) {
        self.own = None;
    }

    /// The service that was started, if one was.
    #[must_use]
    pub fn own(&self) -> Option<&Own> {
        self.own.as_deref()
    }

    /// Has a PostgreSQL of our own write its checkpoint, as it does in the hours that lie between a
    /// roll and its vote. Right after an import there are no old log files to write on yet, and a
    /// run would measure how long the system takes to make new ones.
    ///
    /// # Errors
    /// When the database can't be reached.
    pub async fn settle(&self) -> Result<()> {
        match self.own() {
            Some(own) => Database::connect(&own.database()?).await?.run("CHECKPOINT").await,
            None => Ok(()),
        }
    }

    /// A client of it, not signed in.
    ///
    /// # Errors
    /// When its address, or the file of `--ca`, is of no use.
    pub fn client(&self) -> Result<Client, ClientError> {
        Client::trusting(&self.url, self.ca.as_deref())
    }

    /// The version of its interface, if it says.
    pub async fn interface(&self) -> String {
        let asked = async { self.client()?.get("/api/v1/openapi.json").await };
        let version =
            asked.await.ok().and_then(|(_, openapi)| Some(openapi["info"]["version"].as_str()?.to_owned()));
        version.unwrap_or_else(|| "unknown".to_owned())
    }

    /// The port that the service itself listens at on this machine.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn local_port(&self) -> Result<u16, &'static str> {
        let client = self.client().map_err(|_| "the service has no address")?;
        if client.authority().is_secure() {
            return Err("a proxy that ends TLS stands in front of the service");
        }
        let address = client.authority().as_str().rsplit_once(':');
        let (host, port) = address.ok_or("the service has no port")?;
        let host = host.trim_matches(['[', ']']);
        let local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        port.parse().ok().filter(|_| local).ok_or("the service runs on another machine")
    }

    /// Receives mail, which `handler` may take out of the stream.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn receive_mail(
        &self,
        handler: impl Fn(Mail) -> Option<Mail> + Send + Sync + 'static,
    ) -> Result<Sink> {
        Sink::bind_with(self.smtp_bind, handler)
            .await
            .with_context(|| format!("can't receive mail at {}", self.smtp_bind))
    }

    /// A signed-in organiser: the account that was named, or a new one.
    ///
    /// # Errors
    /// When the service refuses, or the verification mail does not come.
    pub async fn organiser(&self, sink: &Sink, run: &str) -> Result<Organiser> {
        let client = self.client()?;
        let account = match (&self.email, &self.password) {
            (Some(email), Some(password)) => Credentials { email: email.clone(), password: password.clone() },
            _ => {
                let account = Credentials::random(run);
                Organiser::register(&client, sink, &account).await?;
                account
            }
        };
        Organiser::sign_in(&client, &account).await
    }
}

/// An address that nobody listens at; given back at once, for somebody else to bind.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("looking for a free port")?;
    Ok(listener.local_addr()?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        service: Service,
    }

    fn read(line: &[&str]) -> Result<Service, clap::Error> {
        Line::try_parse_from([&["loadtest"], line].concat()).map(|line| line.service)
    }

    #[test]
    fn a_port_of_this_machine_is_told_from_one_elsewhere() {
        for (url, port) in [
            ("http://127.0.0.1:8080", Some(8080)),
            ("http://localhost", Some(80)),
            ("http://[::1]:81", Some(81)),
            ("http://vote.example.org:8080", None),
            ("https://127.0.0.1:8443", None),
            ("http://192.0.2.1:8080", None),
        ] {
            assert_eq!(read(&["--url", url]).unwrap().local_port().ok(), port, "{url}");
        }
    }

    #[test]
    fn a_service_of_its_own_is_not_looked_for_elsewhere() {
        assert!(read(&["--self"]).unwrap().start_own);
        assert!(read(&["--self", "--url", "http://127.0.0.1:8080"]).is_err());
        assert!(read(&["--binary", "uvote"]).is_err());
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_told_with_what_to_do() {
        let mut service = read(&["--self", "--binary", "/nonexistent/uvote"]).unwrap();
        let message = format!("{:#}", service.start().await.unwrap_err());
        assert!(message.contains("/nonexistent/uvote") && message.contains("--binary"), "{message}");
    }

    #[tokio::test]
    async fn a_program_that_ends_at_once_is_told_with_its_last_words() {
        let mut service = read(&["--self", "--binary", "/bin/cat"]).unwrap();
        let message = format!("{:#}", service.start().await.unwrap_err());
        assert!(message.contains("ended") && message.contains("cat"), "{message}");
        assert!(service.own().is_none());
    }
}
