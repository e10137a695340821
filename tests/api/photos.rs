//! Candidates' photos: what is taken, what becomes of it, and how long it stays.

use std::io::Cursor;

use bytes::Bytes;
use hyper::{Method, Request, Response, StatusCode};
use image::{DynamicImage, ImageFormat, RgbImage};
use serde_json::{Value, json};
use uuid::Uuid;
use uvote_loadtest::client::{Client, read_json, streamed, whole};

use super::problem::{Answer, invalid, refused, send_raw};
use crate::support::people::{Election, sample};
use crate::support::{Organiser, Service};

const LIMIT: usize = 5 * 1024 * 1024;
const OCTETS: &str = "application/octet-stream";
const RED: [u8; 3] = [255, 0, 0];
const BLUE: [u8; 3] = [0, 0, 255];

/// Red over blue.
fn picture(width: u32, height: u32) -> DynamicImage {
    let half = |y| image::Rgb(if y < height / 2 { RED } else { BLUE });
    RgbImage::from_fn(width, height, |_, y| half(y)).into()
}

fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn png() -> Vec<u8> {
    file(&picture(60, 60), ImageFormat::Png)
}

fn photo_path(election: &Election, candidate: usize) -> String {
    let (contest, candidate) = (election.contest(0), election.candidate(0, candidate));
    election.path(&format!("/contests/{contest}/candidates/{candidate}/photo"))
}

async fn put(who: &Client, path: &str, content_type: &str, body: impl Into<Bytes>) -> Answer {
    read_json(&send_raw(who, Method::PUT, path, content_type, body).await).unwrap()
}

/// Gives a candidate a photo, and answers its address.
async fn set(organiser: &Organiser, election: &Election, candidate: usize, file: Vec<u8>) -> String {
    let (status, answer) = put(&organiser.client, &photo_path(election, candidate), OCTETS, file).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["photo_url"].as_str().unwrap().to_owned()
}

async fn fetch(service: &Service, url: &str) -> Response<Bytes> {
    service.anonymous().send(Request::get(url).body(whole("")).unwrap()).await.unwrap()
}

async fn is_there(service: &Service, url: &str) -> bool {
    let answer = fetch(service, url).await;
    if answer.status() != StatusCode::OK {
        refused(&read_json(&answer).unwrap(), 404, "NOT_FOUND");
    }
    answer.status() == StatusCode::OK
}

async fn shown(service: &Service, url: &str) -> RgbImage {
    let answer = fetch(service, url).await;
    assert_eq!(answer.status(), StatusCode::OK);
    image::load_from_memory_with_format(answer.body(), ImageFormat::Jpeg).unwrap().into_rgb8()
}

#[track_caller]
fn has(image: &RgbImage, x: u32, y: u32, colour: [u8; 3]) {
    let got = image.get_pixel(x, y).0;
    let near = got.iter().zip(colour).all(|(got, wanted)| got.abs_diff(wanted) < 16);
    assert!(near, "{got:?} instead of {colour:?} at {x}, {y}");
}

fn urls(election: &Value) -> Vec<Option<&str>> {
    let candidates = election["contests"][0]["candidates"].as_array().unwrap();
    candidates.iter().map(|candidate| candidate["photo_url"].as_str()).collect()
}

/// The same JPEG as a phone writes it: held sideways (EXIF orientation 6), by somebody with a name.
fn held_sideways(jpeg: &[u8]) -> Vec<u8> {
    let mut exif =
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0taken by Mallory".to_vec();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    exif.splice(0..0, [0xFF, 0xE1, length[0], length[1]]);
    [&jpeg[..2], &exif, &jpeg[2..]].concat()
}

/// A PNG of a few bytes that claims to be this wide and high.
fn bomb(side: u32) -> Vec<u8> {
    let mut png = png();
    png[16..20].copy_from_slice(&side.to_be_bytes());
    png[20..24].copy_from_slice(&side.to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&png[12..29]);
    png[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    png
}

async fn draft(service: &Service) -> (Organiser, Election) {
    let organiser = Organiser::register(service).await;
    let election = organiser.draft(sample()).await;
    (organiser, election)
}

#[actix_web::test]
async fn a_photo_is_taken_by_its_content_and_shown_to_everybody() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    for (format, pretended) in [
        (ImageFormat::Jpeg, "image/png"),
        (ImageFormat::Png, "image/svg+xml"),
        (ImageFormat::WebP, "image/jpeg"),
        (ImageFormat::Gif, OCTETS),
    ] {
        let (path, sent) = (photo_path(&election, 1), file(&picture(200, 100), format));
        let (status, answer) = put(&organiser.client, &path, pretended, sent).await;
        assert_eq!((status, &answer["name"]), (StatusCode::OK, &json!("Ben")), "{format:?}: {answer}");
        let url = answer["photo_url"].as_str().unwrap();
        let photo = shown(&service, url).await;
        assert_eq!(photo.dimensions(), (100, 100), "{format:?}");
        has(&photo, 50, 20, RED);
        has(&photo, 50, 80, BLUE);
        let (_, listed) = organiser.get(&election.path("")).await;
        assert_eq!(urls(&listed), [None, Some(url)]);
    }
}

