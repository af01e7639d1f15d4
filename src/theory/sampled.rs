//! The divergences of what a trained network samples in finitely many steps.

use std::f64::consts::PI;

use faer::c64;

use super::lens::{Estimated, Lens, OnLens, Weighting};
use super::{Ensemble, ExpectedKl, TheoryError, TrainedModel};
use crate::diffusion::NoiseLevel;
use crate::gaussian::{Divergence, Infinite, KlPair, numerical_floor};
use crate::sampling::{StepRule, mean_along, variance_along};

impl TrainedModel {
    /// Both divergences of the law that a reverse process of finitely many steps generates, in nats per dimension, for
    /// a truth whose mean is 0 or known: the equivalents of their averages over training sets.
    ///
    /// ```text
    /// KL(true || sampled) = 1/2 ( T2[1/h] - 1 + T1[log h] - mean log lambda + (delta/N) T2[M^2/h] )
    /// KL(sampled || true) = 1/2 ( T3[h] - 1 - T1[log h] + mean log lambda + (delta/N) T1[M^2] )
    /// ```
    ///
    /// Here h(s) is the variance and M(s) m the mean that the recursion of `rules` gives for the weights w(s) and a
    /// fitted mean m. KL(sampled || true) is taken to second order in M - 1, which is small. An h(0) below `(d
    /// eps)^2` of the largest counts as 0, with the eps of f64.
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
        let sampled = self.sampled_on(ensemble, lens, rules);
        if let Some(reason) = sampled.infinite(ensemble) {
            return Ok(Estimated {
                value: KlPair::infinite(reason),
                error: 0.0,
            });
        }
        let functions = sampled.functions(None, lens)?;
        let traces = functions.traces(|kind, f| lens.trace_on_support(kind, f));
        let totals = traces.totals(ensemble);
        let diverges = sampled.vanishes && ensemble.precision_diverges();
        Ok(Estimated {
            value: pair(
                [0, 1, 2].map(|k| totals[k] + constants(ensemble)[k]),
                diverges,
            ),
            error: traces.error(ensemble, diverges),
        })
    }

    /// The divergences of [`TrainedModel::divergences`] as averages over training sets at finite d and N: with the
    /// corrections of [`Lens::correction`], and exactly where these do not suffice.
    ///
    /// At the optimum without a ridge the last step of `ddpm`, `sde` and `ddim` maps a direction without data to a
    /// point, so h(s) goes like s^2 below the first noise level. The averages of `2 log s`, and of the principal parts
    /// of `1/h` and `M^2/h` at s = 0, are those of the Wishart law; the smooth rest is corrected. For `N_0 <= r + 3` the
    /// average of KL(true || sampled) is infinite, because that of `1/s^2` is.
    ///
    /// # Errors
    /// The errors of [`TrainedModel::divergences`].
    pub fn expected_divergences(
        &self,
        ensemble: &Ensemble,
        lens: &Lens,
        rules: &[StepRule],
    ) -> Result<Estimated<ExpectedKl>, TheoryError> {
        self.check_rate(ensemble)?;
        let sampled = self.sampled_on(ensemble, lens, rules);
        if let Some(reason) = sampled.infinite(ensemble) {
            let kl = KlPair::infinite(reason);
            return Ok(Estimated {
                value: ExpectedKl { kl, remainder: 0.0 },
                error: 0.0,
            });
        }
        let spare = ensemble.degrees() - ensemble.spectrum().rank() as f64;
        // The exact averages are those of Gaussian rows.
        let pole = match spare >= 0.0 && ensemble.row_weights().is_none() {
            true => self.pole(&sampled, lens, rules),
            false => None,
        };
        let functions = sampled.functions(pole.as_ref(), lens)?;
        let traces = functions.traces(|kind, f| lens.trace_on_support(kind, f));
        let corrections = functions.traces(|kind, f| lens.correction(kind, f));
        let diverges = match &pole {
            Some(_) => spare <= 3.0,
            None => sampled.vanishes && ensemble.precision_diverges(),
        };
        let exact = pole.map_or([0.0; 3], |pole| pole.totals(ensemble));
        let (known, more) = (traces.totals(ensemble), corrections.totals(ensemble));
        let corrected = [0, 1, 2]
            .map(|k| ensemble.corrected(known[k] + exact[k] + constants(ensemble)[k], more[k]));
        Ok(Estimated {
            value: ExpectedKl {
                kl: pair(corrected.map(|(value, _)| value), diverges),
                remainder: if diverges { 0.0 } else { corrected[0].1 },
            },
            error: traces.error(ensemble, diverges) + corrections.error(ensemble, diverges),
        })
    }

    /// h(s) and M(s) of [`TrainedModel::divergences`].
    fn sampled_at(&self, s: c64, rules: &[StepRule]) -> (c64, c64) {
        let weights = self.weights(s);
        let mean = |step: usize| {
            let w = weights[step];
            (w, w * -self.steps[step].0.alpha_bar().sqrt())
        };
        let variance = variance_along(rules, |step| weights[step]);
        (variance, mean_along(rules, mean))
    }

    fn sampled_on(&self, ensemble: &Ensemble, lens: &Lens, rules: &[StepRule]) -> Sampled {
        let at = |s: c64| self.sampled_at(s, rules);
        let (h, means): (Vec<c64>, Vec<c64>) = lens.points().map(&at).unzip();
        let zero = at(c64::new(0.0, 0.0));
        let largest = h[h.len() - 1].norm();
        let resolution = numerical_floor(1.0, ensemble.dim()).powi(2);
        Sampled {
            vanishes: zero.0.re <= resolution * largest,
            h: OnLens {
                nodes: h,
                zero: zero.0.re,
            },
            means: OnLens {
                nodes: means,
                zero: zero.1.re,
            },
        }
    }

    /// The principal parts at 0, if h has a double zero there; none if it has none. The coefficients are Cauchy's
    /// integrals over a circle inside of the first noise level, where h is analytic.
    fn pole(&self, sampled: &Sampled, lens: &Lens, rules: &[StepRule]) -> Option<Pole> {
        const POINTS: usize = 64;
        /// The largest distance of the zero from 0, as a part of the left end of the spectrum.
        const NEAR: f64 = 1e-2;
        let ratio = |(level, gamma): &(NoiseLevel, f64)| {
            (level.noise_variance() + gamma) / level.alpha_bar()
        };
        let nearest = self.steps.iter().map(ratio).fold(f64::INFINITY, f64::min);
        let circle: Vec<(c64, c64, c64)> = (0..POINTS)
            .map(|k| {
                let angle = 2.0 * PI * k as f64 / POINTS as f64;
                let s = c64::new(angle.cos(), angle.sin()) * (nearest / 4.0);
                let (h, mean) = self.sampled_at(s, rules);
                (s, h, mean)
            })
            .collect();
        let turned: f64 = (0..POINTS)
            .map(|k| (circle[(k + 1) % POINTS].1 / circle[k].1).arg())
            .sum();
        if (turned - 4.0 * PI).abs() > 0.1 {
            return None;
        }
        let coefficient = |f: &dyn Fn(&(c64, c64, c64)) -> c64| {
            circle.iter().map(|point| f(point).re).sum::<f64>() / POINTS as f64
        };
        let pole = Pole {
            inverse: [
                coefficient(&|(s, h, _)| s / h),
                coefficient(&|(s, h, _)| s * s / h),
            ],
            lost: [
                coefficient(&|(s, h, m)| m * m * s / h),
                coefficient(&|(s, h, m)| m * m * s * s / h),
            ],
        };
        let distance = (sampled.h.zero * pole.inverse[1]).abs().sqrt();
        (sampled.vanishes || distance <= NEAR * lens.low()).then_some(pole)
    }
}

