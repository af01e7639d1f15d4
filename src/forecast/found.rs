//! What was found for each number of rows, with its interval.

use super::checks::GroupsLeftOut;
use super::divergence::Divergences;
use super::error::ForecastError;
use super::gaussian::GaussianRows;
use super::question::{Answers, Question};
use super::result::{CurvePoint, Forecasted, WithSamples};

/// The answers of all rows and of the rows without each part, and the question.
pub(super) struct Found<'a> {
    pub answers: Answers,
    pub question: &'a Question,
    pub divergences: Divergences,
}

impl Found<'_> {
    /// With the rows as they are: the test loss is that of rows that are left out alone, or of groups. With groups, new
    /// rows are of new groups; the others are trained on.
    pub fn now(
        &self,
        rows: usize,
        alone: Forecasted,
        groups: Option<&GroupsLeftOut>,
    ) -> WithSamples {
        let (left_out, test_loss) = match groups {
            Some(groups) => (rows.div_ceil(groups.groups), groups.into()),
            None => (1, alone),
        };
        let excess = test_loss.value - self.answers.whole.oracle.value;
        self.with_samples(0, rows - left_out, test_loss, excess)
    }

    /// With other numbers of rows.
    pub fn others(&self) -> Vec<WithSamples> {
        let one = |(index, &samples): (usize, &usize)| {
            let (k, whole) = (1 + index, &self.answers.whole);
            let excess = whole.with_samples[k].test.value - whole.oracle.value;
            self.with_samples(k, samples, self.test_loss(k), excess)
        };
        self.question.others.iter().enumerate().map(one).collect()
    }

    /// With the numbers of rows of a picture.
    pub fn curve(&self, gaussian: &GaussianRows<'_>) -> Result<Vec<CurvePoint>, ForecastError> {
        let first = 1 + self.question.others.len();
        let one = |(index, &samples): (usize, &usize)| {
            Ok(CurvePoint {
                samples,
                test_loss: self.test_loss(first + index),
                gaussian: gaussian.test_loss(samples as f64)?,
            })
        };
        self.question.curve.iter().enumerate().map(one).collect()
    }

    fn test_loss(&self, k: usize) -> Forecasted {
        self.answers.loss(|answer| answer.with_samples[k].test)
    }

    fn with_samples(
        &self,
        k: usize,
        samples: usize,
        test_loss: Forecasted,
        excess: f64,
    ) -> WithSamples {
        let (kl_true_sampled, kl_sampled_true) = self.divergences.both(&self.answers, k, samples);
        WithSamples {
            samples,
            test_loss,
            excess_loss: self.answers.excess(k, excess),
            kl_true_sampled,
            kl_sampled_true,
            w2: self.divergences.wasserstein(k),
        }
    }
}
