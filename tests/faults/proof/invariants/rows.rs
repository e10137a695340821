//! What the rows of the database say, recomputed without the service.

use std::collections::{BTreeMap, HashMap, HashSet};

use time::OffsetDateTime;
use tokio_postgres::{Client, Row};
use uuid::Uuid;
use uvote_domain::ballot::serial;
use uvote_domain::chain::{GENESIS, Hash, audit_hash, ballot_hash};
use uvote_loadtest::ledger::Choice;

use super::Evidence;
use crate::proof::ledger::Ledger;
use crate::proof::report::Votes;

/// The three places that count ballots.
#[derive(Debug)]
pub struct Counted {
    /// Rows of the chain.
    pub ballots: u64,
    /// The position of the head.
    position: u64,
    /// Tokens that are spent.
    spent: u64,
}

impl Counted {
    /// Whether there is one ballot for each spent token, and the head knows them all.
    pub fn agree(&self) -> bool {
        self.ballots == self.position && self.ballots == self.spent
    }
}

/// Counts in one snapshot.
pub async fn counted(superuser: &Client, election: Uuid) -> Counted {
    let sql = "SELECT (SELECT count(*) FROM ballots WHERE election_id = $1) AS ballots,
        (SELECT position FROM election_heads WHERE election_id = $1) AS position,
        (SELECT count(*) FROM voting_tokens WHERE election_id = $1 AND spent) AS spent";
    let row = superuser.query_one(sql, &[&election]).await.unwrap();
    let number = |name: &str| u64::try_from(row.get::<_, i64>(name)).unwrap();
    Counted { ballots: number("ballots"), position: number("position"), spent: number("spent") }
}

/// As many tokens are spent as there are ballots.
pub async fn one_ballot_a_token(evidence: &Evidence<'_>) -> Option<String> {
    let counted = counted(&evidence.superuser, evidence.id()).await;
    (!counted.agree()).then(|| format!("ballots, head and spent tokens disagree: {counted:?}"))
}

fn hash(row: &Row, name: &str) -> Hash {
    row.get::<_, &[u8]>(name).try_into().unwrap()
}

/// The chain of ballots, computed anew.
pub async fn chain_recomputed(evidence: &Evidence<'_>) -> Option<String> {
    let id = evidence.id();
    let sql = "SELECT position, sealed, ballot_hash, previous_hash FROM ballots
        WHERE election_id = $1 ORDER BY position";
    let (mut position, mut previous) = (0, GENESIS);
    for row in evidence.superuser.query(sql, &[&id]).await.unwrap() {
        position += 1;
        let own = ballot_hash(id, position, row.get("sealed"), &previous);
        let follows = row.get::<_, i64>("position") == position
            && hash(&row, "previous_hash") == previous
            && hash(&row, "ballot_hash") == own;
        if !follows {
            return Some(format!("the chain of ballots breaks at {position}"));
        }
        previous = own;
    }
    let sql = "SELECT head_hash FROM election_heads WHERE election_id = $1";
    let head = evidence.superuser.query_one(sql, &[&id]).await.unwrap();
    (hash(&head, "head_hash") != previous).then(|| "the head is not the end of its chain".to_owned())
}

/// The audit chain of every organisation, computed anew.
pub async fn audit_recomputed(evidence: &Evidence<'_>) -> Vec<String> {
    let sql = "SELECT organisation_id, position, election_id, at, actor, action, subject,
        details::text AS details, hash, previous_hash FROM audit_records ORDER BY organisation_id, position";
    let mut ends = BTreeMap::<Uuid, (i64, Hash)>::new();
    let mut complaints = Vec::new();
    for row in evidence.superuser.query(sql, &[]).await.unwrap() {
        let organisation = row.get("organisation_id");
        let (position, previous) = ends.get(&organisation).copied().unwrap_or((0, GENESIS));
        let own = audit_record(&row, organisation, position + 1, &previous);
        let follows = row.get::<_, i64>("position") == position + 1
            && hash(&row, "previous_hash") == previous
            && hash(&row, "hash") == own;
        if !follows {
            complaints.push(format!("the audit log of {organisation} breaks at {}", position + 1));
        }
        ends.insert(organisation, (position + 1, own));
    }
    if ends.is_empty() {
        complaints.push("there is no audit record".to_owned());
    }
    complaints
}

fn audit_record(row: &Row, organisation: Uuid, position: i64, previous: &Hash) -> Hash {
    let at = row.get::<_, OffsetDateTime>("at").unix_timestamp_nanos() / 1_000;
    let election = row.get::<_, Option<Uuid>>("election_id").map(|id| id.to_string()).unwrap_or_default();
    let text = |name: &str| row.get::<_, &str>(name).as_bytes();
    let at = at.to_string();
    let fields =
        [at.as_bytes(), election.as_bytes(), text("actor"), text("action"), text("subject"), text("details")];
    audit_hash(organisation, position, &fields, previous)
}

/// Every acknowledged vote is in the chain under its receipt, and opened once with its choice under
/// the serial that its voter alone can compute; no other ballot was opened.
pub async fn each_vote_once(ledger: &Ledger, evidence: &Evidence<'_>, unknown: u64) -> (Votes, Vec<String>) {
    let contest: Uuid = evidence.open.election.contest.parse().unwrap();
    let chain = chain(evidence).await;
    let mut openings = openings(evidence).await;
    let opened: usize = openings.values().map(Vec::len).sum();
    let acknowledged = ledger.acknowledged();
    let (mut lost, mut wrong) = (0, 0);
    for (number, receipt) in &acknowledged {
        let ballot = &ledger.ballots[*number];
        let opening = openings.remove(serial(&ballot.nonce, contest).as_slice());
        lost += u64::from(!chain.contains(&receipt.hash) || opening.is_none());
        let expected = vec![candidate(evidence, ballot.choice)];
        wrong += u64::from(opening.is_some_and(|opening| opening != expected));
    }
    let found = acknowledged.len() as u64 - lost;
    let doubled = (opened as u64).saturating_sub(found);
    let mut complaints = Vec::new();
    for (number, what) in
        [(lost, "are lost"), (doubled, "are counted too often"), (wrong, "are counted wrongly")]
    {
        if number > 0 {
            complaints.push(format!("{number} votes {what}"));
        }
    }
    (Votes { acknowledged: acknowledged.len() as u64, unknown, lost, doubled }, complaints)
}

fn candidate(evidence: &Evidence<'_>, choice: Choice) -> Vec<Uuid> {
    match choice {
        Choice::Blank => Vec::new(),
        Choice::Candidate(place) => vec![evidence.open.election.candidates[place].parse().unwrap()],
    }
}

async fn chain(evidence: &Evidence<'_>) -> HashSet<Hash> {
    let sql = "SELECT ballot_hash FROM ballots WHERE election_id = $1";
    let rows = evidence.superuser.query(sql, &[&evidence.id()]).await.unwrap();
    rows.iter().map(|row| hash(row, "ballot_hash")).collect()
}

/// The choices that were opened under each serial.
async fn openings(evidence: &Evidence<'_>) -> HashMap<Vec<u8>, Vec<Vec<Uuid>>> {
    let sql = "SELECT serial, choices FROM opened_ballots WHERE election_id = $1";
    let mut openings = HashMap::<Vec<u8>, Vec<Vec<Uuid>>>::new();
    for row in evidence.superuser.query(sql, &[&evidence.id()]).await.unwrap() {
        openings.entry(row.get("serial")).or_default().push(row.get("choices"));
    }
    openings
}
