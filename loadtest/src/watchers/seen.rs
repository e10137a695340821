//! What a watcher sees, and remembers of it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Deserialize;

/// What one watcher has seen so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Turnout frames received.
    pub frames: u64,
    /// The revision of the last frame.
    pub revision: u64,
    /// Ballots cast by the last frame.
    pub ballots_cast: u64,
    /// What went wrong first, if anything did.
    pub trouble: Option<String>,
}

/// What a text frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The turnout.
    Turnout {
        /// Its revision.
        revision: u64,
        /// Ballots cast.
        ballots_cast: u64,
    },
    /// Something that is neither good nor bad.
    Other,
    /// What must not be.
    Trouble(String),
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    revision: u64,
    #[serde(default)]
    ballots_cast: u64,
    #[serde(borrow, default)]
    code: Cow<'a, str>,
}

impl Told {
    /// Reads a text frame. The service sends a frame to all watchers word for word, so that one
    /// like the last needs no parsing.
    #[must_use]
    pub fn read(text: &[u8]) -> Self {
        thread_local! {
            static LAST: RefCell<(Vec<u8>, Told)> = const { RefCell::new((Vec::new(), Told::Other)) };
        }
        LAST.with_borrow_mut(|(last, told)| {
            if last != text {
                *told = Self::parse(text);
                text.clone_into(last);
            }
            told.clone()
        })
    }

    fn parse(text: &[u8]) -> Self {
        match serde_json::from_slice::<Frame<'_>>(text) {
            Ok(Frame { kind, revision, ballots_cast, .. }) if kind == "turnout" => {
                Self::Turnout { revision, ballots_cast }
            }
            Ok(frame) if frame.kind == "error" => {
                Self::Trouble(format!("the service sent the error {}", frame.code))
            }
            Ok(_) => Self::Other,
            Err(error) => Self::Trouble(format!("a frame can't be read: {error}")),
        }
    }
}

/// The notes of one watcher: it alone writes them, and anybody may look at any time.
#[derive(Default)]
pub struct Notes {
    frames: AtomicU64,
    revision: AtomicU64,
    ballots_cast: AtomicU64,
    trouble: OnceLock<String>,
}

impl Notes {
    /// Enters what a frame says.
    pub fn take(&self, told: Told) {
        match told {
            Told::Turnout { revision, ballots_cast } => self.count(revision, ballots_cast),
            Told::Trouble(trouble) => self.complain(trouble),
            Told::Other => {}
        }
    }

    fn count(&self, revision: u64, ballots_cast: u64) {
        let before = (self.revision.load(Ordering::Relaxed), self.ballots_cast());
        if revision < before.0 || ballots_cast < before.1 {
            self.complain(format!(
                "the turnout went back from revision {} with {} ballots to {revision} with {ballots_cast}",
                before.0, before.1
            ));
        }
        self.revision.store(revision, Ordering::Relaxed);
        self.ballots_cast.store(ballots_cast, Ordering::Relaxed);
        self.frames.store(self.frames() + 1, Ordering::Release);
    }

    /// Enters what went wrong, if nothing has before.
    pub fn complain(&self, trouble: String) {
        // What came first matters.
        let _ = self.trouble.set(trouble);
    }

    /// Turnout frames received.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Ballots cast by the last frame.
    pub fn ballots_cast(&self) -> u64 {
        self.ballots_cast.load(Ordering::Relaxed)
    }

    /// Whether there is trouble.
    pub fn is_troubled(&self) -> bool {
        self.trouble.get().is_some()
    }

    /// What the watcher has seen so far.
    pub fn seen(&self) -> Seen {
        Seen {
            // Read first: what the frame said was written before it was counted.
            frames: self.frames.load(Ordering::Acquire),
            revision: self.revision.load(Ordering::Relaxed),
            ballots_cast: self.ballots_cast(),
            trouble: self.trouble.get().cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn turnout(revision: u64, ballots_cast: u64) -> String {
        json!({"type": "turnout", "topic": "elections/e/turnout", "revision": revision,
            "eligible": 9, "ballots_cast": ballots_cast, "percent": 1.5})
        .to_string()
    }

    fn seen(texts: &[&str]) -> Seen {
        let notes = Notes::default();
        texts.iter().for_each(|text| notes.take(Told::read(text.as_bytes())));
        notes.seen()
    }

    #[test]
    fn the_last_frame_is_kept_and_other_frames_change_nothing() {
        let subscribed = r#"{"type":"subscribed","topic":"elections/e/turnout"}"#;
        let found = seen(&[subscribed, &turnout(3, 1), r#"{"type":"pong"}"#, &turnout(5, 2)]);
        assert_eq!(found, Seen { frames: 2, revision: 5, ballots_cast: 2, trouble: None });
    }

    #[test]
    fn a_frame_that_comes_word_for_word_again_counts_again() {
        let found = seen(&[&turnout(3, 1), &turnout(3, 1)]);
        assert_eq!(found, Seen { frames: 2, revision: 3, ballots_cast: 1, trouble: None });
    }

    #[test]
    fn a_revision_that_goes_back_is_trouble_even_if_later_frames_are_right() {
        let found = seen(&[&turnout(5, 2), &turnout(4, 2), &turnout(6, 3)]);
        let trouble = found.trouble.unwrap_or_default();
        assert!(trouble.contains("back from revision 5"), "{trouble}");
    }

    #[test]
    fn an_error_frame_and_a_broken_frame_are_trouble() {
        for text in [r#"{"type":"error","code":"FORBIDDEN","topic":"t","detail":"d"}"#, "{"] {
            assert!(seen(&[text]).trouble.is_some(), "{text}");
        }
    }
}
