//! What a user may write, and what is left once it has been checked.
//!
//! An experiment file (TOML) is read by [`Experiment::load`]: `raw` holds it as it may be written (every key
//! optional), `check` fills in the defaults and refuses what cannot be run, and this file holds what has been
//! checked: types in which a wrong experiment cannot be said. The algorithms take only these.
//! [`Experiment::to_toml`] writes one out again.
//!
//! | key | default | range |
//! |---|---|---|
//! | `name` | the file's name | a string that can name a folder |
//! | `seed` | `1` | a whole number, 0 or more |
//! | `data.source` | none | "power-law", "spiked", "spectrum", "digits" or "file" |
//! | `data.dim` | `200` | a whole number from 1 to 65536 |
//! | `data.exponent` | `1.0` | a number, 0 or more |
//! | `data.spikes` | `[5.0, 3.0]` | a list of at most dim numbers, each above 0 |
//! | `data.path` | none | the path of a file or folder |
//! | `data.array` | the only one | the name of an array of the .npz |
//! | `data.columns` | all | columns counted from 0, such as "0..64" (the last not included) or "0..5,6..13" |
//! | `data.group` | none | the number of a column, counted from 0 |
//! | `data.header` | `"auto"` | "auto", "yes" or "no" |
//! | `data.delimiter` | `"auto"` | "auto", ",", ";", "tab", "bar" or "space" |
//! | `data.decimal` | `"auto"` | "auto", "." or "," |
//! | `data.color` | `"grey"` | "grey" or "rgb" |
//! | `data.pool` | `1` | a whole number, 1 or more |
//! | `data.scale` | `"trace"` | "trace", "columns" or "none" |
//! | `data.min_variance` | `1e-12` | a number, 0 or more |
//! | `data.samples` | 400; "half" (rows of a file) | a whole number, 1 or more, "half" (of the rows, at most 400) or "all" |
//! | `data.draw` | "gaussian"; "rows" (file) | "gaussian" or "rows" |
//! | `data.mean` | `"fitted"` | "fitted" or "known" |
//! | `schedule.kind` | `"linear"` | "linear", "cosine" or "file" |
//! | `schedule.steps` | `1000` | a whole number from 1 to 10000000 |
//! | `schedule.beta_start` | `1e-4` | a number above 0 and below 1 |
//! | `schedule.beta_end` | `1e-2` | a number above 0 and below 1 |
//! | `schedule.path` | none | the path of a file of alpha_bar_1 ... alpha_bar_T |
//! | `schedule.keep` | all steps | a whole number from 1 to the steps of the schedule |
//! | `model.kind` | `"per-step"` | "per-step", "time-basis" or "two-layer" |
//! | `model.basis` | `8` | a whole number, from 1 to the kept steps |
//! | `model.width` | `64` | a whole number, 1 or more |
//! | `model.init` | 0.0; 1e-3 (two-layer) | a finite number; two-layer: above 0 |
//! | `model.target` | `"eps"` | "eps", "x0", "v" or "score" |
//! | `training.objective` | `"exact"` | "exact", "sampled" or "frozen" |
//! | `training.noise_draws` | `1` | a whole number, 1 or more |
//! | `training.batch_size` | `0` | a whole number of rows, or 0 for all |
//! | `training.optimizer` | `"sgd"` | "sgd", "adam", "adamw" or "closed-form" |
//! | `training.momentum` | `0.0` | a number from 0 to below 1 |
//! | `training.learning_rate` | "auto" (sgd), 1e-3 (adam, adamw) | a number above 0, or, for sgd, "auto" |
//! | `training.lr_schedule` | `"constant"` | "constant" or "cosine" |
//! | `training.epochs` | `500` | a whole number, 0 or more |
//! | `training.tau` | none | a number above 0 |
//! | `training.weight_decay` | `0.0` | a number, 0 or more |
//! | `training.ridge` | `0.0` | a number, 0 or more |
//! | `training.covariance_ridge` | `0.0` | a number, 0 or more |
//! | `training.evaluate` | `"log"` | "log", or a whole number of epochs, 1 or more |
//! | `training.basis` | `"auto"` | "auto", "data" or "eigen" |
//! | `training.checkpoints` | `3` | a whole number, 1 or more |
//! | `training.early_stopping.patience` | `2` | a whole number, 1 or more |
//! | `training.early_stopping.min_delta` | `0.0` | a number, 0 or more |
//! | `sampling.kind` | `"ddpm"` | "ddpm", "sde", "ode", "heun" or "ddim" |
//! | `sampling.variance` | `"beta"` | "beta" or "posterior" |
//! | `sampling.draws` | `10000` | a whole number, 0 or more |
//! | `backend.name` | `"flex"` | "flex", "ndarray", "wgpu" or "cuda" |
//! | `backend.precision` | `"f32"` | "f32" or "f64" |
//!
//! A key that counts only for another choice (such as `data.exponent` with `data.source = "digits"`) is ignored
//! with a note; [`KEYS`] says for each when it counts. Rows of a file (`data.source = "file"`) are trained
//! on themselves by default (`data.draw = "rows"`), and so are all rows (`data.samples = "all"`), which can be nothing else. The table `training.early_stopping` turns
//! early stopping on; without it there is none.

