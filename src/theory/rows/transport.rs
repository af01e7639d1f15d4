//! The losses with another number of rows, from the rows at hand.

use super::edge::{Edge, Tail, TailRule};
use super::leave_one_out::LeaveOneOut;
use super::moved::Moved;
use super::ridge_curve::{Losses, RidgeCurve};
use super::search::Search;
use super::shown::{RowWeights, Shown};
use super::spread::{SpreadOnGrid, WeightSpread};
use crate::diffusion::NoiseLevel;
use crate::parallel;
use crate::theory::ensemble::non_negative;
use crate::theory::{Mean, TheoryError};

/// The distance of the points at which rows are evaluated, in `log z`.
const STEP: f64 = 0.35;
/// Points beyond the ridges that are wanted.
const MARGIN: f64 = 2.0 * STEP;
/// The least ridge at which rows are evaluated, in units of their mean variance: a limit `z -> 0`.
const LEAST_RIDGE: f64 = 1e-7;
/// Below this nothing changes, and differences of degrees of freedom are rounding errors.
const FLOOR: f64 = 1e-12;

/// Forecasts of the losses with M rows from N rows, without a truth and without held-out rows.
///
/// The rows are elliptical: `x_i = m + sqrt(w_i) Sigma^(1/2) zeta_i`, with any weights and any Sigma. At each ridge z,
/// leave-one-out shows their effective ridge kappa, the degrees of freedom `df1(kappa)` and the weights. M rows with
/// the same spectrum have the same kappa at another ridge z'. For M = N - 1 this is the mean leave-one-out loss
/// exactly, for infinite M the oracle's.
///
/// With fewer rows than dimensions, small ridges of M > N rows depend on eigenvalues that the rows do not show. Below
/// that [`Edge`] the losses are extrapolated, and marked so. Past the paper ([`equations`](crate::equations) section
/// 9).
///
/// The rows are evaluated at about 60 ridges, at the cost of as many noise levels of
/// [`LeaveOneOut::losses`]. About `1500 N` bytes are held, at most 7 MB: of more than 4096 rows, those that are nearly
/// alike are taken together.
///
/// ```
/// use lindiff::data::Rows;
/// use lindiff::diffusion::NoiseLevel;
/// use lindiff::theory::{LeaveOneOut, RowWeights, TailRule, Transport};
///
/// let rows = Rows::new((0..60).map(|i| f64::from((i * i) % 17)).collect(), 3);
/// let rows = LeaveOneOut::new(rows.as_matrix())?;
/// let steps = [(NoiseLevel::from_alpha_bar(0.5).unwrap(), 0.0)];
/// let transport = Transport::new(&rows, RowWeights::Own, &steps)?;
/// let twice = transport.losses(40.0, TailRule::Logit)?;
/// assert!(twice.is_identified());
/// assert!(twice.mean_test_loss() < rows.losses(&steps).mean());
/// # Ok::<(), lindiff::theory::TheoryError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Transport<'a> {
    rows: &'a LeaveOneOut,
    weights: RowWeights,
    levels: Vec<Level>,
    /// Evenly spaced in `log z`.
    grid: Vec<Shown>,
    /// The spread of the weights at each point of the grid.
    spreads: Vec<WeightSpread>,
    edge: Option<Edge>,
}

/// A noise level `z0 = (1 - ab)/ab` and the ridge `z = z0 + gamma/ab` there.
#[derive(Debug, Clone, Copy)]
struct Level {
    noise: f64,
    ridge: f64,
}

/// The losses with M rows, per component.
#[derive(Debug, Clone, PartialEq)]
pub struct MovedLosses {
    /// At each step, the train loss.
    pub train_loss: Vec<f64>,
    /// At each step, the test loss.
    pub test_loss: Vec<f64>,
    /// At each step, whether the rows determine the losses; else they are extrapolated.
    pub identified: Vec<bool>,
}

impl MovedLosses {
    /// The mean train loss over the steps.
    pub fn mean_train_loss(&self) -> f64 {
        self.train_loss.iter().sum::<f64>() / self.train_loss.len() as f64
    }

