//! What makes an account: its e-mail address, a password worth the name, and the lock after failures.

mod email;
mod notice;
mod password;
mod second_factor;

pub use email::{Email, EmailError};
pub use notice::Notice;
pub use password::{PASSWORD_MAX_CHARS, PASSWORD_MIN_BITS, PasswordRefusal, check_password, normal_form};
pub use second_factor::{
    BadSecret, RECOVERY_CODE_BYTES, RECOVERY_CODES, TOTP_SECRET_BYTES, Totp, recovery_code, typed_code,
};
pub use zxcvbn::feedback::{Feedback, Suggestion, Warning};

/// How many wrong passwords in a row lock an account.
pub const MAX_FAILURES: u32 = 5;
/// How long the lock holds, in minutes.
pub const LOCK_MINUTES: u32 = 15;
