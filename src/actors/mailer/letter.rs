//! What the mails of one election say.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use time::OffsetDateTime;
use uuid::Uuid;
use uvote_domain::seal::Key;

use crate::keys::Keyring;
use crate::language::Language;
use crate::mail::{Content, ElectionWords};
use crate::store::{Client, StoreError, election_keys, elections, organisations, tokens};

/// What the mails of one election have in common.
pub struct Letter {
    pub(super) election: Uuid,
    /// The language of the election's mails.
    pub language: Language,
    pub(super) words: ElectionWords,
    pub(super) link_key: Option<Key>,
    opens_at: Option<OffsetDateTime>,
    lifetime_hours: i32,
}

impl Letter {
    /// What an election's mails say now.
    ///
    /// # Errors
    /// `NotFound` when there is no such election, or it was deleted.
    pub async fn read(client: &Client, keyring: &Keyring, id: Uuid) -> Result<Self, StoreError> {
        let election = elections::get(client, id).await?;
        let organisation = organisations::name(client, election.organisation_id).await?;
        Ok(Self {
            election: id,
            language: Language::first_of([election.language.as_str()]),
            link_key: election_keys::link_key(client, keyring, id).await?,
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

    /// When a link that was issued then stops working.
    pub fn expiry(&self, issued_at: OffsetDateTime) -> OffsetDateTime {
        let of_age = tokens::expiry(issued_at, self.opens_at, self.lifetime_hours);
        self.words.closes_at.map_or(of_age, |closes_at| closes_at.min(of_age))
    }

    /// A voter's link, under the origin of the service.
    pub(super) fn invitation(
        &self,
        origin: &str,
        code: &str,
        expires: OffsetDateTime,
        reminder: bool,
        specimen: bool,
    ) -> Content {
        Content::Invitation {
            election: self.words.clone(),
            link: format!("{origin}/vote/{}#{code}", self.election),
            code: code.to_owned(),
            expires: Some(expires),
            reminder,
            specimen,
        }
    }

    /// An invitation as a voter would get it now, whose link does not vote; a specimen says so.
    pub fn example(&self, origin: &str, specimen: bool) -> Content {
        let code = URL_SAFE_NO_PAD.encode([0; 32]);
        self.invitation(origin, &code, self.expiry(OffsetDateTime::now_utc()), false, specimen)
    }
}
