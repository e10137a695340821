//! The file of a candidate's photo.
#![no_main]

use image::ImageFormat;
use libfuzzer_sys::fuzz_target;
use uvote::photos::{PhotoRefusal, prepare};

fuzz_target!(|file: &[u8]| match prepare(file) {
    Ok(photo) => {
        let photo =
            image::load_from_memory_with_format(&photo, ImageFormat::Jpeg).expect("a photo is a JPEG");
        assert_eq!(photo.width(), photo.height());
        assert!((1..=512).contains(&photo.width()));
    }
    Err(refusal) => assert!(![PhotoRefusal::Busy, PhotoRefusal::TooLarge].contains(&refusal), "{refusal}"),
});
