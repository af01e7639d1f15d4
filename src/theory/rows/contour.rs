//! The loss on each row of a model that was trained for a time on the others.

use std::sync::OnceLock;

use faer::c64;

use super::blocks::{Block, Summand};
use super::leave_one_out::LeaveOneOut;
use crate::diffusion::NoiseLevel;
use crate::parallel;
use crate::theory::lens::{STEEPEST, contour_points};
use crate::theory::{Estimated, Minimum, Progress, TheoryError, TrainedModel, minimise};

/// The ends of the lens are left out where they hold less than `exp(-32) = 1e-14` of the integral.
const REACH: f64 = 32.0;

/// Rows, each left out in turn, and a network `W_t = w_t(C_-i)` whose training time is not yet chosen. On a lens
/// around the spectra of all `C_-i`,
///
/// ```text
/// y' w(C_-i)^2 y = (1/pi) Im sum w(s)^2 q_i(-s) ds,   tr w(C_-i)^p = (1/pi) Im sum w(s)^p tr G_i(-s) ds   (p = 1, 2)
/// loss_i = (1/d) [ d - 2 r tr w + ab y' w^2 y + (1 - ab) tr w^2 ],   r = sqrt(1 - ab)
/// ```
///
/// where `q_i` and `G_i` are those of [`LeftOut`](super::LeftOut). The lens is that of [`Lens`](crate::theory::Lens),
/// from `-z/2` to `1.001 a s_1 + z/2`, with z the least `(1 - ab + gamma)/ab` of the steps. The same points serve every
/// step, time and row. 400 of them leave a relative error of about 1e-13, and 200 of 1e-5. Losses are per component.
/// Past the paper ([`equations`](crate::equations) section 9).
///
/// ```
/// use lindiff::config::Target;
/// use lindiff::data::Rows;
/// use lindiff::diffusion::NoiseLevel;
/// use lindiff::theory::{LeaveOneOut, Network, Progress, RowContour, TrainedModel};
///
/// let rows = Rows::from_slice(2, &[1.0, 0.0, -1.0, 0.3, 0.2, 2.0, 0.0, -2.0]);
/// let rows = LeaveOneOut::new(rows.as_matrix())?;
/// let model = TrainedModel {
///     steps: vec![(NoiseLevel::from_alpha_bar(0.9).unwrap(), 0.0)],
///     target: Target::Eps,
///     network: Network::PerStep { init: 0.0 },
///     progress: Progress::Converged,
/// };
/// let contour = RowContour::new(&rows, model, RowContour::NODES)?;
/// let best = contour.best_time()?;
/// // With four rows it pays to stop early.
/// assert!(best.value < contour.mean_loss(&Progress::Converged)?.value);
/// # Ok::<(), lindiff::theory::TheoryError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RowContour<'a> {
    rows: &'a LeaveOneOut,
    model: TrainedModel,
    /// The right end.
    high: f64,
    nodes: Vec<Node>,
    /// Of each node, once they are needed.
    means: OnceLock<Vec<LeftOutMeans>>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    s: c64,
    /// `ds/pi`
    weight: c64,
    /// `sum_j D_j + (d - r)/z`, the part of the trace that all rows share.
    shared: c64,
}

/// The means over the rows of `q_i(-s)` and `tr G_i(-s)`.
#[derive(Debug, Clone, Copy)]
struct LeftOutMeans {
    q: c64,
    trace: c64,
}

/// The factors of `q` and of `tr G` in a loss at a node, the weight of the node included.
#[derive(Debug, Clone, Copy)]
struct Factors {
    q: c64,
    trace: c64,
}

impl Factors {
    /// Those of the losses of all steps.
    fn of(model: &TrainedModel, node: &Node) -> Vec<Self> {
        let of_step = |(w, (level, _)): (c64, &(NoiseLevel, f64))| {
            let square = w * w;
            Self {
                q: node.weight * square * level.alpha_bar(),
                trace: node.weight
                    * (square * level.noise_variance() - w * (2.0 * level.noise_scale())),
            }
        };
        let weights = model.weights(node.s).into_iter();
        weights.zip(&model.steps).map(of_step).collect()
    }

    /// Those of the mean loss over all steps.
    fn mean(model: &TrainedModel, node: &Node) -> Self {
        let share = 1.0 / model.steps.len() as f64;
        let zero = c64::new(0.0, 0.0);
        let start = Self {
            q: zero,
            trace: zero,
        };
        let steps = Self::of(model, node).into_iter();
        steps.fold(start, |sum, step| Self {
            q: sum.q + step.q * share,
            trace: sum.trace + step.trace * share,
        })
    }

