//! The network of a checkpoint with its sampler, of whatever kind it is.

use std::path::Path;

use super::{NeuralSampler, RunDirectory, RunError, Setup, WhichCheckpoint};
use crate::data::{Frame, Laws, Rows};
use crate::diffusion::Schedule;
use crate::sampling::{DrawOptions, StepRule};
use crate::score::{Snapshot, draw};

/// A network of either kind with its sampler.
pub enum RunSampler {
    /// A linear network.
    Linear {
        /// The run.
        setup: Box<Setup>,
        /// The weights.
        snapshot: Box<Snapshot>,
    },
    /// A network that is not linear.
    Neural(Box<NeuralSampler>),
}

impl RunSampler {
    /// The network of a checkpoint; of several that are not linear that of `member`. `keep` steps of the full schedule
    /// are walked, if it is given (linear networks that are functions of time).
    ///
    /// # Errors
    /// No such checkpoint or member; `keep` for another network.
    pub fn open(
        directory: &RunDirectory,
        which: WhichCheckpoint,
        member: usize,
        keep: Option<usize>,
    ) -> Result<Self, RunError> {
        if directory.neural_experiment()?.is_some() {
            let sampler = NeuralSampler::open(directory, which, member)?;
            return Ok(Self::Neural(Box::new(sampler)));
        }
        let setup = Box::new(Setup::open_with_steps(directory, keep)?);
        let snapshot = Box::new(directory.checkpoint(which)?.snapshot);
        setup.check_fits(&snapshot)?;
        Ok(Self::Linear { setup, snapshot })
    }

    /// The laws of the run and the frame of its data.
    pub fn laws(&self) -> &Laws {
        match self {
            Self::Linear { setup, .. } => setup.laws(),
            Self::Neural(sampler) => sampler.laws(),
        }
    }

    /// The seed of the run.
    pub fn seed(&self) -> u64 {
        match self {
            Self::Linear { setup, .. } => setup.experiment().seed,
            Self::Neural(sampler) => sampler.seed(),
        }
    }

    fn schedule(&self) -> &Schedule {
        match self {
            Self::Linear { setup, .. } => setup.schedule(),
            Self::Neural(sampler) => sampler.schedule(),
        }
    }

    fn rules(&self) -> &[StepRule] {
        match self {
            Self::Linear { setup, .. } => setup.evaluator().rules(),
            Self::Neural(sampler) => sampler.rules(),
        }
    }

    /// Draws `[draws, d]` in the coordinates of the training. Networks whose samples [can be compared](
    /// Self::check_comparable) start from the same noise and see the same noise, if the seed is the same.
    ///
    /// # Errors
    /// Weights that do not fit the schedule.
    pub fn draw(
        &self,
        options: DrawOptions,
        progress: impl FnMut(usize, usize),
    ) -> Result<Rows, RunError> {
        match self {
            Self::Linear { setup, snapshot } => {
                let denoiser = snapshot.denoiser(setup.schedule())?;
                let device = setup.device().inner();
                Ok(draw(self.rules(), &denoiser, options, &device, progress))
            }
            Self::Neural(sampler) => Ok(sampler.draw(options, progress)),
        }
    }

    /// Refuses a second network, read from `path`, whose samples of the same noise cannot be compared with this one's.
    ///
    /// # Errors
    /// Another dimension, noise schedule, sampler, or other coordinates of the training.
    pub fn check_comparable(&self, second: &Self, path: &Path) -> Result<(), RunError> {
        let refuse = |problem: String| {
            let path = path.display();
            Err(RunError::Invalid(format!(
                "--twin {path}: the same noise does not make samples that can be compared: {problem}"
            )))
        };
        let (own, other) = (self.laws(), second.laws());
        if own.dim() != other.dim() {
            return refuse(format!(
                "it has {} dimensions, and the first run has {}",
                other.dim(),
                own.dim()
            ));
        }
        let (own_steps, other_steps) = (self.schedule(), second.schedule());
        let levels =
            |schedule: &Schedule| -> Vec<f64> { schedule.iter().map(|s| s.alpha_bar).collect() };
        if own_steps.len() != other_steps.len() {
            return refuse(format!(
                "it has {} noise levels, and the first run has {}",
                other_steps.len(),
                own_steps.len()
            ));
        }
        if levels(own_steps) != levels(other_steps) {
            return refuse(
                "its noise schedule is another one ([schedule] in config.toml)".to_owned(),
            );
        }
        if self.rules() != second.rules() {
            return refuse("its sampler is another one (sampling.kind in config.toml)".to_owned());
        }
        if !same_frame(&own.frame, &other.frame) {
            return refuse(
                "its rows are in other coordinates (other data, columns, or data.scale, data.min_variance)".to_owned(),
            );
        }
        Ok(())
    }
}

/// Whether two frames are equal, but for rounding.
fn same_frame(one: &Frame, two: &Frame) -> bool {
    const ROUNDING: f64 = 1e-9;
    let near = |a: f64, b: f64, size: f64| (a - b).abs() <= ROUNDING * size;
    let largest = one.origin.norm_max().max(1.0 / one.scale);
    one.basis.shape() == two.basis.shape()
        && near(one.scale, two.scale, one.scale)
        && (&one.origin - &two.origin).norm_max() <= ROUNDING * largest
        && (&one.basis - &two.basis).norm_max() <= ROUNDING * one.basis.norm_max()
}
