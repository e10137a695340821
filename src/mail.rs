//! Sending e-mail: each mail is composed from its content and handed to the SMTP server, or, where
//! mail is captured, written to a directory as an `.eml` file.

mod letter;
mod smtp;
#[cfg(test)]
mod tests;

use std::{fs, io, path::PathBuf, time::Duration};

use lettre::{AsyncFileTransport, AsyncTransport, Message, Tokio1Executor, message::Mailbox};
use url::Url;

pub use letter::{Content, ElectionWords, Mail, Preview, preview};
use letter::{Letterhead, compose, one_line};
use smtp::Smtp;

use crate::breaker::Breaker;

/// How long a connection may lie idle; servers hang up after minutes.
const MOST_IDLE: Duration = Duration::from_secs(60);

/// Why the mailer can't start. No message repeats the URL, for it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum MailConfigError {
    /// The URL doesn't name a server or directory.
    #[error(
        "SMTP_URL can't be used ({0}): write smtp://host, smtps://user:password@host or file:///directory"
    )]
    Url(String),
    /// The sender isn't one mailbox.
    #[error("UVOTE_MAIL_FROM can't be used: write one mailbox, such as Elections <vote@example.org>")]
    From,
    /// The origin has no host to name in message ids.
    #[error("UVOTE_ORIGIN can't be used: write a URL with a host, such as https://vote.example.org")]
    Origin,
    /// The directory for captured mail can't be made.
    #[error("the mail directory {path} can't be made: choose one that the service may write to")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Why a mail was not accepted, in words fit for an organiser.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Sending it again would fail again: the address is bad or the server refuses it.
    #[error("{0}")]
    Permanent(String),
    /// It may succeed later.
    #[error("{0}")]
    Transient(String),
    /// It was not tried, for the server has been out of reach for a while.
    #[error("The mail server can't be reached.")]
    Postponed,
}

enum Transport {
    Smtp(Box<Smtp>),
    Directory { path: PathBuf, files: AsyncFileTransport<Tokio1Executor> },
}

/// Sends mails; shared by all who do.
pub struct Mailer {
    letterhead: Letterhead,
    transport: Transport,
}

impl Mailer {
    /// A mailer for `smtp://` (with `?tls=required` or `?tls=opportunistic`), `smtps://` or
    /// `file:///directory`, which is made when it is missing.
    ///
    /// `from` is the sender's mailbox, `origin` the service's own URL, and `most_connections` the
    /// number of mails under way to the server at once.
    ///
    /// # Errors
    /// [`MailConfigError`] names the setting that can't be used. No connection is tried.
    pub fn new(
        smtp_url: &str,
        from: &str,
        origin: &str,
        most_connections: u32,
    ) -> Result<Self, MailConfigError> {
        Ok(Self { letterhead: letterhead(from, origin)?, transport: transport(smtp_url, most_connections)? })
    }

    /// Sends one mail and returns when the server has accepted it. Sending it again repeats the
    /// Message-ID. Whether the mail of a caller that stops waiting goes out is left open.
    ///
    /// # Errors
    /// [`SendError`] tells whether trying again can help.
    pub async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        let message = compose(mail, &self.letterhead)?;
        match &self.transport {
            Transport::Smtp(smtp) => smtp.send(&message).await,
            Transport::Directory { files, .. } => write(files, message).await,
        }
    }

    /// Closes connections that have been idle for a minute; to be called now and then.
    pub async fn close_idle(&self) {
        if let Transport::Smtp(smtp) = &self.transport {
            smtp.close_idle(MOST_IDLE).await;
        }
    }

    /// What stands before the SMTP server.
    pub fn breaker(&self) -> Option<&Breaker> {
        match &self.transport {
            Transport::Smtp(smtp) => Some(&smtp.breaker),
            Transport::Directory { .. } => None,
        }
    }

    /// Whether mail can be handed over now: the server answers, or the directory is there.
    pub async fn probe(&self) -> bool {
        match &self.transport {
            Transport::Smtp(smtp) => smtp.answers().await,
            Transport::Directory { path, .. } => {
                tokio::fs::metadata(path).await.is_ok_and(|found| found.is_dir())
            }
        }
    }
}

fn letterhead(from: &str, origin: &str) -> Result<Letterhead, MailConfigError> {
    if from.contains(char::is_control) {
        return Err(MailConfigError::From);
    }
    let from: Mailbox = from.parse().map_err(|_| MailConfigError::From)?;
    let origin = Url::parse(origin).map_err(|_| MailConfigError::Origin)?;
    let host = origin.host_str().ok_or(MailConfigError::Origin)?.to_owned();
    Ok(Letterhead { from, host })
}

fn transport(smtp_url: &str, most_connections: u32) -> Result<Transport, MailConfigError> {
    let url = Url::parse(smtp_url).map_err(|error| MailConfigError::Url(error.to_string()))?;
    if url.scheme() != "file" {
        let smtp = Smtp::new(&url, most_connections).map_err(MailConfigError::Url)?;
        return Ok(Transport::Smtp(Box::new(smtp)));
    }
    let path = url
        .to_file_path()
        .map_err(|()| MailConfigError::Url("not an absolute path of this machine".into()))?;
    make_private_directory(&path)
        .map_err(|source| MailConfigError::Directory { path: path.clone(), source })?;
    let files = AsyncFileTransport::new(&path);
    Ok(Transport::Directory { path, files })
}

/// Captured mails hold voting links, so that nobody else on the machine may read them.
fn make_private_directory(path: &PathBuf) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

async fn write(files: &AsyncFileTransport<Tokio1Executor>, message: Message) -> Result<(), SendError> {
    files.send(message).await.map(drop).map_err(|error| {
        SendError::Transient(format!("The mail could not be written: {}", one_line(&error.to_string())))
    })
}
