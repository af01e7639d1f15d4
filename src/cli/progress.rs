//! Progress: one line, narrower than any terminal, removed at the end.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::output::Output;
use super::screen::Screen;

/// Shorter work shows no progress.
const PATIENCE: Duration = Duration::from_secs(1);

/// A line that turns while something is computed, shown where that takes more than a second.
pub(super) struct Waiting {
    /// Dropping this removes the line.
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Waiting {
    pub(super) fn new(output: &Output, what: &'static str) -> Self {
        let (done, waited) = channel();
        let show = output.bars().then(|| {
            let screen = Arc::clone(output.screen());
            move || turn(&screen, what, &waited)
        });
        let thread = show.and_then(|show| thread::Builder::new().spawn(show).ok());
        let done = Some(done);
        Self { done, thread }
    }
}

fn turn(screen: &Screen, what: &'static str, done: &Receiver<()>) {
    if done.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}");
    let bar = ProgressBar::hidden().with_style(style.expect("a template of ours"));
    let bar = bar.with_elapsed(PATIENCE);
    bar.set_message(what);
    screen.show_alone(&bar);
    // Nothing is ever sent; the channel closes.
    let _ = done.recv();
    screen.remove(&bar);
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
