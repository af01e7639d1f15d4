//! The Gaussian law: how far are two of them apart, and how well does an affine denoiser do on one?
//!
//! Everything here is exact linear algebra in f64 (faer), with no tensors and no files: a law is a
//! [`Gaussian`], a denoiser is an affine map a step ([`AffineDenoiser`]), divergences are [`Divergence`]s,
//! infinite ones with their reason. See [`equations`](crate::equations) sections 2 and 3.

mod denoiser;
mod divergence;
mod estimate;
mod law;
mod model_optimum;
mod optimum;
mod regression;
mod wasserstein;

pub use denoiser::{AffineDenoiser, Denoiser, StepLosses, losses};
pub use divergence::{Divergence, Infinite, KlPair, kl};
pub use estimate::{EstimateError, MonteCarlo, estimate};
#[cfg(feature = "burn")]
pub(crate) use law::spectral_matrix;
pub(crate) use law::symmetrised;
pub use law::{EigenError, Gaussian, symmetric_eigen};
pub use model_optimum::ModelOptimum;
pub use optimum::CommutingDenoiser;
pub use regression::{Regression, Scalar, in_time_basis, through_width};
pub use wasserstein::wasserstein;
