//! What a browser says of its reader: the query, `Accept-Language` and cookies, in a line each.
#![no_main]

use actix_web::http::header::{ACCEPT_LANGUAGE, COOKIE, HeaderValue};
use actix_web::test::TestRequest;
use libfuzzer_sys::fuzz_target;
use uvote::http::pages::reader::{LANGUAGE_COOKIE, Reader, query};
use uvote::language::Language;

fuzz_target!(|input: &[u8]| {
    let mut lines = input.splitn(3, |byte| *byte == b'\n');
    let asked = str::from_utf8(lines.next().unwrap_or_default()).unwrap_or_default();
    let mut request = TestRequest::get();
    if let Ok(address) = format!("/page?{asked}").parse::<actix_web::http::Uri>() {
        request = request.uri(&address.to_string());
    }
    for (name, line) in [ACCEPT_LANGUAGE, COOKIE].into_iter().zip(lines) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            request = request.append_header((name, value));
        }
    }
    let request = request.to_http_request();
    let reader = Reader::of(&request);
    assert!(Language::all().contains(&reader.language));
    let by_query = query(&request, "lang").and_then(|code| Language::of(&code));
    let by_cookie = request.cookie(LANGUAGE_COOKIE).and_then(|cookie| Language::of(cookie.value()));
    assert_eq!(reader.has_chosen_language(), by_query.is_some());
    assert!(by_query.or(by_cookie).is_none_or(|chosen| chosen == reader.language));
    // What a page tells of the form before is said by the catalogue alone, never by the address.
    if let Some(notice) = reader.notice() {
        assert!(!notice.is_empty() && !notice.contains(['<', '\n']), "{notice:?}");
    }
});
