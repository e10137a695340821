//! The one table of rate limits: what each counts, and how much of it is allowed.

use std::time::Duration;

use super::settings::{Setting, setting};

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Registrations, by client address.
    SignUp,
    /// Sign-ins, by the address of the account.
    SignInAccount,
    /// Sign-ins, by client address.
    SignInClient,
    /// Links for a new password, by the address of the account.
    PasswordResetAccount,
    /// Links for a new password, by client address.
    PasswordResetClient,
    /// Tokens of mails, which confirm an address or set a password, by client address.
    MailedToken,
    /// Passwords given once more to change the account, by account.
    OwnPassword,
    /// First codes of a second factor, by account.
    FirstCode,
    /// Refreshed sessions, by client address.
    Refresh,
    /// Invitations into organisations, by the account that invites.
    MemberInvitation,
    /// Tokens of such invitations, by the account that takes them up.
    InvitationToken,
    /// Voting codes that no election knows, by client address.
    UnknownToken,
    /// Voting links asked for again, by entry of the roll.
    LinkRequestVoter,
    /// Voting links asked for again, by client address.
    LinkRequestClient,
    /// Links mailed anew by organisers, by account.
    NewLinkAccount,
    /// Links mailed anew by organisers, by entry of the roll.
    NewLinkVoter,
    /// Rolls read, by account.
    Import,
    /// Photos prepared, by account.
    Photo,
    /// Specimens of mails, by account.
    TestMail,
    /// Other addresses asked for, by account.
    AddressChange,
    /// Tickets for the live WebSocket, by account.
    Ticket,
}

const fn limit(
    limit: Limit,
    name: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> (Limit, Setting) {
    (limit, setting(name, Some(default), meaning))
}

/// Every limit in the order of [`Limit`]: its variable, its default, and what it counts by what.
///
/// A whole school may sit behind one client address, so what honest voters do is never limited by it:
/// a known voting code counts for nothing, and a link is asked for again by entry of the roll first.
pub const LIMITS: &[(Limit, Setting)] = &[
    limit(Limit::SignUp, "UVOTE_LIMIT_SIGN_UP", "3/1h", "Registrations by client address."),
    limit(
        Limit::SignInAccount,
        "UVOTE_LIMIT_SIGN_IN_ACCOUNT",
        "5/15m",
        "Sign-ins by the address of the account.",
    ),
    limit(Limit::SignInClient, "UVOTE_LIMIT_SIGN_IN_CLIENT", "30/15m", "Sign-ins by client address."),
    limit(
        Limit::PasswordResetAccount,
        "UVOTE_LIMIT_PASSWORD_RESET_ACCOUNT",
        "3/1h",
        "Links for a new password by the address of the account.",
    ),
    limit(
        Limit::PasswordResetClient,
        "UVOTE_LIMIT_PASSWORD_RESET_CLIENT",
        "3/1h",
        "Links for a new password by client address.",
    ),
    limit(
        Limit::MailedToken,
        "UVOTE_LIMIT_MAILED_TOKEN",
        "30/15m",
        "Tokens of mails that confirm an address or set a password, by client address.",
    ),
    limit(
        Limit::OwnPassword,
        "UVOTE_LIMIT_OWN_PASSWORD",
        "20/15m",
        "Passwords given once more, to change address, password or second factor or to delete the account, by account.",
    ),
    limit(
        Limit::FirstCode,
        "UVOTE_LIMIT_FIRST_CODE",
        "10/15m",
        "First codes that switch a second factor on, by account.",
    ),
    limit(Limit::Refresh, "UVOTE_LIMIT_REFRESH", "30/1m", "Refreshed sessions by client address."),
    limit(
        Limit::MemberInvitation,
        "UVOTE_LIMIT_MEMBER_INVITATION",
        "50/1h",
        "Invitations into organisations by the account that invites.",
    ),
    limit(
        Limit::InvitationToken,
        "UVOTE_LIMIT_INVITATION_TOKEN",
        "30/15m",
        "Invitations into organisations taken up, by account.",
    ),
    limit(
        Limit::UnknownToken,
        "UVOTE_LIMIT_UNKNOWN_TOKEN",
        "30/1m",
        "Voting codes that are not known, by client address; known ones are never limited.",
    ),
    limit(
        Limit::LinkRequestVoter,
        "UVOTE_LIMIT_LINK_REQUEST_VOTER",
        "3/1h",
        "Voting links asked for again by entry of the roll, whether or not there is one.",
    ),
    limit(
        Limit::LinkRequestClient,
        "UVOTE_LIMIT_LINK_REQUEST_CLIENT",
        "60/1h",
        "Voting links asked for again by client address.",
    ),
    limit(
        Limit::NewLinkAccount,
        "UVOTE_LIMIT_NEW_LINK_ACCOUNT",
        "300/1h",
        "Single voting links mailed anew by organisers, by account.",
    ),
    limit(
        Limit::NewLinkVoter,
        "UVOTE_LIMIT_NEW_LINK_VOTER",
        "5/1h",
        "Single voting links mailed anew by organisers, by entry of the roll.",
    ),
    limit(Limit::Import, "UVOTE_LIMIT_IMPORT", "20/1h", "Rolls read, dry runs included, by account."),
    limit(Limit::Photo, "UVOTE_LIMIT_PHOTO", "300/1h", "Photos of candidates by account."),
    limit(Limit::TestMail, "UVOTE_LIMIT_TEST_MAIL", "20/1h", "Specimens of mails by account."),
    limit(
        Limit::AddressChange,
        "UVOTE_LIMIT_ADDRESS_CHANGE",
        "5/1h",
        "Other addresses asked for, each of which is sent a mail, by account.",
    ),
    limit(Limit::Ticket, "UVOTE_LIMIT_TICKET", "6000/1m", "Tickets for the live WebSocket by account."),
];

impl Limit {
    /// How it is called in metrics and under which name it counts.
    pub fn name(self) -> &'static str {
        LIMITS[self as usize].1.name.trim_start_matches("UVOTE_LIMIT_")
    }
}

