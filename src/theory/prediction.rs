//! Every prediction for one setting.

use super::{
    EffectiveRidge, Ensemble, ExpectedKl, ExpectedLosses, Network, PredictedLosses, Progress,
    TheoryError, TrainedModel,
};
use crate::config::Target;
use crate::diffusion::NoiseLevel;
use crate::gaussian::{Divergence, KlPair};
use crate::sampling::StepRule;

/// The setting that is asked about.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// The noise levels: losses are averaged over them, and a sampler walks them.
    pub levels: &'a [NoiseLevel],
    /// The ridge gamma of every step.
    pub ridge: f64,
    /// The covariance ridge c: it adds `alpha_bar c` to the ridge of each step.
    pub covariance_ridge: f64,
    /// What the network predicts. It matters where there is a ridge or a finite time.
    pub target: Target,
    /// The network.
    pub network: Network,
    /// The time tau of gradient flow; `None`: the optimum.
    pub time: Option<f64>,
    /// The reverse process; `None`: the ideal one.
    pub rules: Option<&'a [StepRule]>,
}

/// Losses per component, divergences in nats per dimension: averages over training sets at finite d and N, exact or
/// right to relative order 1/d.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// The losses.
    pub loss: PredictedLosses,
    /// How far off the test loss may be ([`ExpectedLosses`]).
    pub loss_remainder: f64,
    /// The oracle's loss.
    pub oracle: f64,
    /// The divergences: exact for the ideal sampler without any ridge. `None` for the ideal sampler with a ridge or a
    /// finite time, because its law is not known, and where the sampled variance has a zero inside the contour.
    pub kl: Option<KlPair>,
    /// How far off KL(true || sampled) may be; 0 where it is exact.
    pub kl_remainder: f64,
    /// The effective ridge at z = c, or at the ridge of the only noise level.
    pub effective_ridge: EffectiveRidge,
    /// `sqrt(W2^2/d)` of the ideal sampler without any ridge, W2 the 2-Wasserstein distance.
    pub w2: Option<f64>,
    /// The overlap of two models of the ideal sampler without any ridge, started from the same noise.
    pub overlap: Option<f64>,
    /// The divergence between two models of the ideal sampler.
    pub kl_between_models: Option<Divergence>,
    /// The possible error of integrals on the lens; 0 for closed forms.
    pub error: f64,
}

impl<'a> Query<'a> {
    /// The query for a per-step network that predicts the noise, trained to the end without a ridge, ideally sampled.
    pub fn new(levels: &'a [NoiseLevel]) -> Self {
        Self {
            levels,
            ridge: 0.0,
            covariance_ridge: 0.0,
            target: Target::Eps,
            network: Network::PerStep { init: 0.0 },
            time: None,
            rules: None,
        }
    }
}

impl Query<'_> {
    fn gamma(&self, level: &NoiseLevel) -> f64 {
        self.ridge + level.alpha_bar() * self.covariance_ridge
    }

    /// Whether the sampler is the ideal one, whose law is `N(mu_N, Sigma_N + c)`.
    fn is_ideal(&self) -> bool {
        self.rules.is_none() && self.ridge == 0.0 && self.is_resolvent()
    }

    /// Whether the optimum is `r (ab Sigma_N + 1 - ab + gamma)^-1`, for which closed forms are known. The score's
    /// optimum counts too: it differs from the noise's by a factor of the step.
    pub fn is_resolvent(&self) -> bool {
        let bare = self.ridge == 0.0 && self.covariance_ridge == 0.0;
        let free = match self.network {
            Network::PerStep { .. } => true,
            Network::TwoLayer { decay, .. } => decay == 0.0,
            Network::TimeBasis { .. } => false,
        };
        let shrinks_alike = matches!(self.target, Target::Eps | Target::Score);
        self.time.is_none() && free && (bare || shrinks_alike)
    }

    fn model(&self) -> TrainedModel {
        let step = |level: &NoiseLevel| (*level, self.gamma(level));
        TrainedModel {
            steps: self.levels.iter().map(step).collect(),
            target: self.target,
            network: self.network.clone(),
            progress: self.time.map_or(Progress::Converged, Progress::Flow),
        }
    }
}

impl Ensemble<'_> {
    /// Everything that theory says about a setting.
    ///
    /// # Errors
    /// A ridge, covariance ridge or time below 0, and the errors of the lens.
    pub fn predict(&self, query: &Query<'_>) -> Result<Prediction, TheoryError> {
        let expected = self.query_losses(query)?;
        let (mut kl, mut error) = (None, expected.error);
        if let Some(rules) = query.rules {
            let model = query.model();
            match model.refined(self, |lens| model.expected_divergences(self, lens, rules)) {
                Ok(found) => {
                    error = found.error.max(error);
                    kl = Some(found.value);
                }
                // No divergence can be computed; the losses stand.
                Err(TheoryError::ZeroInContour) => {}
                Err(error) => return Err(error),
            }
        } else if query.is_ideal() {
            kl = Some(self.expected_divergences(query.covariance_ridge)?);
        }
        let bare = query.is_ideal() && query.covariance_ridge == 0.0;
        let ridge = match query.levels {
            [level] => {
                (level.noise_variance() + query.ridge) / level.alpha_bar() + query.covariance_ridge
            }
            _ => query.covariance_ridge,
        };
        let oracle = |level| self.spectrum().oracle_loss(level);
        Ok(Prediction {
            loss: expected.losses,
            loss_remainder: expected.remainder,
            oracle: query.levels.iter().map(oracle).sum::<f64>() / query.levels.len() as f64,
            kl: kl.map(|expected: ExpectedKl| expected.kl),
            kl_remainder: kl.map_or(0.0, |expected| expected.remainder),
            effective_ridge: self.effective_ridge(ridge)?,
            w2: bare.then(|| self.wasserstein()).transpose()?,
            overlap: bare.then(|| self.overlap()).transpose()?,
            kl_between_models: query
                .is_ideal()
                .then(|| self.kl_between_models(query.covariance_ridge))
                .transpose()?,
            error,
        })
    }

    /// Standard deviations, between training sets, of the train and test loss of the optimum, averaged over the
    /// levels. For one level they are those of [`Ensemble::loss_fluctuations`]. For several they are the mean over at
    /// most 40 levels, which bounds the deviation of the average from above. Only for a resolvent's optimum
    /// ([`Query::is_resolvent`]).
    pub fn loss_deviations(&self, query: &Query<'_>) -> Result<PredictedLosses, TheoryError> {
        let count = query.levels.len().min(40);
        let (mut train, mut test) = (0.0, 0.0);
        for i in 0..count {
            let level = &query.levels[(2 * i + 1) * query.levels.len() / (2 * count)];
            let pair = self.loss_fluctuations(level, query.gamma(level))?;
            train += pair.first.standard_deviation / count as f64;
            test += pair.second.standard_deviation / count as f64;
        }
        Ok(PredictedLosses {
            train_loss: train,
            test_loss: test,
        })
    }

    /// Losses averaged over the levels and over training sets, with their corrections of relative order 1/d.
    pub fn query_losses(&self, query: &Query<'_>) -> Result<ExpectedLosses, TheoryError> {
        if !query.is_resolvent() {
            let model = query.model();
            let found = model.refined(self, |lens| model.expected_losses(self, lens))?;
            return Ok(found.value);
        }
        let mut total = ExpectedLosses::ZERO;
        for level in query.levels {
            total += self.expected_losses(level, query.gamma(level))?;
        }
        Ok(total.over(query.levels.len()))
    }
}
