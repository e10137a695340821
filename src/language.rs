//! The words of pages and mails: catalogues in Fluent, and numbers and times in the reader's form.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, static_loader};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use time::OffsetDateTime;

static_loader! {
    static CATALOGUES = {
        locales: "./locales",
        fallback_language: "en",
        customise: |bundle| {
            // The marks that isolate directions of writing get into what people copy.
            bundle.set_use_isolating(false);
            let language = bundle.locales.first().cloned().unwrap_or_default();
            // The loader builds all bundles before any page is answered, so a name can't be taken twice.
            drop(bundle.add_function("NUMBER", move |given, _| match given.first() {
                Some(FluentValue::Number(number)) => {
                    FluentValue::String(Language(language.clone()).number(number.value as i64).into())
                }
                other => other.cloned().unwrap_or(FluentValue::None),
            }));
        },
    };
}

/// A language that has a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language(LanguageIdentifier);

impl Language {
    /// Every language, by code.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = CATALOGUES.locales().cloned().map(Self).collect();
        all.sort_by_key(Self::code);
        all
    }

    /// The language with this code, such as `de`; of `de-AT` only the first part counts.
    pub fn of(code: &str) -> Option<Self> {
        let wanted: LanguageIdentifier = code.parse().ok()?;
        Self::all().into_iter().find(|language| language.0.language == wanted.language)
    }

    /// The first of these languages that has a catalogue, by code; English where none has.
    pub fn first_of<'a>(codes: impl IntoIterator<Item = &'a str>) -> Self {
        codes.into_iter().find_map(Self::of).unwrap_or_default()
    }

    /// Its code, such as `de`.
    pub fn code(&self) -> String {
        self.0.to_string()
    }

    /// Its own name for itself.
    pub fn name(&self) -> String {
        self.say("language-name").to_string()
    }

    /// A message of the catalogue.
    pub fn say<'a>(&'a self, id: &'a str) -> Phrase<'a> {
        Phrase { language: self, id, arguments: HashMap::new() }
    }

    /// A whole number with its digits in groups.
    pub fn number(&self, number: i64) -> String {
        let digits = number.unsigned_abs().to_string();
        let separator = self.say("number-group").to_string();
        let mut grouped = String::from(if number < 0 { "−" } else { "" });
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                grouped.push_str(&separator);
            }
            grouped.push(digit);
        }
        grouped
    }

    /// A number with at most two decimals.
    pub fn decimal(&self, number: f64) -> String {
        let text = format!("{number:.2}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        text.replace('.', &self.say("number-decimal").to_string())
    }

    /// A share of 0 to 100 with at most two decimals, and its sign.
    pub fn percent(&self, percent: f64) -> String {
        self.say("number-percent").with("number", self.decimal(percent)).to_string()
    }

    /// A moment with day, time and the zone's abbreviation, in an IANA zone; UTC where it has none.
    pub fn moment(&self, at: OffsetDateTime, zone: Option<&str>) -> String {
        let Some(at) = in_zone(at, zone) else { return at.to_string() };
        self.dated("date-time", &at).with("zone", at.strftime("%Z")).to_string()
    }

    /// The time of day with seconds, in an IANA zone.
    pub fn clock(&self, at: OffsetDateTime, zone: Option<&str>) -> String {
        let Some(at) = in_zone(at, zone) else { return at.to_string() };
        at.strftime("%H:%M:%S").to_string()
    }

    /// A day.
    pub fn day(&self, at: OffsetDateTime, zone: Option<&str>) -> String {
        let Some(at) = in_zone(at, zone) else { return at.to_string() };
        self.dated("date", &at).to_string()
    }

    fn dated<'a>(&'a self, id: &'a str, at: &Zoned) -> Phrase<'a> {
        let month = format!("month-{}", at.month());
        let weekday = format!("weekday-{}", at.weekday().to_monday_one_offset());
        self.say(id)
            .with("weekday", self.say(&weekday))
            .with("day", at.day())
            .with("month", self.say(&month))
            .with("year", at.year())
            .with("time", at.strftime("%H:%M"))
    }
}

impl Default for Language {
    fn default() -> Self {
        Self(CATALOGUES.fallback().clone())
    }
}

fn in_zone(at: OffsetDateTime, zone: Option<&str>) -> Option<Zoned> {
    let zone = zone.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
    Some(Timestamp::from_second(at.unix_timestamp()).ok()?.to_zoned(zone))
}

/// A message on its way to the page or mail.
pub struct Phrase<'a> {
    language: &'a Language,
    id: &'a str,
    arguments: HashMap<Cow<'static, str>, FluentValue<'static>>,
}

impl Phrase<'_> {
    /// Fills in a word.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.arguments.insert(name.into(), FluentValue::String(value.to_string().into()));
        self
    }

    /// Fills in a whole number, which also chooses between singular and plural.
    #[must_use]
    pub fn count(mut self, name: &'static str, value: impl Whole) -> Self {
        self.arguments.insert(name.into(), FluentValue::from(value.whole()));
        self
    }

    /// The words before and after an argument, for a template that marks up what stands there.
    pub fn around(self, name: &'static str) -> (String, String) {
        // Unicode's OBJECT REPLACEMENT CHARACTER.
        const PLACE: &str = "\u{fffc}";
        let text = self.with(name, PLACE).to_string();
        let (before, after) = text.split_once(PLACE).unwrap_or((&text, ""));
        (before.to_owned(), after.to_owned())
    }
}

