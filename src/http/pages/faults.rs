//! What is wrong, as messages of the catalogue: each fault and each problem has one.

use std::ops::RangeInclusive;

use uvote_domain::account::{EmailError, Feedback, PasswordRefusal, Suggestion, Warning};
use uvote_domain::fault::Fault;
use uvote_domain::voter_roll::{HeaderFault, MAX_NAME_CHARS, RecordFault, RowFault};

/// The id of a message and its arguments.
type Message = (&'static str, Vec<(&'static str, String)>);

/// The message that says what is wrong with a field.
pub fn phrase(fault: &Fault) -> Message {
    match fault {
        Fault::Empty => plain("fault-empty"),
        Fault::NotOneLine => plain("fault-not-one-line"),
        Fault::ControlCharacter => plain("fault-control-character"),
        Fault::TooLong(most) => with("fault-too-long", "most", most),
        Fault::OutOfRange(range) => between("fault-out-of-range", ["least", "most"], range),
        Fault::LinkLifetime(range) => between("fault-link-lifetime", ["least", "most"], range),
        Fault::Email(error) => plain(email(*error)),
        Fault::Password(refusal) => password(refusal),
        Fault::MailedTokenSpent => plain("fault-mailed-token-spent"),
        Fault::ResetTokenSpent => plain("fault-reset-token-spent"),
        Fault::WrongPassword => plain("fault-wrong-password"),
        Fault::WrongPasswordOrCode => plain("fault-wrong-password-or-code"),
        Fault::WrongCode => plain("fault-wrong-code"),
        Fault::InvitationSpent => plain("fault-invitation-spent"),
        Fault::InvitedElsewhere => plain("fault-invited-elsewhere"),
        Fault::NotAZone => plain("fault-not-a-zone"),
        Fault::UnknownLanguage(known) => with("fault-unknown-language", "known", known),
        Fault::NotATime => plain("fault-not-a-time"),
        Fault::YearOutOfRange(range) => between("fault-year-out-of-range", ["first", "last"], range),
        Fault::ClosesBeforeOpening => plain("fault-closes-before-opening"),
        Fault::ClosesEarlier => plain("fault-closes-earlier"),
        Fault::ClosesInPast => plain("fault-closes-in-past"),
        Fault::CloseReached => plain("fault-close-reached"),
        Fault::ClosePassed => plain("fault-close-passed"),
        Fault::TooManyContests(most) => with("fault-too-many-contests", "most", most),
        Fault::TooManyCandidates(most) => with("fault-too-many-candidates", "most", most),
        Fault::NoContest => plain("fault-no-contest"),
        Fault::TooFewCandidates(contest) => with("fault-too-few-candidates", "contest", contest),
        Fault::NoVoter => plain("fault-no-voter"),
        Fault::BadNonce => plain("fault-bad-nonce"),
        Fault::UnreadableContest => plain("fault-unreadable-contest"),
        Fault::UnreadableChoice => plain("fault-unreadable-choice"),
        Fault::ContestTwice => plain("fault-contest-twice"),
        Fault::ContestMissing => plain("fault-contest-missing"),
        Fault::ForeignContest => plain("fault-foreign-contest"),
        Fault::ForeignCandidate => plain("fault-foreign-candidate"),
        Fault::CandidateTwice => plain("fault-candidate-twice"),
        Fault::TooManyChosen(most) => with("fault-too-many-chosen", "most", most),
        Fault::BlankNotAllowed => plain("fault-blank-not-allowed"),
        Fault::Header(fault) => header(fault),
        Fault::Row(fault) => row(fault),
        Fault::NoFile => plain("fault-no-file"),
        Fault::UnknownStatus => plain("fault-unknown-status"),
        Fault::UnknownWord(known) => with("fault-unknown-word", "known", known),
        Fault::BadCursor => plain("fault-bad-cursor"),
        Fault::Other(text) => with("fault-other", "text", text),
    }
}

const fn plain(id: &'static str) -> Message {
    (id, Vec::new())
}

fn with(id: &'static str, name: &'static str, value: impl ToString) -> Message {
    (id, vec![(name, value.to_string())])
}

fn between(id: &'static str, [least, most]: [&'static str; 2], range: &RangeInclusive<i32>) -> Message {
    (id, vec![(least, range.start().to_string()), (most, range.end().to_string())])
}

const fn email(error: EmailError) -> &'static str {
    match error {
        EmailError::Missing => "fault-email-missing",
        EmailError::TooLong => "fault-email-too-long",
        EmailError::NotOneAt => "fault-email-not-one-at",
        EmailError::Blank => "fault-email-blank",
        EmailError::Local => "fault-email-local",
        EmailError::Domain => "fault-email-domain",
    }
}

fn password(refusal: &PasswordRefusal) -> Message {
    match refusal {
        PasswordRefusal::TooLong => plain("fault-password-too-long"),
        PasswordRefusal::TooShort { needed } => with("fault-password-too-short", "needed", needed),
        PasswordRefusal::Guessable { advice } => ("fault-password-guessable", judged(advice)),
    }
}