    fn term(&self, q: c64, trace: c64) -> f64 {
        (self.q * q + self.trace * trace).im
    }
}

/// A sum over the nodes, every other node by itself.
#[derive(Debug, Clone, Copy, Default)]
struct Halves([f64; 2]);

impl Halves {
    fn add(&mut self, node: usize, term: f64) {
        self.0[node % 2] += term;
    }

    /// The loss per component.
    fn loss(&self, dim: usize) -> Estimated<f64> {
        let [even, odd] = self.0;
        Estimated {
            value: 1.0 + (even + odd) / dim as f64,
            error: (even - odd).abs() / dim as f64,
        }
    }
}

fn together(losses: impl IntoIterator<Item = Estimated<f64>>) -> Estimated<Vec<f64>> {
    let mut error = 0.0f64;
    let values = losses.into_iter().map(|loss| {
        error = error.max(loss.error);
        loss.value
    });
    Estimated {
        value: values.collect(),
        error,
    }
}

impl<'a> RowContour<'a> {
    /// The number of nodes that leave a relative error of about 1e-13.
    pub const NODES: usize = 400;

    /// Evaluates the rows at an even number of nodes of a lens that is right for the steps of a model, of which there is
    /// at least one. The progress of the model has no effect.
    ///
    /// # Errors
    /// A network or a target that theory cannot integrate at this progress.
    pub fn new(
        rows: &'a LeaveOneOut,
        model: TrainedModel,
        nodes: usize,
    ) -> Result<Self, TheoryError> {
        model.check()?;
        let least = model
            .steps
            .iter()
            .map(|(level, gamma)| level.noise_to_signal() + gamma / level.alpha_bar());
        let margin = least.fold(f64::INFINITY, f64::min) / 2.0;
        let largest = rows.eigenvalues().first().copied().unwrap_or(0.0);
        let high = 1.001 * rows.growth() * largest + margin;
        // The first point is much nearer to the left end than the left end is to 0.
        let reach = [REACH + (high / margin).ln(), REACH];
        let nodes = nodes.next_multiple_of(2);
        let points = contour_points(-margin, high, reach, STEEPEST, nodes);
        let node = |(s, weight): (c64, c64)| Node {
            s,
            weight,
            shared: rows.trace(-s, |d| d),
        };
        Ok(Self {
            nodes: points.map(node).collect(),
            means: OnceLock::new(),
            rows,
            model,
            high,
        })
    }

    /// One pass over the rows at the first call, with products `[N, r]` by `[r, 6 nodes]`.
    fn means(&self) -> &[LeftOutMeans] {
        self.means.get_or_init(|| {
            let chunks = self.by_blocks(|block| {
                let sums = |point| {
                    let mut sums = [c64::new(0.0, 0.0); 2];
                    each_row(self.rows, block, point, |_, q, shift| {
                        sums = [sums[0] + q, sums[1] + shift];
                    });
                    sums
                };
                (0..block.points.len()).map(sums).collect::<Vec<_>>()
            });
            let share = 1.0 / self.rows.samples() as f64;
            let sums = chunks.iter().flat_map(|blocks| {
                (0..blocks[0].len()).map(|point| {
                    let zero = [c64::new(0.0, 0.0); 2];
                    let of_blocks = blocks.iter().map(|block| block[point]);
                    of_blocks.fold(zero, |[q, shift], [r, other]| [q + r, shift + other])
                })
            });
            let means = self.nodes.iter().zip(sums);
            means
                .map(|(node, [q, shift])| LeftOutMeans {
                    q: q * share,
                    trace: node.shared + shift * share,
                })
                .collect()
        })
    }

