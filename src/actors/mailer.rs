//! Empties the mail outbox.

mod letter;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::future::join_all;
use rand::RngExt;
use tokio::sync::oneshot;
use uuid::Uuid;
use uvote_domain::token::Token;

pub use self::letter::Letter;
use super::tokens::MailQueued;
use crate::keys::Keyring;
use crate::language::Language;
use crate::mail::{self as post, Content, SendError};
use crate::store::mail::{self, Attempt, Claimed, Kind};
use crate::store::{Client, Database, StoreError};

/// Mails under way at once, and so the most that a crash can repeat.
pub const IN_FLIGHT: u32 = 48;
/// Seconds after which a mail whose process has died is tried again.
const LEASE_SECONDS: f64 = 180.0;
/// How often writing down what was sent is tried, a second apart, which stays within the lease.
const SETTLE_TRIES: u32 = 30;
/// Attempts before a mail is given up, over about a day.
const MOST_ATTEMPTS: i32 = 12;
/// How often the outbox is looked at without being told.
const ROUND: Duration = Duration::from_secs(1);

/// How often the length of the outbox is measured.
const MEASURE_EVERY: Duration = Duration::from_secs(10);
/// How often it is announced whose mails have moved.
const ANNOUNCE_EVERY: Duration = Duration::from_millis(250);

/// Mails of these elections were taken up or settled.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct MailsMoved(pub Vec<Uuid>);

/// Where announcements go; never waits.
pub type Announce = Arc<dyn Fn(MailsMoved) + Send + Sync>;

/// The actor.
pub struct Mailer {
    outbox: Arc<Outbox>,
    announce: Announce,
    /// Elections whose mails have moved since the last announcement.
    moved: HashSet<Uuid>,
    working: bool,
    again: bool,
    /// Whether the service stops, so that nothing more may be begun.
    stopping: bool,
    /// Told when the mails under way are done.
    resting: Vec<oneshot::Sender<()>>,
}

/// Finishes the mails under way and sends no more, before the service stops.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Rest;

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

impl Mailer {
    /// Empties this outbox and tells whose mails move.
    pub fn new(outbox: Arc<Outbox>, announce: Announce) -> Self {
        Self {
            outbox,
            announce,
            moved: HashSet::new(),
            working: false,
            again: false,
            stopping: false,
            resting: Vec::new(),
        }
    }

    fn work(&mut self, context: &mut Context<Self>) {
        if self.working || self.stopping {
            self.again = true;
            return;
        }
        (self.working, self.again) = (true, false);
        let outbox = Arc::clone(&self.outbox);
        let claim = async move { outbox.claim().await };
        let work = claim.into_actor(self).then(|claimed, mailer, _| mailer.send(claimed));
        context.spawn(work.map(|sent, mailer, context| {
            mailer.working = false;
            mailer.resting.clear();
            match sent {
                Ok(elections) if elections.is_empty() && !mailer.again => {}
                Ok(elections) => {
                    mailer.moved.extend(elections);
                    mailer.work(context);
                }
                Err(error) => tracing::error!(%error, "the mail outbox could not be worked on; trying again"),
            }
        }));
    }

    /// Sends what was taken out of the queue; answers whose mails that were.
    fn send(
        &mut self,
        claimed: Result<Vec<Claimed>, StoreError>,
    ) -> impl ActorFuture<Self, Output = Result<HashSet<Uuid>, StoreError>> + use<> {
        let outbox = Arc::clone(&self.outbox);
        let elections: HashSet<Uuid> = claimed.iter().flatten().map(|mail| mail.election_id).collect();
        self.moved.extend(&elections);
        let work = async move {
            let claimed = claimed?;
            if !claimed.is_empty() {
                outbox.send(&claimed).await?;
            }
            Ok(elections)
        };
        work.into_actor(self)
    }

    fn announce(&mut self, _: &mut Context<Self>) {
        if !self.moved.is_empty() {
            (self.announce)(MailsMoved(self.moved.drain().collect()));
        }
    }
}

