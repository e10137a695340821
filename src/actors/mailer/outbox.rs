//! The outbox as the service sends from it: what is due, what each mail says, and how it fared.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use uuid::Uuid;
use uvote_domain::token::Token;

use super::Letter;
use crate::keys::Keyring;
use crate::language::Language;
use crate::mail::{self as post, Content, SendError};
use crate::store::mail::{self, Attempt, Claimed, Kind};
use crate::store::{Client, Database, StoreError};

/// Seconds after which a mail whose process has died is tried again.
const LEASE_SECONDS: f64 = 180.0;
/// How often writing down what was sent is tried, which stays within the lease.
const SETTLE_TRIES: u32 = 30;
/// The time between those tries.
const SETTLE_AGAIN: Duration = Duration::from_secs(1);
/// Attempts before a mail is given up, over about a day.
const MOST_ATTEMPTS: i32 = 12;

/// What sending needs.
pub struct Outbox {
    /// Where the outbox is.
    pub database: Database,
    /// Opens link keys.
    pub keyring: Arc<Keyring>,
    /// Hands mails over.
    pub post: Arc<post::Mailer>,
    /// The origin of every link.
    pub origin: String,
}

/// What the mails of each election say; nothing where that can't be read.
type Letters = HashMap<Uuid, Option<Letter>>;

/// An election, a mail, and how an attempt at it ended.
pub(super) type Ended = (Uuid, Uuid, Attempt);

impl Outbox {
    /// Takes what is due out of the queue, with what is to be said.
    pub(super) async fn claim(&self, most: usize) -> Result<(Vec<Claimed>, Arc<Letters>), StoreError> {
        let mut client = self.database.client().await?;
        let claimed = mail::claim(&mut client, most as i64, LEASE_SECONDS).await?;
        let letters = self.letters(&client, &claimed).await;
        Ok((claimed, Arc::new(letters)))
    }

    /// Writes down what was sent, and gives it back. What could not be written down
    /// would be sent again, so this does not give up before the lease ends and another attempt is
    /// due anyway.
    pub(super) async fn settle(&self, ended: Vec<Ended>) -> Vec<Ended> {
        for _ in 0..SETTLE_TRIES {
            let settled = async { mail::settle(&mut self.database.client().await?, &ended).await }.await;
            match settled {
                Ok(()) => break,
                Err(error) => tracing::error!(%error, "sent mails could not be written down; trying again"),
            }
            tokio::time::sleep(SETTLE_AGAIN).await;
        }
        ended
    }

    /// Whether the mail server has not been there for a while.
    pub(super) fn is_cut_off(&self) -> bool {
        self.post.breaker().is_some_and(|breaker| breaker.is_open())
    }

    async fn letters(&self, client: &Client, claimed: &[Claimed]) -> Letters {
        let mut letters = Letters::new();
        let elections: HashSet<Uuid> =
            claimed.iter().map(|mail| mail.election_id).filter(|id| !id.is_nil()).collect();
        for id in elections {
            match Letter::read(client, &self.keyring, id).await {
                Ok(letter) => drop(letters.insert(id, Some(letter))),
                // A deleted election has nothing to say, and must not hold up the mails of others.
                Err(StoreError::Refused(_)) => {}
                Err(problem) => {
                    tracing::error!(election = %id, %problem, "the mails of an election can't be written");
                    letters.insert(id, None);
                }
            }
        }
        letters
    }

    /// Tries a mail once.
    pub(super) async fn attempt(&self, claimed: Claimed, letters: Arc<Letters>) -> Ended {
        let attempt = self.outcome(&claimed, &letters).await;
        metrics::counter!("uvote_mails_total", "outcome" => name(&attempt)).increment(1);
        (claimed.election_id, claimed.id, attempt)
    }

