//! Why a ballot was not admitted, asked in the same transaction.

use std::collections::HashMap;

use time::OffsetDateTime;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;
use uvote_domain::election::Status;
use uvote_domain::refusal::Refusal;
use uvote_domain::token::TokenHash;

use super::{Cast, Locked, Receipt, Verdict, token_of};
use crate::store::heads::Head;
use crate::store::{Client, Result, StoreError};

pub(super) const JUDGE_TOKENS: &str = "SELECT c.election_id, c.token_hash, t.voter_id IS NOT NULL AS known, r.token_hash IS NOT NULL AS replaced,
        coalesce(t.spent, false) AS spent, b.position, b.ballot_hash,
        coalesce(clock_timestamp() >= greatest(t.issued_at, c.opens_at) + make_interval(hours => c.lifetime_hours), false) AS expired,
        coalesce(clock_timestamp() >= h.closes_at, false) AS past_close
    FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::timestamptz[], $5::int4[])
        AS c (election_id, token_hash, retry_mac, opens_at, lifetime_hours)
    JOIN election_heads h ON h.election_id = c.election_id
    LEFT JOIN voting_tokens t ON t.election_id = c.election_id AND t.token_hash = c.token_hash
    LEFT JOIN replaced_tokens r ON r.election_id = c.election_id AND r.token_hash = c.token_hash
    LEFT JOIN ballots b ON t.spent AND b.election_id = c.election_id AND b.retry_mac = c.retry_mac";

/// The casts that were not admitted: why not?
pub(super) struct Question {
    elections: Vec<Uuid>,
    tokens: Vec<Vec<u8>>,
    retry_macs: Vec<Vec<u8>>,
    opens: Vec<Option<OffsetDateTime>>,
    lifetimes: Vec<i32>,
}

/// What the database knows of a token that was not admitted.
pub(super) struct Finding {
    known: bool,
    replaced: bool,
    spent: bool,
    expired: bool,
    repeated: Option<Receipt>,
    past_close: bool,
}

/// The findings by election and token.
pub(super) type Judged = HashMap<(Uuid, TokenHash), Finding>;

impl Question {
    pub(super) fn of(locked: &HashMap<Uuid, Locked<'_>>) -> Self {
        let mut question =
            Self { elections: vec![], tokens: vec![], retry_macs: vec![], opens: vec![], lifetimes: vec![] };
        for locked in locked.values() {
            for cast in locked.batch.casts.iter().filter(|cast| !locked.spent.contains_key(&cast.token)) {
                question.elections.push(locked.head.election_id);
                question.tokens.push(cast.token.to_vec());
                question.retry_macs.push(cast.retry_mac.to_vec());
                question.opens.push(locked.head.opens_at);
                question.lifetimes.push(locked.batch.definition.link_lifetime_hours);
            }
        }
        question
    }

    pub(super) async fn ask(&self, client: &Client, statement: &Statement) -> Result<Judged> {
        if self.tokens.is_empty() {
            return Ok(Judged::new());
        }
        let found = client
            .query(
                statement,
                &[&self.elections, &self.tokens, &self.retry_macs, &self.opens, &self.lifetimes],
            )
            .await?;
        found.iter().map(|row| Ok(((row.get("election_id"), token_of(row)?), finding(row)?))).collect()
    }
}

fn finding(row: &Row) -> Result<Finding> {
    Ok(Finding {
        known: row.get("known"),
        replaced: row.get("replaced"),
        spent: row.get("spent"),
        expired: row.get("expired"),
        past_close: row.get("past_close"),
        repeated: receipt(row)?,
    })
}

fn receipt(row: &Row) -> Result<Option<Receipt>> {
    let (Some(position), Some(hash)) =
        (row.get::<_, Option<i64>>("position"), row.get::<_, Option<&[u8]>>("ballot_hash"))
    else {
        return Ok(None);
    };
    let hash = hash.try_into().map_err(|_| StoreError::Database("a ballot hash is not 32 bytes".into()))?;
    Ok(Some(Receipt { hash, position }))
}

/// The order of `api.md`: unknown, replaced, spent, not open, expired, invalid.
pub(super) fn judge(finding: Option<&Finding>, cast: &Cast, head: &Head) -> Verdict {
    let refusal = match finding {
        Some(finding) if finding.replaced => Refusal::TokenReplaced,
        Some(finding) if !finding.known => Refusal::TokenUnknown,
        None => Refusal::TokenUnknown,
        Some(Finding { spent: true, repeated: Some(receipt), .. }) => return Verdict::Repeated(*receipt),
        Some(finding) if finding.spent => Refusal::AlreadyVoted,
        Some(finding) if head.status != Status::Active || head.deleted || finding.past_close => {
            Refusal::ElectionNotActive
        }
        Some(finding) if finding.expired => Refusal::TokenExpired,
        Some(_) => match &cast.marks {
            Err(errors) => Refusal::InvalidBallot(errors.clone()),
            // Spendable a moment after it was not: the clock or the head moved in between.
            Ok(_) => Refusal::Busy,
        },
    };
    Verdict::Refused(refusal)
}