    /// The mean test loss over the steps.
    pub fn mean_test_loss(&self) -> f64 {
        self.test_loss.iter().sum::<f64>() / self.test_loss.len() as f64
    }

    /// Whether the rows determine the losses at every step.
    pub fn is_identified(&self) -> bool {
        self.identified.iter().all(|&identified| identified)
    }
}

impl<'a> Transport<'a> {
    /// Evaluates the rows for the given steps, each with its noise level and its ridge
    /// `gamma_t = ridge + alpha_bar_t covariance_ridge`.
    ///
    /// # Errors
    /// Fewer than 3 rows, rows that are all equal, no step, or a ridge below 0.
    pub fn new(
        rows: &'a LeaveOneOut,
        weights: RowWeights,
        steps: &[(NoiseLevel, f64)],
    ) -> Result<Self, TheoryError> {
        check(rows, steps)?;
        let level = |(level, gamma): &(NoiseLevel, f64)| Level {
            noise: level.noise_to_signal(),
            ridge: level.noise_to_signal() + gamma / level.alpha_bar(),
        };
        let levels: Vec<Level> = steps.iter().map(level).collect();
        let least = levels.iter().fold(f64::INFINITY, |a, l| a.min(l.noise));
        let largest = levels.iter().fold(0.0, |a: f64, l| a.max(l.ridge));
        let low = least_ridge(rows, weights, least).ln();
        let high = largest.ln() + MARGIN;
        let count = ((high - low) / STEP).ceil() as usize;
        let points: Vec<f64> = (0..=count).map(|k| (low + k as f64 * STEP).exp()).collect();
        let grid = rows.shown(&points, weights);
        let spreads = grid.iter().map(Shown::weight_spread).collect();
        let edge = match grid[0].kappa() > least {
            true => Edge::of(&grid, rows.dim() as f64),
            false => None,
        };
        Ok(Self {
            rows,
            weights,
            levels,
            grid,
            spreads,
            edge,
        })
    }

    /// The end of what the rows show, if the least noise level lies below it: for some larger number of rows the losses
    /// are extrapolated.
    pub fn edge(&self) -> Option<Edge> {
        self.edge
    }

    /// The losses of the optimum on `samples` rows of this kind, whose mean is fitted; infinitely many give the loss
    /// without the error of a finite training set.
    ///
    /// # Errors
    /// Fewer than 2 rows.
    pub fn losses(&self, samples: f64, rule: TailRule) -> Result<MovedLosses, TheoryError> {
        if samples.is_nan() || samples < 2.0 {
            return Err(TheoryError::Samples {
                samples,
                mean: Mean::Fitted,
                least: 2,
            });
        }
        Ok(self.at_levels(samples, rule, &self.levels))
    }

    /// The losses of the oracle, `df1((1 - ab)/ab)/d`, without any ridge.
    pub fn oracle(&self, rule: TailRule) -> MovedLosses {
        let bare = |level: &Level| Level {
            ridge: level.noise,
            ..*level
        };
        let levels: Vec<Level> = self.levels.iter().map(bare).collect();
        self.at_levels(f64::INFINITY, rule, &levels)
    }

    fn at_levels(&self, samples: f64, rule: TailRule, levels: &[Level]) -> MovedLosses {
        let [least, largest] = log_range(levels);
        let (curve, tail) = if samples < self.grid[0].samples {
            (self.fewer(samples, least, largest), None)
        } else {
            let curve = self.more(samples);
            let tail = self.tail(samples, rule, curve.least(), least);
            (curve, tail)
        };
        let dim = self.rows.dim() as f64;
        let mut found = MovedLosses {
            train_loss: Vec::with_capacity(levels.len()),
            test_loss: Vec::with_capacity(levels.len()),
            identified: Vec::with_capacity(levels.len()),
        };
        for level in levels {
            let log_ridge = level.ridge.ln();
            let (curve, identified) = match &tail {
                Some(tail) if log_ridge < curve.least() => (tail, false),
                _ => (&curve, true),
            };
            let Losses { train, test } = curve.at(log_ridge).losses(level.noise / level.ridge, dim);
            found.train_loss.push(train);
            found.test_loss.push(test);
            found.identified.push(identified);
        }
        found
    }

