//! How much losses and divergences vary between training sets, and how far their averages are from the equivalents.

use serde::Serialize;

use super::ensemble::non_negative;
use super::variation::Variation;
use super::{Ensemble, TheoryError};
use crate::diffusion::NoiseLevel;

/// The leading correction to the equivalents, of order 1/d.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fluctuation {
    /// The standard deviation between training sets.
    pub standard_deviation: f64,
    /// The average over training sets minus the equivalent.
    pub bias: f64,
    /// The part of the standard deviation that is due to the drawing of the rows' weights: of order `N^(-1/2)`, and
    /// added in squares. It is 0 for Gaussian rows and for given weights.
    #[serde(skip)]
    pub of_weights: f64,
}

/// Fluctuations of both losses (per component) or both divergences (nats per dimension).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FluctuationPair {
    /// The fluctuation of the train loss, or of KL(true || sampled).
    pub first: Fluctuation,
    /// The fluctuation of the test loss, or of KL(sampled || true).
    pub second: Fluctuation,
}

impl Fluctuation {
    /// From the variance with the weights as they are, and the standard deviation that their drawing adds.
    fn new(variance: f64, of_weights: f64, bias: f64) -> Self {
        Self {
            standard_deviation: (variance.max(0.0) + of_weights * of_weights).sqrt(),
            bias,
            of_weights,
        }
    }
}

impl Ensemble<'_> {
    /// Fluctuations of KL(true || sampled) (first) and KL(sampled || true) of the ideal sampler. They follow from those
    /// of `L(z, t) = log det(Sigma_N + z + t Sigma)`:
    ///
    /// ```text
    /// KL(true || sampled) = 1/(2 d) (1 + d/dt) L + ...                              at t = 0
    /// KL(sampled || true) = 1/(2 d) (tr Sigma^-1 Sigma_N - L) + ...
    /// Cov(L, L') = -2 log(1 - gA gB),   gA = (1/N) sum lambda^2/(((s + t) lambda + z)((s' + t') lambda + z'))
    /// gB = E w^2/((1 + w e)(1 + w e')),   e = (1/N) sum lambda/((s + t) lambda + z),   s = E[w/(1 + w e)]
    /// d^2 Var KL(sampled || true) = 1/4 [ 2 (d/N) E w^2 - 4 (E w - s) - 2 log(1 - B df2/N) ]
    /// of drawn weights, times sqrt N/(2 d): sd_w of (1 + d/dt) log(1 + w e), and of w d/N - log(1 + w e)
    /// ```
    ///
    /// Gaussian rows are w = 1. A fitted mean's own error adds `2 mu_1^2 tr Sigma G Sigma G` and
    /// `2 (E w)^2 d/N^2` to the brackets, with mu_1 the [`mean_shift`](super::EffectiveRidge::mean_shift), 1/N for
    /// Gaussian rows. `None` where a divergence is infinite. Past the paper.
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
        let (rank, weight) = (self.spectrum().rank() as f64, self.mean_weight());
        let variation = Variation::new(self, &at);
        // L, L + dL/dt, and -L
        let (volume, precision) = ([1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0, 0.0]);
        let minus = volume.map(|value: f64| -value);
        let spread = at.derivative * at.df2 / (at.survival * at.survival * at.first);
        let first = variation.covariance(&precision, &precision)
            + 2.0 * at.mean_shift * at.mean_shift * spread;
        // The mean of w^2 over the N - 1 directions that a fitted mean leaves, and the error of that mean itself.
        let mean_error = self.mean_error();
        let square = self.row_weights().map_or(1.0, |law| law.mean_square());
        let left = square * (1.0 - 2.0 * mean_error) + weight * weight * mean_error;
        let of_mean = weight * weight * mean_error;
        let kept = at.lost + weight * self.shrink() - 1.0;
        let second = 2.0 * rank / samples * (left + of_mean) - 4.0 * kept
            + variation.covariance(&volume, &volume);
        let drawn = |functional: &[f64; 5], linear: f64| match self.row_weights() {
            Some(law) if law.is_drawn() => variation.of_weights(functional, linear) / (2.0 * dim),
            _ => 0.0,
        };
        let part = self.corrections(&at);
        let weighted = (1.0 + at.mean_shift) * part.weighted;
        let scale = 4.0 * dim * dim;
        Ok(Some(FluctuationPair {
            first: Fluctuation::new(
                first / scale,
                drawn(&precision, 0.0),
                (weighted + part.log_det) / (2.0 * dim),
            ),
            second: Fluctuation::new(
                second / scale,
                drawn(&minus, rank / samples),
                -part.log_det / (2.0 * dim),
            ),
        }))
    }

    /// Fluctuations of the train (first) and test loss of [`Ensemble::losses`]. They follow from those of L, as in
    /// [`Ensemble::divergence_fluctuations`]:
    ///
    /// ```text
    /// train = 1 + (a/d) (-d/dz + (gamma/ab) d^2/dz^2) L                           at t = 0
    /// test  = 1 + (a/d) (-2 d/dz - (1 + mu_2) d/dt d/dz - a d^2/dz^2) L            at t = 0
    /// ```
    ///
    /// Here `a = (1 - ab)/ab`, and mu_2 is the [`mean_spread`](super::EffectiveRidge::mean_spread) of a fitted mean,
    /// 1/N for Gaussian rows. The error y of such a mean adds `(a/d) y' G^2 y` to the test loss, so the variance grows
    /// by `2 (a mu_2/d)^2 tr Sigma G^2 Sigma G^2`. Without samples in most directions and with little noise this is the
    /// larger part by far. Drawn weights add `sqrt N` times the standard deviation over w of these functionals of
    /// `log(1 + w e)`. Past the paper.
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
        let variation = Variation::new(self, &at);
        // Derivatives as functionals of the coefficients: d/dz, d/dt d/dz and d^2/dz^2 are those of x, x y and 2 x^2.
        let scale = noise / self.dim() as f64;
        let train = [0.0, -scale, 0.0, 2.0 * scale * ridge, 0.0];
        let spread = scale * (1.0 + at.mean_spread);
        let test = [0.0, -2.0 * scale, 0.0, -2.0 * scale * noise, -spread];
        let of_mean = 2.0 * (scale * at.mean_spread).powi(2) * variation.weighted_squares;
        let bias = self.loss_corrections(&at, noise, ridge);
        let drawn = |functional: &[f64; 5]| match self.row_weights() {
            Some(law) if law.is_drawn() => variation.of_weights(functional, 0.0),
            _ => 0.0,
        };
        Ok(FluctuationPair {
            first: Fluctuation::new(
                variation.covariance(&train, &train),
                drawn(&train),
                bias.train_loss,
            ),
            second: Fluctuation::new(
                variation.covariance(&test, &test) + of_mean,
                drawn(&test),
                bias.test_loss,
            ),
        })
    }
}
