//! Bars of what is counted: epochs, steps of the sampler, runs of a sweep.

use std::sync::{Arc, Once};

use indicatif::{ProgressBar, ProgressStyle};

use super::output::Output;
use super::progress::Waiting;
use super::screen::Screen;
use crate::sweep::SweepProgress;
use crate::training::Stop;
use crate::training::observer::{Event, Observer, ObserverError};

/// The columns of a bar with numbers beside it.
const ROOM: usize = 40;

const TRAINING: [&str; 2] = [
    "[{bar:10}] {pos}/{len}, {eta} left {wide_msg}",
    "{pos}/{len} {wide_msg}",
];
const SAMPLING: [&str; 2] = [
    "[{bar:10}] {percent}%, {eta} left {wide_msg}",
    "{percent}% {wide_msg}",
];
const SWEEP: [&str; 2] = ["[{bar:10}] {eta} left {wide_msg}", "{wide_msg}"];

/// A line on the screen, from its first change until it is done.
struct Line {
    bar: ProgressBar,
    /// Where it is shown, if it is.
    screen: Option<Arc<Screen>>,
    shown: Once,
}

impl Line {
    /// A line of the first template; of the second on a terminal without room for a bar. `{wide_msg}` is cut to the room
    /// that the rest leaves.
    fn new(output: &Output, [with_bar, narrow]: [&str; 2]) -> Self {
        let has_room = output.screen().page.holds(ROOM);
        let template = if has_room { with_bar } else { narrow };
        let style = ProgressStyle::with_template(template).expect("a template of ours");
        let style = style.progress_chars("━╸ ");
        let screen = output.bars().then(|| Arc::clone(output.screen()));
        Self {
            bar: ProgressBar::hidden().with_style(style),
            screen,
            shown: Once::new(),
        }
    }

    fn change(&self, done: usize, all: usize) {
        let Some(screen) = &self.screen else {
            return;
        };
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
        self.shown.call_once(|| screen.show(&self.bar));
    }

    fn done(&self) {
        if let Some(screen) = self.screen.as_ref().filter(|_| self.shown.is_completed()) {
            screen.remove(&self.bar);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.done();
    }
}

/// The line of training: epochs, the time left, losses.
pub(super) struct TrainingBar<'a> {
    line: Line,
    epochs: usize,
    output: &'a Output,
    /// The message if a signal ends the program before or after training.
    told: String,
    /// The line of the evaluation.
    waiting: Option<Waiting>,
}

impl<'a> TrainingBar<'a> {
    pub(super) fn new(output: &'a Output, epochs: usize, told: String) -> Self {
        Self {
            line: Line::new(output, TRAINING),
            epochs,
            output,
            told,
            waiting: None,
        }
    }
}

impl Observer for TrainingBar<'_> {
    fn epoch(&mut self, event: &Event<'_>) -> Result<(), ObserverError> {
        if event.state.epoch == 0 {
            self.warn_if_unstable(event);
        }
        let losses = event
            .evaluation
            .map(|evaluation| (evaluation.train_loss(), evaluation.test_loss()));
        self.show(event.state.epoch, losses, event.stop);
        Ok(())
    }
}

impl TrainingBar<'_> {
    /// Shows an epoch, the train and test loss if it was evaluated, and why it is the last, if it is.
    pub(super) fn show(
        &mut self,
        epoch: usize,
        losses: Option<(f64, Option<f64>)>,
        stop: Option<Stop>,
    ) {
        if let Some((train, test)) = losses {
            let test = test.map_or_else(String::new, |test| format!(", test {test:.4}"));
            self.line.bar.set_message(format!("train {train:.4}{test}"));
        }
        self.line.change(epoch, self.epochs);
        let interrupts = &self.output.interrupts;
        match stop {
            // There is an epoch to lose.
            None => interrupts.raise("stopping at the end of this epoch"),
            Some(Stop::Interrupted) => self.line.done(),
            // The last checkpoint is written.
            Some(Stop::Finished | Stop::Early) => {
                self.line.done();
                interrupts.end(&self.told);
                self.waiting = Some(Waiting::new(self.output, "evaluating"));
            }
        }
    }

    fn warn_if_unstable(&self, event: &Event<'_>) {
        let rate = event.rate;
        if let Some(stable) = event.network.stable_rate().filter(|stable| rate > *stable) {
            self.output.warn(format!(
                "the learning rate {rate:e} is above {stable:.6e}, the largest for which descent is stable"
            ));
        }
    }
}

/// The line of drawing: steps done.
pub(super) struct SamplingBar(Line);

impl SamplingBar {
    pub(super) fn new(output: &Output) -> Self {
        let line = Line::new(output, SAMPLING);
        line.bar.set_message("drawing samples");
        Self(line)
    }

    pub(super) fn step(&self, done: usize, all: usize) {
        self.0.change(done, all);
    }
}

/// The line of a sweep: done, failed, left, the time left.
pub(super) struct SweepBar(Line);

impl SweepBar {
    pub(super) fn new(output: &Output) -> Self {
        Self(Line::new(output, SWEEP))
    }

    pub(super) fn show(&self, progress: SweepProgress) {
        let SweepProgress {
            done,
            failed,
            left,
            found,
        } = progress;
        let message = format!("{done} done, {failed} failed, {left} left");
        self.0.bar.set_message(message);
        // What was there before took no time, and says nothing of that left.
        self.0
            .change(done + failed - found, done + failed + left - found);
    }
}
