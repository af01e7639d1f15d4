//! Exact losses of any denoiser, and divergences of its samples.

use faer::{Col, Mat};

use super::{StepRule, law, rules};
use crate::config::SamplerKind;
use crate::data::Laws;
use crate::denoiser::{Denoiser, StepLosses, mean};
use crate::diffusion::{Schedule, Step};
use crate::gaussian::{EigenError, Gaussian, KlPair, kl};

/// The laws, the schedule and the sampler for evaluating denoisers.
///
/// ```
/// use lindiff::config::{DataConfig, SamplerKind, Source};
/// use lindiff::data::load;
/// use lindiff::denoiser::CommutingDenoiser;
/// use lindiff::diffusion::Schedule;
/// use lindiff::sampling::Evaluator;
///
/// let laws = load(&DataConfig::new(Source::power_law(10, 1.0), 40), 1)?.laws;
/// let schedule = Schedule::linear(100, 1e-3, 0.1)?;
/// let evaluator = Evaluator::new(&laws, &schedule, SamplerKind::Ddim);
/// let optimum = CommutingDenoiser::optimum(&laws.train.law()?, &schedule, |_| 0.1);
/// let evaluation = evaluator.evaluate(&optimum)?;
/// assert!(evaluation.test_loss() > evaluation.oracle_loss());
/// assert!(evaluation.kl.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Evaluator {
    schedule: Schedule,
    rules: Vec<StepRule>,
    train: (Col<f64>, Mat<f64>),
    /// The law of the truth, or of the test rows; `None` if all rows of a file are the training set.
    test: Option<(Col<f64>, Mat<f64>)>,
    truth: Option<Gaussian>,
    oracle: Option<StepLosses>,
}

/// Exact losses per component, by step, and divergences in nats per dimension.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// The losses on the training set.
    pub train: StepLosses,
    /// The losses on the test set or the truth.
    pub test: Option<StepLosses>,
    /// The oracle's losses.
    pub oracle: Option<StepLosses>,
    /// The divergences between the truth and the samples; `None` without a truth.
    pub kl: Option<KlPair>,
}

impl Evaluation {
    /// The train loss, averaged over the steps.
    pub fn train_loss(&self) -> f64 {
        mean(&self.train)
    }

    /// The test loss, averaged over the steps.
    pub fn test_loss(&self) -> Option<f64> {
        self.test.as_deref().map(mean)
    }

    /// The oracle's loss, averaged over the steps.
    pub fn oracle_loss(&self) -> Option<f64> {
        self.oracle.as_deref().map(mean)
    }
}

/// The number of rules of a sampler differs from the number of steps of the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sampler of {got} rules, the schedule has {expected} steps")]
pub struct RulesError {
    /// The number of rules.
    pub got: usize,
    /// The number of steps.
    pub expected: usize,
}

impl Evaluator {
    /// An evaluator for the laws, the schedule and the sampler of a run.
    pub fn new(laws: &Laws, schedule: &Schedule, sampler: SamplerKind) -> Self {
        let test = match (&laws.test, &laws.truth) {
            (Some(test), _) => Some((test.mean.clone(), test.covariance.clone())),
            (None, Some(truth)) => Some((truth.mean().clone(), truth.covariance())),
            (None, None) => None,
        };
        let oracle = laws.truth.as_ref().map(|t| oracle_losses(t, schedule));
        Self {
            rules: rules(sampler, schedule),
            train: (laws.train.mean.clone(), laws.train.covariance.clone()),
            test,
            truth: laws.truth.clone(),
            oracle,
            schedule: schedule.clone(),
        }
    }

    /// This evaluator with your own sampler: a rule for each step, starting with the least noise.
    ///
    /// # Errors
    /// If the number of rules differs from the number of steps.
    pub fn with_rules(self, rules: Vec<StepRule>) -> Result<Self, RulesError> {
        let (got, expected) = (rules.len(), self.schedule.len());
        if got == expected {
            Ok(Self { rules, ..self })
        } else {
            Err(RulesError { got, expected })
        }
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The truth, if it is known.
    pub fn truth(&self) -> Option<&Gaussian> {
        self.truth.as_ref()
    }

    /// The oracle's losses by step.
    pub fn oracle(&self) -> Option<&StepLosses> {
        self.oracle.as_ref()
    }

    /// The rules of the sampler.
    pub fn rules(&self) -> &[StepRule] {
        &self.rules
    }

    /// Exact train and test losses by step, per component.
    pub fn losses(&self, denoiser: &dyn Denoiser) -> (StepLosses, Option<StepLosses>) {
        let laws: Vec<_> = std::iter::once(&self.train)
            .chain(&self.test)
            .map(|(mean, covariance)| (mean, covariance.as_ref()))
            .collect();
        let mut results = denoiser.losses(&self.schedule, &laws).into_iter();
        let train = results.next().expect("one result a law");
        (train, results.next())
    }

    /// The exact law of the samples of a denoiser.
    pub fn sampled(&self, denoiser: &dyn Denoiser) -> Result<Gaussian, EigenError> {
        law(&self.rules, denoiser)
    }

    /// Exact losses, and the divergences between the truth and the samples.
    pub fn evaluate(&self, denoiser: &dyn Denoiser) -> Result<Evaluation, EigenError> {
        let (train, test) = self.losses(denoiser);
        let kl = match &self.truth {
            Some(truth) => Some(kl(truth, &self.sampled(denoiser)?)),
            None => None,
        };
        Ok(Evaluation {
            train,
            test,
            oracle: self.oracle.clone(),
            kl,
        })
    }
}

/// The least possible loss by step, with infinite data: `1 - (1/d) sum (1 - ab)/(ab lambda + 1 - ab)`.
fn oracle_losses(truth: &Gaussian, schedule: &Schedule) -> StepLosses {
    let variances = truth.variances();
    let loss = |step: Step| {
        let left =
            |lambda: &f64| step.noise_variance / (step.alpha_bar * lambda + step.noise_variance);
        1.0 - variances.iter().map(left).sum::<f64>() / variances.len() as f64
    };
    schedule.iter().map(loss).collect()
}