    async fn outcome(&self, claimed: &Claimed, letters: &Letters) -> Attempt {
        let letter = letters.get(&claimed.election_id);
        if matches!(letter, Some(None)) {
            let problem = "The mail could not be written. It has been logged.".to_owned();
            return Attempt::Later(problem, delay_seconds(claimed.attempts));
        }
        let Some(content) = self.content(claimed, letter.and_then(Option::as_ref)) else {
            return Attempt::Dropped;
        };
        let letter = post::Mail {
            id: claimed.id,
            to: claimed.email.clone(),
            to_name: claimed.name.clone(),
            language: language(claimed, letter.and_then(Option::as_ref)),
            content,
        };
        match self.post.send(&letter).await {
            Ok(()) => Attempt::Sent,
            Err(SendError::Permanent(problem)) => Attempt::Failed(problem),
            Err(SendError::Transient(problem)) if claimed.attempts >= MOST_ATTEMPTS => {
                Attempt::Failed(problem)
            }
            Err(error @ (SendError::Transient(_) | SendError::Postponed)) => {
                Attempt::Later(error.to_string(), delay_seconds(claimed.attempts))
            }
        }
    }

    fn content(&self, claimed: &Claimed, letter: Option<&Letter>) -> Option<Content> {
        match claimed.kind {
            Kind::Invitation | Kind::Reminder => {
                let (letter, (voter, generation, issued_at)) = (letter?, claimed.voter?);
                // Whoever has voted meanwhile, or whose election is over, needs no link.
                let key = letter.link_key.as_ref().filter(|_| !claimed.spent)?;
                let code = Token::derive(key, voter, generation).text();
                let expires = letter.expiry(issued_at);
                Some(letter.invitation(&self.origin, &code, expires, claimed.kind == Kind::Reminder, false))
            }
            Kind::Specimen => Some(letter?.example(&self.origin, true)),
            Kind::Results => {
                let letter = letter?;
                let link = format!("{}/elections/{}/results", self.origin, letter.election);
                Some(Content::Results { election: letter.words.clone(), link })
            }
            Kind::VerifyEmail => {
                Some(Content::VerifyEmail { link: self.account_link("verify-email", claimed)? })
            }
            Kind::ResetPassword => {
                Some(Content::ResetPassword { link: self.account_link("reset-password", claimed)? })
            }
            Kind::ConfirmNewAddress => {
                Some(Content::ConfirmNewAddress { link: self.account_link("verify-email", claimed)? })
            }
            Kind::Notice(notice) => {
                Some(Content::Notice { notice, reset_link: format!("{}/forgot-password", self.origin) })
            }
            Kind::AlreadyRegistered => Some(Content::AlreadyRegistered {
                login_link: format!("{}/login", self.origin),
                reset_link: format!("{}/forgot-password", self.origin),
            }),
            Kind::OrganisationInvitation => {
                let invited = claimed.invited.clone().filter(|_| !claimed.spent)?;
                let token = hex::encode(self.keyring.invitation_token(invited.id));
                Some(Content::OrganisationInvitation {
                    organisation: invited.organisation,
                    inviter: invited.inviter,
                    role: invited.role,
                    link: format!("{}/invitation#{token}", self.origin),
                })
            }
        }
    }

    fn account_link(&self, page: &str, claimed: &Claimed) -> Option<String> {
        let id = claimed.account_token_id.filter(|_| !claimed.spent)?;
        let token = hex::encode(self.keyring.account_token(id));
        Some(format!("{}/{page}#{token}", self.origin))
    }
}

/// The language of the election that a mail is about, or else of the account that it goes to.
fn language(claimed: &Claimed, letter: Option<&Letter>) -> Language {
    letter.map_or_else(|| Language::first_of(claimed.language.as_deref()), |letter| letter.language.clone())
}

/// Doubles from half a minute to four hours, with up to a quarter of it at random on top, so that
/// mails that failed together do not come back together.
fn delay_seconds(attempts: i32) -> u32 {
    let doubled =
        30_u32.saturating_mul(1 << attempts.clamp(1, 16).unsigned_abs().saturating_sub(1)).min(4 * 3_600);
    doubled + rand::rng().random_range(0..=doubled / 4)
}

const fn name(attempt: &Attempt) -> &'static str {
    match attempt {
        Attempt::Sent => "sent",
        Attempt::Failed(_) => "failed",
        Attempt::Later(..) => "later",
        Attempt::Dropped => "dropped",
    }
}

#[cfg(test)]
mod tests {
    use super::delay_seconds;

    #[test]
    fn each_attempt_waits_longer_up_to_a_bound() {
        assert!((30..=37).contains(&delay_seconds(1)));
        assert!((120..=150).contains(&delay_seconds(3)));
        assert!((14_400..=18_000).contains(&delay_seconds(12)));
    }
}
