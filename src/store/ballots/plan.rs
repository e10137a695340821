//! What a transaction writes: admitted ballots sealed, shuffled and chained, and the tallies they move.

use std::collections::HashMap;

use futures_util::join;
use rand::seq::SliceRandom;
use time::OffsetDateTime;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;
use uuid::Uuid;
use uvote_domain::ballot::Marks;
use uvote_domain::chain::{self, Hash};
use uvote_domain::seal::{self, Purpose};
use uvote_domain::tally::running::TurnoutMinute;

use super::{Cast, Committed, Locked, Receipt, Statements};
use crate::store::{Client, Parameters, Result, StoreError, steps};

/// The columns of everything that is to be written.
#[derive(Default)]
pub(super) struct Plan {
    elections: Vec<Uuid>,
    positions: Vec<i64>,
    sealed: Vec<Vec<u8>>,
    retry_macs: Vec<Vec<u8>>,
    hashes: Vec<Vec<u8>>,
    previous: Vec<Vec<u8>>,
    heads: Vec<Uuid>,
    runnings: Vec<Vec<u8>>,
    minute_elections: Vec<Uuid>,
    minutes: Vec<OffsetDateTime>,
    minute_ballots: Vec<i64>,
}

impl Plan {
    pub(super) fn of(locked: &mut HashMap<Uuid, Locked<'_>>) -> Committed<Self> {
        let mut plan = Self::default();
        let now = OffsetDateTime::now_utc().unix_timestamp().div_euclid(60);
        for locked in locked.values_mut().filter(|locked| !locked.spent.is_empty()) {
            plan.add(locked, now)?;
        }
        Ok(plan)
    }

    /// Seals, shuffles and chains the admitted ballots of an election, and counts them.
    fn add(&mut self, locked: &mut Locked<'_>, minute: i64) -> Committed<()> {
        let Locked { batch, head, spent, receipts, running } = locked;
        let (Some(keys), Some(running)) = (&batch.definition.keys, running) else { return Ok(()) };
        let mut admitted: Vec<(&Cast, &Marks)> = batch
            .casts
            .iter()
            .filter(|cast| spent.contains_key(&cast.token))
            .filter_map(|cast| Some((cast, cast.marks.as_ref().ok()?)))
            .collect();
        admitted.shuffle(&mut rand::rng());
        let mut previous: Hash = head
            .head_hash
            .as_slice()
            .try_into()
            .map_err(|_| StoreError::Database("a head hash is not 32 bytes".into()))?;
        for (cast, marks) in &admitted {
            let plaintext = batch.definition.paper.encode(&cast.nonce, marks);
            let sealed =
                seal::seal(&keys.ballot, Purpose::Ballot, head.election_id, rand::random(), &plaintext)
                    .map_err(|error| StoreError::Database(error.to_string()))?;
            head.position += 1;
            let hash = chain::ballot_hash(head.election_id, head.position, &sealed, &previous);
            receipts.insert(cast.token, Receipt { hash, position: head.position });
            self.elections.push(head.election_id);
            self.positions.push(head.position);
            self.sealed.push(sealed);
            self.retry_macs.push(cast.retry_mac.to_vec());
            self.hashes.push(hash.to_vec());
            self.previous.push(previous.to_vec());
            previous = hash;
        }
        head.head_hash = previous.to_vec();
        let marks: Vec<&Marks> = admitted.iter().map(|(_, marks)| *marks).collect();
        let finished = running.count(&batch.definition.paper, &marks, head.position, minute);
        self.heads.push(head.election_id);
        self.runnings.push(batch.definition.seal_running(running)?);
        self.add_minute(head.election_id, finished);
        Ok(())
    }

    fn add_minute(&mut self, election: Uuid, finished: Option<TurnoutMinute>) {
        let Some(finished) = finished else { return };
        self.minute_elections.push(election);
        self.minutes.push(steps::minute_start(finished.minute));
        self.minute_ballots.push(i64::from(finished.ballots));
    }
}

/// Inserts the ballots, which moves the heads, and then the sealed tallies; answers the revisions.
pub(super) async fn insert(
    client: &Client,
    statements: &Statements,
    plan: &Plan,
) -> Result<Vec<(Uuid, i64)>> {
    if plan.elections.is_empty() {
        return Ok(Vec::new());
    }
    let (ballots, heads): (_, Parameters<'_>) = (ballot_values(plan), &[&plan.heads, &plan.runnings]);
    let (inserted, moved, told) = join!(
        client.execute(&statements.ballots, &ballots),
        client.query(&statements.heads, heads),
        tell_minutes(client, &statements.minutes, plan),
    );
    inserted?;
    told?;
    Ok(moved?.iter().map(|row| (row.get("election_id"), row.get("revision"))).collect())
}

async fn tell_minutes(
    client: &Client,
    statement: &Statement,
    plan: &Plan,
) -> std::result::Result<u64, tokio_postgres::Error> {
    if plan.minutes.is_empty() {
        return Ok(0);
    }
    client.execute(statement, &[&plan.minute_elections, &plan.minutes, &plan.minute_ballots]).await
}

fn ballot_values(plan: &Plan) -> [&(dyn ToSql + Sync); 6] {
    [&plan.elections, &plan.positions, &plan.sealed, &plan.retry_macs, &plan.hashes, &plan.previous]
}
