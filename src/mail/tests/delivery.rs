use std::time::Duration;

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use super::*;

#[test]
fn a_setting_that_cannot_work_is_named_without_its_password() {
    let refused = |smtp, from, origin| Mailer::new(smtp, from, origin, 1).err().unwrap().to_string();
    let (from, origin) = ("vote@example.org", "https://vote.example.org");
    for url in [
        "",
        "nonsense",
        "http://me:secret@host",
        "smtp://me:secret@host?tls=maybe",
        "smtp://me:secret@host:99999",
    ] {
        let said = refused(url, from, origin);
        assert!(said.contains("SMTP_URL") && !said.contains("secret"), "{said}");
    }
    assert!(refused("smtp://host", "nobody", origin).contains("UVOTE_MAIL_FROM"));
    assert!(
        refused("smtp://host", "a <a@example.org>\r\nBcc: x@y.example", origin).contains("UVOTE_MAIL_FROM")
    );
    assert!(refused("smtp://host", from, "data:text").contains("UVOTE_ORIGIN"));
}

#[tokio::test]
async fn captured_mail_is_a_readable_file() {
    let directory = std::env::temp_dir().join(Uuid::new_v4().to_string());
    let url = Url::from_directory_path(&directory).unwrap();
    let mailer = Mailer::new(url.as_str(), "vote@example.org", "http://localhost:8080", 1).unwrap();
    assert!(mailer.probe().await);
    mailer.send(&invitation(election(), false, false)).await.unwrap();
    let file = fs::read_dir(&directory).unwrap().next().unwrap().unwrap().path();
    assert_eq!(file.extension().unwrap(), "eml");
    let bytes = fs::read(file).unwrap();
    assert!(parse(&bytes).body_text(0).unwrap().contains(LINK));
    fs::remove_dir_all(&directory).unwrap();
    assert!(!mailer.probe().await);
}

/// An SMTP server that answers each command with what `reply` says, and nothing to what it leaves
/// out. The message's end asks for the reply to `.`.
async fn smtp_server(
    reply: fn(connection: usize, verb: &str) -> Option<&'static str>,
) -> (String, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let (received, mails) = unbounded_channel();
    tokio::spawn(async move {
        for connection in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            let received = received.clone();
            tokio::spawn(converse(stream, move |verb| reply(connection, verb), received));
        }
    });
    (url, mails)
}

async fn converse(
    stream: TcpStream,
    reply: impl Fn(&str) -> Option<&'static str>,
    received: UnboundedSender<String>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test\r\n").await.ok()?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let verb = line.split_whitespace().next().unwrap_or_default().to_owned();
        let Some(answer) = reply(&verb) else { continue };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        if verb == "DATA" && answer.starts_with("354") {
            let mut mail = String::new();
            while !mail.ends_with("\r\n.\r\n") {
                stream.read_line(&mut mail).await.ok()?;
            }
            let Some(answer) = reply(".") else { continue };
            received.send(mail).ok()?;
            stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        }
    }
}

fn kind(verb: &str) -> Option<&'static str> {
    Some(match verb {
        "EHLO" => "250-test\r\n250-AUTH PLAIN\r\n250 8BITMIME",
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        "AUTH" => "235 welcome",
        _ => "250 ok",
    })
}

/// The next mail received; one that never comes fails the test and does not hang it.
async fn next(mails: &mut UnboundedReceiver<String>) -> String {
    let next = tokio::time::timeout(Duration::from_secs(10), mails.recv()).await;
    next.unwrap().unwrap()
}

fn mailer(url: &str) -> Mailer {
    Mailer::new(url, "vote@example.org", "https://vote.example.org", 2).unwrap()
}

#[tokio::test]
async fn a_server_that_accepts_gets_the_whole_mail() {
    let (url, mut mails) = smtp_server(|_, verb| kind(verb)).await;
    let mailer = mailer(&url);
    assert!(mailer.probe().await);
    mailer.send(&invitation(election(), false, false)).await.unwrap();
    let mail = next(&mut mails).await;
    assert!(parse(mail.as_bytes()).body_text(0).unwrap().contains(LINK));
}

