//! The answer at one noise level.

use faer::Mat;

use super::ProbeError;
use super::prepared::Denoised;
use super::result::{DirectionProbe, LevelErrors, LevelProbe};
use crate::denoiser::{Decomposition, Draws, TestRows};
use crate::diffusion::NoiseLevel;
use crate::theory::{Bounded, LinearPart, effective_samples};

/// The number of leading directions that are listed.
const LEADING: usize = 16;
/// The seed of the random halves behind the effective samples.
const SEED: u64 = 1;

/// The draws of test rows at one level, and what they say.
pub(super) struct Measurement {
    pub level: NoiseLevel,
    draws: usize,
    decomposition: Decomposition,
    linear: LinearPart,
}

impl Measurement {
    pub fn of(level: NoiseLevel, test: &TestRows<'_>, of: &Denoised) -> Result<Self, ProbeError> {
        let draws = draws(level, test, of, &of.denoised)?;
        Ok(Self {
            level,
            draws: draws.count(),
            decomposition: Decomposition::of(&draws)?,
            linear: effective_samples(&draws, SEED)?,
        })
    }

    pub fn level_probe(&self) -> LevelProbe {
        let parts = &self.decomposition;
        let (effective, not_identified) = match &self.linear.effective {
            Ok(effective) => (Some(effective), None),
            Err(reason) => (None, Some(reason.to_string())),
        };
        LevelProbe {
            alpha_bar: self.level.alpha_bar(),
            sigma: self.level.noise_to_signal().sqrt(),
            draws: self.draws,
            test_loss: parts.test_loss.value,
            measured_loss: parts.measured_loss,
            wiener: parts.wiener,
            affine_excess: parts.affine_excess.value,
            nonlinear: parts.nonlinear.value,
            affine_share: parts.affine_share.value,
            standard_errors: LevelErrors {
                test_loss: parts.test_loss.standard_error,
                affine_excess: parts.affine_excess.standard_error,
                nonlinear: parts.nonlinear.standard_error,
                affine_share: parts.affine_share.standard_error,
            },
            effective_samples: effective.map(|effective| effective.samples),
            ridge: effective.map(|effective| effective.ridge),
            not_identified,
            training: None,
        }
    }

    /// The leading directions. `kappa` is the effective ridge of a linear network of as many training rows.
    pub fn directions(&self, level: usize, kappa: Option<f64>) -> Vec<DirectionProbe> {
        let leading = self.decomposition.directions.iter().take(LEADING);
        let with_variance = leading.filter(|direction| direction.variance > 0.0);
        with_variance
            .enumerate()
            .map(|(index, direction)| DirectionProbe {
                level,
                rank: index + 1,
                variance: direction.variance,
                gain: direction.gain.value,
                standard_error: direction.gain.standard_error,
                wiener: direction.wiener_gain,
                predicted: kappa.map(|kappa| direction.variance / (direction.variance + kappa)),
                affine_excess: direction.affine.value,
                nonlinear: direction.nonlinear.value,
            })
            .collect()
    }
}

/// The effective samples of another denoiser on the same draws.
pub(super) fn samples_of(
    level: NoiseLevel,
    test: &TestRows<'_>,
    of: &Denoised,
    denoised: &Mat<f64>,
) -> Result<Option<Bounded>, ProbeError> {
    let draws = draws(level, test, of, denoised)?;
    let effective = effective_samples(&draws, SEED)?.effective;
    Ok(effective.ok().map(|effective| effective.samples))
}

fn draws<'a>(
    level: NoiseLevel,
    test: &'a TestRows<'a>,
    of: &'a Denoised,
    denoised: &'a Mat<f64>,
) -> Result<Draws<'a>, ProbeError> {
    let (x, denoised) = (of.x.as_ref(), denoised.as_ref());
    Ok(Draws::new(test, level, x, denoised, Some(&of.row))?)
}
