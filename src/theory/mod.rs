//! What does random-matrix theory predict from the covariance spectrum alone? Losses, divergences and distances
//! of linear diffusion models trained on N samples, before any training.
//!
//! The input is an [`Ensemble`]: a [`Spectrum`](crate::gaussian::Spectrum), the number of samples N, whether the mean is
//! known or fitted, and, for rows with heavier tails than Gaussian ones, the law of their
//! [weights](crate::gaussian::RowWeights). Everything here is in f64 and independent of tensors, files and data sets. An infinite
//! quantity is a [`Divergence`](crate::gaussian::Divergence) with its reason.
//!
//! | where | what |
//! |---|---|
//! | [`Ensemble::effective_ridge`] | kappa(z), from which all else follows |
//! | [`Ensemble::losses`], [`Ensemble::divergences`], [`Ensemble::wasserstein`], [`Ensemble::overlap`] | in closed form |
//! | [`Ensemble::expected_losses`], [`Ensemble::expected_divergences`] | the averages at finite d and N, right to relative order 1/d |
//! | [`Ensemble::exact_wishart`] | exact at finite d and N |
//! | [`Lens`], [`TrainedModel`] | after a finite time of training, by finitely many steps of a sampler |
//! | [`Ensemble::loss_fluctuations`], [`Ensemble::divergence_fluctuations`] | between training sets |
//! | [`Ensemble::predict`], [`Ensemble::best_ridge`], [`Ensemble::best_time`], [`samples_for`] | for a setting, and the best one |
//! | [`Circulant`] | losses of networks with one filter for all pixels, exact at finite N |
//! | [`effective_samples`] | the rows and the ridge that the affine part of any denoiser is worth |
//! | [`copying_scale`] | the noise below which N rows are copied |
//! | [`LeaveOneOut`], [`RowContour`] | exact test losses of rows of any law, at the optimum and after a time of training |
//! | [`LeaveOneOut`], [`Transport`] | from the rows themselves |
//!
//! See [`equations`](crate::equations) sections 4 to 7. The equivalents hold for large N and d with d/N fixed; their
//! relative corrections are of order 1/d, and what is *expected* or *predicted* includes them. The setting is from Merger and Goldt (arXiv 2505.24769). Each function says
//! where it goes past the paper.

mod circulant;
mod consistency;
mod contours;
mod copying;
mod corrections;
mod curve;
mod divergences;
mod effective_ridge;
mod effective_samples;
mod elliptical;
mod elliptical_complex;
mod elliptical_lens;
mod ensemble;
mod expected;
mod expected_directions;
mod fluctuations;
mod gaussian_lens;
mod jet;
mod lens;
mod losses;
mod numeric;
mod optima;
mod prediction;
mod progress;
mod root;
mod rows;
mod sampled;
mod seen_spectrum;
mod shown;
mod trained;
mod trained_losses;
mod variation;
mod wasserstein;
mod wishart;

pub use crate::config::Mean;
pub use circulant::Circulant;
pub use consistency::Disagreement;
pub use contours::refined;
pub use copying::{copying_scale, information};
use curve::Curve;
pub use effective_ridge::EffectiveRidge;
pub use effective_samples::{
    AgainstTruth, Bounded, EffectiveSamples, LinearPart, NotIdentified, effective_samples,
};
pub use ensemble::{Ensemble, TheoryError};
pub use expected::{ExpectedKl, ExpectedLosses};
pub use fluctuations::{Fluctuation, FluctuationPair};
pub use lens::{Estimated, Lens, OnLens, Weighting};
pub use losses::{PredictedLosses, Traces};
pub use optima::{Minimum, minimise, samples_for};
pub use prediction::{Prediction, Query};
pub use progress::{Descent, Progress};
pub use rows::{
    Edge, LeaveOneOut, LeftOut, MovedDivergences, MovedLosses, RowContour, RowGroups, RowLosses,
    RowProducts, RowWeights, TailRule, Transport,
};
pub use trained::{Network, TrainedModel};
pub use wishart::frozen_losses;
