//! Can the rows be trusted to say what other rows will do?
//!
//! Leave-one-out takes each row for a new one. That is wrong if rows that stand near each other are alike, or if some
//! are copies of others. Its intervals are wrong if a few rows carry the loss.

mod copies;
mod neighbours;
mod order;
mod outliers;
mod sentences;
mod sketch;
mod units;

use serde::Serialize;

use self::sketch::Sketch;
use self::units::Units;
use super::error::{ForecastError, LEAST_ROWS};
use crate::data::Rows;
use crate::diffusion::NoiseLevel;
use crate::theory::{LeaveOneOut, RowGroups};

pub use copies::Copies;
pub use order::RowOrder;
pub use outliers::Concentration;

/// What the checks of the rows found. Rows are counted from 0, without a header.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowChecks {
    /// Whether the order of the rows is random, or that of their groups by first rows.
    pub order: RowOrder,
    /// The loss with each of ten blocks of consecutive rows left out, if the order is not random.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks_left_out: Option<LeftOutTogether>,
    /// Copies and near-copies, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<Copies>,
    /// The loss with the copies of a row left out together with it, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies_left_out: Option<LeftOutTogether>,
    /// How the loss is shared among the rows.
    pub concentration: Concentration,
    /// The test loss without the rows that are far from the others, if there are any and enough others for a forecast:
    /// they are neither trained on, nor tested, nor do they count in the scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_loss_without_far_rows: Option<f64>,
}

/// The mean test loss on rows that were left out together with others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LeftOutTogether {
    /// The test loss, per component, averaged over rows and steps.
    pub test_loss: f64,
    /// The test loss with random sets of as many rows left out instead.
    pub test_loss_at_random: f64,
}

/// The rows to check.
pub(super) struct Checked<'a> {
    /// The rows in the order of their file, in the unit of the losses.
    pub rows: &'a Rows,
    /// The group of each row, numbered from 0 by first rows. Without them each row is a group.
    pub groups: Option<&'a [usize]>,
    /// The rows, decomposed.
    pub left_out: &'a LeaveOneOut,
    /// The noise levels with their ridges.
    pub steps: &'a [(NoiseLevel, f64)],
    /// The loss on each row, left out alone or with its group, averaged over the steps.
    pub losses: &'a [f64],
    /// The seed of random orders and directions.
    pub seed: u64,
}

impl Checked<'_> {
    /// Checks the rows. `without` gives the mean test loss of the rows that remain without some.
    ///
    /// # Errors
    /// Those of `without`, which is called only if rows are far from the others; numbers too extreme for a
    /// factorisation.
    pub fn checks(
        &self,
        without: impl Fn(&[usize]) -> Result<f64, ForecastError>,
    ) -> Result<RowChecks, ForecastError> {
        let sketch = Sketch::new(self.left_out, self.seed);
        let units = Units::new(self.rows.count(), self.groups);
        let copies = Copies::of(self.rows, &sketch, &units, self.seed);
        // Copies that follow each other are named as copies.
        let apart = match &copies {
            Some(copies) => units.united(&copies.sets),
            None => units.clone(),
        };
        let order = RowOrder::of(&sketch, &apart, self.seed);
        let concentration = Concentration::of(self.losses);
        let blocks = order
            .is_not_random()
            .then(|| self.together(&apart, &order::blocks(apart.count())));
        let families = copies
            .as_ref()
            .map(|copies| self.together(&units, &copies.sets));
        let far = &concentration.far_rows;
        let enough = self.rows.count() - far.len() >= LEAST_ROWS;
        let far = (!far.is_empty() && enough).then(|| without(far));
        Ok(RowChecks {
            order,
            blocks_left_out: blocks.transpose()?,
            copies,
            copies_left_out: families.transpose()?,
            concentration,
            test_loss_without_far_rows: far.transpose()?,
        })
    }

    /// The mean loss with sets of units left out together, and with random sets instead. By how much it is higher is
    /// computed at some of the steps.
    fn together(
        &self,
        units: &Units,
        sets: &[Vec<usize>],
    ) -> Result<LeftOutTogether, ForecastError> {
        let steps = some_of(self.steps);
        let apart = match self.groups {
            None => self.left_out.losses(&steps).by_row,
            Some(groups) => {
                let groups = RowGroups::of(groups);
                self.left_out.losses_without_groups(&groups, &steps)?.by_row
            }
        };
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
        let loss = |sets: &[Vec<usize>]| {
            let sets = units.rows_of(sets);
            let mut losses = apart.clone();
            let found = self.left_out.losses_on_groups(&sets, &steps)?;
            for (&row, loss) in sets.iter().flatten().zip(found.iter().flatten()) {
                losses[row] = *loss;
            }
            Ok::<_, ForecastError>(mean(self.losses) * mean(&losses) / mean(&apart))
        };
        Ok(LeftOutTogether {
            test_loss: loss(sets)?,
            test_loss_at_random: loss(&units.at_random(sets, self.seed))?,
        })
    }
}

/// At most 20 of the steps, spread over the schedule.
fn some_of(steps: &[(NoiseLevel, f64)]) -> Vec<(NoiseLevel, f64)> {
    const MOST: usize = 20;
    let count = steps.len().min(MOST);
    let at = |i: usize| steps[((2 * i + 1) * steps.len()) / (2 * count)];
    (0..count).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    /// Rows for tests.
    pub(super) struct Drawn {
        pub rows: Rows,
    }

    impl Drawn {
        pub fn count(&self) -> usize {
            self.rows.count()
        }

        pub fn sketch(&self) -> Sketch {
            let rows = LeaveOneOut::new(self.rows.as_matrix()).unwrap();
            Sketch::new(&rows, 1)
        }
    }

    pub(super) fn gaussian(random: &mut ChaCha8Rng) -> f64 {
        StandardNormal.sample(random)
    }

    /// Rows whose numbers are drawn one after another; `number` is told that of the row before in the same column.
    pub(super) fn drawn(
        rows: usize,
        dim: usize,
        seed: u64,
        mut number: impl FnMut(&mut ChaCha8Rng, f64) -> f64,
    ) -> Drawn {
        let mut random = stream(seed, Purpose::Data, 0);
        let mut values = Vec::with_capacity(rows * dim);
        for i in 0..rows * dim {
            let before = if i < dim {
                gaussian(&mut random)
            } else {
                values[i - dim]
            };
            values.push(number(&mut random, before));
        }
        let rows = Rows::new(values, dim);
        Drawn { rows }
    }
}
