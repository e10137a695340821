//! Sends mails with a link each over one SMTP connection, pipelined.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

type Wire = BufReader<TcpStream>;

/// Sends each recipient the link, which is a path with a fragment.
pub async fn send(smtp: SocketAddr, mails: Vec<(String, String)>) {
    let mut wire = BufReader::new(TcpStream::connect(smtp).await.unwrap());
    expect(&mut wire, "220").await;
    say(&mut wire, "HELO fake\r\n").await;
    expect(&mut wire, "250").await;
    for (to, link) in mails {
        say(&mut wire, &format!("MAIL FROM:<vote@fake.example>\r\nRCPT TO:<{to}>\r\nDATA\r\n")).await;
        for code in ["250", "250", "354"] {
            expect(&mut wire, code).await;
        }
        let text = format!("Subject: For you\r\n\r\nGo to http://fake.example/{link} now.\r\n.\r\n");
        say(&mut wire, &text).await;
        expect(&mut wire, "250").await;
    }
}

async fn say(wire: &mut Wire, text: &str) {
    wire.write_all(text.as_bytes()).await.unwrap();
}

async fn expect(wire: &mut Wire, code: &str) {
    let mut line = String::new();
    wire.read_line(&mut line).await.unwrap();
    assert!(line.starts_with(code), "{line}");
}