#[tokio::test]
async fn a_refused_recipient_is_permanent_and_carries_the_servers_words() {
    let (url, _mails) = smtp_server(|_, verb| match verb {
        "RCPT" => Some("550-5.1.1 no such\r\n550 5.1.1 user here"),
        verb => kind(verb),
    })
    .await;
    let refused = mailer(&url).send(&invitation(election(), false, false)).await.unwrap_err();
    assert_eq!(refused, SendError::Permanent("550 5.1.1 no such user here".into()));
}

#[tokio::test]
async fn a_server_that_says_later_is_transient() {
    let (url, _mails) = smtp_server(|_, verb| match verb {
        "RCPT" => Some("451 4.7.1 greylisted"),
        verb => kind(verb),
    })
    .await;
    let refused = mailer(&url).send(&invitation(election(), false, false)).await.unwrap_err();
    assert_eq!(refused, SendError::Transient("451 4.7.1 greylisted".into()));
}

#[tokio::test]
async fn a_refused_sign_in_blames_no_voter_and_tells_no_secret() {
    let (url, _mails) = smtp_server(|_, verb| match verb {
        "AUTH" => Some("535 5.7.8 bad credentials"),
        verb => kind(verb),
    })
    .await;
    let mailer = mailer(&url.replace("smtp://", "smtp://me:secret@"));
    let refused = mailer.send(&invitation(election(), false, false)).await.unwrap_err();
    assert_eq!(refused, SendError::Transient("535 5.7.8 bad credentials".into()));
    assert!(!mailer.probe().await);
}

#[tokio::test]
async fn an_address_that_the_server_can_never_take_is_permanent() {
    let (url, _mails) = smtp_server(|_, verb| kind(verb)).await;
    let mut mail = invitation(election(), false, false);
    mail.to = "añá@example.org".into();
    let refused = mailer(&url).send(&mail).await.unwrap_err();
    assert!(matches!(&refused, SendError::Permanent(said) if said.contains("SMTPUTF8")), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    drop(listener);
    let mailer = mailer(&url);
    let refused = mailer.send(&invitation(election(), false, false)).await.unwrap_err();
    assert!(matches!(&refused, SendError::Transient(said) if said.contains("can't be reached")), "{refused}");
    assert!(!mailer.probe().await);
}

#[tokio::test]
async fn a_server_that_stays_away_is_left_alone_and_found_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mailer = mailer(&format!("smtp://{address}"));
    let mail = invitation(election(), false, false);
    while mailer.send(&mail).await != Err(SendError::Postponed) {}
    assert!(mailer.breaker().unwrap().is_open());
    let listener = TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move {
        while let Ok(accepted) = listener.accept().await {
            drop(accepted)
        }
    });
    // It is tried again, though this one hangs up at once.
    while mailer.send(&mail).await == Err(SendError::Postponed) {
        tokio::task::yield_now().await;
    }
}

/// The first connection falls silent at `verb`; those after it are well.
async fn send_twice_past_a_stall(reply: fn(usize, &str) -> Option<&'static str>) -> (SendError, String) {
    let (url, mut mails) = smtp_server(reply).await;
    let mut smtp = Smtp::new(&Url::parse(&url).unwrap(), 2).unwrap();
    smtp.send_deadline = Duration::from_millis(100);
    let mut mailer = mailer(&url);
    mailer.transport = Transport::Smtp(Box::new(smtp));
    let mut mail = invitation(election(), false, false);
    let stalled = mailer.send(&mail).await.unwrap_err();
    mail.to = "grace@example.org".into();
    mailer.send(&mail).await.unwrap();
    (stalled, next(&mut mails).await)
}

#[tokio::test]
async fn a_stalled_connection_is_never_given_to_the_next_mail() {
    let before_data = |connection, verb: &str| match (connection, verb) {
        (0, "RCPT") => None,
        (_, verb) => kind(verb),
    };
    let after_data = |connection, verb: &str| match (connection, verb) {
        (0, ".") => None,
        (_, verb) => kind(verb),
    };
    for reply in [before_data, after_data] as [fn(usize, &str) -> Option<&'static str>; 2] {
        let (stalled, second) = send_twice_past_a_stall(reply).await;
        assert!(matches!(stalled, SendError::Transient(_)));
        assert_eq!(second.matches("Message-ID").count(), 1);
        assert!(second.contains("grace@example.org") && !second.contains("ada@example.org"));
    }
}

