//! Which covariance is best for these rows? Denoisers that are built on several, each tested on the tenths of the rows
//! that it has not seen.

use super::choice::{WORTH_IT, best_ridge};
use super::error::ForecastError;
use super::question::Question;
use super::result::{Covariances, OfCovariance};
use crate::data::Rows;
use crate::denoiser::losses_on_rows;
use crate::gaussian::{Covariance, SampleCovariance};
use crate::text::number;
use crate::text::statistics::student;
use crate::theory::LeaveOneOut;

/// The name of the sample's covariance with the ridge of the lowest leave-one-out loss.
const BEST_RIDGE: &str = "best-ridge";
/// The probability that an interval misses; of the differences, that any of them does.
const MISSED: f64 = 0.05;

/// The losses of each candidate by row, as they come in fold by fold.
pub(super) struct Folds<'a> {
    rows: &'a Rows,
    question: &'a Question,
    covariances: &'a [Covariance],
    /// For each candidate, the loss on each row; the best ridge is the first.
    losses: Vec<Vec<f64>>,
    /// The rows of each fold.
    folds: Vec<Vec<usize>>,
}

impl<'a> Folds<'a> {
    pub fn new(rows: &'a Rows, question: &'a Question, covariances: &'a [Covariance]) -> Self {
        Self {
            rows,
            question,
            covariances,
            losses: vec![vec![f64::NAN; rows.count()]; 1 + covariances.len()],
            folds: Vec::new(),
        }
    }

    /// Tests one fold on the denoisers of the other rows, which `others` has left out in turn. The ridge is that of the
    /// lowest leave-one-out loss among the others. Without covariances there is nothing to do.
    pub fn test(
        &mut self,
        tested: Vec<usize>,
        train: &[usize],
        others: &LeaveOneOut,
    ) -> Result<(), ForecastError> {
        if self.covariances.is_empty() {
            return Ok(());
        }
        let (fresh, train) = (self.rows.select(&tested), self.rows.select(train));
        let sample = SampleCovariance::new(train.as_matrix(), None)?;
        let question = self.question;
        let ridge = best_ridge(others, &question.levels, question.covariance_ridge);
        let candidates = std::iter::once((&Covariance::Empirical, ridge))
            .chain(self.covariances.iter().map(|c| (c, question.ridge)));
        for (losses, (covariance, ridge)) in self.losses.iter_mut().zip(candidates) {
            let estimate = sample.estimate(covariance)?;
            let found = losses_on_rows(&estimate, fresh.as_matrix(), &question.steps(ridge));
            tested
                .iter()
                .zip(found)
                .for_each(|(&row, loss)| losses[row] = loss);
        }
        self.folds.push(tested);
        Ok(())
    }

    /// What was found; `whole` is all rows. `None` without covariances.
    pub fn compared(self, whole: &LeaveOneOut) -> Result<Option<Covariances>, ForecastError> {
        if self.covariances.is_empty() {
            return Ok(None);
        }
        let ridge = best_ridge(whole, &self.question.levels, self.question.covariance_ridge);
        let sample = SampleCovariance::new(self.rows.as_matrix(), None)?;
        let mut compared = vec![self.of(0, BEST_RIDGE, None, Some(ridge))];
        for (k, covariance) in self.covariances.iter().enumerate() {
            let shrinkage = sample.estimate(covariance)?.shrinkage();
            compared.push(self.of(1 + k, covariance.name(), shrinkage, None));
        }
        Ok(Some(Covariances {
            folds: self.folds.len(),
            best: best(&compared).map(|c| c.name.clone()),
            compared,
        }))
    }

    fn of(
        &self,
        candidate: usize,
        name: &str,
        shrinkage: Option<f64>,
        ridge: Option<f64>,
    ) -> OfCovariance {
        let losses = &self.losses[candidate];
        let pairs = losses.iter().zip(&self.losses[0]);
        let differences: Vec<f64> = pairs.map(|(loss, reference)| loss - reference).collect();
        let comparisons = self.covariances.len() as f64;
        let (test_loss, half) = self.mean(losses, MISSED);
        let (difference, apart) = self.mean(&differences, MISSED / comparisons);
        OfCovariance {
            name: name.to_owned(),
            test_loss,
            low: (test_loss - half).max(0.0),
            high: test_loss + half,
            difference,
            difference_low: difference - apart,
            difference_high: difference + apart,
            shrinkage,
            ridge,
        }
    }

    /// The mean over all rows, and the half-width of its interval. Folds may differ in size, so the mean is a ratio of
    /// sums over folds, with the standard error `sqrt(F/(F-1) sum_f e_f^2)`, `e_f = (1/N) sum_(i in f) (l_i - mean)`.
    fn mean(&self, by_row: &[f64], missed: f64) -> (f64, f64) {
        let (count, folds) = (by_row.len() as f64, self.folds.len() as f64);
        let mean = by_row.iter().sum::<f64>() / count;
        let square = |fold: &Vec<usize>| {
            let away: f64 = fold.iter().map(|&row| by_row[row] - mean).sum();
            (away / count).powi(2)
        };
        let squares: f64 = self.folds.iter().map(square).sum();
        let error = (folds / (folds - 1.0) * squares).sqrt();
        (mean, student(missed, self.folds.len()) * error)
    }
}

/// Those of the lowest and the second lowest test loss.
fn leading(compared: &[OfCovariance]) -> (&OfCovariance, &OfCovariance) {
    let mut sorted: Vec<&OfCovariance> = compared.iter().collect();
    // Among equals the best ridge is the first.
    sorted.sort_by(|a, b| a.test_loss.total_cmp(&b.test_loss));
    (sorted[0], sorted[1])
}

/// See [`Covariances::best`].
fn best(compared: &[OfCovariance]) -> Option<&OfCovariance> {
    let (first, second) = leading(compared);
    let worth = WORTH_IT * compared[0].test_loss;
    let seen = if first.ridge.is_some() {
        second.difference_low > 0.0 && second.difference >= worth
    } else {
        first.difference_high < 0.0 && first.difference <= -worth
    };
    seen.then_some(first)
}

impl Covariances {
    /// Which covariance is best for these rows, in a sentence.
    pub(super) fn sentence(&self) -> String {
        let (first, second) = leading(&self.compared);
        let folds = self.folds;
        let range = |low: f64, high: f64| format!("[{}, {}]", number(low), number(high));
        if first.ridge.is_some() {
            let (name, apart) = (&second.name, number(second.difference));
            let range = range(second.difference_low, second.difference_high);
            match self.best {
                Some(_) => format!(
                    "Of the covariances the sample's with the best ridge is best: the test loss of the next, {name}, is \
                     {apart} {range} higher ({folds}-fold)."
                ),
                None => format!(
                    "No covariance is seen to be better than the sample's with the best ridge: the test loss of the \
                     nearest, {name}, is {apart} {range} higher ({folds}-fold)."
                ),
            }
        } else {
            let (name, apart) = (&first.name, number(-first.difference));
            let range = range(-first.difference_high, -first.difference_low);
            match self.best {
                Some(_) => format!(
                    "Of the covariances {name} is best: its test loss is {apart} {range} lower than that of the sample's \
                     with the best ridge ({folds}-fold)."
                ),
                None => format!(
                    "No difference is seen between the sample's covariance with the best ridge and {name}, whose test \
                     loss is {apart} {range} lower ({folds}-fold)."
                ),
            }
        }
    }
}
