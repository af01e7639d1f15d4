//! What do the training rows say? Whether training has ended, how far the network is from others that were made from
//! these rows, and where a network copies.
//!
//! At the end of training the affine part of any network, on the law of its training rows, is the linear network's at its
//! optimum ([`equations`](crate::equations) section 10). That optimum is the Wiener filter of the training rows. So the
//! decomposition of the loss on training rows says how far training is from its end.

use super::ProbeError;
use super::prepared::Denoised;
use crate::denoiser::{Decomposition, Draws, Measured, TestRows};
use crate::diffusion::NoiseLevel;
use crate::text::statistics::student;

/// The number of leading directions whose gains tell whether training has ended.
const LEADING: usize = 4;
/// The largest gap between a gain and that of the linear optimum at the end of training.
const GAP: f64 = 0.02;

/// What draws of training rows say at one level.
pub(super) struct OnTraining {
    pub train_loss: Measured,
    /// The gaps between the gains of the leading directions and those of the linear optimum.
    pub gaps: Vec<Measured>,
}

impl OnTraining {
    pub fn of(level: NoiseLevel, train: &TestRows<'_>, of: &Denoised) -> Result<Self, ProbeError> {
        let (x, denoised) = (of.x.as_ref(), of.denoised.as_ref());
        let draws = Draws::new(train, level, x, denoised, Some(&of.row))?;
        let parts = Decomposition::of(&draws)?;
        let leading = parts.directions.iter().take(LEADING);
        let gaps = leading
            .filter(|direction| direction.variance > 0.0)
            .map(|direction| Measured {
                value: direction.gain.value - direction.wiener_gain,
                standard_error: direction.gain.standard_error,
            });
        Ok(Self {
            train_loss: parts.test_loss,
            gaps: gaps.collect(),
        })
    }

    /// The gap that is farthest from 0.
    pub fn worst(&self) -> Option<Measured> {
        let size = |gap: &Measured| gap.value.abs();
        let gaps = self.gaps.iter().copied();
        gaps.max_by(|a, b| size(a).total_cmp(&size(b)))
    }
}

/// Whether training has ended, and that in words, from the gaps of all levels, each with its sigma. All intervals
/// together hold with 95 %.
pub(super) fn ended(gaps: &[(f64, Measured)], rows: usize) -> (Option<bool>, String) {
    let quantile = student(0.05 / gaps.len().max(1) as f64, rows);
    let by = |gap: &Measured| quantile * gap.standard_error;
    let worst = gaps
        .iter()
        .max_by(|a, b| a.1.value.abs().total_cmp(&b.1.value.abs()));
    let Some((sigma, worst)) = worst else {
        let why = "at no noise level are enough of the draws of training rows. Draw these too";
        return (
            None,
            format!("Whether training has ended cannot be known, because {why}."),
        );
    };
    let off = gaps.iter().any(|(_, gap)| gap.value.abs() - by(gap) > GAP);
    let sharp = gaps.iter().all(|(_, gap)| by(gap) <= GAP);
    let at = format!(
        "on training rows its gains in the leading directions differ from those of the linear optimum by up to {:.3} \
         (sigma = {sigma:.3})",
        worst.value.abs()
    );
    if off {
        (
            Some(false),
            format!("Training has not ended: {at}; at its end they agree within {GAP}."),
        )
    } else if sharp && worst.value.abs() <= GAP {
        (Some(true), format!("Training has ended: {at}."))
    } else {
        let why = "the draws of training rows are too few to tell a gap of 0.02";
        (
            None,
            format!("Whether training has ended cannot be known, because {why}: {at}."),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(gaps: &[(f64, f64, f64)]) -> Vec<(f64, Measured)> {
        let measured = |&(sigma, value, standard_error): &(f64, f64, f64)| {
            let gap = Measured {
                value,
                standard_error,
            };
            (sigma, gap)
        };
        gaps.iter().map(measured).collect()
    }

    /// With little noise all gains are near 1, those of a network that knows nothing of its rows too.
    #[test]
    fn training_has_ended_only_if_the_gains_agree_at_every_noise_level() {
        let little_noise = (0.1, 0.002, 0.001);
        let at = |other| ended(&gaps(&[little_noise, other]), 200);
        let (found, said) = at((3.0, 0.08, 0.004));
        assert_eq!(found, Some(false), "{said}");
        assert!(said.contains("0.080 (sigma = 3.000)"), "{said}");
        assert_eq!(at((3.0, -0.08, 0.004)).0, Some(false));
        assert_eq!(at((3.0, 0.01, 0.004)).0, Some(true));
        // A gap that the draws cannot tell from a small one, nor from a large one.
        assert_eq!(at((3.0, 0.03, 0.02)).0, None);
        assert_eq!(ended(&[], 200).0, None);
    }
}
