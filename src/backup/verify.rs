//! Whether a restored database is what was backed up.

use std::sync::Arc;

use secrecy::ExposeSecret;
use tokio_postgres::Client;
use uvote_domain::election::CountState;

use super::error::BackupError;
use super::manifest::Manifest;
use super::place::Place;
use super::{count, progress};
use crate::keys::Keyring;
use crate::store::snapshot::{self, AuditHead, BallotHead};
use crate::store::{Database, audit, definition, heads, recount};

/// Follows every chain to its end, opens and counts every ballot whose key lives, and compares the
/// ends with those of the manifest. Tells what it finds, line by line.
pub(super) async fn compare(
    owner: &Client,
    manifest: &Manifest,
    keyring: &Keyring,
    place: &Place,
) -> Result<(), BackupError> {
    let database = Database::new(place.service.expose_secret())?;
    let mut faults = heads_that_differ(owner, manifest).await?;
    for election in &manifest.books.elections {
        faults.extend(election_fault(&database, keyring, election).await?);
    }
    for organisation in &manifest.books.organisations {
        faults.extend(audit_fault(&database, organisation).await?);
    }
    database.close();
    for fault in &faults {
        progress(&format!("differs: {fault}"));
    }
    if faults.is_empty() { Ok(()) } else { Err(BackupError::Differs) }
}

async fn heads_that_differ(owner: &Client, manifest: &Manifest) -> Result<Vec<String>, BackupError> {
    let (was, is) = (&manifest.books, snapshot::books(owner).await?);
    let elections = was.elections.iter().filter(|head| !is.elections.contains(head));
    let mut faults: Vec<String> = elections
        .map(|head| format!("election {} does not end at ballot {} as it did", head.id, head.ballots))
        .collect();
    let logs = was.organisations.iter().filter(|head| !is.organisations.contains(head));
    faults.extend(logs.map(|head| format!("the audit log of {} ends elsewhere", head.id)));
    let (elections, logs) = (is.elections.len(), is.organisations.len());
    if (elections, logs) != (was.elections.len(), was.organisations.len()) {
        faults.push(format!("{elections} elections and {logs} audit logs were restored"));
    }
    let spent = snapshot::without_a_token_a_ballot(owner).await?;
    faults.extend(spent.iter().map(|id| format!("election {id} has not one spent token for each ballot")));
    Ok(faults)
}

async fn election_fault(
    database: &Database,
    keyring: &Keyring,
    was: &BallotHead,
) -> Result<Option<String>, BackupError> {
    let mut client = database.client().await?;
    let definition = Arc::new(definition::read(&client, keyring, was.id).await?);
    let head = heads::get(&client, was.id).await?;
    let found = recount::verify(&mut client, &definition).await?;
    if !found.chain_intact || found.ballots != was.ballots || found.head != was.head {
        let end = count(found.ballots, "ballot");
        return Ok(Some(format!("the chain of election {} breaks after {end} of {}", was.id, was.ballots)));
    }
    // A count that was disputed before is as it was.
    if found.recount_matches == Some(false) && head.count_state != CountState::Disputed {
        return Ok(Some(format!("the ballots of election {} do not add up to its tally", was.id)));
    }
    let counted = match found.recount_matches {
        Some(true) => "counted again",
        Some(false) => "disputed before the backup too",
        None => "not opened, since its key is destroyed or not made yet",
    };
    progress(&format!(
        "election {} ({}): {}, chain intact, {counted}, head {}",
        was.id,
        was.status,
        count(was.ballots, "ballot"),
        was.head
    ));
    Ok(None)
}

async fn audit_fault(database: &Database, was: &AuditHead) -> Result<Option<String>, BackupError> {
    let found = audit::verify(&mut database.client().await?, was.id).await?;
    if !found.intact || found.records != was.records {
        let (end, all) = (found.records, was.records);
        return Ok(Some(format!("the audit log of {} breaks after {end} of {all} records", was.id)));
    }
    progress(&format!("audit log of {}: {}, chain intact", was.id, count(was.records, "record")));
    Ok(None)
}
