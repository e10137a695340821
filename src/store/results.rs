//! Results, turnout, and the check of a whole election.

use std::collections::HashMap;

use deadpool_postgres::GenericClient;
use futures_util::future::try_join3;
use serde::Serialize;
use time::OffsetDateTime;
use tokio_postgres::{IsolationLevel, Row};
use utoipa::ToSchema;
use uuid::Uuid;
use uvote_domain::contest::Method;
use uvote_domain::election::Status;
use uvote_domain::tally::running::LEAST_PER_MINUTE;
use uvote_domain::tally::{Tally, percent, plurality};

use super::definition::{self, Definition};
use super::elections::Election;
use super::heads::{self, Head};
use super::steps::minute_start;
use super::{Client, Result, rows};
use crate::keys::Keyring;

/// The counted votes of each candidate and the blanks of each contest.
#[derive(Debug, Default)]
pub struct Counts {
    /// Votes by candidate.
    pub votes: HashMap<Uuid, u64>,
    /// Blank ballots by contest.
    pub blank: HashMap<Uuid, u64>,
}

/// The results of an election.
#[derive(Debug, Serialize, ToSchema)]
pub struct Results {
    /// The election.
    pub election_id: Uuid,
    /// What it is called.
    pub title: String,
    /// Where it stands.
    #[schema(value_type = String, example = "closed")]
    pub status: Status,
    /// Voters on the roll.
    pub eligible: i64,
    /// Ballots that these results count.
    pub ballots_cast: i64,
    /// Of those eligible, 0 to 100.
    pub turnout_percent: f64,
    /// In display order.
    pub contests: Vec<ContestResult>,
}

/// The result of one contest.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContestResult {
    /// The contest.
    pub id: Uuid,
    /// What was decided.
    pub title: String,
    /// How it was counted.
    #[schema(value_type = String, example = "plurality")]
    pub method: Method,
    /// How many are elected.
    pub seats: i32,
    /// Ballots that marked nobody here.
    pub blank: u64,
    /// In display order.
    pub candidates: Vec<CandidateResult>,
    /// Whether equal votes leave the last seats undecided.
    pub tie: bool,
}

/// The result of one candidate.
#[derive(Debug, Serialize, ToSchema)]
pub struct CandidateResult {
    /// The candidate.
    pub id: Uuid,
    /// Who or what stood.
    pub name: String,
    /// Marks received.
    pub votes: u64,
    /// Of the ballots that were not blank here, 0 to 100.
    pub percent: f64,
    /// Whether a seat is won.
    pub winner: bool,
}

impl Counts {
    /// The counts of a tally, by id.
    pub fn of(definition: &Definition, tally: &Tally) -> Self {
        let mut counts = Self::default();
        for (contest, counted) in definition.paper.contests().iter().zip(&tally.contests) {
            counts.blank.insert(contest.id, counted.blank);
            counts.votes.extend(contest.candidates.iter().copied().zip(counted.votes.iter().copied()));
        }
        counts
    }
}

/// The counts that the recount has found.
///
/// # Errors
/// As the database.
pub async fn counted(client: &Client, election: Uuid) -> Result<Counts> {
    let number = |row: &Row, name: &str| row.get::<_, i64>(name).unsigned_abs();
    let votes =
        rows(client, "SELECT candidate_id, votes FROM candidate_counts WHERE election_id = $1", &[&election])
            .await?;
    let blank =
        rows(client, "SELECT contest_id, blank FROM contest_counts WHERE election_id = $1", &[&election])
            .await?;
    Ok(Counts {
        votes: votes.iter().map(|row| (row.get("candidate_id"), number(row, "votes"))).collect(),
        blank: blank.iter().map(|row| (row.get("contest_id"), number(row, "blank"))).collect(),
    })
}

