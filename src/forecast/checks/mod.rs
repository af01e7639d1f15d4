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
use crate::text::statistics::student;
use crate::theory::LeaveOneOut;

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
    /// The loss with each group left out as a whole, if there are groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups_left_out: Option<GroupsLeftOut>,
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

/// The mean test loss on groups of rows that were left out as a whole: on rows of new groups.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GroupsLeftOut {
    /// The number of groups.
    pub groups: usize,
    /// The number of rows of the smallest group.
    pub smallest: usize,
    /// The number of rows of the largest group.
    pub largest: usize,
    /// The loss.
    #[serde(flatten)]
    pub losses: LeftOutTogether,
    /// The lower end of the 95 % interval of the test loss, by Student's rule for independent groups.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
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
    /// The loss on each row, left out alone, averaged over the steps.
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
        let grouped = self.groups.map(|_| self.groups_left_out(&units));
        let far = &concentration.far_rows;
        let enough = self.rows.count() - far.len() >= LEAST_ROWS;
        let far = (!far.is_empty() && enough).then(|| without(far));
        Ok(RowChecks {
            order,
            blocks_left_out: blocks.transpose()?,
            copies,
            copies_left_out: families.transpose()?,
            groups_left_out: grouped.transpose()?,
            concentration,
            test_loss_without_far_rows: far.transpose()?,
        })
    }

    /// The mean loss with sets of units left out together, and with random sets instead; the other units are left out
    /// one by one.
    fn together(
        &self,
        units: &Units,
        sets: &[Vec<usize>],
    ) -> Result<LeftOutTogether, ForecastError> {
        let some = AtSomeSteps::of(self);
        let apart = match self.groups {
            None => some.alone.clone(),
            Some(_) => some.losses(units.members())?,
        };
        let loss = |sets: &[Vec<usize>]| {
            let sets = units.rows_of(sets);
            Ok::<_, ForecastError>(mean(&some.replaced(&apart, &sets)?))
        };
        Ok(LeftOutTogether {
            test_loss: loss(sets)?,
            test_loss_at_random: loss(&units.at_random(sets, self.seed))?,
        })
    }

    /// The mean loss with each unit left out as a whole. With the sums of its group g over the rows,
    ///
    /// ```text
    /// se^2 = G/(G - 1) sum_g ( sum_(i in g) (loss_i - mean) )^2 / N^2
    /// ```
    fn groups_left_out(&self, units: &Units) -> Result<GroupsLeftOut, ForecastError> {
        let some = AtSomeSteps::of(self);
        let (groups, rows) = (units.members(), Units::new(self.rows.count(), None));
        let losses = some.losses(groups)?;
        let (test_loss, count) = (mean(&losses), groups.len());
        let squares = groups.iter().map(|group| {
            let beyond: f64 = group.iter().map(|&row| losses[row] - test_loss).sum();
            beyond * beyond
        });
        let total = squares.sum::<f64>() * count as f64 / (count as f64 - 1.0);
        let half = student(0.05, count) * total.sqrt() / losses.len() as f64;
        let sizes = groups.iter().map(Vec::len);
        Ok(GroupsLeftOut {
            groups: count,
            smallest: sizes.clone().min().unwrap_or(0),
            largest: sizes.max().unwrap_or(0),
            losses: LeftOutTogether {
                test_loss,
                test_loss_at_random: mean(&some.losses(&rows.at_random(groups, self.seed))?),
            },
            low: (test_loss - half).max(0.0),
            high: test_loss + half,
        })
    }
}

/// Losses at some of the steps, times the ratio of the mean loss at all steps to that at these, rows left out alone.
struct AtSomeSteps<'a> {
    rows: &'a LeaveOneOut,
    steps: Vec<(NoiseLevel, f64)>,
    ratio: f64,
    /// The loss on each row, left out alone.
    alone: Vec<f64>,
}

impl<'a> AtSomeSteps<'a> {
    fn of(checked: &Checked<'a>) -> Self {
        let steps = some_of(checked.steps);
        let mut alone = checked.left_out.losses(&steps).by_row;
        let ratio = mean(checked.losses) / mean(&alone);
        alone.iter_mut().for_each(|loss| *loss *= ratio);
        Self {
            rows: checked.left_out,
            steps,
            ratio,
            alone,
        }
    }

    /// The loss on each row with sets of rows left out together, each row in one.
    fn losses(&self, sets: &[Vec<usize>]) -> Result<Vec<f64>, ForecastError> {
        self.replaced(&self.alone, sets)
    }

    /// Losses of which those of some sets of rows are replaced by what they are with the set left out.
    fn replaced(&self, losses: &[f64], sets: &[Vec<usize>]) -> Result<Vec<f64>, ForecastError> {
        let mut losses = losses.to_vec();
        let found = self.rows.losses_on_groups(sets, &self.steps)?;
        for (&row, loss) in sets.iter().flatten().zip(found.iter().flatten()) {
            losses[row] = loss * self.ratio;
        }
        Ok(losses)
    }
}

fn mean(losses: &[f64]) -> f64 {
    losses.iter().sum::<f64>() / losses.len() as f64
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
    use crate::theory::RowGroups;
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

    #[test]
    fn whole_groups_have_the_loss_of_new_ones_with_an_interval_that_counts_groups() {
        // 24 groups of 3 or 4 rows about a common centre, in any order.
        let centres = drawn(24, 20, 1, |random, _| gaussian(random));
        let groups: Vec<usize> = (0..84).map(|row| row * 11 % 24).collect();
        let mut place = 0;
        let rows = drawn(84, 20, 2, |random, _| {
            let centre = centres.rows.row(groups[place / 20])[place % 20];
            place += 1;
            centre + 0.3 * gaussian(random)
        });
        let level = |alpha_bar| NoiseLevel::from_alpha_bar(alpha_bar).unwrap();
        let steps: Vec<_> = (1..60)
            .map(|t| (level(1.0 - f64::from(t) / 60.0), 0.0))
            .collect();
        let left_out = LeaveOneOut::new(rows.rows.as_matrix()).unwrap();
        let losses = left_out.losses(&steps).by_row;
        let checks = |groups, steps| {
            let checked = Checked {
                rows: &rows.rows,
                groups,
                left_out: &left_out,
                steps,
                losses: &losses,
                seed: 1,
            };
            checked.checks(|_| unreachable!("no row is far")).unwrap()
        };
        assert_eq!(checks(None, &steps).groups_left_out, None);
        let found = checks(Some(&groups), &steps).groups_left_out.unwrap();
        assert_eq!((found.groups, found.smallest, found.largest), (24, 3, 4));
        let exact = left_out
            .losses_without_groups(&RowGroups::of(&groups), &steps)
            .unwrap();
        // At 20 of 59 steps, with the ratio of rows left out alone.
        approx::assert_relative_eq!(found.losses.test_loss, exact.mean(), max_relative = 2e-3);
        assert!(found.losses.test_loss > 1.05 * found.losses.test_loss_at_random);
        // Groups say less than as many independent rows: their interval is wider.
        let error = crate::text::statistics::mean_and_error(&losses).1.unwrap();
        assert!(found.high - found.low > 1.3 * 2.0 * 1.96 * error);
        assert!(found.low < found.losses.test_loss && found.losses.test_loss < found.high);
    }
}
