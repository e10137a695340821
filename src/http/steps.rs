//! Elections: their steps from draft to archive, and copies.

use actix_web::{HttpResponse, delete, post};
use uuid::Uuid;
use uvote_domain::role::Action;

use super::elections::shown;
use super::error::Answer;
use super::openapi::Problems;
use super::sign_in::{Id, SignedIn};
use super::{Service, Uvote, done, photos};
use crate::actors::election::{Activate, Close};
use crate::store::elections::{self, Election};
use crate::store::steps;

/// Hides an election in which no ballot has been cast.
#[utoipa::path(tag = "elections", responses((status = 204), Problems), security(("bearer" = [])))]
#[delete("/api/v1/elections/{id}")]
pub async fn delete(service: Uvote, who: SignedIn, id: Id) -> Answer {
    take_step(&service, &who, *id, Move::Delete).await?;
    Ok(done())
}

/// Brings a deleted election back.
#[utoipa::path(tag = "elections", responses((status = 200, body = Election), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/restore")]
pub async fn restore(service: Uvote, who: SignedIn, id: Id) -> Answer {
    take_step(&service, &who, *id, Move::Restore).await?;
    shown(&service, *id).await
}

/// Opens a draft, or schedules it when its opening time is in the future.
#[utoipa::path(tag = "elections", responses((status = 200, body = Election), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/activate")]
pub async fn activate(service: Uvote, who: SignedIn, id: Id) -> Answer {
    take_step(&service, &who, *id, Move::Activate).await?;
    shown(&service, *id).await
}

/// Ends casting and counts; answers when the recount is done.
#[utoipa::path(tag = "elections", responses((status = 200, body = Election), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/close")]
pub async fn close(service: Uvote, who: SignedIn, id: Id) -> Answer {
    take_step(&service, &who, *id, Move::Close).await?;
    shown(&service, *id).await
}

/// Makes the results of a closed election public.
#[utoipa::path(tag = "elections", responses((status = 200, body = Election), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/publish")]
pub async fn publish(service: Uvote, who: SignedIn, id: Id) -> Answer {
    take_step(&service, &who, *id, Move::Publish).await?;
    shown(&service, *id).await
}

/// Puts a closed election away.
#[utoipa::path(tag = "elections", responses((status = 200, body = Election), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/archive")]
pub async fn archive(service: Uvote, who: SignedIn, id: Id) -> Answer {
    take_step(&service, &who, *id, Move::Archive).await?;
    shown(&service, *id).await
}

/// Makes a new draft with the same contests and candidates.
#[utoipa::path(tag = "elections", responses((status = 201, body = Election), Problems), security(("bearer" = [])))]
#[post("/api/v1/elections/{id}/duplicate")]
pub async fn duplicate(service: Uvote, who: SignedIn, id: Id) -> Answer {
    let copy = duplicate_election(&service, &who, *id).await?;
    let client = service.database.client().await?;
    Ok(HttpResponse::Created().json(elections::get(&client, copy).await?))
}

/// Makes a new draft with the same contests and candidates.
///
/// # Errors
/// As for every change of an election.
pub async fn duplicate_election(service: &Service, who: &SignedIn, id: Uuid) -> Answer<Uuid> {
    let mut client = service.database.client().await?;
    elections::allow(&client, who.account, id, Action::ManageElections).await?;
    let mut original = elections::get(&client, id).await?;
    photos::copy(service, &mut original).await?;
    Ok(elections::duplicate(&mut client, original, who.account).await?)
}

/// What an organiser does with an election as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Opens or schedules a draft.
    Activate,
    /// Ends casting and counts.
    Close,
    /// Makes the results public.
    Publish,
    /// Puts a closed election away.
    Archive,
    /// Hides an election without ballots.
    Delete,
    /// Brings a hidden election back.
    Restore,
}

/// Does it.
///
/// # Errors
/// `WRONG_STATE` where it does not lead on from the present state, and what each step refuses.
pub async fn take_step(service: &Service, who: &SignedIn, id: Uuid, step: Move) -> Answer<()> {
    let mut client = service.database.client().await?;
    if step != Move::Restore {
        elections::allow(&client, who.account, id, Action::ManageElections).await?;
    }
    match step {
        Move::Activate => {
            drop(client);
            service.registry.election(id).send(Activate(who.actor())).await??;
        }
        Move::Close => {
            drop(client);
            service.registry.election(id).send(Close(who.actor())).await??;
        }
        Move::Publish => steps::publish(&mut client, id, who.actor()).await?,
        Move::Archive => steps::archive(&mut client, id, who.actor()).await?,
        Move::Delete => elections::delete(&mut client, id, who.actor()).await?,
        Move::Restore => elections::restore(&mut client, id, who.account).await?,
    }
    if !matches!(step, Move::Activate | Move::Close) {
        service.registry.refresh(id);
    }
    Ok(())
}
