//! Reads the state of a topic for whoever may watch it.

use uuid::Uuid;
use uvote_domain::election::{Status, TallyVisibility};
use uvote_domain::refusal::Refusal;
use uvote_domain::role::Action;

use super::handshake::Live;
use super::protocol::{Feed, Topic};
use crate::actors::election::{Announcement, announcement};
use crate::keys::Keyring;
use crate::store::definition::{self, Definition};
use crate::store::heads::Head;
use crate::store::{Client, StoreError, elections, heads, results};

/// What a caller who may watch a topic sees first.
pub struct Seen {
    /// The state; nothing where the hub reads it.
    pub state: Option<Announcement>,
    /// The election's revision before the hub reads the state.
    pub least: Option<i64>,
    /// Whether only members of the organisation see it.
    pub as_member: bool,
}

/// The state of a topic, if the caller may watch it.
pub async fn read(live: &Live, account: Option<Uuid>, topic: Topic) -> Result<Seen, StoreError> {
    let Some(id) = topic.election() else {
        let own = Seen { state: None, least: None, as_member: false };
        return if account.is_some() { Ok(own) } else { Err(Refusal::Forbidden.into()) };
    };
    let client = live.database.client().await?;
    let is_member = is_member(&client, account, id, topic).await?;
    if let Topic::Fed(feed) = topic {
        if !is_member {
            return Err(Refusal::NotFound.into());
        }
        return Ok(Seen { state: None, least: least(&client, feed).await?, as_member: true });
    }
    let head = heads::get(&client, id).await?;
    let definition = definition::read(&client, &live.keyring, id).await?;
    let published = head.published_at.is_some();
    let may_see = |is_member: bool| match topic {
        Topic::Turnout(_) if !is_member => Err(Refusal::NotFound),
        Topic::Status(_) | Topic::Tally(_) if head.status == Status::Draft && !is_member => {
            Err(Refusal::NotFound)
        }
        Topic::Tally(_) if !published && !may_see_tally(definition.tally_visibility, is_member) => {
            Err(Refusal::ResultsHidden)
        }
        _ => Ok(()),
    };
    may_see(is_member)?;
    let as_member = may_see(false).is_err();
    let state = Some(state_of(&client, &definition, &head).await?);
    Ok(Seen { state, least: None, as_member })
}

/// What is told of an election now. The head is read before all that belongs to it: what moves
/// meanwhile moves the revision too, and is read again.
///
/// # Errors
/// [`Refusal::NotFound`] when it is deleted.
pub async fn current(client: &Client, keyring: &Keyring, election: Uuid) -> Result<Announcement, StoreError> {
    let head = heads::get(client, election).await?;
    let definition = definition::read(client, keyring, election).await?;
    state_of(client, &definition, &head).await
}

async fn state_of(client: &Client, definition: &Definition, head: &Head) -> Result<Announcement, StoreError> {
    let published = head.published_at.is_some();
    let counts = if published { Some(results::counted(client, head.election_id).await?) } else { None };
    let running = definition.open_running(head).ok();
    Ok(announcement(definition, head, running.as_ref(), counts.as_ref()))
}

/// The revision of the moment, where the state of a feed carries that of the head.
async fn least(client: &Client, feed: Feed) -> Result<Option<i64>, StoreError> {
    match feed {
        Feed::Deliveries(_) => Ok(None),
        Feed::Minutes(election) => Ok(Some(heads::get(client, election).await?.revision)),
    }
}

const fn may_see_tally(visibility: TallyVisibility, is_member: bool) -> bool {
    match visibility {
        TallyVisibility::Everyone => true,
        TallyVisibility::Organisers => is_member,
        TallyVisibility::AfterClose => false,
    }
}

/// What a member's role must allow to watch a topic.
pub const fn needed(topic: Topic) -> Action {
    match topic {
        Topic::Tally(_) => Action::ViewResults,
        _ => Action::ViewElections,
    }
}

async fn is_member(
    client: &Client,
    account: Option<Uuid>,
    election: Uuid,
    topic: Topic,
) -> Result<bool, StoreError> {
    let Some(account) = account else { return Ok(false) };
    match elections::allow(client, account, election, needed(topic)).await {
        Ok(_) => Ok(true),
        Err(StoreError::Refused(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Tells the hub the state once more when it has changed since it was seen.
pub async fn catch_up(
    live: &Live,
    account: Option<Uuid>,
    topic: Topic,
    seen: Option<i64>,
) -> Result<(), StoreError> {
    let (Some(id), Some(seen)) = (topic.election(), seen) else { return Ok(()) };
    let revision = heads::get(&live.database.client().await?, id).await?.revision;
    if revision > seen
        && let Some(state) = read(live, account, topic).await?.state
    {
        live.hub.address().send(state).await.unwrap_or_default();
    }
    Ok(())
}

/// Why a topic can't be watched: a code, and words.
pub fn explain(problem: &StoreError) -> (&'static str, String) {
    let code = match problem {
        StoreError::Refused(Refusal::NotFound) => "NOT_FOUND",
        StoreError::Refused(Refusal::ResultsHidden) => "RESULTS_HIDDEN",
        StoreError::Refused(_) => "FORBIDDEN",
        StoreError::Unavailable(_) | StoreError::CircuitOpen => {
            return ("UNAVAILABLE", "The database can't be reached at the moment.".to_owned());
        }
        StoreError::Database(text) => {
            tracing::error!(problem = text, "a live subscription failed");
            return ("INTERNAL", "Something went wrong on our side.".to_owned());
        }
    };
    (code, problem.to_string())
}
