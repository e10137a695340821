//! Whether the service lives, and whether it can do its work.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::{HttpResponse, get};
use futures_util::future::OptionFuture;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::error::Answer;
use super::{Service, Uvote};
use crate::limits::Redis;

/// How long a dependency may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process runs.
#[utoipa::path(tag = "health", responses((status = 200)))]
#[get("/health/live")]
pub async fn live() -> Answer {
    Ok(HttpResponse::Ok().json(json!({"status": "live"})))
}

/// How the service is.
#[derive(Serialize, ToSchema)]
pub struct Readiness {
    /// `ready` or `not ready`.
    status: &'static str,
    /// `up` or `down`, for each of them.
    dependencies: BTreeMap<&'static str, &'static str>,
    /// `open` where a dependency has failed so often that it is left alone for a second, else `closed`.
    breakers: BTreeMap<&'static str, &'static str>,
}

/// The process can do its work. Mail is shown and does not count: it waits in the outbox. Redis counts
/// where several processes share it.
#[utoipa::path(tag = "health", responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
#[get("/health/ready")]
pub async fn ready(service: Uvote) -> Answer {
    let (database, mail, redis) = futures_util::join!(
        tokio::time::timeout(PATIENCE, service.database.answers()),
        tokio::time::timeout(PATIENCE, service.post.probe()),
        OptionFuture::from(service.limits.shared().map(Redis::answers)),
    );
    let database = database.unwrap_or(false);
    let ready = database && (redis.unwrap_or(true) || !service.shared);
    let mut answer = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    let mut dependencies = BTreeMap::from([("postgresql", database), ("mail", mail.unwrap_or(false))]);
    dependencies.extend(redis.map(|up| ("redis", up)));
    Ok(answer.json(Readiness {
        status: if ready { "ready" } else { "not ready" },
        dependencies: words(dependencies, "up", "down"),
        breakers: words(breakers(&service), "open", "closed"),
    }))
}

fn breakers(service: &Service) -> impl Iterator<Item = (&'static str, bool)> {
    let redis = service.limits.shared().map(Redis::breaker);
    let all = service.database.breakers().into_iter().chain(redis).chain(service.post.breaker());
    all.map(|breaker| (breaker.name(), breaker.is_open()))
}

fn words(
    states: impl IntoIterator<Item = (&'static str, bool)>,
    yes: &'static str,
    no: &'static str,
) -> BTreeMap<&'static str, &'static str> {
    states.into_iter().map(|(name, is)| (name, if is { yes } else { no })).collect()
}
