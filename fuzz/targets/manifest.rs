//! The manifest of a backup that somebody wants restored.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uvote::backup::manifest::Manifest;

fuzz_target!(|text: &[u8]| {
    let manifest = match Manifest::parse(text) {
        Ok(manifest) => manifest,
        Err(reason) => return assert!(!reason.is_empty()),
    };
    // A year that RFC 3339 can't say can't be written either.
    let Ok(written) = serde_json::to_value(&manifest) else { return };
    let mut names = written["files"].as_object().into_iter().flatten().map(|(name, _)| name);
    assert!(names.all(|name| !name.contains("..") && !name.starts_with('/')), "{written}");
    let again = Manifest::parse(written.to_string().as_bytes()).expect("what was written can be read");
    assert_eq!(serde_json::to_value(&again).ok(), Some(written));
});
