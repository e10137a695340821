use std::time::Duration;

/// What can go wrong with a mail to a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `RCPT` is answered with this code (4xx: try later, 5xx: never) and text.
    Refuse(u16, String),
    /// The mail is taken, but the connection breaks before the sender learns of it.
    DropAfterData,
    /// The mail is taken, but the answer to it comes only after this time.
    Delay(Duration),
}