#[actix_web::test]
async fn a_photo_may_be_kept_for_ever_by_whoever_has_fetched_it() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let url = set(&organiser, &election, 0, png()).await;
    let answer = fetch(&service, &url).await;
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("x-content-type-options", "nosniff"),
        (
            "content-security-policy",
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ] {
        assert_eq!(answer.headers()[name], value, "{name}");
    }
    for unknown in [format!("/photos/{}", Uuid::new_v4()), "/photos/..%2fsecrets.json".to_owned()] {
        assert!(!is_there(&service, &unknown).await, "{unknown}");
    }
}

#[actix_web::test]
async fn a_photo_is_upright_square_small_and_says_nothing_of_its_maker() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let jpeg = held_sideways(&file(&picture(1_600, 1_200), ImageFormat::Jpeg));
    let url = set(&organiser, &election, 0, jpeg).await;
    let photo = shown(&service, &url).await;
    assert_eq!(photo.dimensions(), (512, 512));
    has(&photo, 20, 256, BLUE);
    has(&photo, 490, 256, RED);
    let bytes = fetch(&service, &url).await.into_body();
    for trace in ["Exif", "Mallory"] {
        assert!(memchr::memmem::find(&bytes, trace.as_bytes()).is_none(), "{trace}");
    }
}

#[actix_web::test]
async fn a_photo_comes_from_a_form_too() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let (path, multipart) = (photo_path(&election, 0), "multipart/form-data; boundary=cut");
    let form = |field: &str, file: &[u8]| {
        let head = format!(
            "--cut\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a.html\"\r\n\
            Content-Type: text/html\r\n\r\n"
        );
        [head.as_bytes(), file, b"\r\n--cut--\r\n"].concat()
    };
    let (status, answer) = put(&organiser.client, &path, multipart, form("file", &png())).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(is_there(&service, answer["photo_url"].as_str().unwrap()).await);
    invalid(&put(&organiser.client, &path, multipart, form("photo", &png())).await, &["file"]);
    let large = form("file", &vec![0; LIMIT + 1]);
    refused(&put(&organiser.client, &path, multipart, large).await, 413, "TOO_LARGE");
    let cut_short = form("file", &png());
    let cut_short = cut_short[..cut_short.len() - 12].to_vec();
    refused(&put(&organiser.client, &path, multipart, cut_short).await, 400, "MALFORMED");
}

#[actix_web::test]
async fn a_file_may_have_five_mebibytes_and_no_byte_more() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let path = photo_path(&election, 0);
    let mut padded = file(&picture(60, 60), ImageFormat::Jpeg);
    padded.resize(LIMIT, 0);
    let url = set(&organiser, &election, 0, padded.clone()).await;
    padded.push(0);
    refused(&put(&organiser.client, &path, "image/jpeg", padded).await, 413, "TOO_LARGE");
    let chunks = futures_util::stream::iter((0..81).map(|_| Bytes::from_static(&[0; 65_536])));
    let request = Request::put(&path).header("content-type", OCTETS).body(streamed(chunks)).unwrap();
    let answer = organiser.client.send(request).await.unwrap();
    refused(&read_json(&answer).unwrap(), 413, "TOO_LARGE");
    assert_eq!(urls(&organiser.get(&election.path("")).await.1), [Some(&*url), None]);
}

