//! Progress: one line, narrower than any terminal, removed at the end.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::output::Output;
use super::screen::Screen;

/// Shorter work shows no progress.
const PATIENCE: Duration = Duration::from_secs(1);

/// A line that turns while something is computed, shown where that takes more than a second.
pub(super) struct Waiting {
    /// What is sent is shown; dropping this removes the line.
    line: Option<Sender<String>>,
    thread: Option<JoinHandle<()>>,
}

impl Waiting {
    pub(super) fn new(output: &Output, what: &'static str) -> Self {
        let (line, told) = channel();
        let show = output.bars().then(|| {
            let screen = Arc::clone(output.screen());
            move || turn(&screen, what.to_owned(), &told)
        });
        let thread = show.and_then(|show| thread::Builder::new().spawn(show).ok());
        let line = Some(line);
        Self { line, thread }
    }

    /// Shows another text.
    pub(super) fn tell(&self, what: String) {
        if let Some(line) = &self.line {
            // Without a thread nobody reads it.
            let _ = line.send(what);
        }
    }
}

fn turn(screen: &Screen, mut what: String, told: &Receiver<String>) {
    let patient = Instant::now() + PATIENCE;
    loop {
        match told.recv_timeout(patient.saturating_duration_since(Instant::now())) {
            Ok(text) => what = text,
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => break,
        }
    }
    let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}");
    let bar = ProgressBar::hidden().with_style(style.expect("a template of ours"));
    let bar = bar.with_elapsed(PATIENCE);
    bar.set_message(what);
    screen.show_alone(&bar);
    while let Ok(text) = told.recv() {
        bar.set_message(text);
    }
    screen.remove(&bar);
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.line.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
