#![no_main]

//! Whatever a file holds, packed or not.
use libfuzzer_sys::fuzz_target;
use lindiff::data::formats::{Choice, gunzip, read_bytes};

fuzz_target!(|bytes: &[u8]| {
    // A small file may unpack to gigabytes of one letter, which is no fault of the reader.
    if gunzip(bytes).is_ok_and(|unpacked| unpacked.len() > 1 << 24) {
        return;
    }
    let _ = read_bytes(bytes.to_vec(), "data", Choice::default());
});
