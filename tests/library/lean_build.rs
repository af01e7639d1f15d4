//! What the library needs where no feature is chosen.

use std::collections::BTreeSet;
use std::process::Command;

/// The most crates of the library alone, itself counted.
const MOST_CRATES: usize = 60;
/// What must not come in without the feature that uses it.
const ABSENT: [&str; 11] = [
    "burn",
    "clap",
    "csv",
    "flate2",
    "image",
    "rayon",
    "serde_json",
    "tiny-skia",
    "toml",
    "ttf-parser",
    "zip",
];

#[test]
fn without_features_the_library_has_at_most_sixty_crates_and_none_of_a_feature() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--no-default-features"])
        .args(["--edges", "normal", "--prefix", "none", "--no-dedupe"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    let crates: BTreeSet<&str> = text.lines().collect();
    assert!(crates.len() > 1, "{text}");
    assert!(crates.len() <= MOST_CRATES, "{}: {crates:#?}", crates.len());
    let names = crates.iter().filter_map(|line| line.split(' ').next());
    let names: BTreeSet<&str> = names.collect();
    for name in ABSENT {
        assert!(!names.contains(name), "{name} is needed without a feature");
    }
}
