//! What can be wrong with one field, as a type: its English sentence is for programs, and pages say
//! it in the reader's language.

use std::ops::RangeInclusive;

use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::account::{EmailError, PasswordRefusal};
use crate::voter_roll::{HeaderFault, RowFault};

/// What is wrong with a field; it never repeats what the field says.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// Nothing where something must be.
    #[error("Must not be empty.")]
    Empty,
    /// A line break or another control character in what must be one line.
    #[error("Must be one line without control characters.")]
    NotOneLine,
    /// A control character in text of several lines.
    #[error("Must not contain control characters.")]
    ControlCharacter,
    /// More characters than this many.
    #[error("Must have at most {0} characters.")]
    TooLong(usize),
    /// A number outside of this range.
    #[error("Must be from {} to {}.", .0.start(), .0.end())]
    OutOfRange(RangeInclusive<i32>),
    /// A link lifetime outside of this range of hours.
    #[error("Must be from {} to {} (a year).", .0.start(), .0.end())]
    LinkLifetime(RangeInclusive<i32>),
    /// No e-mail address.
    #[error(transparent)]
    Email(#[from] EmailError),
    /// No password for an account.
    #[error(transparent)]
    Password(#[from] PasswordRefusal),
    /// The token of a mail that has been used or has expired.
    #[error("This link has been used or has expired. Register again to get a new one.")]
    MailedTokenSpent,
    /// The token of a mail about a forgotten password that has been used, replaced, or has expired.
    #[error("This link has been used, replaced, or has expired. Ask for a new one.")]
    ResetTokenSpent,
    /// The password of whoever is signed in, mistyped.
    #[error("This is not the password of the account. After several failures it rests for 15 minutes.")]
    WrongPassword,
    /// The password or the code of whoever is signed in, mistyped.
    #[error("The password or the code is wrong. After several failures the account rests for 15 minutes.")]
    WrongPasswordOrCode,
    /// The first code of a second factor, mistyped or from a device whose clock is wrong.
    #[error("This is not the code of the app at this time. Check the clock of the device.")]
    WrongCode,
    /// The token of an invitation into an organisation that is no longer good.
    #[error("This invitation has been used, replaced or taken back, or has expired. Ask for a new one.")]
    InvitationSpent,
    /// The token of an invitation that was mailed to another address than the account's.
    #[error(
        "This invitation went to another address. Sign in with the account of that address, or ask to be invited under yours."
    )]
    InvitedElsewhere,

    /// No name of a time zone.
    #[error("Must be the name of a zone, such as Europe/Berlin.")]
    NotAZone,
    /// No language that mails are written in, of which there are these.
    #[error("Must be the code of a language that mails can be written in: {0}.")]
    UnknownLanguage(String),
    /// Is no day and time.
    #[error("Must be a day and a time, such as 2026-11-21T18:00.")]
    NotATime,
    /// A year outside of this range, which can be kept and shown in every zone.
    #[error("Must be between the years {} and {}.", .0.start(), .0.end())]
    YearOutOfRange(RangeInclusive<i32>),
    /// A close that is not after the opening.
    #[error("Must be later than opens_at.")]
    ClosesBeforeOpening,
    /// A close that an open election may not be given.
    #[error("Can only be moved to a later time. To end earlier, close the election.")]
    ClosesEarlier,
    /// A new close that is over already.
    #[error("Must be in the future.")]
    ClosesInPast,
    /// The old close came before the change of it.
    #[error("The election has just reached its close.")]
    CloseReached,
    /// The close of a draft to be activated is over already.
    #[error("The closing time has passed. Set a later one.")]
    ClosePassed,

    /// More contests than this many.
    #[error("At most {0} contests fit on a ballot.")]
    TooManyContests(usize),
    /// More candidates of a contest than this many.
    #[error("At most {0} candidates fit in a contest.")]
    TooManyCandidates(usize),
    /// An election to be activated has no contest.
    #[error("Add at least one contest with two candidates.")]
    NoContest,
    /// The contest of this title, of an election to be activated, offers no choice.
    #[error("Add at least two candidates to the contest \"{0}\".")]
    TooFewCandidates(String),
    /// An election to be activated has nobody on its roll.
    #[error("Add at least one voter to the roll.")]
    NoVoter,

    /// A nonce that is not 16 bytes.
    #[error("The nonce must be 16 random bytes in base64url, 22 characters.")]
    BadNonce,
    /// Ids that can't be read.
    #[error("This is no contest, or a choice is no candidate, of the election.")]
    UnreadableContest,
    /// A choice in a form that can't be read.
    #[error("A choice can't be read.")]
    UnreadableChoice,
    /// A contest that the ballot names a second time.
    #[error("This contest is named twice.")]
    ContestTwice,
    /// A contest that the ballot leaves out.
    #[error("This contest is missing. Send an empty list for a blank vote.")]
    ContestMissing,
    /// A contest of another election.
    #[error("This contest does not belong to the election.")]
    ForeignContest,
    /// A candidate of another contest.
    #[error("A choice is not a candidate of this contest.")]
    ForeignCandidate,
    /// A candidate marked a second time.
    #[error("A candidate is named twice.")]
    CandidateTwice,
    /// More marks than this many seats.
    #[error("At most {0} may be chosen here.")]
    TooManyChosen(u32),
    /// A blank vote where there is none.
    #[error("A blank vote is not possible in this contest.")]
    BlankNotAllowed,

    /// A file of which nothing can be read.
    #[error(transparent)]
    Header(#[from] HeaderFault),
    /// A row of a file that is no voter.
    #[error(transparent)]
    Row(#[from] RowFault),
    /// A form without its file.
    #[error("The form has no field `file`.")]
    NoFile,

    /// No state of an election.
    #[error("Is no state of an election.")]
    UnknownStatus,
    /// None of the words that the field knows, listed here as a sentence lists them.
    #[error("Must be {0}.")]
    UnknownWord(&'static str),
    /// A place in a list that was not handed out.
    #[error("Is not a cursor of this list. Leave it out to begin at the start.")]
    BadCursor,
    /// Whatever the reader of a body or a query says, in its own words.
    #[error("{0}")]
    Other(String),
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
