#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::*;

struct Sender {
    wire: BufReader<TcpStream>,
}

impl Sender {
    async fn to(sink: &Sink) -> Self {
        let stream = TcpStream::connect(sink.address()).await.unwrap();
        let mut sender = Self { wire: BufReader::new(stream) };
        assert!(sender.reply().await.starts_with("220 "));
        sender
    }

    async fn write(&mut self, text: &str) {
        self.wire.write_all(text.as_bytes()).await.unwrap();
    }

    async fn reply(&mut self) -> String {
        let mut line = String::new();
        self.wire.read_line(&mut line).await.unwrap();
        line.trim_end().to_owned()
    }

    async fn say(&mut self, line: &str) -> String {
        self.write(&format!("{line}\r\n")).await;
        self.reply().await
    }

    async fn mail(&mut self, to: &str, message: &str) -> String {
        self.write(&format!("MAIL FROM:<a@b.example>\r\nRCPT TO:<{to}>\r\n")).await;
        assert!(self.reply().await.starts_with("250"));
        let taken = self.reply().await;
        if !taken.starts_with("250") {
            return taken;
        }
        assert!(self.say("DATA").await.starts_with("354"));
        self.say(&format!("{message}\r\n.")).await
    }
}

async fn sink() -> Sink {
    Sink::bind("127.0.0.1:0").await.unwrap()
}

const INVITATION: &str = "Message-ID: <7@uvote.example>\r\n\
    Subject: =?utf-8?Q?Your_vote=3A_K=C3=B6ln?=\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: multipart/alternative; boundary=part\r\n\r\n\
    --part\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\r\n\
    See https://uvote.example/about, then vote:\r\n\
    https://uvote.example/vote/42#abc=\r\ndef_-\r\n\
    --part\r\nContent-Type: text/html\r\n\r\n<p>Vote</p>\r\n--part--";

#[tokio::test]
async fn a_mail_is_kept_with_its_envelope_and_decoded() {
    let sink = sink().await;
    let mut sender = Sender::to(&sink).await;
    assert_eq!(sender.mail("Ann@Roll.example", INVITATION).await, "250 2.0.0 Mail taken");
    let mail = sink.mail_to("ann@roll.example").await.unwrap();
    assert_eq!(mail.from, "a@b.example");
    assert_eq!(mail.message_id().unwrap(), "7@uvote.example");
    assert_eq!(mail.subject().unwrap(), "Your vote: Köln");
    assert_eq!(mail.header("mime-version").unwrap(), "1.0");
    assert_eq!(mail.html().unwrap(), "<p>Vote</p>");
    assert_eq!(mail.link().unwrap(), "https://uvote.example/vote/42#abcdef_-");
}

#[tokio::test]
async fn ehlo_names_what_the_sink_can_do() {
    let sink = sink().await;
    let mut sender = Sender::to(&sink).await;
    sender.write("EHLO me\r\n").await;
    let mut offers = Vec::new();
    loop {
        let line = sender.reply().await;
        offers.push(line[4..].to_owned());
        if line.starts_with("250 ") {
            break;
        }
    }
    for extension in ["PIPELINING", "SIZE 10485760", "8BITMIME", "SMTPUTF8"] {
        assert!(offers.iter().any(|offer| offer == extension), "{offers:?}");
    }
}

#[tokio::test]
async fn stuffed_dots_are_taken_off() {
    let sink = sink().await;
    let mut sender = Sender::to(&sink).await;
    sender.mail("a@b.example", "Subject: x\r\n\r\n..\r\n...two\r\nend.").await;
    let mail = sink.mail_to("a@b.example").await.unwrap();
    assert_eq!(&mail.raw[..], b"Subject: x\r\n\r\n.\r\n..two\r\nend.\r\n");
}

#[tokio::test]
async fn several_mails_pass_over_one_connection_and_are_taken_in_their_order() {
    let sink = sink().await;
    let mut sender = Sender::to(&sink).await;
    for subject in ["one", "two", "three"] {
        sender.mail("a@b.example", &format!("Subject: {subject}\r\n")).await;
    }
    let two = sink.mail_where(|mail| mail.subject().as_deref() == Some("two")).await.unwrap();
    assert!(two.is_to("a@b.example"));
    for subject in ["one", "three"] {
        let mail = sink.mail_to("a@b.example").await.unwrap();
        assert_eq!(mail.subject().unwrap(), subject);
    }
    assert_eq!((sink.count(), sink.mails().len()), (3, 3));
}

