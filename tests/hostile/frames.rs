//! Frames that are none, or say too much: each ends its socket with the code that RFC 6455 and
//! `docs/LIVE.md` have for it, and no other.

use futures_util::future::join_all;
use tokio::time::{Duration, Instant};

use crate::program::Program;
use crate::socket::{CLOSE, Socket, TEXT, frame};
use crate::support::Service;
use crate::wire::Wire;

/// Expects this code and then the end, soon.
async fn closes(program: &Program, bytes: &[u8], code: u16) {
    let mut socket = Socket::open(program, None, Wire::to(program.address).await).await;
    socket.0.send(bytes).await.unwrap();
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(20)]).into_owned();
    assert_eq!(socket.close_code().await, Some(code), "{shown:?}");
    let end = socket.0.ended_by(Instant::now() + Duration::from_secs(5)).await;
    assert_eq!(end, Some(0), "the end, and nothing more, follows for {shown:?}");
}

/// Each of them ends its own socket with this code.
async fn all_close(program: &Program, many: impl IntoIterator<Item = Vec<u8>>, code: u16) {
    let many: Vec<Vec<u8>> = many.into_iter().collect();
    join_all(many.iter().map(|bytes| closes(program, bytes, code))).await;
}

async fn program() -> Program {
    Program::instead_of(&mut Service::start().await).await
}

#[actix_web::test]
async fn what_is_no_frame_ends_the_socket_with_1002() {
    let program = program().await;
    let ping = br#"{"type":"ping"}"#;
    let unmasked = [&[TEXT, ping.len() as u8][..], ping].concat();
    let mut broken = vec![
        unmasked,
        frame(0x09, b"a ping in parts"),
        frame(0x08, b""),
        frame(0x89, &[b'x'; 126]),
        frame(CLOSE, &[3; 126]),
        frame(0x80, b"goes on from nothing"),
        frame(0x00, b"goes on from nothing"),
        [frame(0x01, b"begins"), frame(TEXT, b"and begins again")].concat(),
        [frame(0x01, b"begins"), frame(0x01, b"and begins again")].concat(),
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
    ];
    broken.extend([0x10, 0x20, 0x40, 0x70].map(|reserved| frame(TEXT | reserved, ping)));
    broken.extend((0x3..=0x7).chain(0xB..=0xF).map(|opcode| frame(0x80 | opcode, b"")));
    all_close(&program, broken, 1002).await;
}

#[actix_web::test]
async fn text_that_is_none_ends_the_socket_with_1003_or_1007() {
    let program = program().await;
    closes(&program, &frame(0x82, b"bytes"), 1003).await;
    closes(&program, &frame(0x02, b"bytes in parts"), 1003).await;
    let texts =
        [&b"\xff"[..], b"\"\xc3\x28\"", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"half \xe2\x82"];
    all_close(&program, texts.map(|text| frame(TEXT, text)), 1007).await;
    all_close(&program, texts.map(|text| [frame(0x01, text), frame(0x80, b"")].concat()), 1007).await;
}

#[actix_web::test]
async fn too_much_ends_the_socket_with_1009_before_it_is_there() {
    let program = program().await;
    let in_parts = [frame(0x01, &[b' '; 2000]), frame(0x00, &[b' '; 2000]), frame(0x00, &[b' '; 2000])];
    let whole = [frame(TEXT, &[b' '; 4097]), frame(TEXT, &[b' '; 100_000]), in_parts.concat()];
    let announced = [5_000_u64, 1 << 31, 1 << 40, (1 << 63) - 1, 1 << 63, u64::MAX];
    let announced = announced.map(|length| [&[TEXT, 0xFF][..], &length.to_be_bytes()].concat());
    let many = whole.into_iter().chain(announced).chain([vec![TEXT, 0xFE, 0xFF, 0xFF]]);
    all_close(&program, many, 1009).await;
}

#[actix_web::test]
async fn a_close_is_answered_with_its_own_code_and_a_wrong_one_with_1002() {
    let program = program().await;
    for code in [1000_u16, 1001, 1003, 1011, 3000, 4999] {
        let with_reason = [&code.to_be_bytes()[..], "so long, \u{fc}".as_bytes()].concat();
        all_close(
            &program,
            [code.to_be_bytes().to_vec(), with_reason].map(|close| frame(CLOSE, &close)),
            code,
        )
        .await;
    }
    let wrong = [0_u16, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535];
    let wrong = wrong.iter().map(|code| code.to_be_bytes().to_vec());
    let wrong = wrong.chain([vec![3], vec![3, 232, 0xff, 0xfe]]);
    all_close(&program, wrong.map(|close| frame(CLOSE, &close)), 1002).await;
}

#[actix_web::test]
async fn a_text_in_parts_is_one_request_and_pings_may_come_between() {
    let program = program().await;
    let mut socket = Socket::open(&program, None, Wire::to(program.address).await).await;
    let parts =
        [frame(0x01, br#"{"type":"#), frame(0x89, b"there?"), frame(0x00, b""), frame(0x80, br#""ping"}"#)];
    for byte in parts.concat() {
        socket.0.send([byte]).await.unwrap();
    }
    assert_eq!(socket.next().await, Some((0x8A, b"there?".to_vec())));
    assert_eq!(socket.next().await, Some((TEXT, br#"{"type":"pong"}"#.to_vec())));
}
