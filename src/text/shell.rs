//! Values and paths that can be pasted into a shell.

use std::path::Path;

/// A number rounded to three digits.
pub fn pasted(value: f64) -> String {
    let rounded: f64 = format!("{value:.2e}").parse().expect("a number");
    rounded.to_string()
}

/// A path, quoted for a shell where necessary.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+=,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_a_shell_would_change_are_quoted() {
        for plain in ["--quick", "artifacts/k=0.5", "a_b,c:d@e%f"] {
            assert_eq!(quoted(Path::new(plain)), plain);
        }
        for (word, expected) in [
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$x", "'$x'"),
        ] {
            assert_eq!(quoted(Path::new(word)), expected);
        }
    }

    #[test]
    fn a_number_to_paste_is_short_and_reads_back_as_itself() {
        for (value, text) in [
            (0.011234, "0.0112"),
            (4.0812, "4.08"),
            (1.2345e-7, "0.000000123"),
            (0.0, "0"),
        ] {
            assert_eq!(pasted(value), text);
        }
    }
}
