//! What can be run. A new scenario is a file here and a line in [`Scenario`].

pub mod election;
pub mod timing;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::client::Client;
use crate::organiser::{Credentials, Organiser};
use crate::report::Report;
use crate::sink::{Mail, Sink};

/// A run, with its options.
#[derive(Debug, clap::Subcommand)]
pub enum Scenario {
    /// Runs a whole election: import, invitations, votes, close, and the check of the books.
    Election(election::Options),
    /// Measures whether the time of an answer tells that an address is known.
    Timing(timing::Options),
}

impl Scenario {
    /// Runs it to its end.
    ///
    /// # Errors
    /// When the run could not be completed. Contradictions found are no error but in the report.
    pub async fn run(&self) -> Result<Report> {
        match self {
            Self::Election(options) => election::run(options).await,
            Self::Timing(options) => timing::run(options).await,
        }
    }

    /// The file that is to hold the report as JSON, if any.
    #[must_use]
    pub fn json(&self) -> Option<&PathBuf> {
        match self {
            Self::Election(options) => options.service.json.as_ref(),
            Self::Timing(options) => options.service.json.as_ref(),
        }
    }
}

/// The user ended the run.
#[derive(Debug, thiserror::Error)]
#[error("stopped; the election is left as it is, and nothing has been checked")]
pub struct Interrupted;

/// How to reach the service, the same for every scenario.
#[derive(Clone, Debug, clap::Args)]
pub struct Service {
    /// Where the service listens
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
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
    /// Write the report to this file, as JSON
    #[arg(long)]
    pub json: Option<PathBuf>,
}

impl Service {
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
        let client = Client::new(&self.url)?;
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

/// A name of which no other run has any: letters and digits.
#[must_use]
pub fn run_name() -> String {
    format!("r{}", hex::encode(rand::random::<[u8; 6]>()))
}
