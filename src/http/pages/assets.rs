//! Styles, scripts and pictures of the pages, under addresses that change with their content.

use actix_web::{HttpResponse, web};
use rust_embed::{Embed, EmbeddedFile};

#[derive(Embed)]
#[folder = "static/"]
struct Assets;

/// The address of a file of `static/`, which may be kept for ever.
pub fn address(file: &str) -> String {
    let version = Assets::get(file).map(|found| version(&found)).unwrap_or_default();
    format!("/static/{version}/{file}")
}

fn version(file: &EmbeddedFile) -> String {
    hex::encode(&file.metadata.sha256_hash()[..6])
}

/// `GET /static/{version}/{file}`. A page from before an update may ask for a version that is gone:
/// it gets the present file, not to be kept.
pub async fn show(path: web::Path<(String, String)>) -> HttpResponse {
    let (asked, name) = path.into_inner();
    let Some(file) = Assets::get(&name) else { return HttpResponse::NotFound().finish() };
    let caching = if asked == version(&file) { "public, max-age=31536000, immutable" } else { "no-store" };
    HttpResponse::Ok()
        .insert_header(("cache-control", caching))
        .content_type(kind(&name))
        .body(file.data.into_owned())
}

/// `GET /favicon.ico`, which browsers ask for unprompted.
pub async fn favicon() -> HttpResponse {
    HttpResponse::Found().insert_header(("location", address("favicon.svg"))).finish()
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
