//! Predictions after a finite time of training.

use faer::c64;

use super::contours::{arc, refined_at};
use super::lens::{Estimated, Lens, OnLens, STEEPEST};
use super::progress::Progress;
use super::{Ensemble, TheoryError};
use crate::config::Target;
use crate::denoiser::{Regression, in_time_basis};
use crate::diffusion::NoiseLevel;

/// The network that is trained.
#[derive(Debug, Clone, PartialEq)]
pub enum Network {
    /// One map a step, starting from `init I`. Weight decay is a part of the ridge.
    PerStep {
        /// The factor of the identity at the start.
        init: f64,
    },
    /// Two layers at least as wide as the data, starting from `sqrt(init) I` (up to a sign), trained by flow or to
    /// the end. `decay` is the coefficient of the squared norms of both layers.
    TwoLayer {
        /// The product of both layers at the start, as a factor of the identity.
        init: f64,
        /// The coefficient of the squared norms.
        decay: f64,
    },
    /// Functions of time with the values `phi[t][k]` at the steps; trained to the end only.
    TimeBasis {
        /// The values of the functions, by step.
        phi: Vec<Vec<f64>>,
        /// The coefficient of the squared norm.
        decay: f64,
    },
}

/// Denoisers `W_t = w_t(Sigma_N)` after training on the exact objective. `w = A f + B`, where f is the network's own
/// output (see [`ToNoise`](crate::diffusion::ToNoise)); x and mu are those of [`Regression`].
///
/// ```text
/// per-step    f = (mu/x)(1 - D) + f0 D
///             D = 0 at the optimum,   exp(-2 tau x) by gradient flow,   prod (1 - 2 eta_i x) by descent
/// two-layer   f = (m/x) / (1 + (m/(x f0) - 1) exp(-4 |m| tau)),   m = mu with its size lowered by the decay
/// time-basis  f_t = sum_k phi_k(t) a_k, with the best a
/// ```
///
/// The logistic curve of two layers is for targets whose mu does not depend on s (eps, score). For other targets it
/// has poles inside the contour.
#[derive(Debug, Clone)]
pub struct TrainedModel {
    /// The noise level and the ridge gamma of each step.
    pub steps: Vec<(NoiseLevel, f64)>,
    /// What the network predicts.
    pub target: Target,
    /// The network.
    pub network: Network,
    /// How far it is trained.
    pub progress: Progress,
}

impl TrainedModel {
    /// Refuses a model whose denoiser theory cannot integrate.
    pub fn check(&self) -> Result<(), TheoryError> {
        let unsupported = |what, needs| Err(TheoryError::Unsupported { what, needs });
        let same_everywhere = matches!(self.target, Target::Eps | Target::Score);
        match (&self.network, &self.progress) {
            (Network::PerStep { .. }, _) => Ok(()),
            (Network::TimeBasis { .. }, Progress::Converged) => Ok(()),
            (Network::TimeBasis { .. }, _) => unsupported(
                "a time of training in a basis of time",
                "training to the end",
            ),
            (Network::TwoLayer { decay, .. }, Progress::Converged) => {
                if same_everywhere || *decay == 0.0 {
                    Ok(())
                } else {
                    unsupported(
                        "decay of two layers",
                        "a target whose optimum has one sign and size (eps, score), or no decay",
                    )
                }
            }
            (Network::TwoLayer { .. }, Progress::Flow(_)) => {
                if same_everywhere {
                    Ok(())
                } else {
                    unsupported(
                        "a time of training of two layers",
                        "the target eps or score",
                    )
                }
            }
            (Network::TwoLayer { .. }, Progress::Descent(_)) => {
                unsupported("descent of two layers", "gradient flow")
            }
        }
    }

    /// The coefficients of the denoiser at every step, at a point s of the complex plane of eigenvalues.
    pub(super) fn weights(&self, s: c64) -> Vec<c64> {
        let regression =
            |(level, gamma): &(NoiseLevel, f64)| Regression::new(level, self.target, *gamma, s);
        let regressions: Vec<Regression<c64>> = self.steps.iter().map(regression).collect();
        let outputs: Vec<c64> = match &self.network {
            Network::PerStep { init } => {
                let output = |r: &Regression<c64>| self.one_layer(r, *init);
                regressions.iter().map(output).collect()
            }
            Network::TwoLayer { init, decay } => {
                let output = |r: &Regression<c64>| self.two_layers(r, *init, *decay);
                regressions.iter().map(output).collect()
            }
            Network::TimeBasis { phi, decay } => {
                let best = in_time_basis(phi, &regressions, *decay);
                let at = |phi: &Vec<f64>| phi.iter().zip(&best).map(|(phi, a)| *phi * *a).sum();
                phi.iter().map(at).collect()
            }
        };
        let to_noise = |(output, (level, _)): (c64, &(NoiseLevel, f64))| {
            self.target.to_noise(level).of(output)
        };
        outputs.into_iter().zip(&self.steps).map(to_noise).collect()
    }

    fn one_layer(&self, regression: &Regression<c64>, init: f64) -> c64 {
        let Regression { x, mu } = *regression;
        let optimum = mu / x;
        match &self.progress {
            Progress::Converged => optimum,
            Progress::Flow(time) => {
                let (decay, complement) = exponential(2.0 * time * x);
                optimum * complement + decay * init
            }
            Progress::Descent(descent) => {
                let decay = descent.factor(x);
                optimum * (1.0 - decay) + decay * init
            }
        }
    }

