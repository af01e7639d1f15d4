//! Linear diffusion models: trained by autodiff, exact by linear algebra, predicted by random-matrix theory.

pub mod theory;
