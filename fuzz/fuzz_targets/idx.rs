#![no_main]

//! IDX files.
use libfuzzer_sys::fuzz_target;
use lindiff::data::formats::read_idx;

fuzz_target!(|bytes: &[u8]| {
    let _ = read_idx(bytes);
});
