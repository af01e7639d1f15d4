#![no_main]

//! NumPy arrays.
use libfuzzer_sys::fuzz_target;
use lindiff::data::formats::read_npy;

fuzz_target!(|bytes: &[u8]| {
    let _ = read_npy(bytes);
});
