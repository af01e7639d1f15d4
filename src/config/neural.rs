//! Networks that are not linear.

use super::names::setters;
use super::{NoiseDraws, Objective, Optimizer, Target, TrainingConfig};

/// A network that is not linear, and how it is trained beyond a [`TrainingConfig`]. It takes the place of the linear
/// [`ModelConfig`](super::ModelConfig).
///
/// Its keys are among those of `model` and `training`. It is trained by Adam on drawn noise (`training.objective =
/// "sampled"`), one noise level a row, and sees all columns of the data in one scale.
///
/// ```
/// # #[cfg(not(feature = "files"))]
/// # fn main() {}
/// # #[cfg(feature = "files")]
/// # fn main() -> Result<(), lindiff::config::ConfigError> {
/// use lindiff::config::{Experiment, NeuralConfig, Source};
///
/// let experiment = Experiment::new(Source::digits(), 400)
///     .network(NeuralConfig::mlp().ensemble(2))
///     .check_neural()?;
/// assert_eq!((experiment.batch_rows(400), experiment.learning_rate()), (64, 1e-3));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeuralConfig {
    /// The kind of network.
    pub kind: NeuralKind,
    /// What the network predicts.
    pub target: Target,
    /// The share of the moving average of the weights that a step keeps. The average is what is evaluated and sampled.
    pub ema: f64,
    /// The number E of networks. They start from the same weights and see the same noise, each on its own rows.
    pub ensemble: usize,
}

/// The kinds of networks that are not linear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeuralKind {
    /// Fully connected layers.
    Mlp {
        /// The units of a hidden layer.
        width: usize,
        /// The number of hidden layers.
        layers: usize,
    },
    /// A convolutional U-Net on pictures.
    Unet {
        /// The channels at the full resolution.
        channels: usize,
        /// Height and width of a row as a picture; `None`: those that the data have, or a square.
        image: Option<[usize; 2]>,
    },
}

impl NeuralKind {
    /// The words of all kinds.
    pub const NAMES: [&'static str; 2] = ["mlp", "unet"];

    /// The word in `model.kind`.
    pub fn name(&self) -> &'static str {
        match self {
            NeuralKind::Mlp { .. } => "mlp",
            NeuralKind::Unet { .. } => "unet",
        }
    }

    /// The rows of a minibatch if none are given.
    fn batch_size(&self) -> usize {
        match self {
            NeuralKind::Mlp { .. } => 64,
            NeuralKind::Unet { .. } => 32,
        }
    }

    /// How it is trained if nothing is given: Adam on drawn noise, in minibatches.
    pub(super) fn train_by_default(&self, training: &mut TrainingConfig) {
        training.objective = Objective::Sampled(NoiseDraws {
            noise_draws: 1,
            batch_size: Some(self.batch_size()),
        });
        training.optimizer = Optimizer::adam(1e-3);
    }
}

impl NeuralConfig {
    /// The draws of samples at the end of a run if none are given.
    pub(super) const DRAWS: usize = 1000;

    /// Three hidden layers of 256 units.
    pub fn mlp() -> Self {
        Self::new(NeuralKind::Mlp {
            width: 256,
            layers: 3,
        })
    }

    /// A U-Net of 16 channels.
    pub fn unet() -> Self {
        Self::new(NeuralKind::Unet {
            channels: 16,
            image: None,
        })
    }

    /// A network of that kind that predicts v.
    pub fn new(kind: NeuralKind) -> Self {
        Self {
            kind,
            target: Target::V,
            ema: 0.999,
            ensemble: 1,
        }
    }

    /// The network of a word in `model.kind`.
    #[cfg(feature = "files")]
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "mlp" => Some(Self::mlp()),
            "unet" => Some(Self::unet()),
            _ => None,
        }
    }

    setters! {
        /// What the network predicts.
        target: Target,
        /// The share of the moving average that a step keeps; 0: no average.
        ema: f64,
        /// The number of networks.
        ensemble: usize,
    }
}
