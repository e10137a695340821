use bytes::Bytes;
use mail_parser::{Message, MessageParser, PartType};

/// A mail as it came over the wire; cloning is cheap. The headers and parts are decoded on demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The sender in the envelope, empty for a bounce.
    pub from: String,
    /// The recipients in the envelope that were accepted.
    pub to: Vec<String>,
    /// The message without dot-stuffing, lines ending in CRLF (RFC 5322).
    pub raw: Bytes,
}

impl Mail {
    /// Whether `recipient` is in the envelope, in any case.
    #[must_use]
    pub fn is_to(&self, recipient: &str) -> bool {
        self.to.iter().any(|to| to.eq_ignore_ascii_case(recipient))
    }

    /// The Message-ID without its angle brackets.
    #[must_use]
    pub fn message_id(&self) -> Option<String> {
        self.parsed()?.message_id().map(str::to_owned)
    }

    /// The decoded subject.
    #[must_use]
    pub fn subject(&self) -> Option<String> {
        self.parsed()?.subject().map(str::to_owned)
    }

    /// A header as it was written, trimmed, found by its name in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let message = self.parsed()?;
        let value = message.header_raw(name)?;
        Some(value.trim().to_owned())
    }

    /// The decoded text/plain part.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match &self.parsed()?.text_part(0)?.body {
            PartType::Text(text) => Some(text.to_string()),
            _ => None,
        }
    }

    /// The decoded text/html part.
    #[must_use]
    pub fn html(&self) -> Option<String> {
        match &self.parsed()?.html_part(0)?.body {
            PartType::Html(html) => Some(html.to_string()),
            _ => None,
        }
    }

    /// The first http or https link with a `#fragment`, in the text or else in the HTML.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        let in_text = self.text().and_then(|text| link_in(&text));
        in_text.or_else(|| link_in(&self.html()?))
    }

    fn parsed(&self) -> Option<Message<'_>> {
        MessageParser::default().parse(&self.raw[..])
    }
}

fn link_in(text: &str) -> Option<String> {
    text.match_indices("http")
        .map(|(start, _)| &text[start..])
        .filter(|rest| rest.starts_with("http://") || rest.starts_with("https://"))
        .map(until_the_link_ends)
        .find(|link| link.split_once('#').is_some_and(|(_, f)| !f.is_empty()))
        .map(str::to_owned)
}

fn until_the_link_ends(rest: &str) -> &str {
    let outside = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '\\');
    let end = rest.find(outside).unwrap_or(rest.len());
    rest[..end].trim_end_matches(['.', ',', ';', ')', ']'])
}
