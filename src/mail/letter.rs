//! What each mail says, and the message made of it: headers, a text part and an HTML part.

use askama::Template;
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use time::OffsetDateTime;
use uuid::Uuid;
use uvote_domain::account::Notice;

use super::SendError;
use crate::language::{Language, Phrase};

/// Longer words could not be folded into the 998 characters that a header line may have
/// (RFC 5322, section 2.1.1).
const LONGEST_TITLE_CHARS: usize = 150;

/// One mail to one person.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Names the mail in its Message-ID, so that a repeat carries the same.
    pub id: Uuid,
    /// The recipient's address.
    pub to: String,
    /// The recipient's name, for the greeting and the To header.
    pub to_name: Option<String>,
    /// The language that it is written in.
    pub language: Language,
    /// What it is about.
    pub content: Content,
}

/// What a mail can be about.
#[derive(Debug, Clone)]
pub enum Content {
    /// A voter's link.
    Invitation {
        /// The election.
        election: ElectionWords,
        /// `{origin}/vote/{election_id}#{token}`.
        link: String,
        /// The token alone, to paste where the link fails.
        code: String,
        /// When the link stops working.
        expires: Option<OffsetDateTime>,
        /// Whether the voter has had the link before.
        reminder: bool,
        /// Whether it goes to an organiser, to look at.
        specimen: bool,
    },
    /// A voter's notice that the results are out.
    Results {
        /// The election.
        election: ElectionWords,
        /// `{origin}/elections/{election_id}/results`.
        link: String,
    },
    /// The proof that a new account's address is its owner's.
    VerifyEmail {
        /// `{origin}/verify-email#{token}`.
        link: String,
    },
    /// The answer to a registration with an address that has an account.
    AlreadyRegistered {
        /// Where to sign in.
        login_link: String,
        /// Where to ask for a new password.
        reset_link: String,
    },
    /// The way to a new password.
    ResetPassword {
        /// `{origin}/reset-password#{token}`.
        link: String,
    },
    /// The proof that an account's changed address is its owner's.
    ConfirmNewAddress {
        /// `{origin}/verify-email#{token}`.
        link: String,
    },
    /// What has happened to an account, for the case that its owner did not do it.
    Notice {
        /// What it is.
        notice: Notice,
        /// Where to ask for a new password.
        reset_link: String,
    },
    /// An invitation to work in an organisation.
    OrganisationInvitation {
        /// The organisation's name.
        organisation: String,
        /// Who invites.
        inviter: Option<String>,
        /// `owner`, `manager` or `observer`.
        role: String,
        /// `{origin}/invitation#{token}`.
        link: String,
    },
}

/// What the mails of an election say of it.
#[derive(Debug, Clone, Default)]
pub struct ElectionWords {
    /// Its title.
    pub title: String,
    /// What it is about; plain text, lines kept.
    pub description: Option<String>,
    /// Who holds it.
    pub organisation: String,
    /// Whom voters may ask; replies go there.
    pub contact_email: Option<String>,
    /// The organiser's own words to go with the invitation; plain text, lines kept.
    pub message: Option<String>,
    /// The name of the election's time zone, such as `Europe/Rome`.
    pub time_zone: Option<String>,
    /// When voting ends or ended.
    pub closes_at: Option<OffsetDateTime>,
}

impl ElectionWords {
    /// A moment in the zone of the election, in whole minutes: no time is promised that isn't there.
    fn moment(&self, language: &Language, at: &OffsetDateTime) -> String {
        language.moment(*at, self.time_zone.as_deref())
    }
}

