//! The Python that some tests compare with.

use std::process::Command;

/// Whether there is a Python with numpy. A test that needs it says so and stops where there is none; with
/// LINDIFF_REQUIRE_PYTHON=1 it fails.
pub fn numpy() -> bool {
    python_has("numpy")
}

/// Whether Python has a module. [`numpy`] says what a test does where it is absent.
pub fn python_has(module: &str) -> bool {
    let found = imports(module);
    let required = std::env::var_os("LINDIFF_REQUIRE_PYTHON").is_some();
    assert!(
        found || !required,
        "python3 with {module} is required and not there"
    );
    if !found {
        eprintln!("no python3 with {module}: not checked");
    }
    found
}

fn imports(module: &str) -> bool {
    Command::new("python3")
        .args(["-c", &format!("import {module}")])
        .output()
        .is_ok_and(|output| output.status.success())
}
