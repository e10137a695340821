//! A text frame of a client of the live WebSocket.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uvote::ws::protocol::{Request, Topic, error, subscribed};

fuzz_target!(|frame: &str| {
    let Ok(request) = serde_json::from_str(frame) else { return };
    let (Request::Subscribe { topic: name } | Request::Unsubscribe { topic: name }) = request else { return };
    let answer = match Topic::parse(&name) {
        Some(topic) => {
            assert_eq!(Topic::parse(&topic.to_string()), Some(topic));
            assert_eq!(topic.election().is_none(), topic == Topic::Notifications);
            subscribed(topic)
        }
        None => error("UNKNOWN_TOPIC", Some(&name), "There is no such topic."),
    };
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("an answer is JSON");
    assert!(answer["topic"].is_string());
});
