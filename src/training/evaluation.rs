//! Exact losses and divergences of a network, as training goes on.

use faer::{Col, Mat};

use crate::config::SamplerKind;
use crate::data::Laws;
use crate::denoiser::{CommutingDenoiser, Denoiser, StepLosses, losses};
use crate::diffusion::Schedule;
use crate::gaussian::{EigenError, Gaussian, KlPair, kl};
use crate::sampling::{self, StepRule};
use crate::score::{NetworkDenoiser, Snapshot, SnapshotError};

/// What is evaluated against: the laws, the schedule and the sampler of a run.
pub struct Evaluator {
    schedule: Schedule,
    rules: Vec<StepRule>,
    train: (Col<f64>, Mat<f64>),
    /// Of the truth, or of the rows left over; none with all rows of a file.
    test: Option<(Col<f64>, Mat<f64>)>,
    truth: Option<Gaussian>,
    oracle: Option<StepLosses>,
}

/// Exact losses, per component, by step and averaged over the steps; divergences in nats per dimension.
#[derive(Debug, Clone)]
pub struct Evaluation {
    pub train: StepLosses,
    pub test: Option<StepLosses>,
    pub oracle: Option<StepLosses>,
    /// Of what the sampler generates from the truth.
    pub kl: Option<KlPair>,
}

impl Evaluation {
    pub fn train_loss(&self) -> f64 {
        mean(&self.train)
    }

    pub fn test_loss(&self) -> Option<f64> {
        self.test.as_deref().map(mean)
    }

    pub fn oracle_loss(&self) -> Option<f64> {
        self.oracle.as_deref().map(mean)
    }
}

/// A network could not be evaluated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Eigen(#[from] EigenError),
    #[error("a sampler of {got} rules, the schedule has {expected} steps")]
    Rules { got: usize, expected: usize },
}

/// The mean over steps.
pub fn mean(losses: &[f64]) -> f64 {
    losses.iter().sum::<f64>() / losses.len() as f64
}

impl Evaluator {
    pub fn new(laws: &Laws, schedule: &Schedule, sampler: SamplerKind) -> Self {
        let test = match (&laws.test, &laws.truth) {
            (Some(test), _) => Some((test.mean.clone(), test.covariance.clone())),
            (None, Some(truth)) => Some((truth.mean().clone(), truth.covariance())),
            (None, None) => None,
        };
        let oracle = laws.truth.as_ref().map(|t| oracle_losses(t, schedule));
        Self {
            rules: sampling::rules(sampler, schedule),
            train: (laws.train.mean.clone(), laws.train.covariance.clone()),
            test,
            truth: laws.truth.clone(),
            oracle,
            schedule: schedule.clone(),
        }
    }

    /// This evaluator with a sampler of one's own: a rule for each step, from the least noise.
    ///
    /// # Errors
    /// [`EvaluationError::Rules`] if there are not as many rules as steps.
    pub fn with_rules(self, rules: Vec<StepRule>) -> Result<Self, EvaluationError> {
        let (got, expected) = (rules.len(), self.schedule.len());
        match got == expected {
            true => Ok(Self { rules, ..self }),
            false => Err(EvaluationError::Rules { got, expected }),
        }
    }

    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    pub fn truth(&self) -> Option<&Gaussian> {
        self.truth.as_ref()
    }

    pub fn oracle(&self) -> Option<&StepLosses> {
        self.oracle.as_ref()
    }

    pub fn rules(&self) -> &[StepRule] {
        &self.rules
    }

    /// Exact train and test losses by step of any denoiser, per component.
    pub fn losses<D: Denoiser + ?Sized>(&self, denoiser: &D) -> (StepLosses, Option<StepLosses>) {
        let laws: Vec<_> = std::iter::once(&self.train)
            .chain(&self.test)
            .map(|(mean, covariance)| (mean, covariance.as_ref()))
            .collect();
        let mut results = losses(denoiser, &self.schedule, &laws).into_iter();
        let train = results.next().expect("one result a law");
        (train, results.next())
    }

    /// The same for a denoiser in closed form.
    pub fn losses_in_eigenbasis(
        &self,
        denoiser: &CommutingDenoiser,
    ) -> (StepLosses, Option<StepLosses>) {
        let under = |(mean, covariance): &(Col<f64>, Mat<f64>)| {
            denoiser.losses(&self.schedule, mean, covariance.as_ref())
        };
        (under(&self.train), self.test.as_ref().map(under))
    }

    /// The exact law of what the run's sampler generates with a network.
    pub fn sampled(&self, network: &NetworkDenoiser<'_>) -> Result<Gaussian, EigenError> {
        sampling::law(&self.rules, network, network.precision().epsilon())
    }

    /// The same for a denoiser in closed form.
    pub fn sampled_in_eigenbasis(&self, denoiser: &CommutingDenoiser) -> Gaussian {
        sampling::law_in_eigenbasis(&self.rules, denoiser, f64::EPSILON)
    }

    /// The same for one that was trained in the eigenbasis, in weights of the precision `weight_epsilon`: variances that
    /// these cannot tell from zero count as zero.
    pub fn sampled_by_trained(
        &self,
        denoiser: &CommutingDenoiser,
        weight_epsilon: f64,
    ) -> Gaussian {
        sampling::law_in_eigenbasis(&self.rules, denoiser, weight_epsilon)
    }

    pub fn evaluate(&self, snapshot: &Snapshot) -> Result<Evaluation, EvaluationError> {
        let network = snapshot.denoiser(&self.schedule)?;
        let sampled = match &self.truth {
            Some(_) => Some(self.sampled(&network)?),
            None => None,
        };
        Ok(self.evaluation(self.losses(&network), sampled))
    }

    /// The same of a network that was trained in the eigenbasis, by scalar recursions.
    pub fn evaluate_trained(
        &self,
        denoiser: &CommutingDenoiser,
        weight_epsilon: f64,
    ) -> Evaluation {
        let sampled = self.sampled_by_trained(denoiser, weight_epsilon);
        self.evaluation(self.losses_in_eigenbasis(denoiser), Some(sampled))
    }

    fn evaluation(
        &self,
        (train, test): (StepLosses, Option<StepLosses>),
        sampled: Option<Gaussian>,
    ) -> Evaluation {
        let kl = |truth: &Gaussian| Some(kl(truth, sampled.as_ref()?));
        Evaluation {
            train,
            test,
            oracle: self.oracle.clone(),
            kl: self.truth.as_ref().and_then(kl),
        }
    }
}

/// The least possible loss by step, with infinite data: `1 - (1/d) sum (1 - ab)/(ab lambda + 1 - ab)`.
fn oracle_losses(truth: &Gaussian, schedule: &Schedule) -> StepLosses {
    let variances = truth.variances();
    let loss = |step: crate::diffusion::Step| {
        let left =
            |lambda: &f64| step.noise_variance / (step.alpha_bar * lambda + step.noise_variance);
        1.0 - variances.iter().map(left).sum::<f64>() / variances.len() as f64
    };
    schedule.iter().map(loss).collect()
}
