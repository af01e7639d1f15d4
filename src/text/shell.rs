//! Values and paths as they are pasted into a shell.

use std::path::Path;

/// A number to three digits, as it can be pasted.
pub fn pasted(value: f64) -> String {
    let rounded: f64 = format!("{value:.2e}").parse().expect("a number");
    rounded.to_string()
}

/// A path as a shell takes it.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+=,:@%".contains(c);
    match !text.is_empty() && text.chars().all(plain) && !text.starts_with('-') {
        true => text,
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}
