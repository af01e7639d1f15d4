//! The question that every set of rows is asked: all of them, and those without a part.

use super::error::ForecastError;
use super::interval::Spread;
use super::result::{Basis, Forecasted, Quantity};
use crate::diffusion::NoiseLevel;
use crate::theory::{LeaveOneOut, MovedDivergences, MovedLosses, RowWeights, TailRule, Transport};

/// The question.
pub(super) struct Question {
    /// The noise level of every step.
    pub levels: Vec<NoiseLevel>,
    pub ridge: f64,
    pub covariance_ridge: f64,
    /// One less than the number of all rows.
    pub now: usize,
    /// The other numbers of rows to forecast for.
    pub others: Vec<usize>,
    /// The numbers of rows of a picture.
    pub curve: Vec<usize>,
}

/// What a set of rows says.
pub(super) struct Answer {
    pub oracle: Loss,
    pub with_samples: Vec<AtSamples>,
}

/// What a set of rows says of a number of rows.
pub(super) struct AtSamples {
    pub test: Loss,
    /// The divergences of the ideal sampler without a ridge.
    pub kl: Option<MovedDivergences>,
}

/// A loss, averaged over the steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loss {
    pub value: f64,
    /// The loss if `log df1` is continued in a straight line, not its logit.
    pub power: f64,
    pub basis: Basis,
}

impl Question {
    pub fn is_ridged(&self) -> bool {
        self.ridge > 0.0 || self.covariance_ridge > 0.0
    }

    /// The numbers of rows to forecast for: now, the others, those of a picture.
    pub fn samples(&self) -> impl Iterator<Item = usize> {
        let others = self.others.iter().chain(&self.curve);
        std::iter::once(self.now).chain(others.copied())
    }

    /// Every step with a ridge gamma and with the covariance ridge.
    pub fn steps(&self, ridge: f64) -> Vec<(NoiseLevel, f64)> {
        let gamma = |level: &NoiseLevel| ridge + level.alpha_bar() * self.covariance_ridge;
        self.levels
            .iter()
            .map(|level| (*level, gamma(level)))
            .collect()
    }

    /// What these rows say. The numbers of rows stay those of all rows, even if some are left out.
    pub fn answer(&self, rows: &LeaveOneOut) -> Result<Answer, ForecastError> {
        let transport = Transport::new(rows, RowWeights::Own, &self.steps(self.ridge))?;
        let asked = 1 + self.others.len();
        let at = |(index, samples): (usize, usize)| {
            let losses = |rule| transport.losses(samples as f64, rule);
            let logit = losses(TailRule::Logit)?;
            // Without a tail both rules give the same.
            let power = if logit.is_identified() {
                logit.clone()
            } else {
                losses(TailRule::Power)?
            };
            // Those of a picture have none.
            let wanted = !self.is_ridged() && index < asked;
            Ok(AtSamples {
                test: Loss::of(&logit, &power),
                kl: if wanted {
                    rows.divergences(samples as f64)
                } else {
                    None
                },
            })
        };
        Ok(Answer {
            oracle: Loss::of(
                &transport.oracle(TailRule::Logit),
                &transport.oracle(TailRule::Power),
            ),
            with_samples: self
                .samples()
                .enumerate()
                .map(at)
                .collect::<Result<_, ForecastError>>()?,
        })
    }
}

impl Loss {
    fn of(logit: &MovedLosses, power: &MovedLosses) -> Self {
        Self {
            value: logit.mean_test_loss(),
            power: power.mean_test_loss(),
            basis: if logit.is_identified() {
                Basis::Identified
            } else {
                Basis::Extrapolated
            },
        }
    }
}

/// The answers of all rows, and of the rows without each of the parts.
pub(super) struct Answers {
    pub whole: Answer,
    pub parts: Vec<Answer>,
}

impl Answers {
    /// A loss with its interval.
    pub fn loss(&self, of: impl Fn(&Answer) -> Loss) -> Forecasted {
        let whole = of(&self.whole);
        let spread = Spread {
            value: whole.value,
            power: whole.power,
            parts: self.parts.iter().map(|part| of(part).value).collect(),
        };
        forecasted(&spread, whole.basis).unwrap_or(Forecasted {
            // No loss of ours is below 0 or not finite.
            value: whole.value,
            low: 0.0,
            high: f64::INFINITY,
            basis: whole.basis,
        })
    }

    /// The test loss with the k-th number of rows minus the oracle's, `value` of all rows.
    pub fn excess(&self, k: usize, value: f64) -> Quantity {
        let excess = |answer: &Answer| answer.with_samples[k].test.value - answer.oracle.value;
        let (test, oracle) = (self.whole.with_samples[k].test, self.whole.oracle);
        let found = excess(&self.whole);
        let spread = Spread {
            value,
            power: value / found * (test.power - oracle.power),
            parts: self.parts.iter().map(excess).collect(),
        };
        let basis = if test.basis == Basis::Identified {
            oracle.basis
        } else {
            test.basis
        };
        forecasted(&spread, basis).map_or_else(
            || Quantity::unknown("it is less than the rows resolve"),
            Quantity::Known,
        )
    }

    /// A quantity that some sets of rows do not give.
    pub fn quantity(&self, of: impl Fn(&Answer) -> Option<f64>) -> Option<Forecasted> {
        let value = of(&self.whole)?;
        let parts = self.parts.iter().map(|part| of(part).unwrap_or(f64::NAN));
        let spread = Spread {
            value,
            power: value,
            parts: parts.collect(),
        };
        forecasted(&spread, Basis::Identified)
    }
}

fn forecasted(spread: &Spread, basis: Basis) -> Option<Forecasted> {
    let (low, high) = spread.interval()?;
    Some(Forecasted {
        value: spread.value,
        low,
        high,
        basis,
    })
}
