#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod delivery;
mod letters;

use mail_parser::{Message, MessageParser};
use time::macros::datetime;
use uuid::Uuid;
use uvote_domain::account::Notice;

use super::*;
use crate::language::Language;

const CODE: &str = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYm-_";
const LINK: &str = "https://vote.example.org/vote/0190c0de-0000-7000-8000-000000000001#Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYm-_";

fn election() -> ElectionWords {
    ElectionWords {
        title: "Student council 2026".into(),
        description: Some("Seven seats.\nOne year.".into()),
        organisation: "Æsir & Söhne <Union>".into(),
        contact_email: Some("help@example.org".into()),
        message: Some("Dear colleagues,\r\n\r\nplease <b>vote</b>.".into()),
        time_zone: Some("Europe/Rome".into()),
        closes_at: Some(datetime!(2026-11-27 18:00 UTC)),
    }
}

fn invitation(election: ElectionWords, reminder: bool, specimen: bool) -> Mail {
    mail(Content::Invitation {
        election,
        link: LINK.into(),
        code: CODE.into(),
        expires: Some(datetime!(2026-11-27 17:00:59 +01:00)),
        reminder,
        specimen,
    })
}

fn mail(content: Content) -> Mail {
    Mail {
        id: Uuid::from_u128(7),
        to: "ada@example.org".into(),
        to_name: Some("Ada Lovelace".into()),
        language: Language::default(),
        content,
    }
}

fn bytes(mail: &Mail) -> Vec<u8> {
    let letterhead = letterhead("uvote <vote@example.org>", "https://vote.example.org").unwrap();
    compose(mail, &letterhead).unwrap().formatted()
}

fn parse(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

fn header_names(bytes: &[u8]) -> Vec<String> {
    let mut names: Vec<_> =
        parse(bytes).headers().iter().map(|header| header.name().to_ascii_lowercase()).collect();
    names.sort();
    names
}