/// Puts counts and words together and names the winners.
pub fn results(election: Election, counts: &Counts, ballots: i64) -> Results {
    let cast = ballots.unsigned_abs();
    Results {
        election_id: election.id,
        title: election.title,
        status: election.status,
        eligible: election.eligible,
        ballots_cast: ballots,
        turnout_percent: percent(cast, election.eligible.unsigned_abs()),
        contests: election
            .contests
            .into_iter()
            .map(|contest| contest_result(contest, counts, cast))
            .collect(),
    }
}

fn contest_result(contest: super::contests::Contest, counts: &Counts, cast: u64) -> ContestResult {
    let votes = |candidate: &Uuid| counts.votes.get(candidate).copied().unwrap_or(0);
    let blank = counts.blank.get(&contest.id).copied().unwrap_or(0);
    let all: Vec<u64> = contest.candidates.iter().map(|candidate| votes(&candidate.id)).collect();
    let outcome = match contest.method {
        Method::Plurality => plurality::outcome(&all, contest.seats.unsigned_abs()),
    };
    let candidates = contest.candidates.into_iter().zip(all).zip(outcome.winners);
    let candidates = candidates.map(|((candidate, votes), winner)| CandidateResult {
        id: candidate.id,
        name: candidate.name,
        votes,
        percent: percent(votes, cast.saturating_sub(blank)),
        winner,
    });
    ContestResult {
        id: contest.id,
        title: contest.title,
        method: contest.method,
        seats: contest.seats,
        blank,
        candidates: candidates.collect(),
        tie: outcome.tie,
    }
}

/// How many have voted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Turnout {
    /// Voters on the roll.
    pub eligible: i64,
    /// Ballots cast so far.
    pub ballots_cast: i64,
    /// Of those eligible, 0 to 100.
    pub percent: f64,
    /// Ballots over time; minutes with fewer than five are merged with their neighbours.
    pub per_minute: Vec<Minute>,
}

/// The ballots cast from a minute on, until the next one listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Minute {
    /// Its beginning.
    #[serde(with = "time::serde::rfc3339")]
    pub minute: OffsetDateTime,
    /// Ballots cast.
    pub ballots: i64,
}

/// The minutes that are written down; the head holds the one that is filling.
async fn minutes<C: GenericClient>(client: &C, election: Uuid) -> Result<Vec<Minute>> {
    let sql = "SELECT minute, ballots FROM turnout_minutes WHERE election_id = $1 ORDER BY minute";
    let told = rows(client, sql, &[&election]).await?;
    Ok(told.iter().map(|row| Minute { minute: row.get("minute"), ballots: row.get("ballots") }).collect())
}

fn turnout(definition: &Definition, head: &Head, mut per_minute: Vec<Minute>) -> Turnout {
    if !head.status.is_over()
        && let Ok(running) = definition.open_running(head)
    {
        let filling = Minute {
            minute: minute_start(running.minute.minute),
            ballots: i64::from(running.minute.ballots),
        };
        merge(&mut per_minute, filling);
    }
    Turnout {
        eligible: head.eligible,
        ballots_cast: head.position,
        percent: percent(head.position.unsigned_abs(), head.eligible.unsigned_abs()),
        per_minute,
    }
}

/// The turnout of an election and the revision of the head that it was read with. Both are of one
/// moment: a minute that is written down in between would be told twice.
///
/// # Errors
/// As [`definition::read`].
pub async fn turnout_at_once(
    client: &mut Client,
    keyring: &Keyring,
    election: Uuid,
) -> Result<(i64, Turnout)> {
    let snapshot = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let transaction = snapshot.start().await?;
    let (head, definition, minutes) = try_join3(
        heads::get(&transaction, election),
        definition::read(&transaction, keyring, election),
        minutes(&transaction, election),
    )
    .await?;
    transaction.commit().await?;
    Ok((head.revision, turnout(&definition, &head, minutes)))
}

fn merge(minutes: &mut Vec<Minute>, filling: Minute) {
    let few = filling.ballots < i64::from(LEAST_PER_MINUTE);
    match minutes.last_mut() {
        Some(last) if few => last.ballots += filling.ballots,
        None if few => {}
        _ => minutes.push(filling),
    }
}
