//! The sample of the demo: an organiser, an election of 200 voters, and some who vote.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use rand::RngExt;
use rand::seq::IndexedRandom;
use secrecy::SecretString;
use uuid::Uuid;
use uvote_domain::account::Email;
use uvote_domain::ballot::Choices;
use uvote_domain::refusal::Refusal;
use uvote_domain::role::Action;
use uvote_domain::token::Token;

use crate::actors::election::Activate;
use crate::actors::registry::Registry;
use crate::auth::Passwords;
use crate::keys::Keyring;
use crate::store::audit::Actor;
use crate::store::contests::{CandidateDraft, ContestDraft};
use crate::store::elections::{self, ElectionDraft, Filter};
use crate::store::mail::{self, Audience, Kind};
use crate::store::voters::{self, ImportError};
use crate::store::{Database, StoreError, accounts, contests, election_keys, organisations};

/// Who signs in to the demo.
pub const ORGANISER: &str = "organiser@example.org";
const VOTERS: u64 = 200;
/// Voters at the head of the roll who are left to whoever tries the demo.
const LEFT_ALONE: i64 = 20;
const FIRST_NAMES: [&str; 20] = [
    "Anna", "Bilal", "Chiara", "David", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Liam",
    "Mira", "Noah", "Olga", "Paul", "Quinn", "Rosa", "Samir", "Tilda",
];
const LAST_NAMES: [&str; 10] =
    ["Adler", "Brandt", "Costa", "Dupont", "Eriksen", "Fischer", "García", "Haddad", "Ivanova", "Jansen"];

/// What the sample is made with.
#[derive(Clone)]
pub struct Sample {
    /// Where it is kept.
    pub database: Database,
    /// Makes and opens its keys.
    pub keyring: Arc<Keyring>,
    /// Finds its election.
    pub registry: Arc<Registry>,
}

impl Sample {
    /// The sample's election, made at the first start.
    ///
    /// # Errors
    /// As the store.
    pub async fn keep(&self, password: SecretString) -> Result<Uuid, StoreError> {
        let account = self.organiser(password).await?;
        let mut client = self.database.client().await?;
        let existing = elections::list(&client, account, &Filter::default(), 100).await?;
        if let Some(oldest) = existing.items.last() {
            return Ok(oldest.id);
        }
        let organisation = organisations::personal(&client, account).await?.ok_or(Refusal::NotFound)?;
        organisations::allow(&client, account, organisation, Action::ManageElections).await?;
        let election = elections::create(&mut client, organisation, account, &draft()).await?;
        let roll = stream::iter([Ok::<_, StoreError>(roll())]);
        voters::import(&mut client, election, Actor::Account(account), false, roll)
            .await
            .map_err(only_store)?;
        drop(client);
        let activated = self.registry.election(election).send(Activate(Actor::Account(account))).await;
        activated.map_err(|error| StoreError::Unavailable(error.to_string()))??;
        let mut client = self.database.client().await?;
        mail::start_run(
            &mut client,
            election,
            Kind::Invitation,
            Audience::NotInvited,
            Actor::Account(account),
        )
        .await?;
        Ok(election)
    }

    async fn organiser(&self, password: SecretString) -> Result<Uuid, StoreError> {
        let email = Email::parse(ORGANISER).map_err(|error| StoreError::Database(error.to_string()))?;
        let mut client = self.database.client().await?;
        if let Some(known) = accounts::by_address(&client, &email).await? {
            return Ok(known.account);
        }
        let hash = Passwords::default()
            .hash(password)
            .await
            .map_err(|error| StoreError::Database(error.to_string()))?;
        accounts::create_verified(&mut client, &email, "Olivia Organiser", &hash).await
    }

    /// The link of a voter at the head of the roll who has not voted yet.
    ///
    /// # Errors
    /// As the store.
    pub async fn spare_code(&self, election: Uuid) -> Result<Option<String>, StoreError> {
        Ok(self.codes(election, 0, LEFT_ALONE).await?.into_iter().next())
    }

