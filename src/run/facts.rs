//! The facts behind a verdict, and how well a network has learned by them.

use super::train::{RidgeAdvice, Trained};
use super::{Losses, Summary};
use crate::gaussian::{KlPair, OTHER_LAW};
use crate::training::{Best, Stop};

/// If the test loss is this much above the lowest of the run, it was trained too long.
pub(super) const TOO_LONG: f64 = 0.01;
/// The loss of a network that predicts no noise.
const NOTHING: f64 = 1.0;
/// A gap between test and train loss of this share of the oracle's loss is called overfitting.
const GAP: f64 = 0.1;

/// The facts behind a verdict.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// The number N of training samples.
    pub samples: usize,
    /// The dimension d.
    pub dim: usize,
    /// The last epoch.
    pub epoch: usize,
    /// The losses at the end.
    pub loss: Losses,
    /// The divergences, if there is a truth.
    pub kl: Option<KlPair>,
    /// Whether the test loss is that of rows. The oracle belongs to their Gaussian, and bounds only the loss of draws
    /// from it.
    pub real_test: bool,
    /// Whether rows have weights: their law is then not the Gaussian that divergences compare with.
    pub weighted: bool,
    /// The test loss of the last epoch during training, before the weights were saved.
    pub test_in_training: Option<f64>,
    /// The lowest test loss.
    pub best: Option<Best>,
    /// Whether the run stopped early.
    pub stopped_early: bool,
    /// Whether a run with as many epochs as the best one would give the best network again.
    pub constant_rate: bool,
    /// Theory's advice on the ridge.
    pub ridge: Option<RidgeAdvice>,
}

/// How well a network has learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    /// The saved weights differ too much from the trained ones.
    Rounded,
    LearnedNothing,
    /// A divergence is infinite or large.
    SamplesAnotherLaw,
    Overfits,
    Generalises,
}

impl Facts {
    pub fn of(trained: &Trained) -> Self {
        let last: &Summary = &trained.evaluations.last;
        Self {
            samples: last.samples,
            dim: last.dim,
            epoch: trained.state.epoch,
            loss: last.loss,
            kl: last.kl,
            real_test: trained.real_test,
            weighted: trained.weighted,
            test_in_training: trained.test_in_training,
            best: trained.state.best,
            stopped_early: trained.stop == Stop::Early,
            constant_rate: trained.constant_rate,
            ridge: trained.ridge,
        }
    }

    /// The test loss during training, if that of the saved weights at the same epoch is far above it.
    pub fn rounded_from(&self, test: f64) -> Option<f64> {
        let trained = self.test_in_training?;
        (test > trained * (1.0 + TOO_LONG)).then_some(trained)
    }

    pub fn judge(&self, test: f64, oracle: f64) -> Judgement {
        let learned = self.loss.train_loss <= NOTHING;
        let same_law = self.kl.is_none_or(|kl| kl.worst().value() <= OTHER_LAW);
        let small_gap = test - self.loss.train_loss <= GAP * oracle;
        // NaN is within no limit.
        if self.rounded_from(test).is_some() {
            return Judgement::Rounded;
        }
        match (learned, same_law, small_gap) {
            (false, _, _) => Judgement::LearnedNothing,
            (_, false, _) => Judgement::SamplesAnotherLaw,
            (_, _, false) => Judgement::Overfits,
            (true, true, true) => Judgement::Generalises,
        }
    }
}
