#![no_main]

//! Experiment files.
use libfuzzer_sys::fuzz_target;
use std::path::Path;

use lindiff::config::Experiment;

fuzz_target!(|text: &str| {
    let _ = Experiment::from_toml(text, Path::new("/nowhere"), &[]);
});
