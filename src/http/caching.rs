//! Public answers that may be kept for a while, and asked for again by their tag.

use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_TYPE, ETAG, EntityTag, HeaderMap, HeaderValue, IfNoneMatch, VARY,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use sha2::{Digest, Sha256};

/// Long enough that a crowd after the close asks caches, short enough that a corrected title shows.
const PUBLIC: &str = "public, max-age=60";

/// Turns an answer that everybody gets alike into one that caches keep, tagged with the hash of its
/// body; 304 for a caller who has it already.
pub fn public(request: &HttpRequest, mut answer: HttpResponseBuilder, body: Vec<u8>) -> HttpResponse {
    let tag = EntityTag::new_strong(hex::encode(Sha256::digest(&body)));
    let is_known = request.headers().contains_key("if-none-match")
        && !web::Header::<IfNoneMatch>::extract_is_new(request, &tag);
    answer.body(body)
}
