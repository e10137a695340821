//! What an election tells of itself.

use std::sync::Arc;

use actix::prelude::*;
use uuid::Uuid;
use uvote_domain::election::{Status, TallyVisibility};
use uvote_domain::tally::running::RunningTally;

use crate::store::definition::Definition;
use crate::store::heads::Head;
use crate::store::results::Counts;

/// What has become of an election, for whoever watches.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Announcement {
    /// The election.
    pub election: Uuid,
    /// Grows with every change.
    pub revision: i64,
    /// Where it stands.
    pub status: Status,
    /// Voters on the roll.
    pub eligible: i64,
    /// Ballots cast.
    pub ballots_cast: i64,
    /// The tally that may be shown, where one may be.
    pub tally: Option<Arc<ShownTally>>,
}

/// A tally as watchers see it.
#[derive(Debug, PartialEq, Eq)]
pub struct ShownTally {
    /// In the order of the ballot paper.
    pub contests: Vec<ShownContest>,
}

/// One contest of a shown tally.
#[derive(Debug, PartialEq, Eq)]
pub struct ShownContest {
    /// The contest.
    pub id: Uuid,
    /// Blank ballots.
    pub blank: u64,
    /// The votes of each candidate.
    pub candidates: Vec<(Uuid, u64)>,
}

/// Where announcements go; never waits.
pub type Announce = Arc<dyn Fn(Announcement) + Send + Sync>;

/// What may be told of a head: before the publication at most the shown tally.
pub fn announcement(
    definition: &Definition,
    head: &Head,
    running: Option<&RunningTally>,
    counts: Option<&Counts>,
) -> Announcement {
    let shown = match (running, counts) {
        (_, Some(counts)) => Some(shown(definition, counts)),
        (Some(running), None) if definition.tally_visibility != TallyVisibility::AfterClose => {
            Some(shown(definition, &Counts::of(definition, &running.shown)))
        }
        _ => None,
    };
    Announcement {
        election: definition.id,
        revision: head.revision,
        status: head.status,
        eligible: head.eligible,
        ballots_cast: head.position,
        tally: shown.map(Arc::new),
    }
}

fn shown(definition: &Definition, counts: &Counts) -> ShownTally {
    let votes = |candidate: &Uuid| (*candidate, counts.votes.get(candidate).copied().unwrap_or(0));
    let contests = definition.paper.contests().iter().map(|contest| {
        let blank = counts.blank.get(&contest.id).copied().unwrap_or(0);
        ShownContest { id: contest.id, blank, candidates: contest.candidates.iter().map(votes).collect() }
    });
    ShownTally { contests: contests.collect() }
}
