#![no_main]

//! Pictures.
use libfuzzer_sys::fuzz_target;
use lindiff::config::Color;
use lindiff::data::formats::read_image;

fuzz_target!(|bytes: &[u8]| {
    let _ = read_image(bytes, Color::Grey);
    let _ = read_image(bytes, Color::Rgb);
});
