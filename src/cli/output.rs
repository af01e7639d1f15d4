//! Where results and notes go.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::Common;

/// How this command speaks.
pub(super) struct Output {
    quiet: bool,
    pub(super) json: bool,
}

impl Output {
    pub(super) fn new(common: &Common) -> Self {
        Self {
            quiet: common.quiet,
            json: common.json,
        }
    }

    /// Whether progress bars are shown.
    pub(super) fn bars(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// A note for people, on stderr.
    pub(super) fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            eprintln!("{}", text.as_ref());
        }
    }

    pub(super) fn warn(&self, text: impl AsRef<str>) {
        eprintln!("warning: {}", text.as_ref());
    }

    /// The result: a JSON document, or what a person reads.
    pub(super) fn result(&self, value: &impl Serialize, text: impl FnOnce() -> String) {
        let text = match self.json {
            true => serde_json::to_string_pretty(value).expect("results are numbers and strings"),
            false => text(),
        };
        // A reader that went away (`| head`) is no error.
        let _ = writeln!(io::stdout(), "{}", text.trim_end());
    }
}