mod check;
mod error;
mod keys;
mod load;
mod names;
mod penalties;
mod pipe;
mod raw;
mod reading;
mod resolved;
mod schedule;
mod setting;
mod training;
mod written;

use std::path::PathBuf;

use serde::Serialize;

pub use error::{ConfigError, Origin, Problem};
pub use keys::{KEYS, Key, Only, keys_named};
pub use load::{Draft, Loaded};
pub use names::Named;
pub use penalties::Penalties;
pub use pipe::is_pipe;
pub use reading::{Color, Columns, Decimal, Delimiter, Header, Reading};
pub use setting::Setting;

/// A checked experiment: everything a run needs, all defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    pub name: String,
    pub seed: u64,
    pub data: DataConfig,
    pub schedule: ScheduleConfig,
    pub model: ModelConfig,
    pub training: TrainingConfig,
    pub sampling: SamplingConfig,
    pub backend: BackendConfig,
}

/// Where the truth comes from, and how the training set is taken from it.
#[derive(Debug, Clone, PartialEq)]
pub struct DataConfig {
    pub source: Source,
    pub samples: Samples,
    pub draw: Draw,
    pub mean: Mean,
}

/// What stands for the truth.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// `lambda_nu = d nu^-k / sum nu^-k`, mean zero.
    PowerLaw { dim: usize, exponent: f64 },
    /// The spikes, then ones.
    Spiked { dim: usize, spikes: Vec<f64> },
    /// A file of eigenvalues, one a line.
    Spectrum { path: PathBuf },
    /// Rows that were read.
    Real(RealData),
}