/// h and M along a lens.
struct Sampled {
    h: OnLens,
    means: OnLens,
    /// Whether h(0) is 0 to rounding.
    vanishes: bool,
}

impl Sampled {
    /// Why both divergences are infinite for every training set, if they are.
    fn infinite(&self, ensemble: &Ensemble) -> Option<Infinite> {
        let (dim, rank) = (ensemble.dim(), ensemble.spectrum().rank());
        if ensemble.degrees() < rank as f64 && self.vanishes {
            let directions = (rank as f64 - ensemble.degrees()).ceil() as usize;
            return Some(Infinite::SampledLacks { directions });
        }
        let directions = dim - rank;
        (directions > 0 && !self.vanishes).then_some(Infinite::TruthLacks { directions })
    }

    /// The functions whose traces are the divergences, without the part that a pole describes.
    fn functions(&self, pole: Option<&Pole>, lens: &Lens) -> Result<Functions, TheoryError> {
        let h = self.h.clone();
        let square = self.means.map(|m| m * m, self.means.zero * self.means.zero);
        let mut inverse = h.map(|h| 1.0 / h, 1.0 / h.zero);
        let mut lost = square.times(&inverse);
        let mut logarithm = continuous_logarithm(&h)?;
        if let Some(pole) = pole {
            for (k, s) in lens.points().enumerate() {
                let principal = |[first, second]: [f64; 2]| first / s + second / (s * s);
                inverse.nodes[k] -= principal(pole.inverse);
                lost.nodes[k] -= principal(pole.lost);
                logarithm.nodes[k] -= 2.0 * c64::new(s.norm().ln(), s.arg());
            }
            // h/s^2 at 0
            logarithm.zero = -pole.inverse[1].ln();
        }
        Ok(Functions {
            inverse,
            logarithm,
            h,
            square,
            lost,
        })
    }
}

