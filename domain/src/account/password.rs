//! Which passwords are strong enough.

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use zxcvbn::{Score, feedback::Feedback, zxcvbn};

/// The longest password, in characters: hashing more of them buys nothing.
pub const PASSWORD_MAX_CHARS: usize = 256;
/// What a password must be worth by its alphabet and length, in bits.
pub const PASSWORD_MIN_BITS: f64 = 50.0;
/// How many characters are searched for patterns, whose cost grows faster than the length.
const PATTERN_CHARS: usize = 100;

/// Why a password is not taken; the message says how to find a better one.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PasswordRefusal {
    /// More than [`PASSWORD_MAX_CHARS`].
    #[error("The password is longer than 256 characters.")]
    TooLong,
    /// Worth less than [`PASSWORD_MIN_BITS`].
    #[error(
        "The password is too short: with the kinds of characters it uses, it needs at least \
         {needed} of them. A few uncommon words make a good one."
    )]
    TooShort {
        /// The length at which the same kinds of characters suffice.
        needed: usize,
    },
    /// Made of patterns that are tried first.
    #[error("The password is easy to guess. {advice}")]
    Guessable {
        /// What gave it away and what to do instead.
        advice: Feedback,
    },
}

/// The advice is made of plain words, each equal to itself, which its library does not say.
impl Eq for PasswordRefusal {}

/// A password as it is judged and hashed, in Unicode's normal form C: one that looks the same is
/// the same, whatever keyboard it was typed on.
pub fn normal_form(password: &str) -> String {
    password.nfc().collect()
}

/// Whether a password is strong enough for an account: at least 50 bits by alphabet and length,
/// and zxcvbn's score 3 of 4, which none of the 30,000 most common passwords has, nor one that is
/// close to them. `inputs` are what a guesser knows, such as the owner's address.
pub fn check_password(password: &str, inputs: &[&str]) -> Result<(), PasswordRefusal> {
    let password = &normal_form(password);
    let length = password.chars().take(PASSWORD_MAX_CHARS + 1).count();
    if length > PASSWORD_MAX_CHARS {
        return Err(PasswordRefusal::TooLong);
    }
    let needed = (PASSWORD_MIN_BITS / bits_per_character(password)).ceil() as usize;
    if length < needed {
        return Err(PasswordRefusal::TooShort { needed });
    }
    check_patterns(password, inputs)
}

/// log2 of the size of the alphabet that the password draws on, at least that of the digits.
fn bits_per_character(password: &str) -> f64 {
    let uses = |kind: fn(char) -> bool, size: u32| if password.contains(kind) { size } else { 0 };
    let alphabet = uses(|c| c.is_ascii_lowercase(), 26)
        + uses(|c| c.is_ascii_uppercase(), 26)
        + uses(|c| c.is_ascii_digit(), 10)
        + uses(|c| c.is_ascii() && !c.is_ascii_alphanumeric(), 33)
        + uses(|c| !c.is_ascii(), 100);
    f64::from(alphabet.max(10)).log2()
}

fn check_patterns(password: &str, inputs: &[&str]) -> Result<(), PasswordRefusal> {
    let searched: String = password.chars().take(PATTERN_CHARS).collect();
    let known: Vec<&str> = inputs.iter().flat_map(|input| with_its_words(input)).collect();
    let estimate = zxcvbn(&searched, &known);
    if estimate.score() >= Score::Three {
        return Ok(());
    }
    let advice = estimate.feedback().cloned().unwrap_or_default();
    Err(PasswordRefusal::Guessable { advice })
}

/// An input as a whole and word by word: nobody's password should be one half of their address.
fn with_its_words(input: &str) -> impl Iterator<Item = &str> {
    let words = input.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() >= 3);
    std::iter::once(input).chain(words)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_password_needs_50_bits_by_alphabet_and_length() {
        let needed = |password| match check_password(password, &[]) {
            Err(PasswordRefusal::TooShort { needed }) => needed,
            other => unreachable!("{password} gave {other:?}"),
        };
        assert_eq!(needed(""), 16);
        assert_eq!(needed("8351946270"), 16);
        assert_eq!(needed("qzjxwvkfpb"), 11);
        assert_eq!(needed("qZ7!mW4"), 8);
        assert_eq!(needed("żółwik"), 8);
        assert_eq!(check_password("qzjxwvkfpbg", &[]), Ok(()));
        assert_eq!(check_password("qZ7!mW4_x", &[]), Ok(()));
    }

    #[test]
    fn a_password_of_patterns_is_refused_with_advice() {
        for password in ["passwordpassword", "abcdefghijklmnop", "Password123!", "aaaaaaaaaaaaaaaa"] {
            match check_password(password, &[]) {
                Err(PasswordRefusal::Guessable { advice }) => assert!(!advice.suggestions().is_empty()),
                other => unreachable!("{password} gave {other:?}"),
            }
        }
    }

    #[test]
    fn a_password_made_of_the_own_address_is_refused() {
        let password = "wolkenbruchsee7";
        assert_eq!(check_password(password, &[]), Ok(()));
        let refusal = check_password(password, &["wolkenbruchsee@example.org"]).unwrap_err();
        assert!(matches!(refusal, PasswordRefusal::Guessable { .. }));
    }

    #[test]
    fn a_password_has_at_most_256_characters() {
        let phrase = "correct horse battery staple, ünd tausend mehr; ".repeat(6);
        let longest: String = phrase.chars().take(256).collect();
        assert_eq!(check_password(&longest, &[]), Ok(()));
        let longer = format!("{longest}x");
        assert_eq!(check_password(&longer, &[]), Err(PasswordRefusal::TooLong));
    }

    #[test]
    fn a_common_password_is_refused_however_it_is_dressed_up() {
        let common = [
            "qwertyuiopasdfgh",
            "1q2w3e4r5t6y7u8i",
            "P@ssw0rd2026!",
            "iloveyou1234567",
            "Tr0ub4dour&3",
            "PASSWORDPASSWORD",
            "1234567890123456789",
            "letmeinletmein!",
        ];
        for password in common {
            let refusal = check_password(password, &[]).unwrap_err();
            assert!(matches!(refusal, PasswordRefusal::Guessable { .. }), "{password}: {refusal:?}");
        }
    }

    #[test]
    fn a_password_may_be_of_any_script() {
        for password in
            ["дождь несёт корабли", "雨の日に船が山を登る", "😀 schöne grüße an ωmega", "बारिश में जहाज़ चलते"]
        {
            assert_eq!(check_password(password, &[]), Ok(()), "{password}");
        }
    }

    #[test]
    fn what_looks_the_same_is_the_same_password() {
        let (composed, decomposed) = ("sch\u{f6}ne gr\u{fc}\u{df}e", "scho\u{308}ne gru\u{308}\u{df}e");
        assert_ne!(composed, decomposed);
        assert_eq!(normal_form(composed), normal_form(decomposed));
        assert_ne!(normal_form("\u{2460}"), normal_form("1"), "a digit in a circle is another character");
        let longest = "o\u{308}".repeat(256);
        assert_ne!(check_password(&longest, &[]), Err(PasswordRefusal::TooLong), "256 letters once composed");
    }

    proptest! {
        #[test]
        fn any_text_can_be_judged_as_a_password(text in any::<String>(), input in any::<String>()) {
            if check_password(&text, &[&input]).is_ok() {
                prop_assert!(text.chars().count() >= 6);
            }
        }
    }
}
