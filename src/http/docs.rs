//! The interface to browse: its OpenAPI document, and the pages that show it.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::http::header::ContentEncoding;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use bytes::Bytes;
use futures_util::stream;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::Config;

use super::error::{Answer, Problem};
use super::{nowhere, openapi};

const DOCUMENT: &str = "/api/v1/openapi.json";

/// Bytes of an answer that are handed on at a time.
const PIECE: usize = 16 * 1024;

/// The document of these routes, and its pages.
pub fn routes(config: &mut web::ServiceConfig, document: OpenApi) {
    #[expect(clippy::expect_used, reason = "a document of strings, lists and maps can be written as JSON")]
    let document = Bytes::from(openapi::complete(document).to_json().expect("an OpenAPI document"));
    let read = move || {
        let answer = in_pieces(&mut HttpResponse::Ok(), "application/json", document.clone());
        async move { answer }
    };
    let _ = config
        .route(DOCUMENT, web::get().to(read))
        .route("/docs", web::get().to(|| async { web::Redirect::to("/docs/") }))
        .route("/docs/{file:.*}", web::get().to(page));
}

async fn page(request: HttpRequest, file: web::Path<String>) -> Answer {
    let found = utoipa_swagger_ui::serve(&file, Arc::new(Config::from(DOCUMENT)));
    let Some(file) = found.map_err(|problem| Problem::internal(&*problem))? else {
        return nowhere(request).await;
    };
    let mut answer = HttpResponse::Ok();
    if file.gzpipped {
        answer.insert_header(ContentEncoding::Gzip);
    }
    let bytes = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    Ok(in_pieces(&mut answer, &file.content_type, bytes))
}

/// An answer that costs a piece of memory while its reader takes its time, and not all of it: the
/// bytes themselves are the same for everybody.
fn in_pieces(answer: &mut HttpResponseBuilder, content_type: &str, bytes: Bytes) -> HttpResponse {
    let length = bytes.len();
    let pieces = (0..length)
        .step_by(PIECE)
        .map(move |start| Ok::<_, Infallible>(bytes.slice(start..length.min(start + PIECE))));
    answer.content_type(content_type).body(SizedStream::new(length as u64, stream::iter(pieces)))
}
