//! How well can a network denoise? Affine denoisers, the regressions that they solve, and the optimum of each network.
//!
//! A denoiser is an affine map for each step ([`AffineDenoiser`]). If it commutes with the covariance, it is one
//! coefficient for each eigenvector and step ([`CommutingDenoiser`]). [`losses_on_rows`] tests the denoiser of an
//! estimated covariance on other rows. Everything is exact linear algebra in f64. See
//! [`equations`](crate::equations) section 2. A denoiser that need not be affine is a [`PointDenoiser`], such as
//! [`Copying`]. Its least-squares [`AffinePart`] on noised [`TestRows`] splits its test loss into three parts
//! ([`Decomposition`]).

mod affine;
mod affine_part;
mod affine_sums;
mod commuting;
mod copying;
mod decomposition;
mod distance;
mod draws;
mod draws_error;
mod fourier;
mod frozen;
mod local;
mod model_optimum;
mod noised_rows;
mod on_rows;
mod point;
mod regression;
mod structure;
mod structured;
mod weights;

pub use affine::{AffineDenoiser, Denoiser, InEigenbasis, Law, StepLosses, mean};
pub use affine_part::AffinePart;
pub(crate) use affine_sums::AffineSums;
pub use commuting::CommutingDenoiser;
pub use copying::{Copied, Copying};
pub use decomposition::{Decomposition, Direction, Measured};
pub use distance::relative_distance;
pub use draws::{Draws, TestRows};
pub use draws_error::DrawsError;
pub use fourier::Fourier;
pub use frozen::{FrozenMoments, FrozenSet, frozen_optimum};
pub use model_optimum::ModelOptimum;
pub use noised_rows::NoisedRows;
pub use on_rows::losses_on_rows;
pub use point::{NotAffine, PointDenoiser, clean_vectors};
pub use regression::{Regression, Scalar, in_time_basis, through_width};
pub use structure::{Structure, StructureError};
pub use structured::{Structured, circulant_law};
pub use weights::{ClosedForm, Matrices};
