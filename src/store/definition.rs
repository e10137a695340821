//! What stays as it is from the scheduling on, and the tally that is sealed with its keys.

use deadpool_postgres::GenericClient;
use uuid::Uuid;
use uvote_domain::ballot::BallotPaper;
use uvote_domain::election::{Publication, TallyVisibility};
use uvote_domain::refusal::Refusal;
use uvote_domain::seal::{self, Purpose};
use uvote_domain::tally::running::RunningTally;

use super::heads::Head;
use super::{Result, StoreError, contests, election_keys, row_if_any};
use crate::keys::{Keyring, SealKeys};

/// What casting, counting and showing need to know of an election, frozen once it is scheduled.
#[derive(Debug)]
pub struct Definition {
    /// The election.
    pub id: Uuid,
    /// What can be marked.
    pub paper: BallotPaper,
    /// The keys it seals with; nothing before the activation and after the dispute window.
    pub keys: Option<SealKeys>,
    /// Hours that a link lives.
    pub link_lifetime_hours: i32,
    /// Who may see the running tally.
    pub tally_visibility: TallyVisibility,
    /// When results become public.
    pub publication: Publication,
}

/// Reads an election's definition and opens its keys.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such election; a bug when a key does not open.
pub async fn read<C: GenericClient>(client: &C, keyring: &Keyring, election: Uuid) -> Result<Definition> {
    let sql = "SELECT e.link_lifetime_hours, e.tally_visibility, e.publication, k.wrapped FROM elections e
        JOIN election_heads h ON h.election_id = e.id
        LEFT JOIN election_keys k ON k.election_id = e.id AND k.purpose = 'seal'
        WHERE e.id = $1 AND h.deleted_at IS NULL";
    let row = row_if_any(client, sql, &[&election]).await?.ok_or(Refusal::NotFound)?;
    let keys = match row.get::<_, Option<&[u8]>>("wrapped") {
        Some(wrapped) => Some(SealKeys::from_seal_key(&election_keys::unwrap(
            keyring,
            Purpose::SealKey,
            election,
            wrapped,
        )?)),
        None => None,
    };
    // After the keys: where there are some, the contests are frozen.
    let contests = contests::list(client, &[election]).await?;
    Ok(Definition {
        id: election,
        paper: BallotPaper::new(contests.iter().map(contests::Contest::rules).collect()),
        keys,
        link_lifetime_hours: row.get("link_lifetime_hours"),
        tally_visibility: TallyVisibility::parse(row.get("tally_visibility"))
            .unwrap_or(TallyVisibility::AfterClose),
        publication: Publication::parse(row.get("publication")).unwrap_or(Publication::Manual),
    })
}

impl Definition {
    /// Opens the running tally of a head.
    ///
    /// # Errors
    /// A bug when there is none or it does not open.
    pub fn open_running(&self, head: &Head) -> Result<RunningTally> {
        let broken = || StoreError::Database("the running tally does not open".into());
        let (Some(keys), Some(sealed)) = (&self.keys, &head.sealed_running) else { return Err(broken()) };
        let opened =
            seal::open(&keys.running, Purpose::RunningTally, self.id, sealed).map_err(|_| broken())?;
        RunningTally::decode(&self.paper, &opened).ok_or_else(broken)
    }

    /// Seals a running tally for the head.
    ///
    /// # Errors
    /// A bug when the election has no key.
    pub fn seal_running(&self, running: &RunningTally) -> Result<Vec<u8>> {
        let keys = self
            .keys
            .as_ref()
            .ok_or_else(|| StoreError::Database("the election has no sealing key".into()))?;
        seal::seal(&keys.running, Purpose::RunningTally, self.id, rand::random(), &running.encode())
            .map_err(|error| StoreError::Database(error.to_string()))
    }
}