    /// The codes of those who have not voted among the voters `from..to` of the roll.
    async fn codes(&self, election: Uuid, from: i64, to: i64) -> Result<Vec<String>, StoreError> {
        let client = self.database.client().await?;
        let Some(key) = election_keys::link_key(&client, &self.keyring, election).await? else {
            return Ok(Vec::new());
        };
        let roll = voters::export_chunk(&client, election, 0, to).await?;
        let waiting =
            roll.iter().skip(usize::try_from(from).unwrap_or(0)).filter(|voter| voter.voted == Some(false));
        Ok(waiting.map(|voter| Token::derive(&key, voter.id, 1).text()).collect())
    }

    /// Lets voters vote, one every now and then, until the rest is left to whoever tries the demo.
    pub async fn trickle(self, election: Uuid) {
        let Ok(mut codes) = self.codes(election, LEFT_ALONE, i64::try_from(VOTERS).unwrap_or(0)).await else {
            return;
        };
        while !codes.is_empty() {
            let pause = rand::rng().random_range(800..4_000);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let code = codes.swap_remove(rand::rng().random_range(0..codes.len()));
            if self.vote(election, &code).await.is_err() {
                return;
            }
        }
    }

    async fn vote(&self, election: Uuid, code: &str) -> Result<(), StoreError> {
        let client = self.database.client().await?;
        let contests = contests::list(&client, &[election]).await?;
        drop(client);
        let token = Token::parse(code).ok_or(Refusal::TokenUnknown)?.hash();
        self.registry.cast(election, token, rand::random(), Ok(choose(&contests))).await.map(drop)
    }
}

fn choose(contests: &[contests::Contest]) -> Choices {
    let mut random = rand::rng();
    let mut choose = |contest: &contests::Contest| {
        let most = usize::try_from(contest.seats).unwrap_or(1);
        let marks = random.random_range(0..=most);
        let chosen = contest.candidates.sample(&mut random, marks).map(|candidate| candidate.id).collect();
        (contest.id, chosen)
    };
    contests.iter().map(&mut choose).collect()
}

fn only_store(error: ImportError<StoreError>) -> StoreError {
    match error {
        ImportError::Store(error) | ImportError::Body(error) => error,
        ImportError::Rejected(summary) => {
            StoreError::Database(format!("{} sample voters were rejected", summary.rejected))
        }
    }
}

fn draft() -> ElectionDraft {
    let text = |text: &str| Some(text.to_owned());
    let candidate = |(name, description): (&str, &str)| CandidateDraft {
        name: name.to_owned(),
        description: text(description),
        display_order: None,
        photo_id: None,
    };
    let contest = |title: &str, description: &str, seats, candidates: &[(&str, &str)]| ContestDraft {
        title: title.to_owned(),
        description: text(description),
        method: None,
        seats: Some(seats),
        allow_blank: None,
        candidate_order: None,
        candidates: candidates.iter().copied().map(candidate).collect(),
    };
    ElectionDraft {
        organisation_id: None,
        title: "Student council 2027".to_owned(),
        description: text("The council speaks for all students for one year."),
        contact_email: text(ORGANISER),
        opens_at: None,
        closes_at: None,
        time_zone: text("Europe/Berlin"),
        language: None,
        link_lifetime_hours: None,
        invitation_message: text("Please vote: it takes a minute, and every vote counts."),
        tally_visibility: None,
        publication: None,
        contests: vec![
            contest(
                "President",
                "Chairs the meetings.",
                1,
                &[
                    ("Mara Lindholm", "More room for study groups, and a library that closes later."),
                    ("Tobias Okafor", "A fair price in the canteen and bicycle racks at every door."),
                    ("Yuki Tanaka", "Lectures recorded, minutes published, decisions explained."),
                ],
            ),
            contest(
                "Board",
                "Three seats. Mark up to three.",
                3,
                &[
                    ("Ada Novak", "Finances that everybody can read."),
                    ("Ben Whitaker", "Sports fields open at the weekend."),
                    ("Carla Moretti", "A mentor for every first-year student."),
                    ("Deniz Kaya", "Events that cost nothing."),
                    ("Emil Sørensen", "Less paper, more trees."),
                ],
            ),
        ],
    }
}

fn roll() -> Bytes {
    let mut csv = String::from("email,first_name,last_name\n");
    for number in 0..VOTERS as usize {
        let (first, last) = (FIRST_NAMES[number % 20], LAST_NAMES[number / 20]);
        csv.push_str(&format!("voter{:03}@example.org,{first},{last}\n", number + 1));
    }
    csv.into()
}