/// One warning and one hint are enough beside a field, and the message itself says what is better.
fn judged(advice: &Feedback) -> Vec<(&'static str, String)> {
    let warning = advice.warning().map_or("none", warning);
    let hint = advice.suggestions().iter().find_map(|suggestion| hint(*suggestion)).unwrap_or("none");
    vec![("warning", warning.to_owned()), ("hint", hint.to_owned())]
}

const fn warning(warning: Warning) -> &'static str {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess => "key-rows",
        Warning::ShortKeyboardPatternsAreEasyToGuess => "key-patterns",
        Warning::RepeatsLikeAaaAreEasyToGuess => "repeats",
        Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => "repeated-words",
        Warning::ThisIsATop10Password => "top-10",
        Warning::ThisIsATop100Password => "top-100",
        Warning::ThisIsACommonPassword => "common",
        Warning::ThisIsSimilarToACommonlyUsedPassword => "similar-to-common",
        Warning::SequencesLikeAbcAreEasyToGuess => "sequences",
        Warning::RecentYearsAreEasyToGuess => "recent-years",
        Warning::AWordByItselfIsEasyToGuess => "one-word",
        Warning::DatesAreOftenEasyToGuess => "dates",
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess => "a-name",
        Warning::CommonNamesAndSurnamesAreEasyToGuess => "common-names",
    }
}

const fn hint(suggestion: Suggestion) -> Option<&'static str> {
    match suggestion {
        Suggestion::UseAFewWordsAvoidCommonPhrases
        | Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters
        | Suggestion::AddAnotherWordOrTwo => None,
        Suggestion::CapitalizationDoesntHelpVeryMuch => Some("capitals"),
        Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => Some("all-capitals"),
        Suggestion::ReversedWordsArentMuchHarderToGuess => Some("reversed"),
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch => Some("substitutions"),
        Suggestion::UseALongerKeyboardPatternWithMoreTurns => Some("longer-pattern"),
        Suggestion::AvoidRepeatedWordsAndCharacters => Some("no-repeats"),
        Suggestion::AvoidSequences => Some("no-sequences"),
        Suggestion::AvoidRecentYears => Some("no-recent-years"),
        Suggestion::AvoidYearsThatAreAssociatedWithYou => Some("no-own-years"),
        Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => Some("no-own-dates"),
    }
}

fn header(fault: &HeaderFault) -> Message {
    match fault {
        HeaderFault::Empty => plain("fault-file-empty"),
        HeaderFault::Utf16 => plain("fault-file-utf16"),
        HeaderFault::Nul => plain("fault-file-nul"),
        HeaderFault::NoEmail => plain("fault-file-no-email"),
        HeaderFault::Twice(column) => with("fault-file-column-twice", "column", column),
        HeaderFault::Unreadable(fault) => plain(record(*fault)),
    }
}

fn row(fault: &RowFault) -> Message {
    match fault {
        RowFault::Unreadable(fault) => plain(record(*fault)),
        RowFault::TooManyFields(fields, columns) => (
            "fault-row-too-many-fields",
            vec![("fields", fields.to_string()), ("columns", columns.to_string())],
        ),
        RowFault::Nul => plain("fault-row-nul"),
        RowFault::Email(error) => plain(email(*error)),
        RowFault::Duplicate(line) => with("fault-row-duplicate", "line", line),
        RowFault::LongName => with("fault-row-long-name", "most", MAX_NAME_CHARS),
        RowFault::ControlInName => plain("fault-row-control-in-name"),
        RowFault::TooManyRows => plain("fault-file-too-many-rows"),
        RowFault::NoVoters => plain("fault-file-no-voters"),
    }
}

const fn record(fault: RecordFault) -> &'static str {
    match fault {
        RecordFault::TooLong => "fault-row-too-long",
        RecordFault::TextAfterQuote => "fault-row-text-after-quote",
        RecordFault::UnclosedQuote => "fault-row-unclosed-quote",
    }
}

