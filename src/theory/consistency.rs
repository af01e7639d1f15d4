//! Do two models, trained on independent sets of the same size, agree?

use std::f64::consts::PI;

use serde::Serialize;

use super::ensemble::positive;
use super::{Curve, Ensemble, TheoryError};
use crate::gaussian::Divergence;

/// How much the denoisers of two models A and B with independent training sets differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Disagreement {
    /// `E (1/d) ||G_A - G_B||^2`
    pub resolvents: f64,
    /// `E (1/d) tr Sigma (G_A - G_B)^2`
    pub weighted: f64,
}

impl Ensemble<'_> {
    /// `KL(A || B)` of the ideal samplers of two independent training sets, in nats per dimension:
    /// `1/2 [ g1(c) (1 + delta/N) + c m1(c) - 1 ]`, right to relative order 1/d; with weights `1 + delta/N` becomes
    /// `E w` and [`mean_shift`](super::EffectiveRidge::mean_shift). Without a ridge it is exact for Gaussian rows,
    /// `r (r + 1 + 2 delta)/(2 d (N_0 - r - 1))` with r the rank, and infinite for `N_0 <= r + 1`. Past the paper.
    ///
    /// # Errors
    /// A covariance ridge c below 0.
    pub fn kl_between_models(&self, covariance_ridge: f64) -> Result<Divergence, TheoryError> {
        let divergences = self.expected_divergences(covariance_ridge)?.kl;
        if let Some(reason) = divergences.true_sampled.reason() {
            return Ok(Divergence::Infinite(reason));
        }
        let per_dim = 2.0 * self.dim() as f64;
        if covariance_ridge == 0.0 && self.row_weights().is_none() {
            let (rank, delta) = (self.spectrum().rank() as f64, self.mean().degrees() as f64);
            let spare = self.degrees() - rank - 1.0;
            let total = rank * (rank + 1.0 + 2.0 * delta) / spare;
            return Ok(Divergence::Finite(total / per_dim));
        }
        let at = self.effective_ridge(covariance_ridge)?;
        // g1 (1 + delta/N) + c m1 - 1 = mean of (1 + delta/N)/v + c/(lambda v) - 1, v = s + c/lambda
        let lost = at.lost + self.mean_weight() - 1.0 + at.mean_shift;
        let total = super::numeric::sum(self.spectrum().positive(), |lambda| {
            lost / (at.survival + at.ridge / lambda)
        });
        let part = self.corrections(&at);
        let more = (self.mean_weight() + at.mean_shift) * part.weighted + at.ridge * part.resolvent;
        let (value, _) = self.corrected(total / per_dim, more / per_dim);
        Ok(Divergence::Finite(value))
    }

    /// How much the resolvents of two models differ at a ridge z > 0. Times the noise variance over alpha_bar^2 this
    /// is the difference of their denoisers.
    ///
    /// ```text
    /// resolvents = 2 [ m2 - (1/d) sum G_k^2 ],   weighted = 2 (1/d) sum lambda_k ((G^2)_k - G_k^2)
    /// (G^2)_k - G_k^2 = (kappa'/s^2) (ds/dkappa) lambda_k/(lambda_k + kappa)^2
    /// ```
    ///
    /// Past the paper.
    ///
    /// # Errors
    /// A ridge that is not above 0.
    pub fn disagreement(&self, ridge: f64) -> Result<Disagreement, TheoryError> {
        let at = self.effective_ridge(positive("z", ridge)?)?;
        let factor = 2.0 * at.derivative * at.slope / (at.survival * at.survival);
        let variance = |lambda: f64| factor * lambda / (lambda + at.kappa).powi(2);
        Ok(Disagreement {
            resolvents: self.average(variance),
            weighted: self.average(|lambda| lambda * variance(lambda)),
        })
    }

    /// The overlap q of the samples that two models make from the same noise u, `x = Sigma_N^(1/2) u`. It goes from 0
    /// (nothing in common) to 1: `q = sum_k (E u_k' Sigma_N^(1/2) u_k)^2 / (E w tr Sigma)`. Past the paper.
    ///
    /// # Errors
    /// The errors of the effective ridge.
    pub fn overlap(&self) -> Result<f64, TheoryError> {
        let root = self.root_along()?;
        let total = self.spectrum().trace() * self.mean_weight();
        Ok(root.iter().map(|r| r * r).sum::<f64>() / total)
    }

    /// `E u_k' Sigma_N^(1/2) u_k = (2/pi) int_0^inf lambda_k/(lambda_k + kappa(u^2)) du`
    fn root_along(&self) -> Result<Vec<f64>, TheoryError> {
        let base = self.effective_ridge(0.0)?;
        let mut root = vec![0.0; self.dim()];
        Curve::above(self, &base).integrate(80.0, |point, width| {
            // du = dz/(2 u)
            let weight = width * point.ridge_slope / (PI * point.root_ridge);
            for (root, lambda) in root.iter_mut().zip(self.eigenvalues()) {
                *root += weight * lambda / (lambda + point.kappa);
            }
        })?;
        Ok(root)
    }

    /// `E tr Sigma_N^(1/2)`, with its correction of relative order 1/d:
    /// `- (1/pi) int_0^inf u^2 (dl/dz) du`, `l = log(1 - B df2/N)`, z = u^2. For Gaussian rows
    /// `dl/dz = 2 kappa'^2 (1/N) sum lambda^2/(lambda + kappa)^3`.
    pub(super) fn trace_of_root(&self) -> Result<f64, TheoryError> {
        let base = self.effective_ridge(0.0)?;
        let positive = self.spectrum().positive();
        let mut total = 0.0;
        Curve::above(self, &base).integrate(80.0, |point, width| {
            let [shrinkage, square, cube] = super::numeric::sums(positive, |lambda| {
                let shrinkage = lambda / (lambda + point.kappa);
                let square = shrinkage * shrinkage;
                [shrinkage, square, square / (lambda + point.kappa)]
            });
            let u = point.root_ridge;
            total += width * point.ridge_slope / (PI * u) * shrinkage;
            // dl/dz (dz/dq)^2 = (2 B s3 - B' df2/N)/A
            let bent = 2.0 * point.second * cube - point.second_slope * square;
            total -=
                width * u * bent / (2.0 * point.first * self.samples() * point.ridge_slope * PI);
        })?;
        Ok(total)
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use crate::config::Mean;
    use crate::gaussian::Spectrum;
    use crate::theory::{Ensemble, TheoryError};

    /// One direction holds everything: the overlap is that of d = 1, where it is known.
    #[test]
    fn the_overlap_of_the_steepest_power_laws_is_that_of_their_first_direction() {
        for samples in [4, 8, 50, 300] {
            let overlap = |dim, exponent| {
                let spectrum = Spectrum::power_law(dim, exponent).unwrap();
                let ensemble = Ensemble::new(&spectrum, samples, Mean::Known).unwrap();
                ensemble.overlap().unwrap()
            };
            let single = overlap(1, 0.0);
            for exponent in [100.0, 200.0, 300.0] {
                assert_relative_eq!(overlap(10, exponent), single, max_relative = 1e-10);
            }
        }
    }

    #[test]
    fn eigenvalues_too_far_apart_for_f64_are_named() {
        let steep = |exponent| Spectrum::power_law(200, exponent).unwrap();
        let (steep, steepest) = (steep(130.0), steep(300.0));
        let of = |spectrum| Ensemble::new(spectrum, 50, Mean::Known).unwrap();
        for error in [of(&steep).wasserstein(), of(&steepest).overlap()].map(Result::unwrap_err) {
            assert!(matches!(error, TheoryError::Span { .. }), "{error}");
        }
    }
}