    fn by_blocks<R: Send>(
        &self,
        visit: impl Fn(&Block<'_, c64, 3>) -> R + Sync + Send,
    ) -> Vec<Vec<R>> {
        let z: Vec<c64> = self.nodes.iter().map(|node| -node.s).collect();
        let summands = [Summand::T, Summand::SD, Summand::SD2];
        self.rows.by_blocks(&z, summands, visit)
    }

    fn trained(&self, progress: &Progress) -> Result<TrainedModel, TheoryError> {
        let model = TrainedModel {
            progress: progress.clone(),
            ..self.model.clone()
        };
        model.check_rate_below(self.high)?;
        model.check_size(&self.nodes.iter().map(|node| node.s).collect::<Vec<_>>())?;
        Ok(model)
    }

    /// The test loss after some training, averaged over rows and steps. Its cost does not depend on the number of
    /// rows.
    ///
    /// # Errors
    /// A learning rate of descent of `1/(ab V + 1 - ab + gamma)` or more at a step, with V the right end of the lens:
    /// use the flow there. More steps with momentum than the lens can integrate. A network or a target that theory cannot
    /// integrate at this progress.
    pub fn mean_loss(&self, progress: &Progress) -> Result<Estimated<f64>, TheoryError> {
        let model = self.trained(progress)?;
        let means = self.means();
        let terms = parallel::map(0..self.nodes.len(), |index| {
            let LeftOutMeans { q, trace } = means[index];
            Factors::mean(&model, &self.nodes[index]).term(q, trace)
        });
        let mut halves = Halves::default();
        let terms = terms.into_iter().enumerate();
        terms.for_each(|(index, term)| halves.add(index, term));
        Ok(halves.loss(self.rows.dim()))
    }

    /// The test loss after some training for each step, averaged over the rows.
    ///
    /// # Errors
    /// See [`RowContour::mean_loss`].
    pub fn by_step(&self, progress: &Progress) -> Result<Estimated<Vec<f64>>, TheoryError> {
        let model = self.trained(progress)?;
        let mut halves = vec![Halves::default(); model.steps.len()];
        let nodes = self.nodes.iter().zip(self.means()).enumerate();
        for (index, (node, &LeftOutMeans { q, trace })) in nodes {
            let factors = Factors::of(&model, node).into_iter();
            for (halves, factors) in halves.iter_mut().zip(factors) {
                halves.add(index, factors.term(q, trace));
            }
        }
        let dim = self.rows.dim();
        Ok(together(halves.iter().map(|halves| halves.loss(dim))))
    }

    /// The test loss on each row after each training, averaged over the steps. One pass over the rows, with products
    /// `[N, r]` by `[r, 6 nodes]`.
    ///
    /// # Errors
    /// See [`RowContour::mean_loss`].
    pub fn by_row(&self, progress: &[Progress]) -> Result<Vec<Estimated<Vec<f64>>>, TheoryError> {
        let (samples, dim) = (self.rows.samples(), self.rows.dim());
        let mut factors = Vec::with_capacity(progress.len());
        for progress in progress {
            let model = self.trained(progress)?;
            let of_node = |index: usize| Factors::mean(&model, &self.nodes[index]);
            factors.push(parallel::map(0..self.nodes.len(), of_node));
        }
        let chunks = self.by_blocks(|block| {
            let mut halves = vec![Halves::default(); block.rows.len() * progress.len()];
            for (point, index) in block.points.clone().enumerate() {
                let shared = self.nodes[index].shared;
                each_row(self.rows, block, point, |row, q, shift| {
                    let sums = &mut halves[row * progress.len()..];
                    for (sum, factors) in sums.iter_mut().zip(&factors) {
                        sum.add(index, factors[index].term(q, shared + shift));
                    }
                });
            }
            halves
        });
        let mut totals = vec![Halves::default(); samples * progress.len()];
        for blocks in chunks {
            let halves = blocks.into_iter().flatten();
            for (total, Halves(own)) in totals.iter_mut().zip(halves) {
                total.add(0, own[0]);
                total.add(1, own[1]);
            }
        }
        let of_progress = |index: usize| {
            let own = totals.iter().skip(index).step_by(progress.len());
            together(own.map(|halves| halves.loss(dim)))
        };
        Ok((0..progress.len()).map(of_progress).collect())
    }

    /// The time tau of gradient flow that minimises the mean loss over rows and steps. It is infinite where training
    /// to the end is best.
    ///
    /// # Errors
    /// A network that cannot be integrated at a finite time.
    pub fn best_time(&self) -> Result<Minimum, TheoryError> {
        let total: f64 = self.rows.eigenvalues().iter().sum();
        let scale = 1.0 / (1.0 + total / self.rows.dim() as f64);
        let loss = |time: f64| Ok(self.mean_loss(&Progress::Flow(time))?.value);
        let best = minimise(loss, 1e-3 * scale, 1e6 * scale)?;
        let end = self.mean_loss(&Progress::Converged)?.value;
        Ok(best.unless(f64::INFINITY, end))
    }
}

/// Calls `tell` with each row of a block, with its `q_i = a^2 N h/den`, and with `a^2 g/den`, by which its `tr G_i`
/// differs from the part that all rows share.
fn each_row(
    rows: &LeaveOneOut,
    block: &Block<'_, c64, 3>,
    point: usize,
    mut tell: impl FnMut(usize, c64, c64),
) {
    let square = rows.growth() * rows.growth();
    let samples = rows.samples() as f64;
    let columns = block.columns(point);
    for (row, &null) in block.null().iter().enumerate() {
        let [t, h, g] = columns.map(|[re, im]| c64::new(re[row], im[row]));
        let factor = block.inverse_den_of(null, t) * square;
        tell(row, h * factor * samples, g * factor);
    }
}
