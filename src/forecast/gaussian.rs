//! What Gaussian rows with the same spectrum would do.

use super::question::Question;
use super::result::GaussianRule;
use crate::theory::{LeaveOneOut, RowWeights, TailRule, TheoryError, Transport};

/// The forecast if all rows counted alike, which is that of Gaussian rows.
pub(super) struct GaussianRows<'a> {
    transport: Transport<'a>,
    oracle: f64,
    now: usize,
}

impl<'a> GaussianRows<'a> {
    pub fn new(rows: &'a LeaveOneOut, question: &Question) -> Result<Self, TheoryError> {
        let steps = question.steps(question.ridge);
        let transport = Transport::new(rows, RowWeights::Equal, &steps)?;
        let oracle = transport.oracle(TailRule::Logit).mean_test_loss();
        Ok(Self {
            transport,
            oracle,
            now: question.now,
        })
    }

    /// The test loss with a number of rows.
    pub fn test_loss(&self, samples: f64) -> Result<f64, TheoryError> {
        Ok(self
            .transport
            .losses(samples, TailRule::Logit)?
            .mean_test_loss())
    }

    /// The number of Gaussian rows that have the same excess loss, by bisection. `None` if it is not between a
    /// hundredth and a hundred times the number of rows, or rests on an extrapolation.
    pub fn rule(&self, excess: f64) -> Result<Option<GaussianRule>, TheoryError> {
        const FARTHEST: f64 = 100.0;
        let now = self.now as f64;
        let more =
            |samples: f64| Ok::<bool, TheoryError>(self.test_loss(samples)? - self.oracle > excess);
        let (mut low, mut high) = if more(now)? {
            (now, now * FARTHEST)
        } else {
            ((now / FARTHEST).max(3.0), now)
        };
        if !more(low)? || more(high)? {
            return Ok(None);
        }
        while high / low > 1.0 + 1e-4 {
            let middle = (low * high).sqrt();
            if more(middle)? {
                low = middle
            } else {
                high = middle
            }
        }
        let identified = self.transport.losses(low, TailRule::Logit)?.is_identified();
        Ok(identified.then_some(GaussianRule {
            test_loss: self.test_loss(now)?,
            samples: low,
            times_fewer: now / low,
        }))
    }
}
