//! Whether the service lives, and whether it can do its work.

use std::time::Duration;

use actix_web::{HttpResponse, get};
use serde_json::json;

use super::Uvote;
use super::error::Answer;

/// How long a dependency may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process runs.
#[utoipa::path(tag = "health", responses((status = 200)))]
#[get("/health/live")]
pub async fn live() -> Answer {
    Ok(HttpResponse::Ok().json(json!({"status": "live"})))
}

/// The process can do its work. Mail is shown and does not count: it waits in the outbox.
#[utoipa::path(tag = "health", responses((status = 200), (status = 503)))]
#[get("/health/ready")]
pub async fn ready(service: Uvote) -> Answer {
    let (database, mail) = futures_util::join!(
        tokio::time::timeout(PATIENCE, service.database.answers()),
        tokio::time::timeout(PATIENCE, service.post.probe()),
    );
    let database = database.unwrap_or(false);
    let word = |up: bool| if up { "up" } else { "down" };
    let mut answer = if database { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    Ok(answer.json(json!({
        "status": if database { "ready" } else { "not ready" },
        "dependencies": {"postgresql": word(database), "mail": word(mail.unwrap_or(false))},
    })))
}
