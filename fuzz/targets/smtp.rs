//! A mail server that says whatever it likes, and hangs up once it has said it.
#![no_main]

use futures_util::future::join;
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use uuid::Uuid;
use uvote::language::Language;
use uvote::mail::{Content, Mail, Mailer, SendError};
use uvote_fuzz::wait;

/// A reply cut to what fits in a list of mails, behind words of the service.
const LONGEST_REASON_CHARS: usize = 400;

fuzz_target!(|replies: &[u8]| {
    let (sent, heard) = wait(exchange(replies));
    match sent {
        Ok(()) => {
            assert!(heard.ends_with(b"\r\n.\r\n"), "no mail is sent before the server has heard its end");
        }
        Err(SendError::Permanent(reason) | SendError::Transient(reason)) => {
            assert!(!reason.is_empty() && !reason.contains(char::is_control), "{reason:?}");
            assert!(reason.chars().count() <= LONGEST_REASON_CHARS, "{reason}");
        }
        Err(SendError::Postponed) => unreachable!("no server was out of reach before"),
    }
});

/// Sends a mail to a server that answers with these bytes; answers what came of it and what the server
/// has heard.
async fn exchange(replies: &[u8]) -> (Result<(), SendError>, Vec<u8>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port of loopback is free");
    let address = listener.local_addr().expect("it is bound");
    let mailer = Mailer::new(&format!("smtp://{address}"), "vote@example.org", "https://example.org", 1)
        .expect("the settings are sound");
    let send = async move { mailer.send(&mail()).await };
    let serve = async {
        let (mut connection, _) = listener.accept().await.expect("the mailer connects");
        let mut heard = Vec::new();
        // Either side may hang up on the other at any time.
        _ = connection.write_all(replies).await;
        _ = connection.shutdown().await;
        _ = connection.read_to_end(&mut heard).await;
        heard
    };
    join(send, serve).await
}

fn mail() -> Mail {
    Mail {
        id: Uuid::nil(),
        to: "ann@example.org".to_owned(),
        to_name: None,
        language: Language::default(),
        content: Content::VerifyEmail { link: "https://example.org/verify-email#code".to_owned() },
    }
}