/// The message for a problem with this code.
pub fn refusal(code: &str) -> &'static str {
    match code {
        "NOT_FOUND" => "refusal-not-found",
        "FORBIDDEN" => "refusal-forbidden",
        "WRONG_STATE" => "refusal-wrong-state",
        "NOT_READY" => "refusal-not-ready",
        "HAS_BALLOTS" => "refusal-has-ballots",
        "ALREADY_VOTED" => "refusal-already-voted",
        "ELECTION_NOT_ACTIVE" => "refusal-election-not-active",
        "CONFLICT" => "refusal-conflict",
        "COUNT_DISPUTED" => "refusal-count-disputed",
        "COUNTING" => "refusal-counting",
        "TOKEN_UNKNOWN" => "refusal-token-unknown",
        "TOKEN_EXPIRED" => "refusal-token-expired",
        "TOKEN_REPLACED" => "refusal-token-replaced",
        "INVALID" => "refusal-invalid",
        "INVALID_BALLOT" => "refusal-invalid-ballot",
        "RESULTS_HIDDEN" => "refusal-results-hidden",
        "IMPORT_REJECTED" => "refusal-import-rejected",
        "BUSY" => "refusal-busy",
        "RATE_LIMITED" => "refusal-rate-limited",
        "OUTCOME_UNKNOWN" => "refusal-outcome-unknown",
        "UNAVAILABLE" => "refusal-unavailable",
        "UNAUTHENTICATED" => "refusal-unauthenticated",
        "INVALID_CREDENTIALS" => "refusal-invalid-credentials",
        "MALFORMED" => "refusal-malformed",
        "TOO_LARGE" => "refusal-too-large",
        "UNSUPPORTED_MEDIA_TYPE" => "refusal-unsupported-media-type",
        "METHOD_NOT_ALLOWED" => "refusal-method-not-allowed",
        _ => "refusal-internal",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use uvote_domain::account::check_password;

    use super::*;
    use crate::language::Language;

    fn say(language: &Language, (id, arguments): Message) -> String {
        let phrase =
            arguments.into_iter().fold(language.say(id), |phrase, (name, value)| phrase.with(name, value));
        phrase.to_string()
    }

    /// A message is silent while it lacks one of its arguments.
    fn every_argument() -> Vec<(&'static str, String)> {
        let names = "most least first last needed contest column fields columns line known text warning hint";
        names.split(' ').map(|name| (name, String::new())).collect()
    }

    /// The quoted words of this file between two of its lines.
    fn quoted(from: &str, to: &str) -> BTreeSet<&'static str> {
        let code = include_str!("faults.rs").split_once(from).unwrap().1.split_once(to).unwrap().0;
        code.split('"').skip(1).step_by(2).collect()
    }

    #[test]
    fn every_catalogue_has_exactly_the_messages_named_here() {
        let mut ids = quoted("use ", "#[cfg(test)]");
        ids.retain(|text| text.starts_with("fault-") || text.starts_with("refusal-"));
        assert!(ids.len() > 80, "the ids were not found");
        for language in Language::all() {
            let path = format!("locales/{}/faults.ftl", language.code());
            let catalogue = fs::read_to_string(path).unwrap();
            let lines = catalogue.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
            assert_eq!(lines.map(|line| line.split(' ').next().unwrap()).collect::<BTreeSet<_>>(), ids);
            let silent: Vec<_> =
                ids.iter().filter(|id| say(&language, (id, every_argument())) == **id).collect();
            assert!(silent.is_empty(), "{language:?}: {silent:?}");
        }
    }

    #[test]
    fn every_argument_is_filled_in_in_every_language() {
        let faults = [
            Fault::TooLong(200),
            Fault::OutOfRange(1..=100),
            Fault::LinkLifetime(1..=8_784),
            PasswordRefusal::TooShort { needed: 16 }.into(),
            Fault::UnknownLanguage("de, en".to_owned()),
            Fault::YearOutOfRange(1970..=9998),
            Fault::TooManyContests(100),
            Fault::TooManyCandidates(1_000),
            Fault::TooFewCandidates("Chair".to_owned()),
            Fault::TooManyChosen(2),
            HeaderFault::Twice("email").into(),
            RowFault::TooManyFields(4, 3).into(),
            RowFault::Duplicate(2).into(),
            RowFault::LongName.into(),
            Fault::UnknownWord("one or two"),
            Fault::Other("no".to_owned()),
        ];
        for (language, fault) in Language::all().iter().flat_map(|l| faults.iter().map(move |f| (l, f))) {
            let (id, arguments) = phrase(fault);
            let text = say(language, (id, arguments.clone()));
            assert!(!text.contains('{'), "{text}");
            assert!(arguments.iter().all(|(_, value)| text.contains(value)), "{id}: {text}");
        }
    }

    #[test]
    fn every_word_about_a_password_changes_the_message() {
        let words = quoted("const fn warning", "fn header");
        assert_eq!(words.len(), 24, "the words were not found");
        for (language, word) in
            words.iter().flat_map(|word| Language::all().into_iter().map(move |l| (l, word)))
        {
            let judged = |warning: &str, hint: &str| {
                let arguments = vec![("warning", warning.to_owned()), ("hint", hint.to_owned())];
                say(&language, ("fault-password-guessable", arguments))
            };
            let plain = judged("none", "none");
            assert!(judged(word, "none") != plain || judged("none", word) != plain, "{language:?}: {word}");
        }
    }

    #[test]
    fn a_guessable_password_is_told_why_in_the_readers_language() {
        let refusal = check_password("Password123!", &[]).unwrap_err();
        let text = say(&Language::of("de").unwrap(), phrase(&refusal.into()));
        let (fault, reason) =
            ("Dieses Passwort ist leicht zu erraten.", "Es ähnelt einem sehr häufigen Passwort.");
        assert!(text.starts_with(&format!("{fault} {reason} Großbuchstaben helfen kaum. ")), "{text}");
    }
}
