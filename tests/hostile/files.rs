//! Files that are bombs: rolls and photos that claim, or unfold to, more than they are.

use std::io::{Cursor, Write};

use hyper::{Method, Request};
use image::{DynamicImage, ImageFormat};
use serde_json::Value;
use tokio::time::{Duration, Instant};
use uvote_loadtest::client::{read_json, whole};

use crate::many;
use crate::program::Program;
use crate::support::people::{Election, sample};
use crate::support::{Organiser, Service};

const MIB: usize = 1 << 20;

struct Stage {
    program: Program,
    organiser: Organiser,
    election: Election,
}

impl Stage {
    async fn set() -> Self {
        let mut service = Service::start().await;
        let organiser = Organiser::register(&service).await;
        let election = organiser.draft(sample()).await;
        // The bombs are many, and it is not the limits that are tried here.
        let limits = [("UVOTE_LIMITS", "off")];
        let program = Program::instead_with(&mut service, &limits).await;
        let organiser = program.organiser(&organiser).await;
        Self { program, organiser, election }
    }

    async fn send(&self, method: Method, path: &str, kind: &str, file: Vec<u8>) -> (u16, Value) {
        let request = Request::builder().method(method).uri(self.election.path(path));
        let request = request.header("content-type", kind).body(whole(file)).unwrap();
        let (status, answer) = read_json(&self.organiser.client.send(request).await.unwrap()).unwrap();
        (status.as_u16(), answer)
    }

    async fn import(&self, file: Vec<u8>) -> (u16, Value) {
        self.send(Method::POST, "/voters/import", "text/csv", file).await
    }

    async fn photo(&self, file: Vec<u8>) -> (u16, Value) {
        let (contest, candidate) = (self.election.contest(0), self.election.candidate(0, 0));
        let path = format!("/contests/{contest}/candidates/{candidate}/photo");
        self.send(Method::PUT, &path, "application/octet-stream", file).await
    }
}

fn utf16(text: &str, mark: bool, big: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[actix_web::test]
async fn a_roll_that_is_a_bomb_is_refused_in_little_time_and_memory() {
    let stage = Stage::set().await;
    let size = many(8, 50) * MIB;
    let header = "email,first_name,last_name\n";
    let roll = "email,first_name\nada@example.org,Ada\n";
    let before = stage.program.memory();
    for (name, file) in [
        ("a line without end", format!("{header}{}", "x".repeat(size)).into_bytes()),
        ("a header without end", "x".repeat(size).into_bytes()),
        ("a million columns in the header", ["email", &",c".repeat(1_000_000)].concat().into_bytes()),
        (
            "a million columns in a row",
            [header, "a@example.org", &",".repeat(1_000_000)].concat().into_bytes(),
        ),
        ("quotes that never close", format!("{header}\"{}", "x\n".repeat(size / 2)).into_bytes()),
        ("nothing but quotes", format!("{header}{}", "\"".repeat(size)).into_bytes()),
        ("nothing but separators", ",".repeat(size).into_bytes()),
        ("nothing but line ends", format!("{header}{}", "\n".repeat(size)).into_bytes()),
        ("nothing but NUL", vec![0; size]),
        ("NUL in an address", format!("{header}a\0@example.org,A,B\n").into_bytes()),
        ("NUL in a name", format!("{header}a@example.org,A\0,B\n").into_bytes()),
        ("UTF-16 with a mark", utf16(roll, true, false)),
        ("UTF-16 with a mark, the other way round", utf16(roll, true, true)),
        ("UTF-16 without a mark", utf16(roll, false, false)),
        ("two marks", format!("\u{feff}\u{feff}{roll}").into_bytes()),
        ("a mark and no more", "\u{feff}".into()),
        ("a packed file", b"PK\x03\x04\x14\0\0\0\x08\0 voters.xlsx".to_vec()),
    ] {
        let since = Instant::now();
        let (status, answer) = stage.import(file).await;
        println!("{name}: {status} in {:?}, {} MiB at most", since.elapsed(), stage.program.most_memory());
        assert!((400..500).contains(&status), "{name}: {answer}");
        assert!(answer.to_string().len() < 300_000, "{name}: the file is not sent back");
        assert!(since.elapsed() < Duration::from_secs(20), "{name}");
    }
    let (status, answer) = stage.import(format!("\u{feff}{roll}").into_bytes()).await;
    assert_eq!((status, &answer["imported"]), (200, &1.into()), "{answer}");
    let most = stage.program.most_memory();
    assert!(most < before + 96, "{before} MiB, then {most}");
}

/// A chunk of a PNG.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(kind);
    sum.update(data);
    [&(data.len() as u32).to_be_bytes()[..], kind, data, &sum.sum().to_be_bytes()].concat()
}

