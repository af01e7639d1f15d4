//! The optima of a setting: what minimises a loss, and how many samples reach a target.

use super::PredictError;
use super::answer::{Optimal, Time};
use crate::theory::{Ensemble, Query, samples_for};

/// The optimum that is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted {
    /// The ridge of the lowest test loss, and the covariance ridge of the lowest divergence.
    Ridge,
    /// The time tau of the lowest test loss.
    Tau,
    /// The least number of samples that reaches a target.
    Samples(Target),
}

/// The target for a number of samples; above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// KL(true || sampled), in nats per dimension.
    Kl(f64),
    /// The test loss minus the oracle's, per component.
    Excess(f64),
}

impl Wanted {
    pub(super) fn solve(
        self,
        ensemble: &Ensemble<'_>,
        query: &Query<'_>,
    ) -> Result<Optimal, PredictError> {
        match self {
            Wanted::Ridge => {
                let best = ensemble.best_ridge(query)?;
                let covariance = ensemble.best_covariance_ridge()?;
                Ok(Optimal {
                    ridge: Some(best.at),
                    test_loss: Some(best.value),
                    covariance_ridge: Some(covariance.at),
                    kl_true_sampled: Some(covariance.value),
                    ..Optimal::default()
                })
            }
            Wanted::Tau => {
                let best = ensemble.best_time(query)?;
                Ok(Optimal {
                    tau: Some(Time(best.at)),
                    test_loss: Some(best.value),
                    ..Optimal::default()
                })
            }
            Wanted::Samples(target) => Ok(Optimal {
                samples: Some(target.samples(ensemble, query)?),
                kl_true_sampled: match target {
                    Target::Kl(wanted) => Some(wanted),
                    Target::Excess(_) => None,
                },
                ..Optimal::default()
            }),
        }
    }
}

impl Target {
    fn samples(self, ensemble: &Ensemble<'_>, query: &Query<'_>) -> Result<usize, PredictError> {
        let (Target::Kl(target) | Target::Excess(target)) = self;
        if !(target.is_finite() && target > 0.0) {
            return Err(PredictError::Target { target });
        }
        let (spectrum, mean) = (ensemble.spectrum(), ensemble.mean());
        let samples = match self {
            Target::Kl(wanted) => samples_for(spectrum, mean, wanted, |samples| {
                let ensemble = samples.with_row_weights(ensemble.row_weights());
                let kl = match query.rules {
                    Some(_) => ensemble.predict(query)?.kl,
                    None => Some(ensemble.expected_divergences(query.covariance_ridge)?.kl),
                };
                Ok(kl.map_or(f64::INFINITY, |kl| kl.true_sampled.value()))
            }),
            Target::Excess(wanted) => samples_for(spectrum, mean, wanted, |samples| {
                let ensemble = samples.with_row_weights(ensemble.row_weights());
                let oracle = |level| spectrum.oracle_loss(level);
                let oracle = query.levels.iter().map(oracle).sum::<f64>();
                let losses = ensemble.query_losses(query)?.losses;
                Ok(losses.test_loss - oracle / query.levels.len() as f64)
            }),
        };
        Ok(samples?)
    }
}