#[actix_web::test]
async fn whatever_is_no_whole_photo_is_refused_and_changes_nothing() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let url = set(&organiser, &election, 0, png()).await;
    let path = photo_path(&election, 0);
    let send = async |kind: &str, body: &[u8]| put(&organiser.client, &path, kind, body.to_vec()).await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    for other in [&svg[..], b"<!doctype html><script>alert(1)</script>", b"BM a bitmap", b"II*\0 a TIFF", b""]
    {
        refused(&send("image/png", other).await, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    for kind in ["text/html", "application/json", "image"] {
        refused(&send(kind, &png()).await, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    invalid(&send("image/png", &png()[..60]).await, &["file"]);
    invalid(&send("image/jpeg", b"\xFF\xD8\xFF\xE0 a JPEG").await, &["file"]);
    for side in [6_001, 50_000, u32::MAX >> 1] {
        let answer = send("image/png", &bomb(side)).await;
        invalid(&answer, &["file"]);
        assert!(
            answer.1["errors"][0]["message"].as_str().unwrap().contains("megapixels"),
            "{side}: {answer:?}"
        );
    }
    assert_eq!(urls(&organiser.get(&election.path("")).await.1), [Some(&*url), None]);
    assert!(is_there(&service, &url).await);
}

#[actix_web::test]
async fn a_photo_that_is_replaced_or_taken_away_is_gone() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let first = set(&organiser, &election, 0, png()).await;
    let second = set(&organiser, &election, 0, png()).await;
    assert_ne!(first, second);
    assert!(!is_there(&service, &first).await && is_there(&service, &second).await);
    let path = photo_path(&election, 0);
    assert_eq!(organiser.delete(&path).await, (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(organiser.delete(&path).await.0, StatusCode::NO_CONTENT, "there was none any more");
    assert!(!is_there(&service, &second).await);
    assert_eq!(urls(&organiser.get(&election.path("")).await.1), [None, None]);
}

#[actix_web::test]
async fn a_photo_goes_with_its_candidate_or_contest() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let ada = set(&organiser, &election, 0, png()).await;
    let ben = set(&organiser, &election, 1, png()).await;
    let candidate = photo_path(&election, 0).replace("/photo", "");
    assert_eq!(organiser.delete(&candidate).await.0, StatusCode::NO_CONTENT);
    assert!(!is_there(&service, &ada).await && is_there(&service, &ben).await);
    let contest = election.path(&format!("/contests/{}", election.contest(0)));
    assert_eq!(organiser.delete(&contest).await.0, StatusCode::NO_CONTENT);
    assert!(!is_there(&service, &ben).await);
}

#[actix_web::test]
async fn a_copy_of_an_election_has_photos_of_its_own() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let original = set(&organiser, &election, 0, png()).await;
    let (status, copy) = organiser.post(&election.path("/duplicate"), &json!({})).await;
    assert_eq!(status, StatusCode::CREATED, "{copy}");
    let [Some(copied), None] = urls(&copy)[..] else { panic!("{copy}") };
    assert_ne!(copied, original);
    assert_eq!(fetch(&service, copied).await.body(), fetch(&service, &original).await.body());
    assert_eq!(organiser.delete(&photo_path(&election, 0)).await.0, StatusCode::NO_CONTENT);
    assert!(!is_there(&service, &original).await && is_there(&service, copied).await);
}

#[actix_web::test]
async fn photos_are_frozen_with_the_ballot_and_shown_on_it_after_a_restart_too() {
    let mut service = Service::start().await;
    let organiser = Organiser::register(&service).await;
    let election = organiser.ready_draft(1).await;
    let url = set(&organiser, &election, 0, png()).await;
    let voters = organiser.open(&service, &election.id, 1).await;
    for candidate in [0, 1] {
        let path = photo_path(&election, candidate);
        refused(&put(&organiser.client, &path, "image/png", png()).await, 409, "WRONG_STATE");
        refused(&organiser.delete(&path).await, 409, "WRONG_STATE");
    }
    service.restart().await;
    let token = json!({"token": voters[0].code});
    let (status, ballot) = service.anonymous().post(&election.path("/ballot"), &token).await.unwrap();
    assert_eq!(status, StatusCode::OK, "{ballot}");
    assert_eq!(urls(&ballot), [Some(&*url), None], "{ballot}");
    assert!(is_there(&service, &url).await);
}

#[actix_web::test]
async fn only_who_may_change_the_candidates_may_change_their_photos() {
    let service = Service::start().await;
    let (organiser, election) = draft(&service).await;
    let url = set(&organiser, &election, 0, png()).await;
    let (path, stranger) = (photo_path(&election, 0), Organiser::register(&service).await);
    refused(&put(&stranger.client, &path, "image/png", png()).await, 404, "NOT_FOUND");
    refused(&stranger.delete(&path).await, 404, "NOT_FOUND");
    refused(&put(&service.anonymous(), &path, "image/png", png()).await, 401, "UNAUTHENTICATED");
    let mine = stranger.draft(sample()).await;
    let foreign = path.replace(&election.id, &mine.id);
    refused(&put(&stranger.client, &foreign, "image/png", png()).await, 404, "NOT_FOUND");
    let foreign = photo_path(&mine, 0).replace(mine.candidate(0, 0), election.candidate(0, 0));
    refused(&put(&stranger.client, &foreign, "image/png", png()).await, 404, "NOT_FOUND");
    refused(&stranger.delete(&foreign).await, 404, "NOT_FOUND");
    assert!(is_there(&service, &url).await);
}
