//! Who may open a socket, and as whom.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::ORIGIN;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use super::hub::Hub;
use super::session;
use crate::actors::Standing;
use crate::auth::SESSION_COOKIE;
use crate::keys::Keyring;
use crate::store::{Database, StoreError, sessions};

/// What sockets work with.
pub struct Live {
    /// Where states and permissions are read.
    pub database: Database,
    /// Opens running tallies.
    pub keyring: Arc<Keyring>,
    /// Tells what changes.
    pub hub: Arc<Standing<Hub>>,
    /// The service's own origin: its pages sign in by their cookie.
    pub origin: String,
    /// Pages of these origins may open anonymous sockets.
    pub allowed_origins: Vec<String>,
    /// Answers a request that becomes no socket with a status, a code and what to do.
    pub problem: fn(StatusCode, &'static str, &str) -> HttpResponse,
}

/// The query of the handshake.
#[derive(Deserialize)]
pub struct Handshake {
    ticket: Option<String>,
}

/// Who is behind a socket.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// The account.
    pub account: Uuid,
    /// The session.
    pub session: Uuid,
}

/// Why a request becomes no socket.
enum Refused {
    Ticket,
    Session,
    Origin,
    Database(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Database(error)
    }
}

/// Where a request comes from.
enum Origin {
    Own,
    Allowed,
    Foreign,
    /// Programs name none; browsers always do.
    Unnamed,
}

/// `GET /api/v1/live`: opens a socket that is signed in by a ticket or by the page's cookie, or
/// anonymous. A browser's page may open one only from an origin that is ours.
pub async fn open(
    live: web::Data<Live>,
    query: web::Query<Handshake>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let caller = match caller(&live, &query, &request).await {
        Ok(caller) => caller,
        Err(refused) => return refused.answer(&live),
    };
    session::start(Arc::clone(&live), caller, &request, payload).unwrap_or_else(|_| {
        (live.problem)(StatusCode::BAD_REQUEST, "MALFORMED", "Open this address as a WebSocket.")
    })
}

/// A cookie comes along whichever page asks, so it counts for our own pages alone (cross-site
/// WebSocket hijacking); a ticket is known only to whoever was given it.
async fn caller(live: &Live, query: &Handshake, request: &HttpRequest) -> Result<Option<Caller>, Refused> {
    if let Some(ticket) = &query.ticket {
        let client = live.database.client().await?;
        let (account, session) = sessions::use_ticket(&client, ticket).await?.ok_or(Refused::Ticket)?;
        return Ok(Some(Caller { account, session }));
    }
    match (origin(live, request), request.cookie(SESSION_COOKIE)) {
        (Origin::Foreign, _) | (Origin::Unnamed, Some(_)) => Err(Refused::Origin),
        (Origin::Own, Some(cookie)) => {
            let client = live.database.client().await?;
            let found = sessions::of_cookie(&client, cookie.value()).await?.ok_or(Refused::Session)?;
            Ok(Some(Caller { account: found.account, session: found.session }))
        }
        (Origin::Allowed, _) | (_, None) => Ok(None),
    }
}

fn origin(live: &Live, request: &HttpRequest) -> Origin {
    match request.headers().get(ORIGIN) {
        None => Origin::Unnamed,
        Some(origin) if origin == live.origin.as_str() => Origin::Own,
        Some(origin) if live.allowed_origins.iter().any(|allowed| origin == allowed.as_str()) => {
            Origin::Allowed
        }
        Some(_) => Origin::Foreign,
    }
}

impl Refused {
    fn answer(self, live: &Live) -> HttpResponse {
        let (status, code, detail) = match self {
            Self::Ticket => (
                StatusCode::UNAUTHORIZED,
                "UNAUTHENTICATED",
                "The ticket is unknown, used or expired. Get a new one.",
            ),
            Self::Session => {
                (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", "Your session is over. Sign in again.")
            }
            Self::Origin => {
                (StatusCode::FORBIDDEN, "FORBIDDEN", "Pages of this origin may not open a live connection.")
            }
            Self::Database(error) => {
                tracing::error!(%error, "a live connection could not be opened");
                let detail = "The database can't be reached at the moment. Try again shortly.";
                (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", detail)
            }
        };
        (live.problem)(status, code, detail)
    }
}
