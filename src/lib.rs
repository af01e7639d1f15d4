//! Linear diffusion models: trained by autodiff, exact by linear algebra, predicted by random-matrix theory.

pub mod config;
pub mod data;
pub mod diffusion;
pub mod gaussian;
pub mod random;
pub mod sampling;
#[cfg(feature = "burn")]
pub mod score;
pub mod theory;
#[cfg(feature = "burn")]
pub mod training;
