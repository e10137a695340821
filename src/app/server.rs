//! The HTTP server: the routes, and in which order what surrounds them.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::{App, web};
use utoipa_actix_web::AppExt;

use super::{StartError, descriptors, listener};
use crate::config::Config;
use crate::http::{self, Service, arrival, clients, compression, docs, pages, request};
use crate::ws::handshake::{self, Live};

/// Listens with every route, and with what surrounds them all.
///
/// # Errors
/// When the address can't be bound, or the system does not say how many files may be open.
pub(super) fn listen(
    config: &Config,
    service: web::Data<Service>,
    live: web::Data<Live>,
) -> Result<(Server, SocketAddr), StartError> {
    let places = descriptors::places_for_clients().map_err(StartError::OpenFiles)?;
    let (browsable, inbox) = (config.docs, config.inbox.is_some());
    let allowed_origins = Arc::new(config.allowed_origins.clone());
    let app = move || {
        let (app, document) = App::new().into_utoipa_app().configure(http::interface).split_for_parts();
        app.app_data(service.clone())
            .app_data(live.clone())
            .configure(request::reading)
            .configure(pages::routes)
            .configure(|config| {
                if inbox {
                    pages::inbox::routes(config);
                }
                if browsable {
                    docs::routes(config, document);
                }
            })
            .route("/api/v1/live", web::get().to(handshake::open))
            .default_service(web::route().to(http::nowhere))
            .wrap(from_fn(pages::around::around))
            .wrap(from_fn(arrival::arrive))
            .wrap(from_fn(compression::spare_small))
            .wrap(Compress::default())
            .wrap(Condition::new(!allowed_origins.is_empty(), cors(&allowed_origins)))
            .wrap(from_fn(clients::check_host))
            .wrap(from_fn(request::around))
    };
    listener::serve(config.bind, places, app).map_err(|source| StartError::Bind { bind: config.bind, source })
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