    fn two_layers(&self, regression: &Regression<c64>, init: f64, decay: f64) -> c64 {
        let Regression { x, mu } = *regression;
        match &self.progress {
            // Without a decay mu may depend on s; with a decay it is a constant.
            Progress::Converged if decay == 0.0 => mu / x,
            Progress::Converged => (mu.re.abs() - decay).max(0.0).copysign(mu.re) / x,
            Progress::Flow(time) => {
                let sign = 1f64.copysign(mu.re);
                let left = mu.re.abs() - decay;
                // From 1/f = (x (1 - q)/m + q/f0), q = exp(-4 m tau). This also holds for a decay that removes the
                // whole of mu.
                let (grown, gone) = (-4.0 * left * time, (-4.0 * left * time).exp());
                let share = match left {
                    0.0 => 4.0 * time,
                    left => -grown.exp_m1() / left,
                };
                sign / (x * share + gone / init)
            }
            Progress::Descent(_) => unreachable!("is refused before"),
        }
    }

    /// The coefficients of the denoiser of every step along the lens.
    pub(super) fn on(&self, lens: &Lens) -> Vec<OnLens> {
        let zero = self.weights(c64::new(0.0, 0.0));
        let mut steps: Vec<OnLens> = zero
            .iter()
            .map(|zero| OnLens {
                nodes: Vec::with_capacity(lens.points().len()),
                zero: zero.re,
            })
            .collect();
        for s in lens.points() {
            let weights = self.weights(s).into_iter();
            steps
                .iter_mut()
                .zip(weights)
                .for_each(|(step, w)| step.nodes.push(w));
        }
        steps
    }

    /// The largest learning rate for which the lens can integrate descent: `(1 + m)/(ab V + 1 - ab + gamma)`, at every
    /// step, with the momentum m.
    pub fn largest_rate(&self, ensemble: &Ensemble) -> f64 {
        self.largest_rate_below(ensemble.lens_top())
    }

    fn largest_rate_below(&self, top: f64) -> f64 {
        let momentum = match &self.progress {
            Progress::Descent(descent) => descent.momentum,
            _ => 0.0,
        };
        let largest = self
            .steps
            .iter()
            .map(|(level, gamma)| level.alpha_bar() * top + level.noise_variance() + gamma);
        (1.0 + momentum) / largest.fold(0.0, f64::max)
    }

    pub(super) fn check_rate(&self, ensemble: &Ensemble) -> Result<(), TheoryError> {
        self.check_rate_below(ensemble.lens_top())
    }

    /// Refuses what cannot be integrated on a contour whose right end is `top`.
    pub(super) fn check_rate_below(&self, top: f64) -> Result<(), TheoryError> {
        self.check()?;
        let Progress::Descent(descent) = &self.progress else {
            return Ok(());
        };
        let rate = descent.rates.iter().map(|r| r.0).fold(0.0, f64::max);
        let bound = self.largest_rate_below(top);
        if rate < bound {
            Ok(())
        } else {
            Err(TheoryError::RateAboveContour { rate, bound })
        }
    }

    /// Calls `compute` with lenses on which this model can be integrated, finer and finer as in [`refined`]. Descent
    /// with momentum grows away from the real axis, so it takes a flat lens.
    ///
    /// # Errors
    /// A learning rate above [`TrainedModel::largest_rate`], and more steps with momentum than a flat lens can
    /// integrate: use the flow there. The errors of `compute`.
    ///
    /// [`refined`]: super::refined
    pub fn refined<T>(
        &self,
        ensemble: &Ensemble,
        compute: impl FnMut(&Lens) -> Result<Estimated<T>, TheoryError>,
    ) -> Result<Estimated<T>, TheoryError> {
        Ok(refined_at(ensemble, self.angle(ensemble)?, compute)?.0)
    }

    /// The steepest angle of a lens on which the factors of descent leave enough digits.
    pub fn angle(&self, ensemble: &Ensemble) -> Result<f64, TheoryError> {
        const FLATTEST: f64 = STEEPEST / 16.0;
        self.check_rate(ensemble)?;
        let mut angle = STEEPEST;
        loop {
            match self.check_size(&arc(ensemble, angle)) {
                Err(_) if angle > FLATTEST => angle /= 2.0,
                result => return result.map(|()| angle),
            }
        }
    }

    /// Refuses descent with momentum whose factors leave too few digits on a contour through these points.
    pub(super) fn check_size(&self, points: &[c64]) -> Result<(), TheoryError> {
        const LARGEST: f64 = 1e3;
        let descent = match &self.progress {
            Progress::Descent(descent) if descent.momentum > 0.0 => descent,
            _ => return Ok(()),
        };
        let small = |&(level, gamma): &(NoiseLevel, f64)| {
            let factor = |&s: &c64| {
                let Regression { x, .. } = Regression::new(&level, self.target, gamma, s);
                descent.factor(x).norm()
            };
            points.iter().all(|s| factor(s) <= LARGEST)
        };
        if self.steps.iter().all(small) {
            return Ok(());
        }
        Err(TheoryError::Unsupported {
            what: "so many steps with momentum at so high a rate",
            needs: "gradient flow",
        })
    }
}

/// `exp(-y)` and `1 - exp(-y)`, the second without cancellation.
fn exponential(y: c64) -> (c64, c64) {
    let decay = (-y).exp();
    if y.norm() > 1e-2 {
        return (decay, 1.0 - decay);
    }
    // y - y^2/2 + y^3/6 - ...
    let tail = (2..=9)
        .rev()
        .fold(c64::new(1.0, 0.0), |sum, n| 1.0 - sum * y / f64::from(n));
    (decay, y * tail)
}
