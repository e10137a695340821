//! The development inbox: reads the mails that the mailer wrote as `.eml` files to a directory.

use std::{
    fs::{self, DirEntry, File},
    io::{self, Read},
    path::{Path, PathBuf},
    time::SystemTime,
};

use mail_parser::{Address, Message, MessageParser};
use time::OffsetDateTime;

/// Enough of a file to hold the headers of any mail that the service writes.
const HEADER_BYTES: u64 = 16 * 1024;

/// A directory of captured mails. All calls block on the file system.
#[derive(Debug, Clone)]
pub struct Inbox {
    dir: PathBuf,
}

/// A mail in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Names the mail to [`Inbox::read`].
    pub id: String,
    /// The recipient's address.
    pub to: String,
    /// The subject, decoded.
    pub subject: String,
    /// When it was written.
    pub at: OffsetDateTime,
}

/// A whole mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailView {
    /// The recipient, with the name where there is one.
    pub to: String,
    /// The sender, with the name where there is one.
    pub from: String,
    /// The subject, decoded.
    pub subject: String,
    /// When it was written.
    pub at: OffsetDateTime,
    /// The text part.
    pub text: String,
    /// The HTML part, as untrusted as any mail's.
    pub html: Option<String>,
    /// The Message-ID, without its angle brackets.
    pub message_id: String,
}

/// A stretch of a mail's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The stretch itself.
    pub text: String,
    /// Whether it is an http or https URL.
    pub is_link: bool,
}

impl Inbox {
    /// The inbox of the mails in `dir`, which need not exist yet.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The `limit` newest mails, newest first. Only those are opened.
    ///
    /// # Errors
    /// When the directory can't be listed; a mail that goes away meanwhile is left out.
    pub fn list(&self, limit: usize) -> io::Result<Vec<Entry>> {
        let mut files = self.files()?;
        if limit < files.len() {
            files.select_nth_unstable_by(limit, |one, other| other.cmp(one));
            files.truncate(limit);
        }
        files.sort_unstable_by(|one, other| other.cmp(one));
        let entries = files.into_iter().filter_map(|(written, id)| self.entry(id, written));
        Ok(entries.collect())
    }

    /// The mail `id`, or `None` where there is none such.
    ///
    /// # Errors
    /// When the file is there and can't be read.
    pub fn read(&self, id: &str) -> io::Result<Option<MailView>> {
        if !is_id(id) {
            return Ok(None);
        }
        let path = self.path(id);
        let (bytes, written) = match fs::read(&path).and_then(|bytes| Ok((bytes, written(&path)?))) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            found => found?,
        };
        Ok(MessageParser::default().parse(&bytes).map(|message| view(&message, written)))
    }

    fn files(&self) -> io::Result<Vec<(SystemTime, String)>> {
        match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            found => Ok(found?.flatten().filter_map(|file| mail_file(&file)).collect()),
        }
    }

    fn entry(&self, id: String, written: SystemTime) -> Option<Entry> {
        let mut head = Vec::new();
        File::open(self.path(&id)).ok()?.take(HEADER_BYTES).read_to_end(&mut head).ok()?;
        let message = MessageParser::default().parse_headers(&head)?;
        Some(Entry {
            id,
            to: first_address(message.to()).unwrap_or_default(),
            subject: message.subject().unwrap_or_default().to_owned(),
            at: written.into(),
        })
    }

    fn path(&self, id: &str) -> PathBuf {
        self.dir.join(format!("{id}.eml"))
    }
}

/// `text` cut at its http and https URLs, in order; put together again it is the same.
#[must_use]
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((start, end)) = next_url(rest) {
        push(&mut pieces, &rest[..start], false);
        push(&mut pieces, &rest[start..end], true);
        rest = &rest[end..];
    }
    push(&mut pieces, rest, false);
    pieces
}

fn push(pieces: &mut Vec<Piece>, text: &str, is_link: bool) {
    if !text.is_empty() {
        pieces.push(Piece { text: text.to_owned(), is_link });
    }
}

/// Where the first URL starts and ends; a stop or bracket after it belongs to the sentence.
fn next_url(text: &str) -> Option<(usize, usize)> {
    let start = [text.find("https://"), text.find("http://")].into_iter().flatten().min()?;
    let url = text[start..].split(|c: char| c.is_whitespace() || "<>\"".contains(c)).next()?;
    let url = url.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']);
    Some((start, start + url.len()))
}

/// Ids are the file names that the mailer gives, UUIDs: nothing that leaves the directory passes.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}

fn mail_file(file: &DirEntry) -> Option<(SystemTime, String)> {
    let name = file.file_name();
    let id = name.to_str()?.strip_suffix(".eml").filter(|id| is_id(id))?;
    Some((file.metadata().ok()?.modified().ok()?, id.to_owned()))
}

fn written(path: &Path) -> io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}

fn view(message: &Message<'_>, written: SystemTime) -> MailView {
    MailView {
        to: mailbox(message.to()),
        from: mailbox(message.from()),
        subject: message.subject().unwrap_or_default().to_owned(),
        at: written.into(),
        text: message.body_text(0).unwrap_or_default().replace("\r\n", "\n"),
        // Asked for a part that isn't there, the parser would make HTML of the text.
        html: message
            .html_part(0)
            .filter(|part| part.is_text_html())
            .and_then(|part| part.text_contents())
            .map(str::to_owned),
        message_id: message.message_id().unwrap_or_default().to_owned(),
    }
}

