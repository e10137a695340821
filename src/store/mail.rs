//! Outgoing mail: bulk sends along the roll, and the outbox that the mailer empties.

mod deliveries;
mod outbox;
mod runs;

use deadpool_postgres::{GenericClient, Transaction};
use uuid::Uuid;
use uvote_domain::account::Notice;

pub use self::deliveries::{Deliveries, DeliveryCounts, deliveries, delivery_counts};
pub use self::outbox::{Attempt, Claimed, Invited, claim, settle, waiting};
pub(crate) use self::runs::forget_queued;
pub use self::runs::{Audience, advance_runs, count_meant, start_run, stop};
use super::{Client, Result, execute};

/// What a mail says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The voter's link.
    Invitation,
    /// The voter's link again.
    Reminder,
    /// Where the results are.
    Results,
    /// An invitation for the organiser's eyes, whose link does not vote.
    Specimen,
    /// Confirms an account's address.
    VerifyEmail,
    /// Sets an account's password anew.
    ResetPassword,
    /// Tells a known address that somebody tried to register it.
    AlreadyRegistered,
    /// Asks an address to join an organisation.
    OrganisationInvitation,
    /// Confirms the address that an account is to move to.
    ConfirmNewAddress,
    /// Tells an owner what has happened to the account.
    Notice(Notice),
}

impl Kind {
    const PLAIN: [Self; 9] = [
        Self::Invitation,
        Self::Reminder,
        Self::Results,
        Self::Specimen,
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::AlreadyRegistered,
        Self::OrganisationInvitation,
        Self::ConfirmNewAddress,
    ];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reminder => "reminder",
            Self::Results => "results",
            Self::Specimen => "specimen",
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::AlreadyRegistered => "already_registered",
            Self::OrganisationInvitation => "organisation_invitation",
            Self::ConfirmNewAddress => "confirm_new_address",
            Self::Notice(notice) => notice.as_str(),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::PLAIN.into_iter().chain(Notice::ALL.map(Self::Notice)).find(|kind| kind.as_str() == word)
    }
}

/// The outbox is emptied by when mails fell due. One that somebody waits for falls due this long ago.
pub(crate) const AHEAD: &str = "1 year";

/// A transaction that touches rows by their keys alone: a plan made while the outbox was empty, as it
/// mostly is, must not turn into a scan of a million mails or voters.
async fn by_keys(client: &mut Client) -> Result<Transaction<'_>> {
    let transaction = client.transaction().await?;
    let sql =
        "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";
    transaction.batch_execute(sql).await?;
    Ok(transaction)
}

/// Queues a mail to a voter who waits for it: ahead of a bulk send, which may be long.
pub(crate) async fn queue_to_voter(
    transaction: &Transaction<'_>,
    election: Uuid,
    kind: Kind,
    voter: Uuid,
) -> Result<()> {
    let sql = "INSERT INTO mail_outbox (election_id, kind, voter_id, due_at) VALUES ($1, $2, $3, clock_timestamp() - $4::text::interval)";
    execute(transaction, sql, &[&election, &kind.as_str(), &voter, &AHEAD]).await?;
    Ok(())
}

/// Queues the mails of a bulk send.
pub(crate) async fn queue_to_voters(
    transaction: &Transaction<'_>,
    election: Uuid,
    kind: Kind,
    voters: &[Uuid],
) -> Result<()> {
    // Ids in the order of time go to one end of their index, where random ones would touch all of it.
    let ids: Vec<Uuid> = voters.iter().map(|_| Uuid::now_v7()).collect();
    let sql = "INSERT INTO mail_outbox (election_id, kind, id, voter_id) SELECT $1, $2, * FROM unnest($3::uuid[], $4::uuid[])";
    execute(transaction, sql, &[&election, &kind.as_str(), &ids, &voters]).await?;
    Ok(())
}

/// Queues a mail to an account holder. Without an account it does as much and queues none.
///
/// # Errors
/// As the database.
pub async fn queue_to_account<C: GenericClient>(
    client: &C,
    kind: Kind,
    account: Uuid,
    election: Option<Uuid>,
    token: Option<Uuid>,
) -> Result<()> {
    let sql = "INSERT INTO mail_outbox (election_id, kind, account_id, account_token_id, due_at)
        SELECT $1, $2, id, $4, clock_timestamp() - $5::text::interval FROM accounts WHERE id = $3";
    execute(client, sql, &[&election.unwrap_or_default(), &kind.as_str(), &account, &token, &AHEAD]).await?;
    Ok(())
}

/// Takes back links to a voter that wait in the outbox: a newer one follows.
pub(crate) async fn drop_queued(transaction: &Transaction<'_>, election: Uuid, voter: Uuid) -> Result<()> {
    let sql = "DELETE FROM mail_outbox WHERE election_id = $1 AND voter_id = $2 AND state = 'queued' AND kind IN ('invitation', 'reminder')";
    execute(transaction, sql, &[&election, &voter]).await?;
    Ok(())
}
