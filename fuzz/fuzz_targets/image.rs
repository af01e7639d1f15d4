#![no_main]

//! PNG and PGM images.
use libfuzzer_sys::fuzz_target;
use lindiff::data::formats::read_image;

fuzz_target!(|bytes: &[u8]| {
    let _ = read_image(bytes);
});
