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

/// What a failed sign-in does to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Nothing yet.
    Open,
    /// No sign-in is taken for this long from now on, the right password included.
    Locked {
        /// Minutes from the failure.
        minutes: u32,
    },
}

/// The lock after a failed sign-in. `failures` counts it and those before it; the count starts
/// over with a sign-in that succeeds and with the end of a lock.
pub fn after_failure(failures: u32) -> Lock {
    if failures < MAX_FAILURES { Lock::Open } else { Lock::Locked { minutes: LOCK_MINUTES } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_failure_locks_for_15_minutes() {
        assert_eq!(after_failure(1), Lock::Open);
        assert_eq!(after_failure(4), Lock::Open);
        assert_eq!(after_failure(5), Lock::Locked { minutes: 15 });
        assert_eq!(after_failure(6), Lock::Locked { minutes: 15 });
    }
}
