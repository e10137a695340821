//! Reads the state of a topic for whoever may watch it.

use uuid::Uuid;
use uvote_domain::election::{Status, TallyVisibility};
use uvote_domain::refusal::Refusal;
use uvote_domain::role::Action;

use super::handshake::Live;
use super::protocol::Topic;
use crate::actors::election::{Announcement, announcement};
use crate::store::{Client, StoreError, elections, heads, results};

/// The state of a topic, if the caller may watch it; nothing where the hub reads it.
pub async fn read(
    live: &Live,
    account: Option<Uuid>,
    topic: Topic,
) -> Result<Option<Announcement>, StoreError> {
    let Some(id) = topic.election() else {
        return if account.is_some() { Ok(None) } else { Err(Refusal::Forbidden.into()) };
    };
    let client = live.database.client().await?;
    let is_member = is_member(&client, account, id, topic).await?;
    if let Topic::Fed(_) = topic {
        return if is_member { Ok(None) } else { Err(Refusal::NotFound.into()) };
    }
    let definition = heads::definition(&client, &live.keyring, id).await?;
    let head = heads::get(&client, id).await?;
    let published = head.published_at.is_some();
    match topic {
        Topic::Turnout(_) if !is_member => return Err(Refusal::NotFound.into()),
        Topic::Status(_) | Topic::Tally(_) if head.status == Status::Draft && !is_member => {
            return Err(Refusal::NotFound.into());
        }
        Topic::Tally(_) if !published && !may_see_tally(definition.tally_visibility, is_member) => {
            return Err(Refusal::ResultsHidden.into());
        }
        _ => {}
    }
    let counts = if published { Some(results::counted(&client, id).await?) } else { None };
    let running = definition.open_running(&head).ok();
    Ok(Some(announcement(&definition, &head, running.as_ref(), counts.as_ref())))
}

const fn may_see_tally(visibility: TallyVisibility, is_member: bool) -> bool {
    match visibility {
        TallyVisibility::Everyone => true,
        TallyVisibility::Organisers => is_member,
        TallyVisibility::AfterClose => false,
    }
}

async fn is_member(
    client: &Client,
    account: Option<Uuid>,
    election: Uuid,
    topic: Topic,
) -> Result<bool, StoreError> {
    let action = if matches!(topic, Topic::Tally(_)) { Action::ViewResults } else { Action::ViewElections };
    let Some(account) = account else { return Ok(false) };
    match elections::allow(client, account, election, action).await {
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
        && let Some(state) = read(live, account, topic).await?
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
