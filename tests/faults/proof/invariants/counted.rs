//! What the public interface says of the count, against what voters were told.

use futures_util::{StreamExt, stream};

use super::Evidence;
use crate::proof::ledger::Ledger;

/// The published results are what voters were told, for each candidate; every vote has been resolved,
/// so there is no margin.
pub async fn as_told(ledger: &Ledger, evidence: &Evidence<'_>) -> Vec<String> {
    let open = evidence.open;
    match open.election.results(&open.organiser).await {
        Ok(published) => {
            ledger.told().differences(&open.election.candidates, open.codes.len() as u64, &published)
        }
        Err(error) => vec![format!("there are no results: {error:#}")],
    }
}

/// The service finds both chains intact, and its recount equal to the tally.
pub async fn chains_verify(evidence: &Evidence<'_>) -> Vec<String> {
    let (election, organiser) = (&evidence.open.election, &evidence.open.organiser);
    let mut complaints = Vec::new();
    let ballots = election.verify(organiser).await;
    if !ballots.as_ref().is_ok_and(|found| found.chain_intact && found.recount_matches == Some(true)) {
        complaints.push(format!("the service finds its own count wrong: {ballots:?}"));
    }
    let audit = election.audit_is_intact(organiser).await;
    if !audit.as_ref().is_ok_and(|intact| *intact) {
        complaints.push(format!("the service finds its own audit log broken: {audit:?}"));
    }
    complaints
}

/// Each acknowledged vote is in the chain, for everybody to see, where the voter was told.
pub async fn receipts_are_included(ledger: &Ledger, evidence: &Evidence<'_>) -> Option<String> {
    let (election, organiser) = (&evidence.open.election, &evidence.open.organiser);
    let acknowledged = ledger.acknowledged();
    let missing = stream::iter(acknowledged.values()).map(async |receipt| {
        !election.holds(organiser, &hex::encode(receipt.hash), receipt.position).await.unwrap()
    });
    let missing = missing.buffer_unordered(8).filter(|missing| std::future::ready(*missing)).count().await;
    (missing > 0).then(|| format!("{missing} acknowledged votes are not included"))
}
