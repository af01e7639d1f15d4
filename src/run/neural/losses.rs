//! Losses of networks that are not linear, measured by drawn noise, beside those of linear ones on the same draws.

use faer::Mat;
use serde::Serialize;

use super::NeuralSetup;
use crate::data::Rows;
use crate::denoiser::{CommutingDenoiser, PointDenoiser, mean};
use crate::diffusion::Schedule;
use crate::gaussian::Moments;
use crate::neural::Networks;
use crate::random::{Purpose, fill_normal, stream};
use crate::run::RunError;

/// The most steps of the schedule at which losses are measured.
const LEVELS: usize = 10;
/// The most draws of noise for a row.
const MOST_DRAWS: usize = 8;

/// Losses of the predicted noise at one step, per component: of a network, of the optimum of linear networks on its
/// training rows, and of the best linear network of all, the Wiener filter of the truth. All of them are means over the
/// same rows and the same noise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LevelLosses {
    /// The step of the full schedule, from 1.
    pub step: usize,
    /// `alpha_bar` of the step.
    pub alpha_bar: f64,
    /// The losses there.
    #[serde(flatten)]
    pub loss: NeuralLosses,
}

/// Losses of the predicted noise per component. Those of test rows are absent if all rows are trained on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NeuralLosses {
    /// The loss of the network on its training rows.
    pub train_loss: f64,
    /// The loss of the network on its test rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_loss: Option<f64>,
    /// The loss of the Wiener filter of the truth on the test rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oracle_loss: Option<f64>,
    /// The loss of the optimum of linear networks on the training rows.
    pub linear_train_loss: f64,
    /// The loss of that optimum on the test rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linear_test_loss: Option<f64>,
}

impl NeuralLosses {
    /// The means of losses.
    pub fn mean_of(losses: &[Self]) -> Self {
        let average = |of: &dyn Fn(&Self) -> f64| mean(&losses.iter().map(of).collect::<Vec<_>>());
        let optional = |of: &dyn Fn(&Self) -> Option<f64>| {
            let there: Option<Vec<f64>> = losses.iter().map(of).collect();
            there.map(|there| mean(&there))
        };
        Self {
            train_loss: average(&|loss| loss.train_loss),
            test_loss: optional(&|loss| loss.test_loss),
            oracle_loss: optional(&|loss| loss.oracle_loss),
            linear_train_loss: average(&|loss| loss.linear_train_loss),
            linear_test_loss: optional(&|loss| loss.linear_test_loss),
        }
    }
}

/// The rows that losses are measured on, with the noise that is drawn for them.
struct NoisyRows {
    rows: Rows,
    /// The draws of noise for each row.
    draws: usize,
    /// Which rows they are: training rows and test rows have noise of their own.
    set: u64,
    seed: u64,
}

impl NoisyRows {
    fn new(rows: Rows, vectors: usize, set: u64, seed: u64) -> Self {
        let draws = vectors.div_ceil(rows.count()).min(MOST_DRAWS);
        Self {
            rows,
            draws,
            set,
            seed,
        }
    }

    /// The loss of a denoiser at a step.
    fn loss(&self, denoiser: &dyn PointDenoiser, schedule: &Schedule, index: usize) -> f64 {
        let (count, dim) = (self.rows.count() * self.draws, self.rows.dim());
        let level = schedule.step(index).level();
        let purpose = Purpose::LossNoise { set: self.set };
        let mut values = vec![0.0; count * dim];
        for (vector, values) in values.chunks_exact_mut(dim).enumerate() {
            let item = (index as u64) << 32 | vector as u64;
            fill_normal(&mut stream(self.seed, purpose, item), values);
        }
        let noise = Mat::from_fn(count, dim, |i, j| values[i * dim + j]);
        let clean = |i: usize, j: usize| self.rows.row(i / self.draws)[j];
        let points = Mat::from_fn(count, dim, |i, j| {
            level.signal_scale() * clean(i, j) + level.noise_scale() * noise[(i, j)]
        });
        let error = noise - denoiser.predicted_noise(points.as_ref(), index);
        error.squared_norm_l2() / (count * dim) as f64
    }
}

/// The training rows and the test rows of a member, and the losses of linear networks there.
struct MemberRows {
    train: NoisyRows,
    test: Option<NoisyRows>,
    /// The losses of linear networks, by chosen step.
    linear: Vec<LinearLosses>,
}

/// What does not depend on the network: the losses of linear ones.
struct LinearLosses {
    oracle_loss: Option<f64>,
    linear_train_loss: f64,
    linear_test_loss: Option<f64>,
}

/// Measures the losses of networks at steps in the middle of equal parts of the schedule, always on the same rows with
/// the same noise. So losses at two epochs, and those of linear networks, differ by much less than the noise of each.
pub struct LossMeasure<'a> {
    setup: &'a NeuralSetup,
    steps: Vec<usize>,
    members: Vec<MemberRows>,
}

impl<'a> LossMeasure<'a> {
    /// Takes about `vectors` noised rows of each kind: the first rows, each with as many draws as are needed.
    pub fn new(setup: &'a NeuralSetup, vectors: usize) -> Result<Self, RunError> {
        let steps = middles(setup.schedule().len());
        let members = 0..setup.pixels().members();
        let rows = members.map(|member| MemberRows::new(setup, member, vectors, &steps));
        Ok(Self {
            members: rows.collect::<Result<_, _>>()?,
            setup,
            steps,
        })
    }

