#![no_main]

//! NumPy archives.
use libfuzzer_sys::fuzz_target;
use lindiff::data::formats::read_npz;

fuzz_target!(|bytes: &[u8]| {
    let _ = read_npz(bytes, None);
    let _ = read_npz(bytes, Some("x"));
});