/// So many within so much time: any stretch as long as the window has at most this many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many, at least one.
    pub count: usize,
    /// Within how much time.
    pub window: Duration,
}

/// The quota of each limit.
#[derive(Debug, Clone)]
pub struct Quotas(Vec<Quota>);

impl Quotas {
    /// Takes one for each line of [`LIMITS`], in its order.
    pub(super) const fn new(quotas: Vec<Quota>) -> Self {
        Self(quotas)
    }

    /// The quota of a limit.
    pub fn of(&self, limit: Limit) -> Quota {
        self.0[limit as usize]
    }

    /// The same with another quota for one limit.
    #[must_use]
    pub fn with(mut self, limit: Limit, quota: Quota) -> Self {
        self.0[limit as usize] = quota;
        self
    }
}

impl Default for Quotas {
    /// The defaults of the table, which a test parses.
    fn default() -> Self {
        Self(LIMITS.iter().filter_map(|(_, setting)| quota(setting.default?)).collect())
    }
}

/// Reads `3/1h`: a count of 1 to 10,000 within 1 second to 7 days, in `s`, `m`, `h` or `d`.
pub(super) fn quota(text: &str) -> Option<Quota> {
    const COUNTS: std::ops::RangeInclusive<usize> = 1..=10_000;
    const SECONDS: std::ops::RangeInclusive<u64> = 1..=7 * 24 * 3_600;
    let (count, window) = text.split_once('/')?;
    let count = count.trim().parse().ok().filter(|count| COUNTS.contains(count))?;
    let unit = window.trim().chars().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 24 * 3_600,
        _ => return None,
    };
    let number: u64 = window.trim().trim_end_matches(unit).parse().ok()?;
    let seconds = number.checked_mul(seconds).filter(|seconds| SECONDS.contains(seconds))?;
    Some(Quota { count, window: Duration::from_secs(seconds) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_limits_and_its_defaults_can_be_read() {
        for (place, (limit, setting)) in LIMITS.iter().enumerate() {
            assert_eq!(*limit as usize, place);
            assert!(quota(setting.default.unwrap()).is_some(), "{}", setting.name);
            assert!(setting.name.starts_with("UVOTE_LIMIT_"));
        }
        assert_eq!(Quotas::default().of(Limit::Ticket).count, 6_000);
    }

    #[test]
    fn a_quota_is_a_count_and_a_window() {
        let seconds = |count, seconds| Some(Quota { count, window: Duration::from_secs(seconds) });
        assert_eq!(quota("3/1h"), seconds(3, 3_600));
        assert_eq!(quota(" 30 / 15m "), seconds(30, 900));
        assert_eq!(quota("1/7d"), seconds(1, 604_800));
        for wrong in
            ["", "3", "3/", "/1h", "0/1h", "3/0s", "3/8d", "-1/1h", "3/h", "3/1w", "3/1ü", "99999/1h"]
        {
            assert_eq!(quota(wrong), None, "{wrong}");
        }
    }
}
