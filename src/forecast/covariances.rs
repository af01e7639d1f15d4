//! Which covariance is best for these rows? Denoisers that are built on several, each tested on the tenths of the rows
//! that it has not seen.

use super::choice::{WORTH_IT, best_covariance_ridge, best_ridge};
use super::error::ForecastError;
use super::question::Question;
use super::result::{Covariances, OfCovariance};
use crate::data::Rows;
use crate::denoiser::losses_on_rows;
use crate::diffusion::NoiseLevel;
use crate::gaussian::{Covariance, SampleCovariance};
use crate::text::statistics::student;
use crate::text::{number, pasted};
use crate::theory::LeaveOneOut;

/// The name of the sample's covariance with the ridge of the lowest leave-one-out loss.
const BEST_RIDGE: &str = "best-ridge";
/// The name of the sample's covariance plus the multiple of the identity of the lowest leave-one-out loss.
const BEST_COVARIANCE_RIDGE: &str = "best-covariance-ridge";
/// The number of candidates with a ridge. The best ridge is the first.
const RIDGES: usize = 2;
/// The probability that an interval misses; of the differences, that any of them does.
const MISSED: f64 = 0.05;

/// The losses of each candidate by row, as they come in fold by fold.
pub(super) struct Folds<'a> {
    rows: &'a Rows,
    question: &'a Question,
    covariances: &'a [Covariance],
    /// For each candidate, the loss on each row.
    losses: Vec<Vec<f64>>,
    /// The rows of each fold.
    folds: Vec<Vec<usize>>,
}

/// What a denoiser is built on.
struct Candidate<'a> {
    name: &'a str,
    covariance: &'a Covariance,
    ridge: f64,
    covariance_ridge: f64,
}

impl<'a> Folds<'a> {
    pub fn new(rows: &'a Rows, question: &'a Question, covariances: &'a [Covariance]) -> Self {
        Self {
            rows,
            question,
            covariances,
            losses: vec![vec![f64::NAN; rows.count()]; RIDGES + covariances.len()],
            folds: Vec::new(),
        }
    }

    /// The sample's covariance with the ridges of the lowest leave-one-out loss of some rows; then the covariances.
    fn candidates(&self, rows: &LeaveOneOut) -> Vec<Candidate<'a>> {
        let question = self.question;
        let (ridge, covariance_ridge) = (question.ridge, question.covariance_ridge);
        let of = |name, covariance| Candidate {
            name,
            covariance,
            ridge,
            covariance_ridge,
        };
        let best = [
            Candidate {
                ridge: best_ridge(rows, &question.levels, covariance_ridge),
                ..of(BEST_RIDGE, &Covariance::Empirical)
            },
            Candidate {
                covariance_ridge: best_covariance_ridge(rows, &question.levels, ridge),
                ..of(BEST_COVARIANCE_RIDGE, &Covariance::Empirical)
            },
        ];
        let named = self.covariances.iter().map(|c| of(c.name(), c));
        best.into_iter().chain(named).collect()
    }

    /// Tests one fold on the denoisers of the other rows, which `others` has left out in turn. Without covariances
    /// there is nothing to do.
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
        let candidates = self.candidates(others);
        for (losses, candidate) in self.losses.iter_mut().zip(candidates) {
            let estimate = sample.estimate(candidate.covariance)?;
            let gamma = |level: &NoiseLevel| {
                candidate.ridge + level.alpha_bar() * candidate.covariance_ridge
            };
            let levels = self.question.levels.iter();
            let steps: Vec<_> = levels.map(|level| (*level, gamma(level))).collect();
            let found = losses_on_rows(&estimate, fresh.as_matrix(), &steps);
            for (&row, loss) in tested.iter().zip(found) {
                losses[row] = loss;
            }
        }
        self.folds.push(tested);
        Ok(())
    }

    /// What was found; `whole` is all rows, `more` are further settings that training needs for the same problem, if
    /// any is to be advised. `None` without covariances.
    pub fn compared(
        self,
        whole: &LeaveOneOut,
        more: Option<&str>,
    ) -> Result<Option<Covariances>, ForecastError> {
        if self.covariances.is_empty() {
            return Ok(None);
        }
        let sample = SampleCovariance::new(self.rows.as_matrix(), None)?;
        let mut compared = Vec::new();
        for (losses, candidate) in self.losses.iter().zip(self.candidates(whole)) {
            let (ridge, covariance_ridge) = match candidate.name {
                BEST_RIDGE => (Some(candidate.ridge), None),
                BEST_COVARIANCE_RIDGE => (None, Some(candidate.covariance_ridge)),
                _ => (None, None),
            };
            let keys = [("ridge", ridge), ("covariance_ridge", covariance_ridge)];
            let set = more.and_then(|more| {
                let (key, value) = keys
                    .into_iter()
                    .find_map(|(key, value)| Some((key, value.filter(|v| *v > 0.0)?)))?;
                Some(format!("--set training.{key}={}{more}", pasted(value)))
            });
            compared.push(OfCovariance {
                shrinkage: sample.estimate(candidate.covariance)?.shrinkage(),
                ridge,
                covariance_ridge,
                set,
                ..self.measured(candidate.name, losses)
            });
        }
        Ok(Some(Covariances {
            folds: self.folds.len(),
            best: best(&compared).map(|c| c.name.clone()),
            compared,
        }))
    }

    fn measured(&self, name: &str, losses: &[f64]) -> OfCovariance {
        let pairs = losses.iter().zip(&self.losses[0]);
        let differences: Vec<f64> = pairs.map(|(loss, reference)| loss - reference).collect();
        let comparisons = (self.losses.len() - 1) as f64;
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
            shrinkage: None,
            ridge: None,
            covariance_ridge: None,
            set: None,
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
    /// Which covariance has the lowest test loss, in a sentence.
    pub(super) fn sentence(&self) -> String {
        let (first, second) = leading(&self.compared);
        let range = |low: f64, high: f64| format!("[{}, {}]", number(low), number(high));
        let (apart, range, other) = if first.ridge.is_some() {
            let range = range(second.difference_low, second.difference_high);
            (second.difference, range, called(second))
        } else {
            let range = range(-first.difference_high, -first.difference_low);
            (-first.difference, range, called(first))
        };
        let (apart, folds) = (number(apart), self.folds);
        match (first.ridge, &self.best) {
            (Some(_), Some(_)) => format!(
                "Of the covariances the sample's with the best ridge has the lowest test loss: that of the next, \
                 {other}, is {apart} {range} higher ({folds}-fold)."
            ),
            (Some(_), None) => format!(
                "No covariance is seen to be better than the sample's with the best ridge: the test loss of the \
                 nearest, {other}, is {apart} {range} higher ({folds}-fold)."
            ),
            (None, Some(_)) => format!(
                "Of the covariances {other} has the lowest test loss: {apart} {range} below that of the sample's with \
                 the best ridge ({folds}-fold){}",
                match &first.set {
                    Some(set) => format!(": {set}"),
                    None => ".".to_owned(),
                }
            ),
            (None, None) => format!(
                "No difference is seen between the sample's covariance with the best ridge and {other}, whose test \
                 loss is {apart} {range} lower ({folds}-fold)."
            ),
        }
    }
}

fn called(one: &OfCovariance) -> String {
    match one.covariance_ridge {
        Some(c) => format!("the sample's with the covariance ridge {}", number(c)),
        None => one.name.clone(),
    }
}