#[tokio::test]
async fn a_waiting_reader_is_woken_by_the_mail() {
    let sink = sink().await;
    let mut sender = Sender::to(&sink).await;
    let (mail, _) =
        tokio::join!(sink.mail_to("late@b.example"), sender.mail("late@b.example", "Subject: x\r\n"));
    assert_eq!(mail.unwrap().to, ["late@b.example"]);
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_never_comes_is_an_error_that_names_the_setting() {
    let sink = sink().await;
    let error = sink.mail_to("nobody@b.example").await.unwrap_err();
    let expected = format!("SMTP_URL=smtp://{}", sink.address());
    assert!(error.to_string().contains(&expected), "{error}");
}

#[tokio::test]
async fn commands_out_of_order_are_refused() {
    let sink = sink().await;
    let mut sender = Sender::to(&sink).await;
    assert!(sender.say("RCPT TO:<a@b.example>").await.starts_with("503"));
    assert!(sender.say("DATA").await.starts_with("554"));
    assert!(sender.say("MAIL FROM: nobody").await.starts_with("501"));
    assert!(sender.say("HELP").await.starts_with("500"));
    assert!(sender.say("NOOP").await.starts_with("250"));
    assert!(sender.say("RSET").await.starts_with("250"));
    assert!(sender.say("QUIT").await.starts_with("221"));
    assert_eq!(sender.reply().await, "");
}

#[tokio::test]
async fn chosen_recipients_are_refused_until_the_sink_is_healed() {
    let sink = sink().await;
    sink.fail(|to| to.starts_with("full@").then(|| Fault::Refuse(452, "4.2.2 Mailbox full".into())));
    let mut sender = Sender::to(&sink).await;
    assert_eq!(sender.mail("full@b.example", "x").await, "452 4.2.2 Mailbox full");
    sender.say("RSET").await;
    assert!(sender.mail("free@b.example", "x").await.starts_with("250"));
    sink.heal();
    assert!(sender.mail("full@b.example", "x").await.starts_with("250"));
}

#[tokio::test]
async fn a_connection_dropped_after_data_leaves_the_mail_but_no_answer() {
    let sink = sink().await;
    sink.fail(|_| Some(Fault::DropAfterData));
    let mut sender = Sender::to(&sink).await;
    assert_eq!(sender.mail("a@b.example", "x").await, "");
    assert_eq!(sink.count(), 1);
}

#[tokio::test]
async fn a_delayed_answer_comes_after_its_time() {
    let sink = sink().await;
    let delay = Duration::from_millis(30);
    sink.fail(move |_| Some(Fault::Delay(delay)));
    let mut sender = Sender::to(&sink).await;
    let start = std::time::Instant::now();
    assert!(sender.mail("a@b.example", "x").await.starts_with("250"));
    assert!(start.elapsed() >= delay);
}

#[tokio::test]
async fn a_mail_over_the_announced_size_is_refused() {
    let sink = sink().await;
    let mut sender = Sender::to(&sink).await;
    let line = format!("{}\r\n", "x".repeat(1022));
    let large = line.repeat(10 * 1024 + 1);
    assert!(sender.mail("a@b.example", &large).await.starts_with("552"));
    assert_eq!(sink.count(), 0);
}

#[tokio::test]
async fn a_handler_keeps_only_what_it_gives_back() {
    let sink =
        Sink::bind_with("127.0.0.1:0", |mail| mail.is_to("keep@b.example").then_some(mail)).await.unwrap();
    let mut sender = Sender::to(&sink).await;
    sender.mail("keep@b.example", "x").await;
    sender.mail("pass@b.example", "x").await;
    assert_eq!((sink.count(), sink.mails().len()), (2, 1));
}

#[tokio::test]
async fn a_sink_shut_down_frees_its_port_and_breaks_its_connections() {
    let sink = sink().await;
    let address = sink.address();
    let mut sender = Sender::to(&sink).await;
    sink.shut_down().await;
    let mut rest = Vec::new();
    let _ = sender.wire.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    assert_eq!(Sink::bind(address).await.unwrap().address(), address);
}
