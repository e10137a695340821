//! The form of a ballot, as browsers without JavaScript send it.
#![no_main]

use actix_web::dev::Payload;
use actix_web::test::TestRequest;
use actix_web::web::FormConfig;
use actix_web::{FromRequest, HttpRequest};
use libfuzzer_sys::fuzz_target;
use url::form_urlencoded::Serializer;
use uvote::http::pages::vote::form::{Marked, Voter};
use uvote::http::request::BODY_LIMIT;
use uvote_fuzz::{paper, wait};

fuzz_target!(|body: &[u8]| {
    let Some(marked) = read(body.to_vec()) else { return };
    let choices = marked.choices();
    if let Ok(choices) = &choices {
        _ = paper().mark(choices);
    }
    // The form goes along with every page until the last, so nothing of it may change on the way.
    let mut form = Serializer::new(String::new());
    form.extend_pairs(marked.fields());
    let again = read(form.finish().into_bytes()).expect("what the service wrote reads back");
    assert_eq!((&again.token, again.nonce), (&marked.token, marked.nonce));
    assert_eq!(again.choices(), choices);
    assert_eq!(again.fields(), marked.fields());
});

fn read(body: Vec<u8>) -> Option<Marked> {
    let request = TestRequest::post().insert_header(("content-type", "application/x-www-form-urlencoded"));
    let request = request.param("id", "00000000-0000-0000-0000-000000000005").set_payload(body);
    // What browsers would never send unescaped grows when it is written.
    let request = request.app_data(FormConfig::default().limit(BODY_LIMIT));
    let (request, mut payload): (HttpRequest, Payload) = request.to_http_parts();
    wait(Voter::from_request(&request, &mut payload)).ok().map(|voter| voter.marked)
}
