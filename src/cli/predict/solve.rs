//! The best of a setting.

use super::answer::{Optimal, Time};
use super::{Predict, Setting, Wanted};
use crate::run::RunError;
use crate::theory::{Ensemble, Query, samples_for};

impl Predict {
    pub(super) fn solve(
        &self,
        wanted: Wanted,
        setting: &Setting,
        ensemble: &Ensemble<'_>,
        query: &Query<'_>,
    ) -> Result<Optimal, RunError> {
        match wanted {
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
            Wanted::Samples => {
                let target = self.target_kl.or(self.target_excess);
                if let Some(target) = target.filter(|t| !(t.is_finite() && *t > 0.0)) {
                    let problem = format!("--target-kl, --target-excess: {target} is not above 0");
                    return Err(RunError::Invalid(problem));
                }
                let (spectrum, mean) = (&setting.spectrum, setting.mean);
                let samples = match (self.target_kl, self.target_excess) {
                    (Some(wanted), _) => samples_for(spectrum, mean, wanted, |ensemble| {
                        let kl = match query.rules {
                            Some(_) => ensemble.predict(query)?.kl,
                            None => Some(ensemble.divergences(query.covariance_ridge)?),
                        };
                        Ok(kl.map_or(f64::INFINITY, |kl| kl.true_sampled.value()))
                    }),
                    (None, Some(wanted)) => samples_for(spectrum, mean, wanted, |ensemble| {
                        let oracle = |level| spectrum.oracle_loss(level);
                        let oracle = query.levels.iter().map(oracle).sum::<f64>();
                        let (losses, _) = ensemble.query_losses(query)?;
                        Ok(losses.test_loss - oracle / query.levels.len() as f64)
                    }),
                    (None, None) => {
                        let problem = "--optimal samples needs --target-kl or --target-excess";
                        return Err(RunError::Invalid(problem.to_owned()));
                    }
                };
                Ok(Optimal {
                    samples: Some(samples?),
                    kl_true_sampled: self.target_kl,
                    ..Optimal::default()
                })
            }
        }
    }
}
