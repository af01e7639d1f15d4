//! Linear diffusion models: trained by autodiff, exact by linear algebra, predicted by random-matrix theory.

#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod data;
pub mod diffusion;
#[cfg(feature = "burn")]
pub mod experiment;
pub mod gaussian;
pub mod random;
#[cfg(feature = "burn")]
pub mod report;
pub mod sampling;
#[cfg(feature = "burn")]
pub mod score;
pub mod theory;
#[cfg(feature = "burn")]
pub mod training;
