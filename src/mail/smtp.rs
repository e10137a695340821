//! Handing mails over to the SMTP server.

mod connections;
mod server;

use std::{
    error::Error as _,
    fmt::{self, Display, Formatter},
    time::Duration,
};

use lettre::{
    Address, Message,
    address::Envelope,
    transport::smtp::{
        Error,
        client::AsyncSmtpConnection,
        commands::{Data, Mail, Noop, Rcpt, Rset},
        extension::{Extension, MailBodyParameter, MailParameter, ServerInfo},
    },
};
use tokio::{sync::Semaphore, time::timeout};
use url::Url;

use self::{connections::Connections, server::Server};
use super::{SendError, letter::one_line};
use crate::breaker::{self, Breaker};

const PROBE_DEADLINE: Duration = Duration::from_secs(10);
/// Long enough for a server that scans or delays mail before it answers.
const SEND_DEADLINE: Duration = Duration::from_secs(120);
/// What a server says when it refuses the service's own sign-in (RFC 4954, section 6): the setting
/// is wrong and not the voter's address, so that the mail is worth another try.
const SIGN_IN_REFUSED: [u16; 4] = [530, 534, 535, 538];
const LONGEST_REPLY_CHARS: usize = 300;

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{}", describe(.0))]
    Told(#[from] Error),
    #[error("The mail server did not answer in time.")]
    Silence,
    #[error("The mail server takes no address with other than ASCII characters (SMTPUTF8).")]
    Address,
    #[error("The mail server takes no sender or contact with other than ASCII characters.")]
    Header,
}

impl Failure {
    /// Whether the server is out of order; one that refuses a mail is not.
    fn is_outage(&self) -> bool {
        match self {
            Self::Told(error) => error.status().is_none() && !error.is_client() && !error.is_response(),
            Self::Silence => true,
            Self::Address | Self::Header => false,
        }
    }
}

/// One SMTP server.
pub(super) struct Smtp {
    connections: Connections,
    permits: Semaphore,
    pub(super) breaker: Breaker,
    pub(super) send_deadline: Duration,
}

impl Smtp {
    pub(super) fn new(url: &Url, most_connections: u32) -> Result<Self, String> {
        Ok(Self {
            connections: Connections::new(Server::new(url)?),
            permits: Semaphore::new(most_connections.max(1) as usize),
            breaker: Breaker::new("mail"),
            send_deadline: SEND_DEADLINE,
        })
    }

    pub(super) async fn send(&self, message: &Message) -> Result<(), SendError> {
        let _permit = self.permits.acquire().await;
        let exchange = async {
            let handed_over = timeout(self.send_deadline, self.hand_over(message)).await;
            handed_over.unwrap_or(Err(Failure::Silence))
        };
        self.breaker.call(Failure::is_outage, exchange).await.map_err(|error| match error {
            breaker::Error::Inner(failure) => judge(&failure),
            breaker::Error::Rejected => SendError::Postponed,
        })
    }

    /// Whether the server is there and lets the service in.
    pub(super) async fn answers(&self) -> bool {
        let greeting = async {
            let _permit = self.permits.acquire().await;
            self.connections.open(|_| Ok(Noop)).await.map(|connection| self.connections.keep(connection))
        };
        matches!(timeout(PROBE_DEADLINE, greeting).await, Ok(Ok(())))
    }

    /// Hangs up on connections that have been idle for longer.
    pub(super) async fn close_idle(&self, most: Duration) {
        self.connections.close_idle(most).await;
    }

    async fn hand_over(&self, message: &Message) -> Result<(), Failure> {
        let (envelope, text) = (message.envelope(), message.formatted());
        let text = String::from_utf8_lossy(&text);
        let sender = |server: &ServerInfo| {
            Ok(Mail::new(envelope.from().cloned(), parameters(server, envelope, &text)?))
        };
        let mut connection = self.connections.open(sender).await?;
        let taken = recite(&mut connection, envelope, &text).await;
        let in_step = match &taken {
            Ok(()) => true,
            Err(error) => error.status().is_some() && connection.command(Rset).await.is_ok(),
        };
        if in_step {
            self.connections.keep(connection);
        }
        Ok(taken?)
    }
}

/// What has to be agreed on before anything but ASCII can be sent.
fn parameters(server: &ServerInfo, envelope: &Envelope, text: &str) -> Result<Vec<MailParameter>, Failure> {
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    let mut parameters = Vec::new();
    if !envelope.to().iter().chain(envelope.from()).all(is_ascii) {
        if !server.supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure::Address);
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !text.is_ascii() {
        if !server.supports_feature(Extension::EightBitMime) {
            return Err(Failure::Header);
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}

async fn recite(connection: &mut AsyncSmtpConnection, envelope: &Envelope, text: &str) -> Result<(), Error> {
    for recipient in envelope.to() {
        connection.command(Rcpt::new(recipient.clone(), Vec::new())).await?;
    }
    connection.command(Data).await?;
    connection.command(Text(text)).await?;
    Ok(())
}

/// A message up to the dot at its end, written at once: lettre writes the dot apart, where it would
/// wait for the server to acknowledge the text before it, which a server puts off by 40 ms.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // A line that begins with a dot gets another one (RFC 5321, section 4.5.2).
        let text = self.0.replace("\r\n.", "\r\n..");
        let dot = if text.starts_with('.') { "." } else { "" };
        write!(f, "{dot}{text}\r\n.\r\n")
    }
}

fn is_sign_in(error: &Error) -> bool {
    error.status().is_some_and(|code| SIGN_IN_REFUSED.contains(&code.into()))
}

fn judge(failure: &Failure) -> SendError {
    let refused = match failure {
        Failure::Told(error) => error.is_permanent() && !is_sign_in(error),
        Failure::Address => true,
        Failure::Header | Failure::Silence => false,
    };
    let text = failure.to_string();
    if refused { SendError::Permanent(text) } else { SendError::Transient(text) }
}

fn describe(error: &Error) -> String {
    let reason = error.source().map(ToString::to_string).unwrap_or_default();
    let text = match error.status().map(u16::from) {
        Some(code) => format!("{code} {reason}"),
        None if error.is_tls() => format!("No secure connection to the mail server: {reason}"),
        None if error.is_client() || error.is_response() => reason,
        None => format!("The mail server can't be reached: {reason}"),
    };
    one_line(&text).chars().take(LONGEST_REPLY_CHARS).collect()
}
