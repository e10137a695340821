//! The second factor: codes that change with the time (RFC 6238), and codes for when it is lost.

use thiserror::Error;
use totp_rs::{Algorithm, Builder};

/// Random bytes that a secret is made of: the output length of its HMAC (RFC 4226, section 4).
pub const TOTP_SECRET_BYTES: usize = 20;
/// Random bytes of a recovery code: more than the 112 bits from which on a plain hash keeps it safe
/// (ASVS 5.0, 6.5.2).
pub const RECOVERY_CODE_BYTES: usize = 16;
/// How many recovery codes an account is given.
pub const RECOVERY_CODES: usize = 10;

/// The bytes are no secret for codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no secret for codes that change with the time")]
pub struct BadSecret;

/// Makes and knows the codes of one account: six digits, another every half minute, SHA-1, which
/// is what every app for such codes can do.
pub struct Totp(totp_rs::Totp);

impl Totp {
    /// The codes of an account under a secret; the app that makes them shows the address.
    ///
    /// # Errors
    /// [`BadSecret`] for fewer than 16 bytes.
    pub fn new(secret: &[u8], email: &str) -> Result<Self, BadSecret> {
        let codes = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(1)
            .with_step_duration(30)
            .with_secret(secret.to_vec())
            .with_account_name(email)
            .with_issuer(Some("uvote"));
        codes.build().map(Self).map_err(|_| BadSecret)
    }

    /// The secret in base32, to be typed into an app.
    pub fn secret(&self) -> String {
        self.0.secret().to_base32()
    }

    /// The `otpauth:` URL, to be shown to an app as a QR code.
    ///
    /// # Errors
    /// [`BadSecret`] when the address can't stand in a URL, which none does.
    pub fn url(&self) -> Result<String, BadSecret> {
        self.0.to_url().map_err(|_| BadSecret)
    }

    /// The step of half a minute that a code belongs to, `at` so many seconds after 1970: this
    /// one, the one before or the one after, for clocks that differ. Nothing for a wrong code.
    pub fn step(&self, code: &str, at: u64) -> Option<i64> {
        let is_code = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
        let step = if is_code { self.0.check(code, at)? } else { return None };
        i64::try_from(step).ok()
    }

    /// The code at a time, in seconds since 1970.
    pub fn code(&self, at: u64) -> String {
        self.0.generate(at).to_string()
    }
}

/// The text of a recovery code: eight groups of four hex digits.
pub fn recovery_code(random: [u8; RECOVERY_CODE_BYTES]) -> String {
    let digits = random.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let groups = digits.as_bytes().chunks(4).map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join("-")
}

/// What somebody typed as a code, without spaces and hyphens and in lower case.
pub fn typed_code(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SECRET: &[u8; 20] = b"12345678901234567890";

    fn totp() -> Totp {
        Totp::new(SECRET, "ann@example.org").unwrap()
    }

    #[test]
    fn the_codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six of the eight digits.
        let table = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ];
        for (at, code) in table {
            assert_eq!(totp().code(at), code);
            assert_eq!(totp().step(code, at), Some((at / 30).cast_signed()));
        }
    }

    #[test]
    fn a_code_is_known_half_a_minute_early_and_late_and_no_longer() {
        let code = totp().code(3_000);
        for at in [2_970, 2_999, 3_029, 3_059] {
            assert_eq!(totp().step(&code, at), Some(100), "{at}");
        }
        for at in [2_969, 3_060] {
            assert_eq!(totp().step(&code, at), None, "{at}");
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in ["", "28708", "2870820", "28708x", "２８７０８２", "+87082", " 287082"] {
            assert_eq!(totp().step(text, 59), None, "{text}");
        }
    }

    #[test]
    fn an_app_is_told_all_it_needs() {
        assert_eq!(totp().secret(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let url = totp().url().unwrap();
        assert!(url.starts_with("otpauth://totp/uvote:ann%40example.org?"), "{url}");
        for part in ["secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "issuer=uvote"] {
            assert!(url.contains(part), "{url}");
        }
    }

    #[test]
    fn a_recovery_code_is_taken_however_it_is_typed() {
        let code = recovery_code([0xab, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff]);
        assert_eq!(code, "ab01-0203-0405-0607-0809-0a0b-0c0d-0eff");
        assert_eq!(typed_code(" AB01 0203-04050607 08090A0B-0c0d 0EFF\n"), typed_code(&code));
    }
}
