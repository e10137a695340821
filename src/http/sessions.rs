//! One's sessions.

use actix_web::{delete, get, web};

use super::error::Answer;
use super::openapi::Problems;
use super::sign_in::{Id, ListOf, Paging, SignedIn, page};
use super::{Uvote, done};
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
    let mut client = service.database.client().await?;
    sessions::end_from_elsewhere(&mut client, who.account, *session).await?;
    (service.sessions_ended)(SessionsEnded(vec![*session]));
    Ok(done())
}
