//! What several tests of theory begin with.

use lindiff::config::Target;
use lindiff::diffusion::NoiseLevel;
use lindiff::gaussian::Spectrum;
use lindiff::theory::{Network, Progress, TrainedModel};

pub fn power_law(dim: usize, exponent: f64) -> Spectrum {
    Spectrum::power_law(dim, exponent).unwrap()
}

pub fn level(alpha_bar: f64) -> NoiseLevel {
    NoiseLevel::from_alpha_bar(alpha_bar).unwrap()
}

/// A per-step network of the noise at one level, from 0.
pub fn one_step(level: NoiseLevel, gamma: f64, progress: Progress) -> TrainedModel {
    TrainedModel {
        steps: vec![(level, gamma)],
        target: Target::Eps,
        network: Network::PerStep { init: 0.0 },
        progress,
    }
}
