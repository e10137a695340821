//! One SMTP connection.

use std::{io, mem, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{Fault, Mail, desk::Desk};

/// The largest mail, in bytes, as announced with SIZE (RFC 1870).
const LARGEST_MAIL: usize = 10 * 1024 * 1024;
const LONGEST_LINE: u64 = 1024 * 1024;

/// Talks SMTP with `stream` until the client leaves.
pub(super) async fn serve(stream: TcpStream, desk: Arc<Desk>) {
    // A client that breaks off in the middle is no error of the sink.
    let _ = Session::new(stream, desk).talk().await;
}

#[derive(Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
    drop_after_data: bool,
    delay: Duration,
}

enum Next {
    Command,
    Data,
    Leave,
}

struct Session {
    wire: BufReader<TcpStream>,
    replies: Vec<u8>,
    desk: Arc<Desk>,
    envelope: Envelope,
}

impl Session {
    fn new(stream: TcpStream, desk: Arc<Desk>) -> Self {
        Self { wire: BufReader::new(stream), replies: Vec::new(), desk, envelope: Envelope::default() }
    }

    async fn talk(&mut self) -> io::Result<()> {
        self.wire.get_ref().set_nodelay(true)?;
        self.reply("220 sink.example ESMTP");
        let mut line = Vec::new();
        while self.read_line(&mut line).await? {
            match self.obey(&String::from_utf8_lossy(&line)) {
                Next::Command => {}
                Next::Data => {
                    if !self.receive().await? {
                        return Ok(());
                    }
                }
                Next::Leave => break,
            }
        }
        self.flush().await
    }

    fn obey(&mut self, line: &str) -> Next {
        let line = line.trim_end();
        let verb = line.get(..4).unwrap_or(line).to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => self.greet(),
            "HELO" => self.reply("250 sink.example"),
            "MAIL" => self.start_mail(line),
            "RCPT" => self.add_recipient(line),
            "DATA" if self.envelope.to.is_empty() => self.reply("554 5.5.1 No valid recipients"),
            "DATA" => {
                self.reply("354 End with a dot on a line of its own");
                return Next::Data;
            }
            "RSET" => {
                self.envelope = Envelope::default();
                self.reply("250 2.0.0 Forgotten");
            }
            "NOOP" => self.reply("250 2.0.0 Nothing done"),
            "VRFY" => self.reply("252 2.1.5 Send it and see"),
            "QUIT" => {
                self.reply("221 2.0.0 Goodbye");
                return Next::Leave;
            }
            _ => self.reply("500 5.5.2 Unknown command"),
        }
        Next::Command
    }

    fn greet(&mut self) {
        self.envelope = Envelope::default();
        self.reply("250-sink.example");
        self.reply("250-PIPELINING");
        self.reply(&format!("250-SIZE {LARGEST_MAIL}"));
        self.reply("250-8BITMIME");
        self.reply("250-ENHANCEDSTATUSCODES");
        self.reply("250 SMTPUTF8");
    }

    fn start_mail(&mut self, line: &str) {
        let Some(from) = address_in(line) else {
            return self.reply("501 5.5.4 Write MAIL FROM:<address>");
        };
        if self.envelope.from.is_some() {
            return self.reply("503 5.5.1 A mail is already under way");
        }
        self.envelope.from = Some(from);
        self.reply("250 2.1.0 Sender taken");
    }

    fn add_recipient(&mut self, line: &str) {
        if self.envelope.from.is_none() {
            return self.reply("503 5.5.1 MAIL comes first");
        }
        let Some(to) = address_in(line).filter(|to| !to.is_empty()) else {
            return self.reply("501 5.5.4 Write RCPT TO:<address>");
        };
        match self.desk.fault_for(&to) {
            Some(Fault::Refuse(code, text)) => return self.reply(&format!("{code} {text}")),
            Some(Fault::DropAfterData) => self.envelope.drop_after_data = true,
            Some(Fault::Delay(time)) => self.envelope.delay = self.envelope.delay.max(time),
            None => {}
        }
        self.envelope.to.push(to);
        self.reply("250 2.1.5 Recipient taken");
    }

    /// Reads a mail and hands it in; false when the connection is to end without an answer.
    async fn receive(&mut self) -> io::Result<bool> {
        let Some(raw) = self.read_message().await? else {
            return Ok(false);
        };
        let envelope = mem::take(&mut self.envelope);
        if raw.len() > LARGEST_MAIL {
            self.reply("552 5.3.4 The mail is too large");
            return Ok(true);
        }
        self.desk.deliver(Mail {
            from: envelope.from.unwrap_or_default(),
            to: envelope.to,
            raw: Bytes::from(raw),
        });
        if !envelope.delay.is_zero() {
            tokio::time::sleep(envelope.delay).await;
        }
        self.reply("250 2.0.0 Mail taken");
        Ok(!envelope.drop_after_data)
    }

    /// Reads up to the lonely dot; `None` when the client is gone before it.
    async fn read_message(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut message = Vec::new();
        let mut line = Vec::new();
        while self.read_line(&mut line).await? {
            if line == b".\r\n" {
                return Ok(Some(message));
            }
            // What is beyond the limit is read, so that the client gets an answer, and not kept.
            if message.len() <= LARGEST_MAIL {
                message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            }
        }
        Ok(None)
    }

    /// Reads a line with its end; false when there is none left. Replies are held back while
    /// the client has further lines under way (PIPELINING, RFC 2920).
    async fn read_line(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        line.clear();
        if !self.wire.buffer().contains(&b'\n') {
            self.flush().await?;
        }
        let mut limited = (&mut self.wire).take(LONGEST_LINE);
        limited.read_until(b'\n', line).await?;
        Ok(line.ends_with(b"\n"))
    }

    fn reply(&mut self, text: &str) {
        self.replies.extend_from_slice(text.as_bytes());
        self.replies.extend_from_slice(b"\r\n");
    }

    async fn flush(&mut self) -> io::Result<()> {
        if !self.replies.is_empty() {
            self.wire.write_all(&self.replies).await?;
            self.replies.clear();
        }
        Ok(())
    }
}

/// The address between the angle brackets of `MAIL FROM:<...>` or `RCPT TO:<...>`.
fn address_in(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    Some(address.to_owned())
}