impl Mailer {
    fn measure(&mut self, context: &mut Context<Self>) {
        let outbox = Arc::clone(&self.outbox);
        let work = async move {
            let waiting = async { mail::waiting(&outbox.database.client().await?).await }.await;
            if let Ok(waiting) = waiting {
                metrics::gauge!("uvote_mails_waiting").set(waiting as f64);
            }
        };
        context.spawn(work.into_actor(self));
    }
}

impl Actor for Mailer {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        self.work(context);
        context.run_interval(ROUND, Self::work);
        context.run_interval(MEASURE_EVERY, Self::measure);
        context.run_interval(ANNOUNCE_EVERY, Self::announce);
    }
}

impl Handler<MailQueued> for Mailer {
    type Result = ();

    fn handle(&mut self, _: MailQueued, context: &mut Self::Context) {
        self.work(context);
    }
}

impl Handler<Rest> for Mailer {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Rest, _: &mut Self::Context) -> Self::Result {
        self.stopping = true;
        let (told, rested) = oneshot::channel::<()>();
        if self.working {
            self.resting.push(told);
        } else {
            drop(told);
        }
        Box::pin(async { rested.await.unwrap_or_default() })
    }
}

impl Outbox {
    /// Takes what is due out of the queue.
    async fn claim(&self) -> Result<Vec<Claimed>, StoreError> {
        mail::claim(&self.database.client().await?, i64::from(IN_FLIGHT), LEASE_SECONDS).await
    }

    /// Tries each mail once.
    async fn send(&self, claimed: &[Claimed]) -> Result<(), StoreError> {
        let client = self.database.client().await?;
        let letters = self.letters(&client, claimed).await?;
        drop(client);
        let attempts = join_all(claimed.iter().map(|mail| self.attempt(mail, &letters))).await;
        let ended: Vec<(Uuid, Uuid, Attempt)> = claimed
            .iter()
            .zip(attempts)
            .map(|(mail, attempt)| (mail.election_id, mail.id, attempt))
            .collect();
        self.settle(&ended).await;
        Ok(())
    }

    /// Writes down what was sent. What could not be written down would be sent again, so this does
    /// not give up before the lease ends and another attempt is due anyway.
    async fn settle(&self, ended: &[(Uuid, Uuid, Attempt)]) {
        for _ in 0..SETTLE_TRIES {
            let settled = async { mail::settle(&self.database.client().await?, ended).await }.await;
            match settled {
                Ok(()) => return,
                Err(error) => tracing::error!(%error, "sent mails could not be written down; trying again"),
            }
            tokio::time::sleep(ROUND).await;
        }
    }

    async fn letters(
        &self,
        client: &Client,
        claimed: &[Claimed],
    ) -> Result<HashMap<Uuid, Option<Letter>>, StoreError> {
        let mut letters = HashMap::new();
        let elections: HashSet<Uuid> =
            claimed.iter().map(|mail| mail.election_id).filter(|id| !id.is_nil()).collect();
        for id in elections {
            match Letter::read(client, &self.keyring, id).await {
                Ok(letter) => drop(letters.insert(id, Some(letter))),
                // A deleted election has nothing to say, and must not hold up the mails of others.
                Err(StoreError::Refused(_)) => {}
                Err(StoreError::Database(problem)) => {
                    tracing::error!(election = %id, problem, "the mails of an election can't be written");
                    letters.insert(id, None);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(letters)
    }

    async fn attempt(&self, claimed: &Claimed, letters: &HashMap<Uuid, Option<Letter>>) -> Attempt {
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
        let attempt = match self.post.send(&letter).await {
            Ok(()) => Attempt::Sent,
            Err(SendError::Permanent(problem)) => Attempt::Failed(problem),
            Err(SendError::Transient(problem)) if claimed.attempts >= MOST_ATTEMPTS => {
                Attempt::Failed(problem)
            }
            Err(error @ (SendError::Transient(_) | SendError::Postponed)) => {
                Attempt::Later(error.to_string(), delay_seconds(claimed.attempts))
            }
        };
        metrics::counter!("uvote_mails_total", "outcome" => name(&attempt)).increment(1);
        attempt
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
