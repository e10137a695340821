//! Answers that everybody gets alike: caches keep them, and whoever has one asks by its tag
//! whether it still holds (RFC 9110, section 13; RFC 9111).

use actix_web::http::header::{
    CONTENT_ENCODING, ETAG, EntityTag, Header, HeaderMap, HeaderValue, IfNoneMatch, TryIntoHeaderValue, VARY,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use sha2::{Digest, Sha256};

/// Short enough that whoever looks again soon sees a change, and long enough that a crowd after the
/// close is answered by the caches.
const FOR_ALL: (&str, &str) = ("cache-control", "public, max-age=60");

/// An answer for everybody, under the hash of its body; 304 when the caller has it.
pub fn public(request: &HttpRequest, mut answer: HttpResponseBuilder, body: Vec<u8>) -> HttpResponse {
    let tag = EntityTag::new_strong(hex::encode(Sha256::digest(&body)));
    match known(request, &tag) {
        Some(tag) => HttpResponse::NotModified().insert_header(FOR_ALL).insert_header((ETAG, tag)).finish(),
        None => answer.insert_header(FOR_ALL).insert_header((ETAG, tag)).body(body),
    }
}

/// The tag under which the caller has it. It is repeated as it was sent, weak or strong, because a
/// cache finds by it which of its answers the 304 is about (RFC 9111, section 4.3.4).
fn known(request: &HttpRequest, tag: &EntityTag) -> Option<EntityTag> {
    match IfNoneMatch::parse(request).ok()? {
        IfNoneMatch::Any => Some(tag.clone()),
        IfNoneMatch::Items(tags) => tags.into_iter().find(|theirs| theirs.weak_eq(tag)),
    }
}

/// Makes the headers of a tagged answer true once it may have been compressed: its bytes hang on
/// `Accept-Encoding`, and a strong tag would say that they are the same in every coding.
pub fn settle(headers: &mut HeaderMap) {
    let Some(tag) = headers.get(ETAG).and_then(|tag| tag.to_str().ok()?.parse::<EntityTag>().ok()) else {
        return;
    };
    if headers.contains_key(CONTENT_ENCODING) {
        if let Ok(weak) = EntityTag::new_weak(tag.tag().to_owned()).try_into_value() {
            headers.insert(ETAG, weak);
        }
    } else {
        headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    }
}
