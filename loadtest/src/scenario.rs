//! What can be run. A new scenario is a file here and a line in [`Scenario`].

pub mod cast;
pub mod compare;
pub mod flat;
pub mod import;
mod lag;
pub mod large;
pub mod login_storm;
pub mod mail;
pub mod many;
pub mod mixed;
pub mod timing;
pub mod watch;

use std::future::Future;

use anyhow::Result;

use crate::report::Report;
pub use crate::service::Service;

/// A run, with its options.
#[derive(Debug, clap::Subcommand)]
pub enum Scenario {
    /// Runs a whole election: import, invitations, votes at a pace of one's choice, close, and the
    /// check of the books.
    #[command(visible_alias = "election")]
    Cast(cast::Options),
    /// Compares the service with pgbench and with its own tables driven one vote a transaction, in
    /// turns on one PostgreSQL.
    Compare(compare::Options),
    /// Measures whether voting goes on while very many people sign in.
    LoginStorm(login_storm::Options),
    /// Measures what a vote costs in an election that has many ballots already.
    Flat(flat::Options),
    /// Measures many elections at once against one with as many voters.
    Many(many::Options),
    /// Measures how long votes, reads and sign-ins wait beside each other.
    Mixed(mixed::Options),
    /// Measures the import of a roll.
    Import(import::Options),
    /// Measures restarts, pages of the roll, close, verification and results of a large election.
    Large(large::Options),
    /// Measures how fast invitations are queued and mailed.
    Mail(mail::Options),
    /// Measures whether the time of an answer tells that an address is known.
    Timing(timing::Options),
    /// Measures how far watchers of the turnout are behind, and what they cost, while votes are cast.
    Watch(watch::Options),
}

impl Scenario {
    /// Its name on the command line.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Cast(_) => "cast",
            Self::Compare(_) => "compare",
            Self::LoginStorm(_) => "login-storm",
            Self::Flat(_) => "flat",
            Self::Many(_) => "many",
            Self::Mixed(_) => "mixed",
            Self::Import(_) => "import",
            Self::Large(_) => "large",
            Self::Mail(_) => "mail",
            Self::Timing(_) => "timing",
            Self::Watch(_) => "watch",
        }
    }

    /// Runs it to its end and writes what it finds to the report, which keeps what was found before
    /// an error.
    ///
    /// # Errors
    /// When the run could not be completed. Contradictions found are no error but in the report.
    pub async fn run(&mut self, report: &mut Report) -> Result<()> {
        or_interrupted(self.service().start()).await?;
        let interface = self.service().interface().await;
        report.origin("Interface of the service", interface);
        let done = self.play(report).await;
        self.service().stop();
        done
    }

    async fn play(&self, report: &mut Report) -> Result<()> {
        match self {
            Self::Cast(options) => cast::run(options, report).await,
            Self::Compare(options) => compare::run(options, report).await,
            Self::LoginStorm(options) => login_storm::run(options, report).await,
            Self::Flat(options) => flat::run(options, report).await,
            Self::Many(options) => many::run(options, report).await,
            Self::Mixed(options) => mixed::run(options, report).await,
            Self::Import(options) => import::run(options, report).await,
            Self::Large(options) => large::run(options, report).await,
            Self::Mail(options) => mail::run(options, report).await,
            Self::Timing(options) => or_interrupted(timing::run(options, report)).await,
            Self::Watch(options) => watch::run(options, report).await,
        }
    }

    /// How it reaches the service, and where its report goes.
    pub fn service(&mut self) -> &mut Service {
        match self {
            Self::Cast(options) => &mut options.service,
            Self::Compare(options) => &mut options.service,
            Self::LoginStorm(options) => &mut options.service,
            Self::Flat(options) => &mut options.service,
            Self::Many(options) => &mut options.service,
            Self::Mixed(options) => &mut options.service,
            Self::Import(options) => &mut options.service,
            Self::Large(options) => &mut options.service,
            Self::Mail(options) => &mut options.service,
            Self::Timing(options) => &mut options.service,
            Self::Watch(options) => &mut options.service,
        }
    }
}

/// The user ended the run.
#[derive(Debug, thiserror::Error)]
#[error("stopped before the end")]
pub struct Interrupted;

/// Ends a phase at Ctrl-C.
///
/// # Errors
/// As the phase, or [`Interrupted`].
pub async fn or_interrupted<T>(phase: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        done = phase => done,
        _ = tokio::signal::ctrl_c() => Err(Interrupted.into()),
    }
}

/// A name of which no other run has any: letters and digits.
#[must_use]
pub fn run_name() -> String {
    format!("r{}", hex::encode(rand::random::<[u8; 6]>()))
}