    /// The number of steps at which losses are measured.
    pub fn levels(steps: usize) -> usize {
        steps.min(LEVELS)
    }

    /// The losses of a member of some networks at each chosen step.
    pub fn losses(&self, networks: &Networks, member: usize) -> Vec<LevelLosses> {
        let (schedule, device) = (self.setup.schedule(), self.setup.device());
        let denoiser = networks.denoiser(member, schedule, device);
        let rows = &self.members[member];
        let at = |(&index, linear): (&usize, &LinearLosses)| {
            let loss = |rows: &NoisyRows| rows.loss(&denoiser, schedule, index);
            LevelLosses {
                step: schedule.original_step(index),
                alpha_bar: schedule.step(index).alpha_bar,
                loss: NeuralLosses {
                    train_loss: loss(&rows.train),
                    test_loss: rows.test.as_ref().map(loss),
                    oracle_loss: linear.oracle_loss,
                    linear_train_loss: linear.linear_train_loss,
                    linear_test_loss: linear.linear_test_loss,
                },
            }
        };
        self.steps.iter().zip(&rows.linear).map(at).collect()
    }
}

impl MemberRows {
    fn new(
        setup: &NeuralSetup,
        member: usize,
        vectors: usize,
        steps: &[usize],
    ) -> Result<Self, RunError> {
        let (pixels, schedule) = (setup.pixels(), setup.schedule());
        let own = pixels.train(member);
        let optimum = CommutingDenoiser::optimum(&Moments::of(&own).law()?, schedule, |_| 0.0);
        let truth = pixels.laws.truth.as_ref();
        let wiener = truth.map(|truth| CommutingDenoiser::optimum(truth, schedule, |_| 0.0));
        let seed = setup.experiment().seed;
        let first: Vec<usize> = (0..own.count().min(vectors)).collect();
        let train = NoisyRows::new(own.select(&first), vectors, 0, seed);
        let test = pixels.test(member, vectors);
        let test = test.map(|rows| NoisyRows::new(rows, vectors, 1, seed));
        let at = |&index: &usize| {
            let of = |rows: &NoisyRows, denoiser: &CommutingDenoiser| {
                rows.loss(denoiser, schedule, index)
            };
            let oracle = test.as_ref().zip(wiener.as_ref());
            LinearLosses {
                oracle_loss: oracle.map(|(rows, wiener)| of(rows, wiener)),
                linear_train_loss: of(&train, &optimum),
                linear_test_loss: test.as_ref().map(|rows| of(rows, &optimum)),
            }
        };
        let linear = steps.iter().map(at).collect();
        Ok(Self {
            train,
            test,
            linear,
        })
    }
}

/// Steps (from 0) in the middle of equal parts of all steps.
pub(super) fn middles(steps: usize) -> Vec<usize> {
    let parts = LossMeasure::levels(steps);
    (0..parts)
        .map(|i| (2 * i + 1) * steps / (2 * parts))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Draw, Experiment, NeuralConfig, NeuralKind, ScheduleConfig, Source};

    #[test]
    fn losses_are_measured_in_the_middle_of_equal_parts_of_the_schedule() {
        assert_eq!(middles(50), [2, 7, 12, 17, 22, 27, 32, 37, 42, 47]);
        assert_eq!(middles(3), [0, 1, 2]);
        assert_eq!(middles(1), [0]);
    }

    /// A network that is not trained predicts v = 0, and so the noise `r x_t`.
    #[test]
    fn losses_before_training_are_those_of_no_prediction_on_the_rows_and_noise_that_they_say() {
        let network = NeuralConfig::new(NeuralKind::Mlp {
            width: 4,
            layers: 1,
        });
        let experiment = Experiment::new(Source::digits(), 12)
            .draw(Draw::Rows)
            .schedule(ScheduleConfig::cosine(100).keep(4))
            .network(network.ensemble(2));
        let setup = NeuralSetup::new(experiment.check_neural().unwrap()).unwrap();
        let measure = LossMeasure::new(&setup, 30).unwrap();
        let trainer = setup.trainer().unwrap();
        // Twelve training rows with three draws each; thirty test rows with one.
        let expected = |rows: &Rows, draws: usize, set: u64, index: usize| {
            let level = setup.schedule().step(index).level();
            let (a, r) = (level.signal_scale(), level.noise_scale());
            let mut eps = vec![0.0; 64];
            let mut sum = 0.0;
            for vector in 0..rows.count() * draws {
                let item = (index as u64) << 32 | vector as u64;
                let seed = setup.experiment().seed;
                fill_normal(
                    &mut stream(seed, Purpose::LossNoise { set }, item),
                    &mut eps,
                );
                let row = rows.row(vector / draws).iter().zip(&eps);
                sum += row
                    .map(|(x, e)| (e - r * (a * x + r * e)).powi(2))
                    .sum::<f64>();
            }
            sum / (64 * rows.count() * draws) as f64
        };
        for member in 0..2 {
            let (train, test) = (
                setup.pixels().train(member),
                setup.pixels().test(member, 30),
            );
            let test = test.unwrap();
            for (index, level) in measure
                .losses(trainer.networks(), member)
                .iter()
                .enumerate()
            {
                let near = |found: f64, expected: f64| {
                    assert!(
                        (found - expected).abs() < 1e-5 * expected,
                        "{found} {expected}"
                    );
                };
                near(level.loss.train_loss, expected(&train, 3, 0, index));
                near(level.loss.test_loss.unwrap(), expected(&test, 1, 1, index));
            }
        }
    }
}
