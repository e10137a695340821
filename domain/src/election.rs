//! The states of an election and the legal steps between them.

use crate::refusal::Refusal;

/// Declares an enum whose values are stored and shown as one lower-case word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in the database and in the interface.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value of a word, or nothing when there is no such word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where an election stands.
    Status {
        /// Being prepared; everything may change.
        Draft = "draft",
        /// Frozen and waiting for its opening time.
        Scheduled = "scheduled",
        /// Open for ballots.
        Active = "active",
        /// No more ballots; counted or being counted.
        Closed = "closed",
        /// Closed and put away.
        Archived = "archived",
    }
}

words! {
    /// Who may see the running tally before the close.
    TallyVisibility {
        /// Nobody before the close.
        AfterClose = "after_close",
        /// Members of the organisation.
        Organisers = "organisers",
        /// Anyone.
        Everyone = "everyone",
    }
}

words! {
    /// When results become public.
    Publication {
        /// As soon as the recount agrees.
        AtClose = "at_close",
        /// When an organiser says so.
        Manual = "manual",
    }
}

words! {
    /// How far the recount after the close has come.
    CountState {
        /// The election is not closed yet.
        None = "none",
        /// Closed, and the recount has not finished.
        Counting = "counting",
        /// The recount agreed with the running tally.
        Matched = "matched",
        /// The recount differed; nothing may be published.
        Disputed = "disputed",
    }
}

words! {
    /// A deliberate step between two states.
    Step {
        /// Freeze a draft and schedule it.
        Schedule = "schedule",
        /// Open a draft or a scheduled election.
        Open = "open",
        /// Stop casting and count.
        Close = "close",
        /// Put a closed election away.
        Archive = "archive",
    }
}

impl Status {
    /// The state after a step, or the refusal that names both.
    pub fn after(self, step: Step) -> Result<Self, Refusal> {
        match (self, step) {
            (Self::Draft, Step::Schedule) => Ok(Self::Scheduled),
            (Self::Draft | Self::Scheduled, Step::Open) => Ok(Self::Active),
            (Self::Active, Step::Close) => Ok(Self::Closed),
            (Self::Closed, Step::Archive) => Ok(Self::Archived),
            (status, step) => Err(Refusal::wrong_state(status, step.as_str())),
        }
    }

    /// Whether voting links may exist and be mailed.
    pub const fn sends_links(self) -> bool {
        matches!(self, Self::Scheduled | Self::Active)
    }

    /// Whether voting is over for good.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Archived)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_election_goes_from_draft_to_archived_in_order() {
        let scheduled = Status::Draft.after(Step::Schedule).unwrap();
        let active = scheduled.after(Step::Open).unwrap();
        let closed = active.after(Step::Close).unwrap();
        assert_eq!(closed.after(Step::Archive).unwrap(), Status::Archived);
    }

    #[test]
    fn every_other_step_is_refused() {
        let legal = Status::ALL
            .iter()
            .flat_map(|status| Step::ALL.iter().map(move |step| status.after(*step)))
            .filter(Result::is_ok)
            .count();
        assert_eq!(legal, 5);
        assert!(Status::Closed.after(Step::Open).is_err());
        assert!(Status::Draft.after(Step::Close).is_err());
    }
}
