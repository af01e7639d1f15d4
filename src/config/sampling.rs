//! How a trained network is sampled.

use super::names::{named, setters};

/// How a trained network is sampled.
///
#[doc = include_str!("tables/sampling.md")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SamplingConfig {
    /// The reverse process.
    pub kind: SamplerKind,
    /// The number of draws of the Monte-Carlo check; 0: exact results only.
    pub draws: usize,
}

impl Default for SamplingConfig {
    fn default() -> Self {
        Self {
            kind: SamplerKind::default(),
            draws: 10_000,
        }
    }
}

impl SamplingConfig {
    setters! {
        /// The reverse process.
        kind: SamplerKind,
        /// The number of draws of the Monte-Carlo check; 0: exact results only.
        draws: usize,
    }
}

/// The reverse process.
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
    /// The deterministic sampler of Song, Meng and Ermon (arXiv 2010.02502).
    Ddim,
}

named!(SamplerKind {
    "ddpm": SamplerKind::Ddpm(Variance::Beta),
    "sde": SamplerKind::Sde,
    "ode": SamplerKind::Ode,
    "heun": SamplerKind::Heun,
    "ddim": SamplerKind::Ddim,
});

/// `sigma_t^2` of ancestral sampling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variance {
    /// `beta_t`
    Beta,
    /// `beta_t (1 - ab_(t-1))/(1 - ab_t)`
    Posterior,
}

named!(Variance { "beta": Variance::Beta, "posterior": Variance::Posterior });