fn first_address(addresses: Option<&Address<'_>>) -> Option<String> {
    addresses?.first()?.address().map(str::to_owned)
}

fn mailbox(addresses: Option<&Address<'_>>) -> String {
    let name = addresses.and_then(|all| all.first()).and_then(|first| first.name());
    let address = first_address(addresses).unwrap_or_default();
    match name {
        Some(name) => format!("{name} <{address}>"),
        None => address,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new() -> Self {
            let dir = std::env::temp_dir().join(format!("inbox-{}", Uuid::new_v4()));
            fs::create_dir(&dir).unwrap();
            Self(dir)
        }

        fn inbox(&self) -> Inbox {
            Inbox::new(self.0.clone())
        }

        /// Writes the mail whose subject is `number`, `number` seconds after the epoch.
        fn put(&self, number: u64) -> String {
            let id = Uuid::new_v4().to_string();
            let path = self.0.join(format!("{id}.eml"));
            fs::write(&path, mail(&number.to_string())).unwrap();
            let written = SystemTime::UNIX_EPOCH + Duration::from_secs(number);
            File::options().append(true).open(path).unwrap().set_modified(written).unwrap();
            id
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn mail(subject: &str) -> String {
        format!(
            "From: \"uvote\" <vote@example.org>\r\nTo: =?utf-8?b?QWRyacOhbg==?= <ada@example.org>\r\n\
             Subject: {subject}\r\nMessage-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/alternative; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nline 1\r\nline 2\r\n\
             --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>line</p>\r\n--b--\r\n"
        )
    }

    #[test]
    fn the_newest_mails_come_first_and_no_more_than_asked() {
        let scratch = Scratch::new();
        for number in [3, 1, 5, 2, 4] {
            scratch.put(number);
        }
        let subjects = |limit| {
            let entries = scratch.inbox().list(limit).unwrap();
            entries.into_iter().map(|entry| entry.subject).collect::<Vec<_>>()
        };
        assert_eq!(subjects(3), ["5", "4", "3"]);
        assert_eq!(subjects(5), ["5", "4", "3", "2", "1"]);
        assert_eq!(subjects(100).len(), 5);
        assert!(subjects(0).is_empty());
    }

    #[test]
    fn a_listed_mail_can_be_read() {
        let scratch = Scratch::new();
        let id = scratch.put(7);
        let entry = scratch.inbox().list(1).unwrap().remove(0);
        assert_eq!((entry.id.as_str(), entry.to.as_str()), (id.as_str(), "ada@example.org"));
        let mail = scratch.inbox().read(&id).unwrap().unwrap();
        assert_eq!(mail.to, "Adrián <ada@example.org>");
        assert_eq!(mail.from, "uvote <vote@example.org>");
        assert_eq!(mail.message_id, "1@example.org");
        assert_eq!(mail.text.trim_end(), "line 1\nline 2");
        assert_eq!(mail.html.unwrap().trim_end(), "<p>line</p>");
        assert_eq!(mail.at, entry.at);
    }

    #[test]
    fn a_mail_of_text_alone_has_no_html() {
        let scratch = Scratch::new();
        fs::write(scratch.0.join("0a.eml"), "Subject: x\r\n\r\n<b>text</b>\r\n").unwrap();
        let mail = scratch.inbox().read("0a").unwrap().unwrap();
        assert_eq!(mail.html, None);
        assert_eq!(mail.text.trim_end(), "<b>text</b>");
    }

    #[test]
    fn no_id_leads_out_of_the_directory() {
        let scratch = Scratch::new();
        fs::create_dir(scratch.0.join("inner")).unwrap();
        fs::write(scratch.0.join("abc.eml"), mail("secret")).unwrap();
        let inner = Inbox::new(scratch.0.join("inner"));
        for id in ["../abc", "..%2fabc", "/abc", "", ".", "..", "abc\0", "ABC", "abc.eml"] {
            assert_eq!(inner.read(id).unwrap(), None, "{id:?}");
        }
        assert!(scratch.inbox().read("abc").unwrap().is_some());
    }

    #[test]
    fn files_that_are_no_mails_are_left_out() {
        let scratch = Scratch::new();
        fs::write(scratch.0.join("notes.txt"), "x").unwrap();
        fs::write(scratch.0.join("notes.eml"), mail("not an id")).unwrap();
        assert!(scratch.inbox().list(10).unwrap().is_empty());
        assert_eq!(scratch.inbox().read("00").unwrap(), None);
    }

    #[test]
    fn an_inbox_without_a_directory_is_empty() {
        let inbox = Inbox::new(std::env::temp_dir().join(Uuid::new_v4().to_string()));
        assert!(inbox.list(10).unwrap().is_empty());
    }

    #[test]
    fn only_web_addresses_become_links() {
        let text =
            "See https://a.example/x#y-_ (or http://b.example).\njavascript:alert(1) <https://c.example>";
        let pieces = pieces(text);
        let links: Vec<_> = pieces.iter().filter(|piece| piece.is_link).map(|piece| &piece.text).collect();
        assert_eq!(links, ["https://a.example/x#y-_", "http://b.example", "https://c.example"]);
        assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), text);
    }
}
