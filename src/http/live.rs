//! Tickets for the live WebSocket.

use actix_web::{HttpResponse, post};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Uvote;
use super::error::Answer;
use super::openapi::Problems;
use super::sign_in::SignedIn;
use crate::limits::Limit;
use crate::store::sessions;

/// A ticket for one socket.
#[derive(Serialize, ToSchema)]
pub struct Ticket {
    /// To be sent as `?ticket=`, once.
    ticket: String,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// Makes a ticket with which a WebSocket signs in once, within 30 seconds.
#[utoipa::path(tag = "live", responses((status = 201, body = Ticket), Problems), security(("bearer" = [])))]
#[post("/api/v1/live/tickets")]
pub async fn ticket(service: Uvote, who: SignedIn) -> Answer {
    service.limits.take(Limit::Ticket, who.account).await?;
    let client = service.database.client().await?;
    let (ticket, expires_at) = sessions::create_ticket(&client, who.session).await?;
    Ok(HttpResponse::Created().json(Ticket { ticket, expires_at }))
}
