//! How much losses and divergences vary between training sets, and how far their averages are from the equivalents.

use serde::Serialize;

use super::ensemble::non_negative;
use super::jet::{Jet, JetPair};
use super::numeric::sums;
use super::{EffectiveRidge, Ensemble, Mean, TheoryError};
use crate::diffusion::NoiseLevel;

/// The leading correction to the equivalents, of order 1/d.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fluctuation {
    /// The standard deviation between training sets.
    pub standard_deviation: f64,
    /// The average over training sets minus the equivalent.
    pub bias: f64,
}

/// Fluctuations of both losses (per component) or both divergences (nats per dimension).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FluctuationPair {
    /// The fluctuation of the train loss, or of KL(true || sampled).
    pub first: Fluctuation,
    /// The fluctuation of the test loss, or of KL(sampled || true).
    pub second: Fluctuation,
}

impl Ensemble<'_> {
    /// Fluctuations of KL(true || sampled) (first) and KL(sampled || true) of the ideal sampler:
    ///
    /// ```text
    /// p = 1/(lambda + kappa),  v = (kappa/z) kappa' (df2/N - lambda p) p,  l = log(1 - df2/N)
    /// e1 = (1/N) sum lambda^2 p v,  e11 = (1/N) sum lambda^2 v^2
    /// d^2 Var KL(true || sampled) = 1/4 [ -2 l + 4 e1 kappa' + 2 (e11 kappa' + e1^2 kappa'^2) + (2 delta/N^2) t ]
    ///        bias of it           = (l/2 - e1 kappa')/(2 d)
    /// d^2 Var KL(sampled || true) = 1/4 [ 2 d/N - 4 df1/N - 2 l + 2 delta d/N^2 ],   bias of it = -l/(4 d)
    /// ```
    ///
    /// The terms with delta are those of a fitted mean's own error, `N(0, Sigma/N)`, with
    /// `t = tr Sigma G Sigma G = (kappa/z)^2 kappa' df2`. The biases are shown for a known mean. `None` where a divergence
    /// is infinite. Past the paper.
    ///
    /// # Errors
    /// A covariance ridge c below 0.
    pub fn divergence_fluctuations(
        &self,
        covariance_ridge: f64,
    ) -> Result<Option<FluctuationPair>, TheoryError> {
        let at = self.effective_ridge(non_negative("covariance ridge", covariance_ridge)?)?;
        if self
            .divergences(covariance_ridge)?
            .true_sampled
            .reason()
            .is_some()
        {
            return Ok(None);
        }
        let (dim, samples) = (self.dim() as f64, self.samples());
        let k = at.derivative;
        let filled = at.df2 / samples;
        let [e1, e11] = sums(self.spectrum().positive(), |lambda| {
            let shrinkage = lambda / (lambda + at.kappa);
            // lambda v
            let v = k * (filled - shrinkage) * shrinkage / at.survival;
            [shrinkage * v, v * v]
        });
        let (e1, e11) = (e1 / samples, e11 / samples);
        let l = -k.ln();
        let rank = self.spectrum().rank() as f64;
        // A mean with the error N(0, Sigma/N) adds y' G y and y' Sigma^-1 y.
        let of_mean = 2.0 * self.mean_error() / samples;
        let spread = self.shrink() * k * at.df2 / (at.survival * at.survival);
        let first = -2.0 * l + 4.0 * e1 * k + 2.0 * (e11 * k + e1 * e1 * k * k) + of_mean * spread;
        let second = 2.0 * rank / samples - 4.0 * at.df1 / samples - 2.0 * l + of_mean * rank;
        let part = self.corrections(&at);
        let weighted = (1.0 + self.mean_error()) * part.weighted;
        let deviation = |variance: f64| (variance / 4.0).max(0.0).sqrt() / dim;
        Ok(Some(FluctuationPair {
            first: Fluctuation {
                standard_deviation: deviation(first),
                bias: (weighted + part.log_det) / (2.0 * dim),
            },
            second: Fluctuation {
                standard_deviation: deviation(second),
                bias: -part.log_det / (2.0 * dim),
            },
        }))
    }

    /// Fluctuations of the train (first) and test loss of [`Ensemble::losses`]. They follow from those of
    /// `L(z, t) = log det(Sigma_N + z + t Sigma)`:
    ///
    /// ```text
    /// q (1 - (1/N) sum lambda/(lambda + q (z + t lambda))) = 1,   p = 1/(lambda + q (z + t lambda))
    /// Cov(L, L') = -2 log(1 - (1/N) sum lambda^2 p p'),   bias of L = (1/2) log(1 - (1/N) sum lambda^2 p^2)
    /// train = 1 + (a/d) (-d/dz + (gamma/ab) d^2/dz^2) L                           at t = 0
    /// test  = 1 + (a/d) (-2 d/dz - (1 + delta/N) d/dt d/dz - a d^2/dz^2) L         at t = 0
    /// ```
    ///
    /// Here `a = (1 - ab)/ab`. The error y of a fitted mean is independent of `Sigma_N`, with the law `N(0, Sigma/N)`. It
    /// adds `(a/d) y' G^2 y` to the test loss, so the variance grows by `2 (a/(d N))^2 tr Sigma G^2 Sigma G^2`. Without
    /// samples in most directions and with little noise this is the larger part by far. Past the paper.
    ///
    /// # Errors
    /// A ridge below 0.
    pub fn loss_fluctuations(
        &self,
        level: &NoiseLevel,
        gamma: f64,
    ) -> Result<FluctuationPair, TheoryError> {
        let ridge = non_negative("gamma", gamma)? / level.alpha_bar();
        let noise = level.noise_to_signal();
        let at = self.effective_ridge(noise + ridge)?;
        let q = self.inverse_survival(&at);
        let mut covered = [[0.0; 5]; 5];
        for &lambda in self.spectrum().positive() {
            // lambda p
            let shrinkage = Jet::constant(lambda) * denominator(&at, q, lambda).inverse();
            for (row, first) in covered.iter_mut().zip(shrinkage.0) {
                for (sum, second) in row.iter_mut().zip(shrinkage.0) {
                    *sum -= first * second / self.samples();
                }
            }
        }
        covered[0][0] = 1.0 / at.derivative;
        let logarithm = JetPair(covered).logarithm().0;
        // Derivatives as functionals of the coefficients: d/dz, d/dt d/dz and d^2/dz^2 are those of x, x y and 2 x^2.
        let scale = noise / self.dim() as f64;
        let train = [0.0, -scale, 0.0, 2.0 * scale * ridge, 0.0];
        let spread = scale * (1.0 + self.mean_error());
        let test = [0.0, -2.0 * scale, 0.0, -2.0 * scale * noise, -spread];
        let variance = |functional: [f64; 5]| {
            let along = |row: &[f64; 5]| dot(row, &functional);
            -2.0 * dot(&logarithm.map(|row| along(&row)), &functional)
        };
        let of_mean = scale / self.samples();
        let of_mean = match self.mean() {
            Mean::Known => 0.0,
            Mean::Fitted => 2.0 * of_mean * of_mean * self.twice_weighted_squares(&at),
        };
        let bias = self.loss_corrections(&at, noise, ridge);
        let of = |variance: f64, bias: f64| Fluctuation {
            standard_deviation: variance.max(0.0).sqrt(),
            bias,
        };
        Ok(FluctuationPair {
            first: of(variance(train), bias.train_loss),
            second: of(variance(test) + of_mean, bias.test_loss),
        })
    }

    /// `tr Sigma G^2 Sigma G^2`, a total: the derivative by z and z' at `z' = z` of
    /// `tr Sigma G Sigma G' = N q q' D/(1 - D)`, `D = (1/N) sum lambda^2 p p'`, `q = kappa/z`, `p = 1/(lambda + kappa)`.
    /// All terms are positive.
    fn twice_weighted_squares(&self, at: &EffectiveRidge) -> f64 {
        let (samples, shrink, k) = (self.samples(), self.shrink(), at.derivative);
        let [w, x] = sums(self.spectrum().positive(), |lambda| {
            let p = 1.0 / (lambda + at.kappa);
            let square = (lambda * p) * (lambda * p);
            [square * p / samples, square * p * p / samples]
        });
        let q = 1.0 / at.survival;
        let squares = k * k * at.slope * at.slope * q * q * at.df2 / samples;
        let mixed = 2.0 * shrink * k.powi(3) * at.slope * w * q;
        let last = shrink * k.powi(3) * (x + 2.0 * k * w * w);
        shrink * samples * k * q * q * (squares + mixed + last)
    }

    /// q as a function of x and y at `z + x`, `t = y`, by Newton's steps with the first derivative. Each step makes
    /// one more order right.
    fn inverse_survival(&self, at: &EffectiveRidge) -> Jet {
        let samples = self.samples();
        let mut q = Jet::constant(1.0 / at.survival);
        // d/dq of the left side: 1/(q kappa') in the notation of the effective ridge
        let derivative = Jet::constant(-at.survival.recip() * at.derivative * at.survival);
        for _ in 0..3 {
            let mut remains = Jet::constant(0.0);
            for &lambda in self.spectrum().positive() {
                let term = Jet::constant(lambda / samples);
                remains = remains + term * denominator(at, q, lambda).inverse();
            }
            let mut survival = Jet::constant(1.0) - remains;
            survival.0[0] = at.survival;
            let residual = q * survival - Jet::constant(1.0);
            q = q + residual * derivative;
        }
        q
    }
}

/// `lambda + q (z + x + y lambda)`
fn denominator(at: &EffectiveRidge, q: Jet, lambda: f64) -> Jet {
    let mut ridge = Jet([at.ridge, 1.0, lambda, 0.0, 0.0]);
    ridge = q * ridge;
    ridge.0[0] = at.kappa;
    Jet::constant(lambda) + ridge
}

fn dot(a: &[f64; 5], b: &[f64; 5]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