/// `f = first/s + second/s^2 + ...` near s = 0, for `f = 1/h` and `M^2/h`.
struct Pole {
    inverse: [f64; 2],
    lost: [f64; 2],
}

impl Pole {
    /// What the principal parts and `2 log s` add to twice the divergences per dimension, on average over the Wishart law.
    fn totals(&self, ensemble: &Ensemble) -> [f64; 3] {
        let [first, second] = ensemble.exact_precisions();
        let dim = ensemble.dim() as f64;
        let of = |part: [f64; 2]| (part[0] * first + part[1] * second) / dim;
        let truth = super::numeric::sum(ensemble.spectrum().positive(), f64::ln);
        let volume = 2.0 * (truth + ensemble.exact_log_det()) / dim;
        let lost = ensemble.mean_error() * of(self.lost);
        [of(self.inverse) + volume + lost, -volume, lost].map(|total| total / 2.0)
    }
}

struct Functions {
    /// `1/h`
    inverse: OnLens,
    /// `log h`
    logarithm: OnLens,
    h: OnLens,
    /// `M^2`
    square: OnLens,
    /// `M^2/h`
    lost: OnLens,
}

impl Functions {
    /// The traces on the truth's support, or their corrections, by a rule for each.
    fn traces(&self, trace: impl Fn(Weighting, &OnLens) -> Estimated<f64>) -> Traces {
        Traces {
            precision: trace(Weighting::Sigma, &self.inverse),
            volume: trace(Weighting::Plain, &self.logarithm),
            spread: trace(Weighting::Inverse, &self.h),
            response: trace(Weighting::Plain, &self.square),
            lost: trace(Weighting::MeanError, &self.lost),
        }
    }
}

struct Traces {
    precision: Estimated<f64>,
    volume: Estimated<f64>,
    spread: Estimated<f64>,
    response: Estimated<f64>,
    lost: Estimated<f64>,
}

impl Traces {
    /// KL(true || sampled), KL(sampled || true) and the part of the mean, per dimension, without their constants.
    fn totals(&self, ensemble: &Ensemble) -> [f64; 3] {
        let delta = ensemble.mean_error() * ensemble.mean_weight();
        let (volume, lost) = (self.volume.value, self.lost.value);
        [
            self.precision.value + volume + lost,
            self.spread.value - volume + delta * self.response.value,
            lost,
        ]
        .map(|total| total / 2.0)
    }

    fn error(&self, ensemble: &Ensemble, diverges: bool) -> f64 {
        let delta = ensemble.mean_error() * ensemble.mean_weight();
        let backward = self.volume.error + self.spread.error + delta * self.response.error;
        let forward = self.precision.error + self.lost.error;
        backward + if diverges { 0.0 } else { forward }
    }
}

/// What [`Traces::totals`] leaves out.
fn constants(ensemble: &Ensemble) -> [f64; 3] {
    let (dim, spectrum) = (ensemble.dim() as f64, ensemble.spectrum());
    let filled = spectrum.rank() as f64 / dim;
    let truth = super::numeric::sum(spectrum.positive(), f64::ln) / dim;
    [-filled - truth, truth - filled, 0.0].map(|total| total / 2.0)
}

fn pair([true_sampled, sampled_true, of_mean]: [f64; 3], diverges: bool) -> KlPair {
    let on_precision = |value: f64| match diverges {
        true => Divergence::Infinite(Infinite::OnAverage),
        false => Divergence::Finite(value),
    };
    KlPair {
        true_sampled: on_precision(true_sampled),
        sampled_true: Divergence::Finite(sampled_true),
        of_mean: on_precision(of_mean),
    }
}

/// `log h` along the contour without a jump. h must not wind around 0; with a zero inside it would.
fn continuous_logarithm(h: &OnLens) -> Result<OnLens, TheoryError> {
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
    Ok(OnLens {
        nodes,
        zero: h.zero.ln(),
    })
}