/// What every mail of one service shares.
pub(super) struct Letterhead {
    /// The sender.
    pub(super) from: Mailbox,
    /// The right side of every Message-ID.
    pub(super) host: String,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    language: &'a Language,
    subject: &'a str,
    name: Option<&'a str>,
    content: &'a Content,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Text<'a> {
    language: &'a Language,
    name: Option<&'a str>,
    content: &'a Content,
}

/// A mail as its reader will see it.
#[derive(Debug)]
pub struct Preview {
    /// The subject line.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// What a mail to somebody of this name says in a language.
///
/// # Errors
/// [`SendError::Transient`] when it can't be written.
pub fn preview(language: &Language, content: &Content, name: Option<&str>) -> Result<Preview, SendError> {
    let subject = content.subject(language);
    let text = Text { language, name, content }.render().map_err(uncomposed)?;
    let html = Html { language, subject: &subject, name, content }.render().map_err(uncomposed)?;
    Ok(Preview { subject, text, html })
}

/// The message for `mail`, dated now.
pub(super) fn compose(mail: &Mail, letterhead: &Letterhead) -> Result<Message, SendError> {
    let address = recipient(&mail.to)?;
    let name = mail.to_name.as_deref().map(shortened).filter(|name| !name.is_empty());
    let Preview { subject, text, html } = preview(&mail.language, &mail.content, name.as_deref())?;
    let parts = MultiPart::alternative_plain_html(text, html);
    // Given outright, since lettre would else read the addresses back from the headers.
    let envelope =
        Envelope::new(Some(letterhead.from.email.clone()), vec![address.clone()]).map_err(uncomposed)?;
    let mut message = Message::builder()
        .envelope(envelope)
        .message_id(Some(format!("<{}@{}>", mail.id, letterhead.host)))
        .from(letterhead.from.clone())
        .to(Mailbox::new(name.as_deref().map(as_typed), address))
        .subject(as_typed(&subject))
        .raw_header(auto_submitted());
    if let Some(contact) = mail.content.contact() {
        message = message.reply_to(contact.into());
    }
    message.multipart(parts).map_err(uncomposed)
}

/// Words for a header that are read as they are. `=?utf-8?q?...?=` would be read as what it encodes,
/// line ends too (RFC 2047): a character without width, which no encoded word holds, prevents that.
fn as_typed(words: &str) -> String {
    words.replace("=?", "=\u{2060}?")
}

/// A quoted local part may legally hold spaces and control characters; none has a place here.
fn recipient(to: &str) -> Result<Address, SendError> {
    to.parse()
        .ok()
        .filter(|_| !to.contains(|c: char| c.is_control() || c.is_whitespace()))
        .ok_or_else(|| SendError::Permanent("The address is not a valid e-mail address.".into()))
}

/// Tells absence notices and other robots not to answer (RFC 3834, section 5).
fn auto_submitted() -> HeaderValue {
    const NAME: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");
    HeaderValue::new(NAME, "auto-generated".into())
}

fn uncomposed(error: impl std::fmt::Display) -> SendError {
    SendError::Transient(format!("The mail could not be composed: {error}"))
}

impl Content {
    fn subject(&self, language: &Language) -> String {
        let of = |phrase: Phrase<'_>, title: &str| phrase.with("title", shortened(title)).to_string();
        match self {
            Self::Invitation { election, reminder, specimen, .. } => {
                let id = if *reminder { "mail-subject-reminder" } else { "mail-subject-invitation" };
                let subject = of(language.say(id), &election.title);
                if !specimen {
                    return subject;
                }
                language.say("mail-subject-specimen").with("subject", subject).to_string()
            }
            Self::Results { election, .. } => of(language.say("mail-subject-results"), &election.title),
            Self::VerifyEmail { .. } => language.say("mail-subject-verify").to_string(),
            Self::AlreadyRegistered { .. } => language.say("mail-subject-known").to_string(),
            Self::ResetPassword { .. } => language.say("mail-new-password").to_string(),
            Self::ConfirmNewAddress { .. } => language.say("mail-subject-new-address").to_string(),
            Self::Notice { notice, .. } => language.say(words(notice)[0]).to_string(),
            Self::OrganisationInvitation { organisation, .. } => {
                let organisation = shortened(organisation);
                language.say("mail-subject-join").with("organisation", organisation).to_string()
            }
        }
    }

    fn contact(&self) -> Option<Address> {
        match self {
            Self::Invitation { election, .. } | Self::Results { election, .. } => {
                recipient(election.contact_email.as_deref()?).ok()
            }
            _ => None,
        }
    }
}

/// The messages with the subject of a notice and with what has happened.
const fn words(notice: &Notice) -> [&'static str; 2] {
    match notice {
        Notice::Locked => ["mail-subject-locked", "mail-locked"],
        Notice::PasswordChanged => ["mail-subject-password-changed", "mail-password-changed"],
        Notice::AddressChanging => ["mail-subject-address-changing", "mail-address-changing"],
        Notice::AddressChanged => ["mail-subject-address-changed", "mail-address-changed"],
        Notice::TotpEnabled => ["mail-subject-totp-enabled", "mail-totp-enabled"],
        Notice::TotpDisabled => ["mail-subject-totp-disabled", "mail-totp-disabled"],
        Notice::RecoveryCodeUsed => ["mail-subject-recovery-code", "mail-recovery-code"],
    }
}

/// `text` on one line: what could break a header or forge a line, or turn the direction of
/// writing, becomes a space.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || is_unseen(c)) {
        if !word.is_empty() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    line
}

fn shortened(text: &str) -> String {
    let line = one_line(text);
    match line.char_indices().nth(LONGEST_TITLE_CHARS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The lines of a text that its author broke, each without control characters.
fn lines(text: &str) -> impl Iterator<Item = String> {
    text.trim().lines().map(one_line)
}

/// The page of a voting link, without the token.
fn voting_page(link: &str) -> &str {
    link.split_once('#').map_or(link, |(page, _)| page)
}

mod filters {
    #[askama::filter_fn]
    pub(super) fn one_line(text: &str, _: &dyn askama::Values) -> askama::Result<String> {
        Ok(super::one_line(text))
    }
}
