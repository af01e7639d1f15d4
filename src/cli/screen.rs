//! The standard error stream: notes, warnings, errors, and the line of progress.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget};
use serde::Serialize;
use terminal_size::{Width, terminal_size};

use crate::text::Page;
use crate::text::document_line;

/// The time between redraws: often enough to look alive, and cheap.
const TICK: Duration = Duration::from_millis(200);

/// Stderr. If nobody reads it any more, the program goes on.
pub(super) struct Screen {
    json: bool,
    pub(super) page: Page,
    /// The progress that is shown now.
    shown: Mutex<Option<ProgressBar>>,
}

/// An error as `--json` writes it.
#[derive(Serialize)]
struct Told<'a> {
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    message: &'a str,
    status: u8,
}

impl Screen {
    pub(super) fn new(json: bool) -> Self {
        Self {
            json,
            page: page_of(&io::stderr()),
            shown: Mutex::new(None),
        }
    }

    /// Whether a line can be drawn and redrawn.
    pub(super) fn can_draw() -> bool {
        io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// Writes a message above the progress.
    pub(super) fn say(&self, text: &str) {
        self.write(&self.page.wrap(text));
    }

    /// Writes that the command failed.
    pub(super) fn fail(&self, message: &str, status: u8) {
        self.end(message, status, "error: ");
    }

    /// Writes what is wrong with the arguments, in clap's words and colours.
    pub(super) fn misused(&self, error: &clap::Error, status: u8) {
        if self.json {
            let text = error.render().to_string();
            let message = text.trim().trim_start_matches("error: ");
            self.fail(message, status);
        } else {
            let _ = error.print();
        }
    }

    /// Says that a signal stopped the command, and what can be done now.
    pub(super) fn stop(&self, message: &str, status: u8) {
        self.end(message, status, "");
    }

    /// Writes the last message, as text or as a line of JSON.
    fn end(&self, message: &str, status: u8, title: &str) {
        self.clear();
        let error = Error { message, status };
        if self.json {
            self.write(&document_line(&Told { error }))
        } else {
            self.say(&format!("{title}{message}"))
        }
    }

    /// Runs `f` while the progress is hidden.
    pub(super) fn without_progress<T>(&self, f: impl FnOnce() -> T) -> T {
        let bar = self.shown().clone();
        match bar {
            Some(bar) => bar.suspend(f),
            None => f(),
        }
    }

    /// Shows this progress in place of any other.
    #[cfg(feature = "burn")]
    pub(super) fn show(&self, bar: &ProgressBar) {
        let mut shown = self.shown();
        if let Some(other) = shown.take() {
            other.finish_and_clear();
        }
        draw(bar);
        *shown = Some(bar.clone());
    }

    /// Shows this progress, unless another one is shown, which says more.
    pub(super) fn show_alone(&self, bar: &ProgressBar) {
        let mut shown = self.shown();
        if shown.is_none() {
            draw(bar);
            *shown = Some(bar.clone());
        }
    }

    /// Hides this progress.
    pub(super) fn remove(&self, bar: &ProgressBar) {
        bar.finish_and_clear();
        let mut shown = self.shown();
        if shown.as_ref().is_some_and(ProgressBar::is_finished) {
            *shown = None;
        }
    }

    /// Hides any progress.
    pub(super) fn clear(&self) {
        if let Some(bar) = self.shown().take() {
            bar.finish_and_clear();
        }
    }

    fn write(&self, text: &str) {
        self.without_progress(|| {
            let _ = writeln!(io::stderr().lock(), "{text}");
        });
    }

    fn shown(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts to draw a bar. Before that it must be hidden, because its first line is drawn wherever the cursor is.
fn draw(bar: &ProgressBar) {
    bar.set_draw_target(ProgressDrawTarget::stderr());
    bar.enable_steady_tick(TICK);
}

/// The page of a stream: the width of a terminal (or COLUMNS); other streams have no edge.
pub(super) fn page_of(stream: &impl IsTerminal) -> Page {
    if !stream.is_terminal() {
        return Page::UNLIMITED;
    }
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let size = || terminal_size().map(|(Width(columns), _)| columns.into());
    let columns = columns.filter(|&columns: &usize| columns > 0).or_else(size);
    columns.map_or(Page::UNLIMITED, Page::of)
}