/// Rows, and how they are prepared.
#[derive(Debug, Clone, PartialEq)]
pub struct RealData {
    pub origin: RowsOrigin,
    pub columns: Option<Columns>,
    /// The column whose values stay on one side of the split (it is not a coordinate).
    pub group: Option<usize>,
    pub reading: Reading,
    /// Side of the square over which images are mean-pooled; 1: none.
    pub pool: usize,
    pub scale: Scale,
    /// Eigenvectors of the truth below this times the mean eigenvalue are dropped.
    pub min_variance: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RowsOrigin {
    /// The built-in 8 x 8 digits.
    Digits,
    /// A file or a folder of images; `array` names the array of an `.npz`.
    File {
        path: PathBuf,
        array: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The trace of the truth becomes its number of directions.
    Trace,
    /// Each column gets the mean 0 and the variance 1, whatever its unit.
    Columns,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Samples {
    Count(usize),
    /// Half of the rows of a file, at most 400; the others are the test set.
    Half,
    /// All rows of a file: no truth and no test set then.
    All,
}

impl Samples {
    /// The number of training samples, of as many rows; none where all rows are taken.
    pub fn of_rows(self, rows: usize) -> Option<usize> {
        const MOST: usize = 400;
        match self {
            Samples::Count(count) => Some(count),
            Samples::Half => Some((rows / 2).clamp(1, MOST)),
            Samples::All => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// N vectors drawn from the Gaussian truth.
    Gaussian,
    /// N of the rows that were read; the others are the test set.
    Rows,
}

/// Whether the training set's own mean is subtracted, or the truth's is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mean {
    Known,
    /// A network then has an offset to train.
    Fitted,
}

impl Mean {
    /// The degrees of freedom that the mean takes: 0 or 1.
    pub fn degrees(self) -> usize {
        match self {
            Mean::Known => 0,
            Mean::Fitted => 1,
        }
    }

    pub fn is_fitted(self) -> bool {
        self == Mean::Fitted
    }
}

impl std::fmt::Display for Mean {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleConfig {
    pub kind: ScheduleKind,
    /// Steps that are trained and sampled; `None`: all.
    pub keep: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ScheduleKind {
    /// `beta_t = beta_start + (beta_end - beta_start) t/T`.
    Linear {
        steps: usize,
        beta_start: f64,
        beta_end: f64,
    },
    /// Nichol and Dhariwal (2021).
    Cosine { steps: usize },
    /// A file of `alpha_bar_1 ... alpha_bar_T`.
    File { path: PathBuf },
}

/// The score network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelConfig {
    pub kind: ModelKind,
    /// `W_0 = init I` of the network's own output; two-layer: up to a sign, that of the target's optimum.
    pub init: f64,
    pub target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// One affine map a step.
    PerStep,
    /// `W(t) = sum_k phi_k(log SNR_t) A_k` with `basis` Chebyshev polynomials, for all steps.
    TimeBasis { basis: usize },
    /// `W_t = B_t A_t`, through `width` hidden units a step.
    TwoLayer { width: usize },
}

/// What the network predicts, and whose squared error is summed: the equations are those of
/// [`Target::parts`](crate::diffusion).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The noise.
    Eps,
    /// The clean vector.
    X0,
    /// `sqrt(ab) eps - sqrt(1 - ab) x_0` (Salimans and Ho, arXiv 2202.00512).
    V,
    /// `-eps/sqrt(1 - ab)`, the score of the noised law.
    Score,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TrainingConfig {
    pub objective: Objective,
    pub optimizer: Optimizer,
    pub lr_schedule: RateSchedule,
    /// The most epochs there are.
    pub epochs: usize,
    /// The time of training at which a run stops, at the end of the first epoch that reaches it; of sgd only. tau is the sum
    /// of the learning rates of the steps over 1 - momentum.
    pub tau: Option<f64>,
    pub weight_decay: f64,
    /// `gamma`, in the objective of every step.
    pub ridge: f64,
    /// `c`: adds `alpha_bar_t c` to the ridge of step t.
    pub covariance_ridge: f64,
    pub evaluate: Evaluate,
    pub basis: Basis,
    /// How many checkpoints are kept, besides the best.
    pub checkpoints: usize,
    pub early_stopping: Option<EarlyStopping>,
}

/// How the noise is averaged over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// In closed form.
    Exact,
    /// By fresh draws each epoch.
    Sampled(NoiseDraws),
    /// By draws made once.
    Frozen(NoiseDraws),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoiseDraws {
    /// Independent draws for each (row, step).
    pub noise_draws: usize,
    /// Rows of a minibatch; `None`: all.
    pub batch_size: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimizer {
    /// Gradient descent with momentum (dampening 0); `None`: 0.9 of the stability bound, 0.45 in noise.
    Sgd {
        momentum: f64,
        learning_rate: Option<f64>,
    },
    Adam {
        learning_rate: f64,
    },
    AdamW {
        learning_rate: f64,
    },
    /// Solves the chosen objective.
    ClosedForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateSchedule {
    Constant,
    /// From the learning rate to 0 over the epochs, half a cosine.
    Cosine,
}

/// At which epochs losses are evaluated (always at 0 and the last).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evaluate {
    /// 0, 1, then n -> ceil(1.5 n).
    Log,
    Every(usize),
}

/// The coordinates that are trained in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Eigen where it changes nothing but the time.
    Auto,
    /// Those of the data.
    Data,
    /// The eigenvectors of the training covariance, in which the weights stay diagonal: sgd on the exact objective, from a
    /// multiple of the identity.
    Eigen,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarlyStopping {
    /// Evaluations without a better test loss that are borne.
    pub patience: usize,
    /// By how much (absolute) a loss must fall to count as better.
    pub min_delta: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SamplingConfig {
    pub kind: SamplerKind,
    /// Draws of the Monte-Carlo check; 0: exact only.
    pub draws: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SamplerKind {
    /// Ancestral sampling.
    Ddpm(Variance),
    /// Euler-Maruyama on the reverse VP-SDE.
    Sde,
    /// Euler on the probability flow.
    Ode,
    /// Heun on the probability flow.
    Heun,
    Ddim,
}

/// `sigma_t^2` of ancestral sampling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variance {
    Beta,
    Posterior,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackendConfig {
    pub name: BackendName,
    pub precision: Precision,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendName {
    /// On the processor, this program's own passes over burn-flex's memory.
    Flex,
    /// On the processor.
    NdArray,
    /// A GPU, or a software renderer, by Vulkan, Metal or DirectX; in a binary built with the feature `wgpu`.
    Wgpu,
    /// A GPU of NVIDIA's; in a binary built with the feature `cuda`.
    Cuda,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    F32,
    F64,
}

impl Precision {
    /// The distance from 1 to the next number.
    pub fn epsilon(self) -> f64 {
        match self {
            Precision::F32 => f32::EPSILON as f64,
            Precision::F64 => f64::EPSILON,
        }
    }

    /// Bytes a number.
    pub fn bytes(self) -> usize {
        match self {
            Precision::F32 => 4,
            Precision::F64 => 8,
        }
    }
}
