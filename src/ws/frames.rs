//! What a client sends on a socket, on its way to the codec: frames that are too long end there by
//! their head alone. The codec would first gather all that the head announces.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::error::PayloadError;
use bytes::{Bytes, BytesMut};
use futures_util::Stream;

/// A head whose length no frame can have (RFC 6455, 5.2): the codec refuses it as too long at once.
const TOO_LONG: [u8; 10] = [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0];
/// The key that follows the length of a masked frame.
const KEY: u64 = 4;

/// The bytes of frames, none of which is longer than a limit.
pub struct Bounded<S> {
    bytes: S,
    limit: u64,
    /// What has come of a head that is not whole yet.
    head: BytesMut,
    /// How much of the present frame is still to come.
    left: u64,
    refused: bool,
}

impl<S> Bounded<S> {
    /// Lets pass frames of so many bytes.
    pub fn new(bytes: S, limit: usize) -> Self {
        Self { bytes, limit: limit as u64, head: BytesMut::new(), left: 0, refused: false }
    }

    fn pass(&mut self, mut bytes: Bytes) -> Bytes {
        let mut passed = BytesMut::with_capacity(bytes.len() + self.head.len());
        while !bytes.is_empty() {
            let within = usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
            passed.extend_from_slice(&bytes.split_to(within));
            self.left -= within as u64;
            if !bytes.is_empty() {
                self.head.extend_from_slice(&bytes.split_to(1));
                self.judge_head(&mut passed);
                if self.refused {
                    break;
                }
            }
        }
        passed.freeze()
    }

    fn judge_head(&mut self, passed: &mut BytesMut) {
        let Some(length) = announced(&self.head) else { return };
        if length > self.limit {
            self.refused = true;
            passed.extend_from_slice(&TOO_LONG);
        } else {
            let masked = self.head.get(1).is_some_and(|second| second & 0x80 != 0);
            self.left = length + if masked { KEY } else { 0 };
            passed.unsplit(self.head.split());
        }
    }
}

/// The length of the payload that a head announces, once that much of the head is there.
fn announced(head: &[u8]) -> Option<u64> {
    match (head.get(1)? & 0x7F, head.get(2..)?) {
        (126, length) => Some(u16::from_be_bytes(length.try_into().ok()?).into()),
        (127, length) => Some(u64::from_be_bytes(length.try_into().ok()?)),
        (length, _) => Some(length.into()),
    }
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for Bounded<S> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.refused {
            return Poll::Ready(None);
        }
        let came = Pin::new(&mut self.bytes).poll_next(context);
        came.map(|came| came.map(|bytes| bytes.map(|bytes| self.pass(bytes))))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use futures_util::{FutureExt, StreamExt, stream};

    use super::*;

    /// What passes of these bytes when they come in pieces of this size.
    fn passed(bytes: &[u8], size: usize) -> Vec<u8> {
        let pieces: Vec<_> = bytes.chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let passed = Bounded::new(stream::iter(pieces), 300).collect::<Vec<_>>().now_or_never().unwrap();
        passed.into_iter().flat_map(Result::unwrap).collect()
    }

    fn frame(length: usize) -> Vec<u8> {
        let head: Vec<u8> = match length {
            0..126 => vec![0x81, 0x80 | length as u8],
            126..0x1_0000 => [&[0x81, 0xFE][..], &(length as u16).to_be_bytes()].concat(),
            _ => [&[0x81, 0xFF][..], &(length as u64).to_be_bytes()].concat(),
        };
        [head, vec![7; length + 4]].concat()
    }

    #[test]
    fn frames_pass_as_they_are_however_they_are_cut() {
        let bytes = [0, 1, 125, 126, 300].map(frame).concat();
        for size in [1, 2, 3, 7, 100, bytes.len()] {
            assert_eq!(passed(&bytes, size), bytes, "{size}");
        }
    }

    #[test]
    fn a_frame_that_is_too_long_ends_the_stream_by_its_head() {
        for length in [301, 70_000, usize::MAX / 4] {
            let head = &frame(length.min(100_000))[..10];
            let head = if length > 100_000 {
                [&head[..2], &(length as u64).to_be_bytes()].concat()
            } else {
                head.to_vec()
            };
            let bytes = [frame(5), head, vec![7; 400]].concat();
            for size in [1, 3, bytes.len()] {
                assert_eq!(passed(&bytes, size), [frame(5), TOO_LONG.to_vec()].concat(), "{length} {size}");
            }
        }
    }
}
