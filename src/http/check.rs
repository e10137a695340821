//! Checks of what requests say, collected so that one answer names everything.

use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer};
use uvote_domain::account::Email;
use uvote_domain::fault::Fault;
use uvote_domain::refusal::{FieldError, Refusal};

use super::error::Problem;

/// Collects what is wrong with a request.
#[derive(Default)]
pub struct Check {
    errors: Vec<FieldError>,
}

impl Check {
    /// Notes something wrong.
    pub fn refuse(&mut self, field: impl Into<String>, fault: impl Into<Fault>) {
        self.errors.push(FieldError::new(field, fault));
    }

    /// Notes something wrong unless it holds.
    pub fn demand(&mut self, holds: bool, field: &str, fault: Fault) {
        if !holds {
            self.refuse(field, fault);
        }
    }

    /// A number that must lie in a range.
    pub fn range(&mut self, field: &str, number: i32, range: RangeInclusive<i32>) {
        self.demand(range.contains(&number), field, Fault::OutOfRange(range));
    }

    /// A line of text that must be there, of at most `most` characters; trimmed in place.
    pub fn line(&mut self, field: impl Into<String>, text: &mut String, most: usize) {
        trim(text);
        let field = field.into();
        if text.is_empty() {
            self.refuse(field, Fault::Empty);
        } else if text.chars().any(char::is_control) {
            self.refuse(field, Fault::NotOneLine);
        } else if text.chars().count() > most {
            self.refuse(field, Fault::TooLong(most));
        }
    }

    /// A line that may be missing; an empty one counts as missing.
    pub fn optional_line(&mut self, field: impl Into<String>, text: &mut Option<String>, most: usize) {
        drop_empty(text);
        if let Some(text) = text {
            self.line(field, text, most);
        }
    }

    /// Text of several lines that may be missing; an empty one counts as missing.
    pub fn optional_text(&mut self, field: impl Into<String>, text: &mut Option<String>, most: usize) {
        drop_empty(text);
        let Some(text) = text else { return };
        let field = field.into();
        if text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t')) {
            self.refuse(field, Fault::ControlCharacter);
        } else if text.chars().count() > most {
            self.refuse(field, Fault::TooLong(most));
        }
    }

    /// An address; nothing when it is none, which is noted.
    pub fn email(&mut self, field: &str, text: &str) -> Option<Email> {
        match Email::parse(text) {
            Ok(email) => Some(email),
            Err(error) => {
                self.refuse(field, error);
                None
            }
        }
    }

    /// An address that may be missing; brought into its plain form.
    pub fn optional_email(&mut self, field: &str, text: &mut Option<String>) {
        drop_empty(text);
        if let Some(address) = text
            && let Some(email) = self.email(field, address)
        {
            *address = email.as_str().to_owned();
        }
    }

    /// Ends the check.
    ///
    /// # Errors
    /// Everything that was noted.
    pub fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.errors).into()) }
    }
}

fn trim(text: &mut String) {
    let trimmed = text.trim();
    if trimmed.len() < text.len() {
        *text = trimmed.to_owned();
    }
}

fn drop_empty(text: &mut Option<String>) {
    if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
        *text = None;
    }
}

/// Reads a field of a patch: missing leaves things as they are, null clears them.
///
/// # Errors
/// As the value itself.
pub fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
