//! Empties the mail outbox.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use rand::RngExt;
use time::OffsetDateTime;
use tokio::sync::oneshot;
use uuid::Uuid;
use uvote_domain::seal::Key;
use uvote_domain::token::Token;

use super::tokens::MailQueued;
use crate::keys::Keyring;
use crate::mail::{self as post, Content, ElectionWords, SendError};
use crate::store::mail::{self, Attempt, Claimed, Kind};
use crate::store::{Client, Database, StoreError, elections, heads, organisations, tokens};

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

/// The actor.
pub struct Mailer {
    outbox: Arc<Outbox>,
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
    /// Empties this outbox.
    pub const fn new(outbox: Arc<Outbox>) -> Self {
        Self { outbox, working: false, again: false, stopping: false, resting: Vec::new() }
    }

    fn work(&mut self, context: &mut Context<Self>) {
        if self.working || self.stopping {
            self.again = true;
            return;
        }
        (self.working, self.again) = (true, false);
        let outbox = Arc::clone(&self.outbox);
        let work = async move { outbox.send_due().await };
        context.spawn(work.into_actor(self).map(|sent, mailer, context| {
            mailer.working = false;
            mailer.resting.clear();
            match sent {
                Ok(0) if !mailer.again => {}
                Ok(_) => mailer.work(context),
                Err(error) => tracing::error!(%error, "the mail outbox could not be worked on; trying again"),
            }
        }));
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
    /// Sends what is due, once; answers how many mails were tried.
    async fn send_due(&self) -> Result<usize, StoreError> {
        let client = self.database.client().await?;
        let claimed = mail::claim(&client, i64::from(IN_FLIGHT), LEASE_SECONDS).await?;
        if claimed.is_empty() {
            return Ok(0);
        }
        let letters = self.letters(&client, &claimed).await?;
        drop(client);
        let attempts = join_all(claimed.iter().map(|mail| self.attempt(mail, &letters))).await;
        let ended: Vec<(Uuid, Uuid, Attempt)> = claimed
            .iter()
            .zip(attempts)
            .map(|(mail, attempt)| (mail.election_id, mail.id, attempt))
            .collect();
        self.settle(&ended).await;
        Ok(claimed.len())
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
        let letter =
            post::Mail { id: claimed.id, to: claimed.email.clone(), to_name: claimed.name.clone(), content };
        let attempt = match self.post.send(&letter).await {
            Ok(()) => Attempt::Sent,
            Err(SendError::Permanent(problem)) => Attempt::Failed(problem),
            Err(SendError::Transient(problem)) if claimed.attempts >= MOST_ATTEMPTS => {
                Attempt::Failed(problem)
            }
            Err(SendError::Transient(problem)) => Attempt::Later(problem, delay_seconds(claimed.attempts)),
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
                Some(self.invitation(
                    letter,
                    &code,
                    letter.expiry(issued_at),
                    claimed.kind == Kind::Reminder,
                    false,
                ))
            }
            Kind::Specimen => {
                let letter = letter?;
                let code = URL_SAFE_NO_PAD.encode([0; 32]);
                Some(self.invitation(letter, &code, letter.expiry(OffsetDateTime::now_utc()), false, true))
            }
            Kind::Results => {
                let letter = letter?;
                let link = format!("{}/elections/{}/results", self.origin, letter.election);
                Some(Content::Results { election: letter.words.clone(), link })
            }
            Kind::VerifyEmail => {
                let token = hex::encode(self.keyring.account_token(claimed.account_token_id?));
                Some(Content::VerifyEmail { link: format!("{}/verify-email#{token}", self.origin) })
            }
            Kind::AlreadyRegistered => Some(Content::AlreadyRegistered {
                login_link: format!("{}/login", self.origin),
                reset_link: format!("{}/forgotten-password", self.origin),
            }),
        }
    }

    fn invitation(
        &self,
        letter: &Letter,
        code: &str,
        expires: OffsetDateTime,
        reminder: bool,
        specimen: bool,
    ) -> Content {
        let link = format!("{}/vote/{}#{code}", self.origin, letter.election);
        Content::Invitation {
            election: letter.words.clone(),
            link,
            code: code.to_owned(),
            expires: Some(expires),
            reminder,
            specimen,
        }
    }
}

/// What the mails of one election have in common.
struct Letter {
    election: Uuid,
    words: ElectionWords,
    link_key: Option<Key>,
    opens_at: Option<OffsetDateTime>,
    lifetime_hours: i32,
}

impl Letter {
    async fn read(client: &Client, keyring: &Keyring, id: Uuid) -> Result<Self, StoreError> {
        let election = elections::get(client, id).await?;
        let organisation = organisations::name(client, election.organisation_id).await?;
        Ok(Self {
            election: id,
            link_key: heads::link_key(client, keyring, id).await?,
            opens_at: election.opens_at,
            lifetime_hours: election.link_lifetime_hours,
            words: ElectionWords {
                title: election.title,
                description: election.description,
                organisation,
                contact_email: election.contact_email,
                message: election.invitation_message,
                time_zone: election.time_zone,
                closes_at: election.closes_at,
            },
        })
    }

    fn expiry(&self, issued_at: OffsetDateTime) -> OffsetDateTime {
        let of_age = tokens::expiry(issued_at, self.opens_at, self.lifetime_hours);
        self.words.closes_at.map_or(of_age, |closes_at| closes_at.min(of_age))
    }
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
