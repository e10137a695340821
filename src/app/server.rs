//! The HTTP server: the routes, and in which order what surrounds them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::{App, HttpServer, web};
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::SwaggerUi;

use super::StartError;
use crate::config::Config;
use crate::http::{self, Service, clients, compression, openapi, pages, request};
use crate::ws::handshake::{self, Live};
use crate::ws::session;

/// Seconds that requests under way may take after a stop was asked for.
const DRAIN_SECONDS: u64 = 10;

/// Listens with every route, and with what surrounds them all.
///
/// # Errors
/// When the address can't be bound.
pub(super) fn listen(
    config: &Config,
    service: web::Data<Service>,
    live: web::Data<Live>,
) -> Result<(Server, SocketAddr), StartError> {
    let (docs, inbox) = (config.docs, config.inbox.is_some());
    let allowed_origins = Arc::new(config.allowed_origins.clone());
    let server = HttpServer::new(move || {
        let (app, document) = App::new().into_utoipa_app().configure(http::interface).split_for_parts();
        app.app_data(service.clone())
            .app_data(live.clone())
            .configure(request::reading)
            .configure(pages::routes)
            .configure(|config| {
                if inbox {
                    pages::inbox::routes(config);
                }
                if docs {
                    config.service(
                        SwaggerUi::new("/docs/{_:.*}")
                            .url("/api/v1/openapi.json", openapi::complete(document)),
                    );
                    config.route("/docs", web::get().to(|| async { web::Redirect::to("/docs/") }));
                }
            })
            .route("/api/v1/live", web::get().to(handshake::open))
            .default_service(web::route().to(http::nowhere))
            .wrap(from_fn(pages::around::around))
            .wrap(from_fn(compression::spare_small))
            .wrap(Compress::default())
            .wrap(Condition::new(!allowed_origins.is_empty(), cors(&allowed_origins)))
            .wrap(from_fn(clients::check_host))
            .wrap(from_fn(request::around))
    })
    .workers(2)
    .max_connections(20_000)
    .backlog(4_096)
    .on_connect(|connection, _| {
        if let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>() {
            session::keep_honest(stream);
            drop(stream.set_nodelay(true));
        }
    })
    .client_request_timeout(Duration::from_secs(10))
    .shutdown_timeout(DRAIN_SECONDS)
    .disable_signals();
    let bound = server.bind(config.bind).map_err(|source| StartError::Bind { bind: config.bind, source })?;
    let address = bound.addrs().first().copied().unwrap_or(config.bind);
    Ok((bound.run(), address))
}

/// Pages of these origins may call the interface, with a token and never with cookies.
fn cors(allowed: &Arc<Vec<String>>) -> Cors {
    let allowed = Arc::clone(allowed);
    Cors::default()
        .allowed_origin_fn(move |origin, request| {
            request.uri.path().starts_with("/api/")
                && allowed.iter().any(|allowed| origin == allowed.as_str())
        })
        .allowed_methods(["GET", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers([
            ACCEPT_LANGUAGE.as_str(),
            AUTHORIZATION.as_str(),
            CONTENT_TYPE.as_str(),
            "x-request-id",
        ])
        .expose_headers([RETRY_AFTER.as_str(), "x-request-id", "x-total-count"])
        .max_age(600)
}
