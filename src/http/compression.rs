//! Which answers are worth compressing.

use actix_web::Error;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};
use actix_web::middleware::Next;

/// Bytes below which compressing takes longer than it saves. Receipts are among them.
const LEAST: u64 = 256;
const PLAIN: HeaderValue = HeaderValue::from_static("identity");

/// Keeps actix's compression from answers that are too small for it.
///
/// # Errors
/// Whatever the request itself answers.
pub async fn spare_small<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    if matches!(response.response().body().size(), BodySize::Sized(1..LEAST)) {
        response.headers_mut().insert(CONTENT_ENCODING, PLAIN);
    }
    Ok(response)
}

/// Takes away the mark that [`spare_small`] has left, which clients have no use for.
pub fn settle(headers: &mut HeaderMap) {
    if headers.get(CONTENT_ENCODING) == Some(&PLAIN) {
        headers.remove(CONTENT_ENCODING);
    }
}
