//! The bytes that a client sends on a live WebSocket, cut into pieces, and what the codec makes of those
//! that pass.
#![no_main]

use actix_http::ws::{Codec, Frame, Item};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use libfuzzer_sys::fuzz_target;
use tokio_util::codec::Decoder;
use uvote::ws::frames::Bounded;
use uvote_fuzz::wait;

const LIMIT: usize = 300;
/// The longest head of a frame with its key (RFC 6455, 5.2).
const HEAD: usize = 14;

fuzz_target!(|input: &[u8]| {
    let [size, bytes @ ..] = input else { return };
    let passed = pass(bytes, usize::from(*size) + 1);
    assert_eq!(passed, pass(bytes, bytes.len().max(1)), "it does not matter how bytes are cut");
    let kept = passed.iter().zip(bytes).take_while(|(passed, came)| passed == came).count();
    assert!(passed.len() <= kept + HEAD, "only a head that is refused is written anew");
    let sent = passed.len();
    let ends = decode(passed);
    assert!(ends || bytes.len() < sent + HEAD, "only what ends the socket, or no whole head, is held back");
});

fn pass(bytes: &[u8], size: usize) -> Vec<u8> {
    let pieces: Vec<_> = bytes.chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let passed = wait(Bounded::new(stream::iter(pieces), LIMIT).collect::<Vec<_>>());
    passed.into_iter().flat_map(|piece| piece.expect("no piece had failed")).collect()
}

/// Whether the codec sees an end in it. It never gathers more than a frame may have.
fn decode(passed: Vec<u8>) -> bool {
    let (mut codec, mut waiting) = (Codec::new().max_size(LIMIT), BytesMut::new());
    for byte in passed {
        waiting.extend_from_slice(&[byte]);
        let payload = match codec.decode(&mut waiting) {
            Err(_) => return true,
            Ok(None) => Bytes::new(),
            Ok(Some(Frame::Text(payload) | Frame::Binary(payload))) => payload,
            Ok(Some(Frame::Ping(payload) | Frame::Pong(payload))) => payload,
            Ok(Some(Frame::Continuation(Item::FirstText(part) | Item::FirstBinary(part)))) => part,
            Ok(Some(Frame::Continuation(Item::Continue(part) | Item::Last(part)))) => part,
            Ok(Some(Frame::Close(_))) => return true,
        };
        assert!(payload.len() <= LIMIT && waiting.len() <= LIMIT + HEAD, "{} bytes wait", waiting.len());
    }
    false
}
