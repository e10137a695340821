//! A contest: what a voter is asked, and what may be marked.

use uuid::Uuid;

use crate::election::words;

words! {
    /// How the marks of a contest become winners.
    Method {
        /// Whoever has the most marks, for each seat.
        Plurality = "plurality",
    }
}

words! {
    /// The order in which a voter sees the candidates.
    CandidateOrder {
        /// By display order.
        AsListed = "as_listed",
        /// Shuffled for each showing.
        Random = "random",
    }
}

/// The part of a contest that decides what a valid ballot is and who wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// The contest's id.
    pub id: Uuid,
    /// How it is counted.
    pub method: Method,
    /// How many are elected, and how many a voter may mark; at least 1.
    pub seats: u32,
    /// Whether a voter may mark nobody.
    pub allow_blank: bool,
    /// The ids of those who stand.
    pub candidates: Vec<Uuid>,
}