#[tokio::test]
async fn a_mail_whose_caller_stops_waiting_leaves_no_trace_in_the_next() {
    let (url, mut mails) = smtp_server(|connection, verb| match (connection, verb) {
        (0, "RCPT") => None,
        (_, verb) => kind(verb),
    })
    .await;
    let mailer = mailer(&url);
    let mut mail = invitation(election(), false, false);
    assert!(tokio::time::timeout(Duration::from_millis(100), mailer.send(&mail)).await.is_err());
    mail.to = "grace@example.org".into();
    mailer.send(&mail).await.unwrap();
    assert!(next(&mut mails).await.contains("grace@example.org"));
}

/// The first connection alone refuses what `refused` names; on any other, mails are refused for good.
async fn two_mails_on_one_connection(refused: fn(&str) -> bool) -> [Result<(), SendError>; 2] {
    static REFUSALS: [&str; 2] = ["451 not here", "550 not here"];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for refusal in REFUSALS {
            let (stream, _) = listener.accept().await.unwrap();
            let (received, _mails) = unbounded_channel();
            let reply = move |verb: &str| {
                if refused(verb) || refusal.starts_with("550") { Some(refusal) } else { kind(verb) }
            };
            tokio::spawn(async move {
                let _mails = _mails;
                converse(stream, reply, received).await
            });
        }
    });
    let mailer = mailer(&url);
    let mail = invitation(election(), false, false);
    [mailer.send(&mail).await, mailer.send(&mail).await]
}

#[tokio::test]
async fn mails_follow_each_other_on_one_connection() {
    assert_eq!(two_mails_on_one_connection(|_| false).await, [Ok(()), Ok(())]);
}

#[tokio::test]
async fn a_refused_mail_does_not_cost_the_connection() {
    let later = || Err(SendError::Transient("451 not here".into()));
    assert_eq!(two_mails_on_one_connection(|verb| verb == "RCPT").await, [later(), later()]);
}

#[tokio::test]
async fn a_connection_that_the_server_has_closed_costs_no_mail() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mailer = mailer(&format!("smtp://{}", listener.local_addr().unwrap()));
    let mail = invitation(election(), false, false);
    let (received, mut mails) = unbounded_channel();
    for _ in 0..2 {
        let serve = async {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::select! {
                _ = converse(stream, kind, received.clone()) => {}
                mail = next(&mut mails) => drop(mail),
            }
        };
        // The server hangs up as soon as it has the mail and the answer is on its way.
        let both = futures_util::future::join(mailer.send(&mail), serve);
        let (sent, ()) = tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
        sent.unwrap();
    }
}

#[tokio::test]
async fn a_connection_nobody_needs_is_closed_with_a_goodbye() {
    let (url, _mails) = smtp_server(|connection, verb| match (connection, verb) {
        (1, "MAIL") => Some("550 the second connection"),
        (_, verb) => kind(verb),
    })
    .await;
    let mailer = mailer(&url);
    let mail = invitation(election(), false, false);
    mailer.send(&mail).await.unwrap();
    mailer.close_idle().await;
    mailer.send(&mail).await.unwrap();
    let Transport::Smtp(smtp) = &mailer.transport else { unreachable!("it sends by SMTP") };
    smtp.close_idle(Duration::ZERO).await;
    assert!(matches!(mailer.send(&mail).await, Err(SendError::Permanent(_))));
}

#[tokio::test]
async fn a_line_that_begins_with_a_dot_does_not_end_the_mail() {
    let (url, mut mails) = smtp_server(|_, verb| kind(verb)).await;
    let mut words = election();
    words.message = Some(".\nThe rest.\n..".into());
    mailer(&url).send(&invitation(words, false, false)).await.unwrap();
    let mail = next(&mut mails).await.replace("\r\n..", "\r\n.");
    let text = parse(mail.as_bytes()).body_text(0).unwrap().into_owned();
    assert!(text.contains("\n.\nThe rest.\n..\n") || text.contains("\r\n.\r\nThe rest.\r\n..\r\n"), "{text}");
}

#[test]
fn a_mailer_may_outlive_the_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mailer = runtime.block_on(async {
        let (url, _mails) = smtp_server(|_, verb| kind(verb)).await;
        let mailer = mailer(&url);
        assert!(mailer.probe().await);
        mailer
    });
    drop(runtime);
    drop(mailer);
}