    /// The losses below the edge, if one of the ridges is there.
    fn tail(&self, samples: f64, rule: TailRule, least: f64, wanted: f64) -> Option<RidgeCurve> {
        let edge = self.edge?;
        let tail = Tail {
            edge,
            rule,
            shown: &self.grid[0],
            weights: self.spreads[0],
        };
        match wanted < least && samples > self.grid[0].samples {
            true => tail.curve(samples, wanted),
            false => None,
        }
    }

    /// At least as many rows: every point of the grid has its z'.
    fn more(&self, samples: f64) -> RidgeCurve {
        let spread = self.spread(samples);
        let moved = parallel::map(0..self.grid.len(), |k| {
            let shown = &self.grid[k];
            let moved = shown.moved(samples, spread.at(shown.ridge))?;
            Some((shown.ridge.ln(), moved))
        });
        RidgeCurve::along(&moved.into_iter().flatten().collect::<Vec<_>>())
    }

    /// Fewer rows: z' goes to 0 at some z > 0, so the rows are evaluated at other z, which give evenly spaced `log z'`.
    fn fewer(&self, samples: f64, least: f64, largest: f64) -> RidgeCurve {
        let spread = self.spread(samples);
        let moved = |shown: &Shown| shown.moved(samples, spread.at(shown.ridge));
        let at = |log_ridges: &[f64]| -> Vec<Option<Moved>> {
            let ridges: Vec<f64> = log_ridges.iter().map(|u| u.exp()).collect();
            let shown = self.rows.shown(&ridges, self.weights);
            shown.iter().map(moved).collect()
        };
        let known = self
            .grid
            .iter()
            .map(|shown| (shown.ridge.ln(), moved(shown)));
        let mut search = Search::new(known.collect());
        let count = ((largest - least) / STEP).ceil() as usize + 2;
        let wanted: Vec<f64> = (0..=count)
            .map(|k| least + (k as f64 - 1.0) * STEP)
            .collect();
        search.reach(wanted[count], at);
        RidgeCurve::by_ridge(&search.near(&wanted, at), true)
    }

    fn spread(&self, samples: f64) -> SpreadOnGrid {
        let factors = parallel::map(0..self.grid.len(), |k| {
            self.grid[k].spread_factor(samples, self.spreads[k])
        });
        SpreadOnGrid::new(self.grid[0].ridge.ln(), STEP, factors.into_iter())
    }
}

/// The least and the largest `log z` of some levels.
fn log_range(levels: &[Level]) -> [f64; 2] {
    let ridges = || levels.iter().map(|level| level.ridge);
    [
        ridges().fold(f64::INFINITY, f64::min).ln(),
        ridges().fold(0.0, f64::max).ln(),
    ]
}

fn check(rows: &LeaveOneOut, steps: &[(NoiseLevel, f64)]) -> Result<(), TheoryError> {
    if rows.samples() < 3 {
        return Err(TheoryError::Samples {
            samples: rows.samples() as f64,
            mean: Mean::Fitted,
            least: 3,
        });
    }
    if rows.rank() == 0 || steps.is_empty() {
        return Err(TheoryError::Unsupported {
            what: "a forecast from rows",
            needs: "rows that are not all equal, and at least one step",
        });
    }
    for (_, gamma) in steps {
        non_negative("gamma", *gamma)?;
    }
    Ok(())
}

/// The least ridge at which the rows are evaluated. It stands for z = 0, unless the others always span all dimensions:
/// then it is small enough for any number of rows.
fn least_ridge(rows: &LeaveOneOut, weights: RowWeights, wanted: f64) -> f64 {
    let variance = rows.eigenvalues().iter().sum::<f64>() / rows.dim() as f64;
    let floor = FLOOR * variance;
    let mut least = (LEAST_RIDGE * variance)
        .min(wanted * (-MARGIN).exp())
        .max(floor);
    let spanned = rows.rank() == rows.dim() && rows.samples() >= rows.dim() + 2;
    while spanned && least > floor && rows.shown(&[least], weights)[0].kappa() > wanted {
        least *= 0.1;
    }
    least
}

#[cfg(test)]
mod tests;
