//! The divergences of what a trained network samples in finitely many steps.

use faer::c64;

use super::lens::{Estimated, Lens, OnLens, Weighting};
use super::{Ensemble, TheoryError, TrainedModel};
use crate::gaussian::{Divergence, Infinite, KlPair, numerical_floor};
use crate::sampling::{StepRule, mean_along, variance_along};

impl TrainedModel {
    /// Both divergences of the law that a reverse process of finitely many steps generates, in nats per dimension,
    /// averaged over training sets, for a truth whose mean is 0 or known.
    ///
    /// ```text
    /// KL(true || sampled) = 1/2 ( T2[1/h] - 1 + T1[log h] - mean log lambda + (delta/N) T2[M^2/h] )
    /// KL(sampled || true) = 1/2 ( T3[h] - 1 - T1[log h] + mean log lambda + (delta/N) T1[M^2] )
    /// ```
    ///
    /// Here h(s) is the variance and M(s) m the mean that the recursion of `rules` gives for the weights w(s) and a
    /// fitted mean m. KL(sampled || true) is taken to second order in M - 1, which is small. An h(0) below `(d
    /// eps)^2` of the largest counts as 0, with the eps of f64. KL(true || sampled) then has an infinite average for
    /// `N_0 <= r + 1`, like that of the ideal sampler ([`Ensemble::exact_wishart`]): h falls like s near 0, and the
    /// average of 1/s diverges there.
    ///
    /// # Errors
    /// As [`TrainedModel::losses`], and an h with a zero inside the contour.
    pub fn divergences(
        &self,
        ensemble: &Ensemble,
        lens: &Lens,
        rules: &[StepRule],
    ) -> Result<Estimated<KlPair>, TheoryError> {
        self.check_rate(ensemble)?;
        let (dim, rank) = (ensemble.dim(), ensemble.spectrum().rank());
        let (h, means) = self.sampled_on(lens, rules);
        let largest = h.nodes[h.nodes.len() - 1].norm();
        let resolution = numerical_floor(1.0, dim).powi(2);
        let vanishes = h.zero <= resolution * largest;
        if ensemble.degrees() < rank as f64 && vanishes {
            let directions = (rank as f64 - ensemble.degrees()).ceil() as usize;
            return Ok(infinite(Infinite::SampledLacks { directions }));
        }
        if rank < dim && !vanishes {
            let directions = dim - rank;
            return Ok(infinite(Infinite::TruthLacks { directions }));
        }
        let inverse = h.map(|h| 1.0 / h, 1.0 / h.zero);
        // Directions outside of the truth's support have h(0) = 0. They take no part in the sums.
        let log_zero = if rank < dim { 0.0 } else { h.zero.ln() };
        let logarithm = continuous_logarithm(&h, log_zero)?;
        // Outside of the truth's support the mean is the truth's.
        let zero = if rank < dim {
            0.0
        } else {
            means.zero * means.zero
        };
        let square = means.map(|m| m * m, zero);
        let lost = square.times(&inverse);
        let [precision, volume, spread, response, lost] = [
            lens.trace(Weighting::Sigma, &inverse),
            lens.trace(Weighting::Plain, &logarithm),
            lens.trace(Weighting::Inverse, &h),
            lens.trace(Weighting::Plain, &square),
            lens.trace(Weighting::Sigma, &lost),
        ];
        let positive = ensemble.spectrum().positive();
        let filled = rank as f64 / dim as f64;
        let truth = super::numeric::sum(positive, f64::ln) / dim as f64;
        let volume_ratio = volume.value - truth;
        let delta = ensemble.mean_error();
        let half = |value: f64| Divergence::Finite(value / 2.0);
        let diverges = vanishes && ensemble.precision_diverges();
        let on_precision = |value: f64| {
            if diverges {
                Divergence::Infinite(Infinite::OnAverage)
            } else {
                half(value)
            }
        };
        let backward = volume.error + spread.error + delta * response.error;
        let forward = precision.error + delta * lost.error;
        Ok(Estimated {
            value: KlPair {
                true_sampled: on_precision(
                    precision.value - filled + volume_ratio + delta * lost.value,
                ),
                sampled_true: half(spread.value - filled - volume_ratio + delta * response.value),
                of_mean: on_precision(delta * lost.value),
            },
            error: backward + if diverges { 0.0 } else { forward },
        })
    }

    /// h(s) and M(s) of [`TrainedModel::divergences`].
    fn sampled_on(&self, lens: &Lens, rules: &[StepRule]) -> (OnLens, OnLens) {
        let weights = self.on(lens);
        let scales: Vec<f64> = self.steps.iter().map(|s| -s.0.alpha_bar().sqrt()).collect();
        let at = |node: usize| {
            let w = |step: usize| weights[step].nodes[node];
            let mean = mean_along(rules, |step| (w(step), w(step) * scales[step]));
            (variance_along(rules, w), mean)
        };
        let count = weights[0].nodes.len();
        let (variances, means): (Vec<c64>, Vec<c64>) = (0..count).map(at).unzip();
        let w = |step: usize| weights[step].zero;
        let variances = OnLens {
            nodes: variances,
            zero: variance_along(rules, w),
        };
        let means = OnLens {
            nodes: means,
            zero: mean_along(rules, |step| (w(step), w(step) * scales[step])),
        };
        (variances, means)
    }
}

fn infinite(reason: Infinite) -> Estimated<KlPair> {
    Estimated {
        value: KlPair::infinite(reason),
        error: 0.0,
    }
}

/// `log h` along the contour without a jump. h must not wind around 0; with a zero inside it would.
fn continuous_logarithm(h: &OnLens, zero: f64) -> Result<OnLens, TheoryError> {
    let mut angle = h.nodes[0].arg();
    let mut nodes = Vec::with_capacity(h.nodes.len());
    let mut previous = h.nodes[0];
    for &value in &h.nodes {
        angle += (value / previous).arg();
        previous = value;
        nodes.push(c64::new(value.norm().ln(), angle));
    }
    // Both ends lie at the real axis, where h is positive.
    if angle.abs() > 1e-3 {
        return Err(TheoryError::ZeroInContour);
    }
    Ok(OnLens { nodes, zero })
}
