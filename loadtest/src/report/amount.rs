use std::collections::BTreeMap;

use indicatif::{HumanCount, HumanFloatCount};
use serde_json::{Value, json};

/// The value of a figure, in the unit of its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Amount {
    /// A number of things.
    Count(u64),
    /// Seconds.
    Seconds(f64),
    /// Things per second.
    PerSecond(f64),
    /// Microseconds of waiting; in text they are shown as milliseconds.
    Microseconds(u64),
    /// Microseconds of processor time for one thing.
    Cpu(f64),
    /// Bytes; in text they are shown as B, kB or MB of 1,000.
    Bytes(u64),
    /// How many times as much: 1.5 is half as much again.
    Ratio(f64),
    /// How many of each code; an object in JSON.
    Codes(BTreeMap<String, u64>),
    /// Words.
    Text(String),
}

impl Amount {
    /// The number for people, and its unit; words have none.
    #[must_use]
    pub fn to_text(&self) -> (String, &'static str) {
        match self {
            Self::Count(count) => (HumanCount(*count).to_string(), ""),
            Self::Seconds(seconds) => (format!("{seconds:.2}"), "s"),
            Self::PerSecond(rate) => (HumanCount(rate.round() as u64).to_string(), "/s"),
            Self::Microseconds(micros) => (format!("{:.2}", *micros as f64 / 1e3), "ms"),
            Self::Cpu(micros) => (format!("{micros:.1}"), "µs"),
            Self::Bytes(bytes) if *bytes < 1_000 => (bytes.to_string(), "B"),
            Self::Bytes(bytes) if *bytes < 10_000_000 => (format!("{:.1}", *bytes as f64 / 1e3), "kB"),
            Self::Bytes(bytes) => (HumanFloatCount((*bytes as f64 / 1e5).round() / 10.0).to_string(), "MB"),
            Self::Ratio(ratio) => (format!("{ratio:.2}"), "×"),
            Self::Codes(codes) if codes.is_empty() => ("none".to_owned(), ""),
            Self::Codes(codes) => {
                let words: Vec<String> = codes.iter().map(|(code, n)| format!("{n} {code}")).collect();
                (words.join(", "), "")
            }
            Self::Text(text) => (text.clone(), ""),
        }
    }

    /// The plain number, or the words.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Count(count) | Self::Microseconds(count) | Self::Bytes(count) => json!(count),
            Self::Seconds(amount) | Self::PerSecond(amount) | Self::Cpu(amount) | Self::Ratio(amount) => {
                json!(amount)
            }
            Self::Codes(codes) => json!(codes),
            Self::Text(text) => json!(text),
        }
    }
}