fn deflated(length: usize) -> Vec<u8> {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..length / MIB {
        packed.write_all(&[0; MIB]).unwrap();
    }
    packed.finish().unwrap()
}

/// A PNG that says it is so large, with chunks before its data.
fn png(width: u32, height: u32, chunks: &[u8], data: &[u8]) -> Vec<u8> {
    let size = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let parts = [chunk(b"IHDR", &size), chunks.to_vec(), chunk(b"IDAT", data), chunk(b"IEND", b"")];
    [b"\x89PNG\r\n\x1a\n".to_vec(), parts.concat()].concat()
}

/// A GIF of so many frames, each of which claims the whole of it.
fn gif(side: u16, frames: usize) -> Vec<u8> {
    let sides = [side.to_le_bytes(), side.to_le_bytes()].concat();
    let head = [&b"GIF89a"[..], &sides, &[0x80, 0, 0, 0, 0, 0, 255, 255, 255]].concat();
    let frame = [&[0x2C, 0, 0, 0, 0][..], &sides, &[0, 2, 2, 0x4C, 1, 0]].concat();
    [head, frame.repeat(frames)].concat()
}

fn picture(format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(64, 64).write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let unfolds = deflated(many(64, 512) * MIB);
    let profile = chunk(b"iCCP", &[b"x\0\0", &unfolds[..]].concat());
    let text = chunk(b"zTXt", &[b"x\0\0", &unfolds[..]].concat());
    let long_text = chunk(b"iTXt", &[b"x\0\x01\0\0\0", &unfolds[..]].concat());
    vec![
        ("a tiny PNG that claims to be huge", png(60_000, 60_000, b"", &deflated(MIB))),
        ("a PNG just within the limit, with data for more", png(6_000, 6_000, b"", &unfolds)),
        ("a flat PNG with data for a huge one", png(1, 1, b"", &unfolds)),
        ("a PNG whose colour profile unfolds", png(64, 64, &profile, &deflated(MIB))),
        ("a PNG whose comment unfolds", png(64, 64, &text, &deflated(MIB))),
        ("a PNG whose long comment unfolds", png(64, 64, &long_text, &deflated(MIB))),
        ("a PNG of nothing but chunks", png(64, 64, &chunk(b"tEXt", b"x\0").repeat(300_000), &deflated(MIB))),
        ("a GIF of frames without end", gif(5_900, 270_000)),
        ("a GIF of tiny frames without end", gif(1, 270_000)),
        ("a GIF that claims to be huge", gif(65_535, 3)),
    ]
}

#[actix_web::test]
async fn an_image_that_is_a_bomb_costs_little_time_and_memory() {
    let stage = Stage::set().await;
    for (name, file) in bombs() {
        assert!(file.len() < 5 * MIB, "{name}: {}", file.len());
        stage.program.forget_most_memory();
        let (before, since) = (stage.program.memory(), Instant::now());
        let (status, answer) = stage.photo(file).await;
        let (took, more) = (since.elapsed(), stage.program.most_memory().saturating_sub(before));
        println!("{name}: {status} in {took:?}, {more} MiB more at most");
        assert!([200, 422].contains(&status), "{name}: {status} {answer}");
        assert!(took < Duration::from_secs(15), "{name}: {took:?}");
        // Four bytes for each of 36 million pixels, and something for the file and its decoder. One
        // photo is prepared at a time, but the allocator may still keep what the last one took.
        assert!(more < 200, "{name}: {before} MiB, and {more} more");
    }
}

#[actix_web::test]
async fn an_image_that_is_cut_anywhere_or_something_else_too_is_refused_or_made_anew() {
    let stage = Stage::set().await;
    let steps = many(8, 200);
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let file = picture(format);
        for place in 1..steps {
            let cut = file[..file.len() * place / steps].to_vec();
            let (status, answer) = stage.photo(cut).await;
            assert!(status == 200 || (400..500).contains(&status), "{format:?} {place}: {answer}");
        }
        let both = [&file[..], b"<script>alert('polyglot')</script>PK\x03\x04"].concat();
        let (status, answer) = stage.photo(both).await;
        assert_eq!(status, 200, "{format:?}: {answer}");
        let photo = Request::get(answer["photo_url"].as_str().unwrap()).body(whole("")).unwrap();
        let photo = stage.program.anonymous().send(photo).await.unwrap();
        assert_eq!(photo.headers()["content-type"], "image/jpeg");
        assert!(
            photo.body().starts_with(b"\xFF\xD8") && memchr::memmem::find(photo.body(), b"script").is_none()
        );
    }
}
