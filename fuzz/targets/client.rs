//! `X-Forwarded-For`, which proxies of ours extend and others make up; a line of the header for each
//! line of the input.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use uvote::config::Networks;
use uvote::http::clients::Client;

const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const VOTER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

fuzz_target!(|text: &[u8]| {
    let proxies: Networks = ["10.0.0.0/8", "fd00::/8"].iter().filter_map(|text| text.parse().ok()).collect();
    let voter = Client::from(VOTER);
    let said: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    // Whoever speaks to us without a proxy of ours is believed nothing.
    assert!(Client::of(VOTER, &headers(&said), &proxies) == voter);
    // Behind a proxy the last word is the proxy's, in a line of its own or at the end of one.
    let with_line = [said.as_slice(), &[b"203.0.113.9"]].concat();
    assert!(Client::of(PROXY, &headers(&with_line), &proxies) == voter);
    let extended = [text, b", 203.0.113.9".as_slice()].concat();
    let extended: Vec<&[u8]> = extended.split(|byte| *byte == b'\n').collect();
    if HeaderValue::from_bytes(extended[extended.len() - 1]).is_ok() {
        assert!(Client::of(PROXY, &headers(&extended), &proxies) == voter);
    }
    // Whatever is said, the client can be written down as an address.
    let client = Client::of(PROXY, &headers(&said), &proxies);
    assert!(client.to_string().parse::<IpAddr>().is_ok_and(|read| Client::from(read) == client));
});

fn headers(lines: &[&[u8]]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in lines.iter().filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        headers.append(HeaderName::from_static("x-forwarded-for"), value);
    }
    headers
}
