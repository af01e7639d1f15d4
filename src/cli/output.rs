//! Where results and notes are written.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::common::Common;
use super::failure::Failure;
use super::interrupt::Interrupts;
use super::screen::{Screen, page_of};
use crate::text::Page;
use crate::text::document;

/// The output settings of this command.
pub(super) struct Output {
    quiet: bool,
    json: bool,
    started: Instant,
    screen: Arc<Screen>,
    pub(super) interrupts: Interrupts,
}

impl Output {
    pub(super) fn new(common: &Common) -> Self {
        let screen = Arc::new(Screen::new(common.json));
        Self {
            quiet: common.quiet,
            json: common.json,
            started: Instant::now(),
            interrupts: Interrupts::listen(Arc::clone(&screen)),
            screen,
        }
    }

    /// Whether the result is JSON.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// The seconds since the command began.
    pub(super) fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    pub(super) fn screen(&self) -> &Arc<Screen> {
        &self.screen
    }

    /// Whether progress is shown.
    pub(super) fn bars(&self) -> bool {
        !self.quiet && Screen::can_draw()
    }

    /// A note for people, on stderr.
    pub(super) fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            self.screen.say(text.as_ref());
        }
    }

    /// Notes on how the input was read.
    pub(super) fn notes(&self, notes: &[String]) {
        notes
            .iter()
            .for_each(|note| self.note(format!("note: {note}")));
    }

    pub(super) fn warn(&self, text: impl AsRef<str>) {
        self.screen.say(&format!("warning: {}", text.as_ref()));
    }

    /// Says why there is no result.
    pub(super) fn fail(&self, failure: &Failure) {
        failure.tell(&self.screen);
    }

    /// Writes the result: a JSON document, or text laid out for the page that shows it.
    pub(super) fn result(
        &self,
        value: &impl Serialize,
        text: impl FnOnce(Page) -> String,
    ) -> Result<(), Failure> {
        let page = page_of(&io::stdout());
        let text = if self.json {
            document(value)
        } else {
            page.wrap(&text(page))
        };
        match text.trim_end() {
            "" => Ok(()),
            text => self.print(&format!("{text}\n")),
        }
    }

    /// Writes text to stdout as it is.
    pub(super) fn print(&self, text: &str) -> Result<(), Failure> {
        self.screen.without_progress(|| print(text))
    }
}

/// The only place that writes to stdout. A write that fails is a failure of the command.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes());
    written
        .and_then(|()| stdout.flush())
        .map_err(Failure::Unwritten)
}
