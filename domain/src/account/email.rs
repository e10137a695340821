//! E-mail addresses.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest address: a path of 256 bytes less its angle brackets (RFC 5321, section 4.5.3.1.3).
const EMAIL_MAX_BYTES: usize = 254;
/// The longest part before the @, in bytes (RFC 5321, section 4.5.3.1.1).
const LOCAL_MAX_BYTES: usize = 64;
/// The longest part of a domain between dots, in bytes (RFC 1035, section 2.3.4).
const LABEL_MAX_BYTES: usize = 63;

/// An e-mail address in lower case: one person, one spelling.
///
/// It holds no space, control character, quote or angle bracket, so it can stand in a mail header
/// as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// Why a text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EmailError {
    /// Nothing but space.
    #[error("The e-mail address is missing.")]
    Missing,
    /// Longer than mail servers carry.
    #[error("The e-mail address is longer than 254 bytes.")]
    TooLong,
    /// No @, or more than one.
    #[error("An e-mail address must be like name@example.org, with exactly one @.")]
    NotOneAt,
    /// A space, a line break or a NUL inside.
    #[error("An e-mail address must be like name@example.org, without spaces or control characters.")]
    Blank,
    /// The part before the @.
    #[error(
        "The part before the @ must be 1 to 64 bytes of letters, digits and marks such as . _ + -, \
         with no dot at either end and no two dots in a row."
    )]
    Local,
    /// The part after the @.
    #[error(
        "The part after the @ must be a domain such as example.org: letters, digits and hyphens, \
         with at least one dot."
    )]
    Domain,
}

impl Email {
    /// Reads an address, forgiving surrounding space and upper case.
    ///
    /// The local part is a dot-atom (RFC 5322, section 3.2.3) which may hold letters of any script
    /// (RFC 6531); quoted local parts, comments and address literals are refused.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailError::Missing);
        }
        // Before lower-casing, so that a huge text costs nothing; after it, since that can lengthen.
        check_length(text)?;
        let text = text.to_lowercase();
        check_length(&text)?;
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(EmailError::Blank);
        }
        match text.split_once('@') {
            Some((_, domain)) if domain.contains('@') => Err(EmailError::NotOneAt),
            Some((local, _)) if !is_local_part(local) => Err(EmailError::Local),
            Some((_, domain)) if !is_domain(domain) => Err(EmailError::Domain),
            Some(_) => Ok(Self(text)),
            None => Err(EmailError::NotOneAt),
        }
    }

    /// The address, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

fn check_length(text: &str) -> Result<(), EmailError> {
    if text.len() > EMAIL_MAX_BYTES { Err(EmailError::TooLong) } else { Ok(()) }
}

fn is_local_part(local: &str) -> bool {
    let is_atext = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    local.len() <= LOCAL_MAX_BYTES
        && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

fn is_domain(domain: &str) -> bool {
    domain.contains('.') && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=LABEL_MAX_BYTES).contains(&label.len())
        && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_trimmed_and_lower_cased_as_a_whole() {
        let email = Email::parse("  Ann.O'Lee+Vote@Students.Example.ORG\r\n").unwrap();
        assert_eq!(email.as_str(), "ann.o'lee+vote@students.example.org");
        assert_eq!(email.to_string(), email.as_str());
    }

    #[test]
    fn addresses_in_other_scripts_are_taken() {
        for text in ["ÅSA@exämple.se", "用户@例子.广告", "δοκιμή@παράδειγμα.ελ", "a@xn--bcher-kva.de"]
        {
            assert_eq!(Email::parse(text).unwrap().as_str(), text.to_lowercase());
        }
    }

    #[test]
    fn each_malformed_address_is_refused_with_its_reason() {
        let label = "a".repeat(64);
        let cases = [
            ("", EmailError::Missing),
            (" \t", EmailError::Missing),
            ("ann", EmailError::NotOneAt),
            ("ann@lee@example.org", EmailError::NotOneAt),
            ("ann lee@example.org", EmailError::Blank),
            ("ann@example.org\r\nBcc: bob@example.org", EmailError::Blank),
            ("ann\0@example.org", EmailError::Blank),
            ("ann\u{2028}@example.org", EmailError::Blank),
            ("@example.org", EmailError::Local),
            (".ann@example.org", EmailError::Local),
            ("ann.@example.org", EmailError::Local),
            ("ann..lee@example.org", EmailError::Local),
            ("\"ann\"@example.org", EmailError::Local),
            ("ann(lee)@example.org", EmailError::Local),
            ("Ann<ann@example.org", EmailError::Local),
            ("ann,bob@example.org", EmailError::Local),
            ("ann\u{200b}@example.org", EmailError::Local),
            ("ann\u{202e}@example.org", EmailError::Local),
            (&format!("{label}a@example.org"), EmailError::Local),
            ("ann@", EmailError::Domain),
            ("ann@localhost", EmailError::Domain),
            ("ann@example..org", EmailError::Domain),
            ("ann@example.org.", EmailError::Domain),
            ("ann@.example.org", EmailError::Domain),
            ("ann@-example.org", EmailError::Domain),
            ("ann@example-.org", EmailError::Domain),
            ("ann@exam_ple.org", EmailError::Domain),
            ("ann@[127.0.0.1]", EmailError::Domain),
            ("ann@example.org>", EmailError::Domain),
            (&format!("ann@{label}.org"), EmailError::Domain),
        ];
        for (text, error) in cases {
            assert_eq!(Email::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn an_address_may_have_254_bytes_and_no_more() {
        let label = "d".repeat(61);
        let longest = format!("{}@{label}.{label}.{label}.org", "l".repeat(64));
        assert_eq!(longest.len(), 254);
        assert!(Email::parse(&longest).is_ok());
        assert_eq!(Email::parse(&format!("{longest}x")), Err(EmailError::TooLong));
        assert_eq!(Email::parse(&"x".repeat(10_000_000)), Err(EmailError::TooLong));
    }

    #[test]
    fn json_holds_the_address_as_a_string_and_is_checked_when_read() {
        let email: Email = serde_json::from_str("\"Ann@Example.org\"").unwrap();
        assert_eq!(serde_json::to_string(&email).unwrap(), "\"ann@example.org\"");
        let refusal = serde_json::from_str::<Email>("\"ann\"").unwrap_err().to_string();
        assert!(refusal.contains("name@example.org"), "{refusal}");
    }
}
