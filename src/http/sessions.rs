//! One's sessions.

use actix_web::{delete, get, web};
use uuid::Uuid;

use super::error::Answer;
use super::openapi::Problems;
use super::sign_in::{Id, ListOf, Paging, SignedIn, page};
use super::{Service, Uvote, done};
use crate::auth::SessionsEnded;
use crate::store::sessions::{self, Session};

/// Lists one's living sessions.
#[utoipa::path(tag = "accounts", params(Paging), responses((status = 200, body = ListOf<Session>), Problems), security(("bearer" = [])))]
#[get("/api/v1/account/sessions")]
pub async fn list(service: Uvote, who: SignedIn, paging: web::Query<Paging>) -> Answer {
    let client = service.database.client().await?;
    let (before, limit) = (paging.id()?, paging.limit()?);
    Ok(page(sessions::list(&client, who.account, who.session, before, limit).await?))
}

/// Ends one of one's sessions, at once.
#[utoipa::path(tag = "accounts", responses((status = 204), Problems), security(("bearer" = [])))]
#[delete("/api/v1/account/sessions/{session_id}")]
pub async fn end(service: Uvote, who: SignedIn, session: Id) -> Answer {
    end_session(&service, &who, *session).await?;
    Ok(done())
}

/// Ends a session of an account, at once.
///
/// # Errors
/// 404 when the account has no such living session.
pub async fn end_session(service: &Service, who: &SignedIn, session: Uuid) -> Answer<()> {
    let mut client = service.database.client().await?;
    sessions::end_from_elsewhere(&mut client, who.account, session).await?;
    (service.sessions_ended)(SessionsEnded(vec![session]));
    Ok(())
}

/// Ends all sessions of an account but the one that asks, at once.
///
/// # Errors
/// As the database.
pub async fn end_other_sessions(service: &Service, who: &SignedIn) -> Answer<()> {
    let mut client = service.database.client().await?;
    let ended = sessions::end_others(&mut client, who.account, who.session).await?;
    (service.sessions_ended)(SessionsEnded(ended));
    Ok(())
}
