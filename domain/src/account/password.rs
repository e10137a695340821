//! Which passwords are strong enough.

use thiserror::Error;
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

/// Whether a password is strong enough for an account: at least 50 bits by alphabet and length,
/// and zxcvbn's score 3 of 4. `inputs` are what a guesser knows, such as the owner's address.
pub fn check_password(password: &str, inputs: &[&str]) -> Result<(), PasswordRefusal> {
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

    proptest! {
        #[test]
        fn any_text_can_be_judged_as_a_password(text in any::<String>(), input in any::<String>()) {
            if check_password(&text, &[&input]).is_ok() {
                prop_assert!(text.chars().count() >= 6);
            }
        }
    }
}
