//! How far apart are two Gaussian laws?
//!
//! Everything here is exact linear algebra in f64 (faer), without tensors or files. A law is a [`Gaussian`], its
//! eigenvalues are a [`Spectrum`], and a training set gives [`Moments`]. A [`Covariance`] names how
//! one is estimated from rows: as it is, or shrunk. Rows with heavier tails are Gaussian given their weights, whose law
//! is [`RowWeights`]. Divergences are [`Divergence`]s; an infinite one has its reason. See
//! [`equations`](crate::equations) sections 1, 3 and 9.

mod covariance;
mod divergence;
mod estimate;
mod law;
mod moment_sums;
mod moments;
mod row_weights;
mod spectrum;
mod wasserstein;

pub use covariance::{
    Covariance, CovarianceError, CovarianceEstimate, GivenCovariance, SampleCovariance, covariance,
};
pub use divergence::{Divergence, Infinite, KlPair, OTHER_LAW, kl};
pub use estimate::{EstimateError, MonteCarlo, estimate};
pub use law::{EigenError, Gaussian, numerical_floor, symmetric_eigen};
pub(crate) use law::{spectral_matrix, symmetrised};
pub use moment_sums::MomentSums;
pub use moments::Moments;
pub use row_weights::{RowWeights, RowWeightsError};
pub use spectrum::{PowerLawFit, Spectrum, SpectrumError};
pub use wasserstein::wasserstein;