/// A whole number of any type, as templates lend them.
pub trait Whole {
    /// The number; the greatest there is for what does not fit.
    fn whole(&self) -> i64;
}

macro_rules! whole {
    ($($number:ty),+) => {
        $(impl Whole for $number {
            fn whole(&self) -> i64 {
                i64::try_from(*self).unwrap_or(i64::MAX)
            }
        })+
    };
}
whole!(i32, i64, u32, u64, usize);

impl<T: Whole> Whole for &T {
    fn whole(&self) -> i64 {
        (**self).whole()
    }
}

impl fmt::Display for Phrase<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match CATALOGUES.try_lookup_with_args(&self.language.0, self.id, &self.arguments) {
            Some(text) => f.write_str(&text),
            None => f.write_str(self.id),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::collections::BTreeSet;

    use time::macros::datetime;

    use super::*;

    fn speak(code: &str) -> Language {
        Language::of(code).unwrap_or_else(|| panic!("no catalogue for {code}"))
    }

    #[test]
    fn numbers_take_the_form_of_the_language() {
        assert_eq!(speak("en").number(1_234_567), "1,234,567");
        assert_eq!(speak("de").number(1_234_567), "1.234.567");
        assert_eq!(speak("en").number(999), "999");
        assert_eq!(speak("de").percent(12.5), "12,5 %");
        assert_eq!(speak("en").percent(100.0), "100%");
    }

    #[test]
    fn times_are_told_in_the_zone_of_the_election() {
        let at = datetime!(2026-06-30 22:30 UTC);
        assert_eq!(speak("en").moment(at, Some("Europe/Berlin")), "Wednesday 1 July 2026, 00:30 (CEST)");
        assert_eq!(speak("de").moment(at, Some("Europe/Berlin")), "Mittwoch, 1. Juli 2026, 00:30 Uhr (CEST)");
        assert_eq!(speak("en").moment(at, None), "Tuesday 30 June 2026, 22:30 (UTC)");
    }

    #[test]
    fn a_variant_of_a_language_is_understood() {
        assert_eq!(Language::of("de-AT"), Language::of("de"));
        assert_eq!(Language::of("xx"), None);
    }

    #[test]
    fn a_sentence_is_cut_where_its_markup_stands() {
        let (before, after) = speak("en").say("mail-question-contact").around("contact");
        assert_eq!((before.as_str(), after.as_str()), ("If you have a question, write to ", "."));
    }

    #[test]
    fn whoever_speaks_no_language_of_ours_is_answered_in_english() {
        assert_eq!(Language::first_of(["xx", "de-CH", "en"]), speak("de"));
        assert_eq!(Language::first_of(["xx"]), speak("en"));
    }

    fn files(directory: &str, end: &str) -> String {
        let mut text = String::new();
        for entry in std::fs::read_dir(format!("{}/{directory}", env!("CARGO_MANIFEST_DIR"))).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                text.push_str(&files(&name, end));
            } else if name.ends_with(end) {
                text.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
        text
    }

    fn ids(code: &str) -> BTreeSet<String> {
        let catalogue = files(&format!("locales/{code}"), ".ftl");
        let ids = catalogue.lines().filter_map(|line| line.split_once(" =")).map(|(id, _)| id);
        ids.filter(|id| !id.contains([' ', '#'])).map(str::to_owned).collect()
    }

    #[test]
    fn every_language_has_every_message() {
        for language in Language::all() {
            assert_eq!(ids(&language.code()), ids("en"), "{}", language.name());
        }
    }

    /// Everything that asks for messages.
    fn askers() -> String {
        files("templates", "")
            + &files("src/http", ".rs")
            + &files("src/mail", "letter.rs")
            + include_str!("language.rs")
    }

    #[test]
    fn every_message_that_a_page_or_mail_asks_for_is_there() {
        let known = ids("en");
        let askers = askers();
        let asked = askers.split("say(\"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(id, _)| id);
        let missing: BTreeSet<&str> = asked.filter(|id| !known.contains(*id)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn no_message_is_left_that_nobody_asks_for() {
        let askers = askers();
        let composed = |id: &str| COMPOSED.iter().any(|start| id.starts_with(start));
        let left: Vec<String> = ids("en")
            .into_iter()
            .filter(|id| !composed(id) && !askers.contains(&format!("\"{id}\"")))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }

    /// Beginnings of ids whose end is put together where they are asked for.
    const COMPOSED: [&str; 18] = [
        "account-session-",
        "month-",
        "weekday-",
        "done-",
        "status-",
        "section-",
        "visibility-",
        "publication-",
        "close-",
        "publish-",
        "delete-",
        "action-",
        "delivery-",
        "audit-",
        "mails-ask-",
        "mails-confirm-",
        "organisation-you-",
        "role-",
    ];
}
