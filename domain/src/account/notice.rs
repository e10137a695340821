//! What has happened to an account that its owner is told by mail.

/// Something that an owner who did not do it must hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Too many failures in a row have locked it for a while.
    Locked,
    /// It has a new password.
    PasswordChanged,
    /// It is about to move to another address, which has yet to be confirmed.
    AddressChanging,
    /// It has moved to another address.
    AddressChanged,
    /// It asks for a second factor from now on.
    TotpEnabled,
    /// It asks for no second factor any more.
    TotpDisabled,
    /// A recovery code stood in for the second factor.
    RecoveryCodeUsed,
}

impl Notice {
    /// Each of them.
    pub const ALL: [Self; 7] = [
        Self::Locked,
        Self::PasswordChanged,
        Self::AddressChanging,
        Self::AddressChanged,
        Self::TotpEnabled,
        Self::TotpDisabled,
        Self::RecoveryCodeUsed,
    ];

    /// The word for it in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Locked => "account_locked",
            Self::PasswordChanged => "password_changed",
            Self::AddressChanging => "address_changing",
            Self::AddressChanged => "address_changed",
            Self::TotpEnabled => "totp_enabled",
            Self::TotpDisabled => "totp_disabled",
            Self::RecoveryCodeUsed => "recovery_code_used",
        }
    }
}
