//! Progress bars.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::output::Output;
use crate::experiment::SweepProgress;
use crate::training::observer::{Event, Observer, ObserverError};

/// Redraws a second: enough to be alive, and no cost.
const TICK: Duration = Duration::from_millis(200);

fn bar(output: &Output, length: u64, template: &str) -> ProgressBar {
    if !output.bars() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(template).expect("a template of ours");
    let bar = ProgressBar::new(length).with_style(style.progress_chars("━╸ "));
    bar.enable_steady_tick(TICK);
    bar
}

/// The bar of training: epochs, losses, the time left.
pub(super) struct TrainingBar(ProgressBar);

impl TrainingBar {
    pub(super) fn new(output: &Output, epochs: usize) -> Self {
        let template = "epoch {pos}/{len} [{bar:30}] {msg} | {eta} left";
        Self(bar(output, epochs as u64, template))
    }

    pub(super) fn done(&self) {
        self.0.finish_and_clear();
    }
}

impl Observer for TrainingBar {
    fn epoch(&mut self, event: &Event<'_>) -> Result<(), ObserverError> {
        if event.epoch == 0 {
            warn_if_unstable(event);
        }
        self.0.set_position(event.epoch as u64);
        if let Some(evaluation) = event.evaluation {
            let test = evaluation.test_loss();
            let test = test.map_or_else(String::new, |test| format!(", test {test:.4}"));
            let train = evaluation.train_loss();
            self.0.set_message(format!("train {train:.4}{test}"));
        }
        Ok(())
    }
}

fn warn_if_unstable(event: &Event<'_>) {
    let rate = event.rate;
    if let Some(stable) = event.learner.stable_rate().filter(|stable| rate > *stable) {
        eprintln!(
            "warning: the learning rate {rate:e} is above {stable:.6e}, the largest for which descent is stable"
        );
    }
}

/// The bar of drawing: steps done.
pub(super) struct SamplingBar(ProgressBar);

impl SamplingBar {
    pub(super) fn new(output: &Output) -> Self {
        Self(bar(output, 0, "drawing [{bar:30}] {eta} left"))
    }

    pub(super) fn step(&self, done: usize, all: usize) {
        self.0.set_length(all as u64);
        self.0.set_position(done as u64);
    }

    pub(super) fn done(&self) {
        self.0.finish_and_clear();
    }
}

/// The line of a sweep: done, failed, left, the time left.
pub(super) struct SweepBar(ProgressBar);

impl SweepBar {
    pub(super) fn new(output: &Output) -> Self {
        Self(bar(output, 0, "[{bar:30}] {msg} | {eta} left"))
    }

    pub(super) fn show(&self, progress: SweepProgress) {
        let SweepProgress {
            done,
            failed,
            left,
            found,
        } = progress;
        // What was there before took no time, and says nothing of that left.
        self.0.set_length((done + failed + left - found) as u64);
        self.0.set_position((done + failed - found) as u64);
        self.0
            .set_message(format!("{done} done, {failed} failed, {left} left"));
    }

    pub(super) fn done(&self) {
        self.0.finish_and_clear();
    }
}
