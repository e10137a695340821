//! A form with a file. The first byte says in which pieces it arrives.
#![no_main]

use std::pin::pin;

use actix_multipart::Multipart;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use libfuzzer_sys::fuzz_target;
use uvote::http::voters::file_field;
use uvote_fuzz::wait;

const TYPE: HeaderValue = HeaderValue::from_static("multipart/form-data; boundary=X");

fuzz_target!(|input: &[u8]| {
    let Some((size, body)) = input.split_first() else { return };
    let whole = wait(file(body, usize::MAX));
    let in_pieces = wait(file(body, 1 + usize::from(*size)));
    if let (Some(whole), Some(in_pieces)) = (&whole, &in_pieces) {
        assert_eq!(whole, in_pieces, "wherever it is cut");
    }
    assert!(whole.is_none_or(|file| body.windows(file.len().max(1)).any(|part| part.starts_with(&file))));
});

/// The file in a form, if it arrives whole.
async fn file(body: &[u8], size: usize) -> Option<Vec<u8>> {
    let pieces: Vec<_> = body.chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let headers: HeaderMap = [(CONTENT_TYPE, TYPE)].into_iter().collect();
    let mut form = Multipart::new(&headers, stream::iter(pieces));
    let mut field = pin!(file_field(&mut form).await.ok()?);
    let mut file = Vec::new();
    while let Some(piece) = field.next().await {
        file.extend(piece.ok()?);
    }
    Some(file)
}
