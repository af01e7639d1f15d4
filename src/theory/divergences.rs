//! Divergences of the ideal sampler.

use super::ensemble::non_negative;
use super::numeric::{excess_over_log, sum};
use super::{Curve, EffectiveRidge, Ensemble, TheoryError};
use crate::gaussian::{Divergence, Infinite, KlPair};

impl Ensemble<'_> {
    /// Both divergences between the truth and the law `N(mu_N, Sigma_N + c I)` that an ideal sampler generates (all
    /// steps infinitely small, `alpha_bar_T = 0`), in nats per dimension, averaged over training sets.
    ///
    /// ```text
    /// KL(true || sampled) = 1/2 [ g1(c) (1 + delta/N) - 1 + (log det(Sigma_N + c) - log det Sigma)/d ]
    /// KL(sampled || true) = 1/2 [ (c/d) sum 1/lambda - (log det(Sigma_N + c) - log det Sigma)/d ]
    /// log det(Sigma_N + c) = sum log(c + lambda c/kappa) + N_0 [ -log(1 - q) - q ],   q = df1/N_0
    /// ```
    ///
    /// With weights the bracket becomes `N E[log(1 + w a/s) - df1]`, a = df1/N, and with a fitted mean
    /// `log(s E[1/(s + w a)])` is added; `delta/N` becomes [`EffectiveRidge::mean_shift`].
    ///
    /// They are computed as sums of terms `u - log(1 + u) >= 0`. With a truth of rank r < d and c = 0 they are those
    /// on its support, divided by d. `of_mean` is the part of KL(true || sampled) that is due to a fitted mean.
    /// Source: Merger and Goldt (arXiv 2505.24769) for a known mean; a fitted mean and weights are past the paper.
    ///
    /// # Errors
    /// A covariance ridge c below 0.
    pub fn divergences(&self, covariance_ridge: f64) -> Result<KlPair, TheoryError> {
        let at = self.effective_ridge(non_negative("covariance ridge", covariance_ridge)?)?;
        if let Some(infinite) = self.infinite(&at) {
            return Ok(infinite);
        }
        let dim = self.dim() as f64;
        let positive = self.spectrum().positive();
        let volume = self.volume(&at);
        // v, the sampled variance over lambda, and v - 1
        let variance = |lambda: f64| {
            let ridge = at.ridge / lambda;
            (at.survival + ridge, ridge - at.lost)
        };
        let of_mean = at.mean_shift * at.df1 / at.survival;
        let shortfall = sum(positive, |lambda| {
            let (v, w) = variance(lambda);
            excess_over_log(-w / v, 1.0 / v)
        });
        let excess = sum(positive, |lambda| {
            let (v, w) = variance(lambda);
            excess_over_log(w, v)
        });
        let sampled_true = if at.survival == 0.0 {
            // N_0 is the rank and c = 0: the two logarithms of 0 cancel.
            match self.weighted() {
                None => positive.len() as f64 - self.degrees() * self.shrink().ln(),
                Some(weighted) => -weighted.log_volume_at_rank(),
            }
        } else {
            excess + positive.len() as f64 * at.lost - volume
        };
        let half = |total: f64| Divergence::Finite(total / (2.0 * dim));
        let true_sampled = if at.survival == 0.0 {
            Divergence::Infinite(Infinite::OnAverage)
        } else {
            half(shortfall + volume + of_mean)
        };
        Ok(KlPair {
            true_sampled,
            sampled_true: half(sampled_true),
            of_mean: if at.survival == 0.0 {
                true_sampled
            } else {
                half(of_mean)
            },
        })
    }

    /// `log det(Sigma_N + c) - sum log(s lambda + c)`
    fn volume(&self, at: &EffectiveRidge) -> f64 {
        match self.weighted() {
            None => {
                let q = at.df1 / self.degrees();
                self.degrees() * excess_over_log(-q, at.survival / self.shrink())
            }
            Some(weighted) => weighted.volume(at.df1 / (self.samples() * at.survival)),
        }
    }

    /// Both divergences along each eigenvector of the truth, largest eigenvalue first, in nats. Their means are those
    /// of [`Ensemble::divergences`]. None is negative.
    ///
    /// ```text
    /// KL(true || sampled)_k = 1/2 [ lambda_k (S^-1)_kk - 1 + (log S)_kk - log lambda_k ]
    /// KL(sampled || true)_k = 1/2 [ S_kk/lambda_k - 1 - (log S)_kk + log lambda_k ]
    /// (log S)_kk = log(lambda_k + kappa) + log(N_0/N) - int_kappa^inf q/(lambda_k + q) (ds/dq)/s(q) dq
    /// ```
    ///
    /// with `s(q) = 1 - (df1(q) + delta)/N` (with weights the s of this df1, and `E w` before `N_0/N`), by the matrix
    /// logarithm of `S = Sigma_N + c`. The first includes the
    /// part of the mean. A direction that holds much of the trace is off by the order of 1/N nats, which may be most
    /// of its value. Past the paper.
    ///
    /// # Errors
    /// The errors of [`Ensemble::divergences`].
    pub fn divergences_by_direction(
        &self,
        covariance_ridge: f64,
    ) -> Result<Vec<KlPair>, TheoryError> {
        let at = self.effective_ridge(non_negative("covariance ridge", covariance_ridge)?)?;
        if let Some(infinite) = self.infinite(&at) {
            return Ok(vec![infinite; self.dim()]);
        }
        let logarithm = self.logarithm(&at)?;
        let pair = |(&lambda, &log): (&f64, &f64)| {
            if lambda == 0.0 {
                return KlPair::ZERO;
            }
            let variance = at.survival + at.ridge / lambda;
            let finite = |twice: f64| {
                if at.survival > 0.0 {
                    Divergence::Finite(twice / 2.0)
                } else {
                    Divergence::Infinite(Infinite::OnAverage)
                }
            };
            KlPair {
                true_sampled: finite((1.0 + at.mean_shift) / variance - 1.0 + log),
                sampled_true: Divergence::Finite((at.ridge / lambda - log) / 2.0),
                of_mean: finite(at.mean_shift / variance),
            }
        };
        Ok(self
            .eigenvalues()
            .iter()
            .zip(&logarithm)
            .map(pair)
            .collect())
    }

    /// `(log S)_kk - log lambda_k`, for lambda_k > 0.
    fn logarithm(&self, at: &EffectiveRidge) -> Result<Vec<f64>, TheoryError> {
        let curve = Curve::above(self, at);
        let mut parts = vec![0.0; self.dim()];
        curve.integrate(40.0, |point, width| {
            let weight = width * point.slope / point.survival * point.kappa;
            for (part, lambda) in parts.iter_mut().zip(self.eigenvalues()) {
                *part += weight / (lambda + point.kappa);
            }
        })?;
        let shrink = (self.shrink() * self.mean_weight()).ln();
        let value = |(part, lambda): (f64, &f64)| (at.kappa / lambda).ln_1p() + shrink - part;
        Ok(parts
            .into_iter()
            .zip(self.eigenvalues())
            .map(value)
            .collect())
    }

    /// Both divergences infinite, because one side lacks a direction.
    fn infinite(&self, at: &EffectiveRidge) -> Option<KlPair> {
        let (dim, rank) = (self.dim(), self.spectrum().rank());
        let reason = if at.ridge > 0.0 && rank < dim {
            Infinite::TruthLacks {
                directions: dim - rank,
            }
        } else if at.ridge == 0.0 && self.degrees() < rank as f64 {
            let directions = (rank as f64 - self.degrees()).ceil() as usize;
            Infinite::SampledLacks { directions }
        } else {
            return None;
        };
        Some(KlPair::infinite(reason))
    }
}
