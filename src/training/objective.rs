//! What is minimised: the squared error of the predicted noise, summed over components and steps, averaged over
//! the training set and its noise, and the ridge `gamma_t ||W_t||^2` (theory.md section 2).

use std::ops::Range;

use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Tensor, TensorData};
use rand::seq::SliceRandom;

use super::noise::NoisedRows;
use crate::config::{NoiseDraws, Objective as Kind, TrainingConfig};
use crate::data::{Moments, Rows};
use crate::diffusion::Schedule;
use crate::random::{Purpose, stream};
use crate::score::{BLOCK_ELEMENTS, PerStep, TensorDevice};

/// The objective of a training set, ready to give gradients.
///
/// Weight decay is the optimiser's; ridge and covariance ridge are in here.
pub struct Objective {
    device: TensorDevice,
    schedule: Schedule,
    /// `gamma_t`, by step
    ridge: Vec<f64>,
    noise: Noise,
}

/// How the noise is averaged over.
enum Noise {
    /// In closed form, through the covariance `[d, d]` of the training set.
    Exact { covariance: Box<Covariance> },
    /// Through draws.
    Drawn {
        /// `[N, d]`
        centred_rows: Rows,
        seed: u64,
        frozen: bool,
        draws: usize,
        batch_size: usize,
    },
}

/// The covariance of the training set, in the basis that is trained in.
enum Covariance {
    /// `[d, d]`
    Full(Tensor<2>),
    /// Its eigenvalues, `[1, 1, d]`: the weights are diagonal too.
    Diagonal(Tensor<3>),
}

/// One pass over the steps, for some of the rows: each block of steps is to be given a gradient once, in order.
pub struct Pass<'a> {
    objective: &'a Objective,
    rows: Option<NoisedRows<'a>>,
}

impl Objective {
    /// The exact objective in the eigenbasis of the training covariance, for diagonal weights.
    pub fn in_eigenbasis(
        config: &TrainingConfig,
        schedule: &Schedule,
        eigenvalues: Vec<f64>,
        device: &TensorDevice,
    ) -> Self {
        let dim = eigenvalues.len();
        let eigenvalues = device.tensor(eigenvalues, [1, 1, dim]);
        let covariance = Box::new(Covariance::Diagonal(eigenvalues));
        Self::of_noise(config, schedule, Noise::Exact { covariance }, device)
    }

    /// From the moments of a training set and its rows less the mean; `device` is one with autodiff.
    pub fn new(
        config: &TrainingConfig,
        schedule: &Schedule,
        train: &Moments,
        centred_rows: &Rows,
        seed: u64,
        device: &TensorDevice,
    ) -> Self {
        let dim = train.covariance.nrows();
        let drawn = |NoiseDraws {
                         noise_draws,
                         batch_size,
                     },
                     frozen| Noise::Drawn {
            centred_rows: centred_rows.clone(),
            seed,
            frozen,
            draws: noise_draws,
            batch_size: batch_size.unwrap_or(centred_rows.count()),
        };
        let noise = match config.objective {
            Kind::Exact => {
                let covariance = &train.covariance;
                let numbers = (0..dim * dim).map(|k| covariance[(k / dim, k % dim)]);
                let covariance = device.tensor(numbers.collect(), [dim, dim]);
                Noise::Exact {
                    covariance: Box::new(Covariance::Full(covariance)),
                }
            }
            Kind::Sampled(draws) => drawn(draws, false),
            Kind::Frozen(draws) => drawn(draws, true),
        };
        Self::of_noise(config, schedule, noise, device)
    }

    fn of_noise(
        config: &TrainingConfig,
        schedule: &Schedule,
        noise: Noise,
        device: &TensorDevice,
    ) -> Self {
        let ridge = schedule
            .iter()
            .map(|step| config.ridge + step.alpha_bar * config.covariance_ridge);
        Self {
            device: device.clone(),
            ridge: ridge.collect(),
            schedule: schedule.clone(),
            noise,
        }
    }

    /// The passes of an epoch (from 0): one, or one a minibatch of rows in an order drawn for the epoch.
    pub fn passes(&self, epoch: usize) -> Vec<Pass<'_>> {
        let Noise::Drawn {
            centred_rows,
            seed,
            frozen,
            draws,
            batch_size,
        } = &self.noise
        else {
            return vec![Pass {
                objective: self,
                rows: None,
            }];
        };
        let epoch = epoch as u64;
        let mut order: Vec<usize> = (0..centred_rows.count()).collect();
        if *batch_size < order.len() {
            order.shuffle(&mut stream(*seed, Purpose::Shuffle { epoch }, 0));
        }
        let purpose = if *frozen {
            Purpose::FrozenNoise
        } else {
            Purpose::Noise { epoch }
        };
        let batches = order.chunks(*batch_size);
        let pass = |rows: &[usize]| Pass {
            objective: self,
            rows: Some(NoisedRows::new(
                centred_rows,
                rows.to_vec(),
                *seed,
                purpose,
                *draws,
            )),
        };
        batches.map(pass).collect()
    }

    /// A number for each step, `[steps, 1, 1]`.
    fn by_step(&self, steps: Range<usize>, value: impl Fn(usize) -> f64) -> Tensor<3> {
        let count = steps.len();
        self.device
            .tensor(steps.map(value).collect(), [count, 1, 1])
    }

    /// `sum_t E || eps - W y - c ||^2 + gamma_t ||W||^2` over a block of steps, the noise averaged in closed form:
    ///
    /// ```text
    /// d - 2 r tr W + tr W S W' + || c ||^2,   W S = ab (W Sigma_N) + (1 - ab + gamma) W
    /// ```
    ///
    /// One product for all steps, with W as `[T d, d]`; in the eigenbasis W and S are diagonal. It stays off the graph: as S is symmetric,
    /// `2 <W, sg(W S)> - sg <W, W S>` (sg: detached) has both the value of `<W, W S>` and its gradient `2 W S`.
    fn exact_loss(
        &self,
        block: &PerStep,
        steps: Range<usize>,
        covariance: &Covariance,
    ) -> Tensor<1> {
        let (count, dim) = (block.steps(), block.dim());
        let weight = block.weight.val();
        let fixed = weight.clone().detach();
        let (signal, identity) = match covariance {
            Covariance::Full(covariance) => {
                let rows = fixed.clone().reshape([count * dim, dim]);
                let product = rows.matmul(covariance.clone());
                let identity = self.identity(dim).unsqueeze::<3>();
                (product.reshape([count, dim, dim]), identity)
            }
            Covariance::Diagonal(eigenvalues) => {
                let ones = self.device.tensor(vec![1.0; dim], [1, 1, dim]);
                (fixed.clone() * eigenvalues.clone(), ones)
            }
        };
        let step = |i| self.schedule.step(i);
        let alpha_bar = self.by_step(steps.clone(), |i| step(i).alpha_bar);
        let rest = self.by_step(steps.clone(), |i| step(i).noise_variance + self.ridge[i]);
        let product = signal * alpha_bar + fixed.clone() * rest;
        let quadratic = (fixed * product.clone()).sum();
        let noise_scale = self.by_step(steps, |i| step(i).noise_scale());
        let identity = identity * noise_scale;
        let loss = (weight * (product - identity)).sum() * 2.0 - quadratic;
        let loss = loss + (count * dim) as f64;
        match &block.offset {
            Some(offset) => loss + offset.val().powi_scalar(2).sum(),
            None => loss,
        }
    }

    fn identity(&self, dim: usize) -> Tensor<2> {
        let numbers = (0..dim * dim).map(|k| if k / dim == k % dim { 1.0 } else { 0.0 });
        self.device.tensor(numbers.collect(), [dim, dim])
    }

    /// `sum_t gamma_t || W_t ||^2` over a block of steps, if there is any ridge.
    fn ridge_loss(&self, block: &PerStep, steps: Range<usize>) -> Option<Tensor<1>> {
        let any = steps.clone().any(|i| self.ridge[i] != 0.0);
        any.then(|| {
            let gamma = self.by_step(steps, |i| self.ridge[i]);
            (block.weight.val().powi_scalar(2) * gamma).sum()
        })
    }
}

impl Pass<'_> {
    /// The value of the objective on a block of steps and its gradient.
    pub fn gradient(&mut self, block: &PerStep, steps: Range<usize>) -> (f64, GradientsParams) {
        match (&self.objective.noise, &mut self.rows) {
            (Noise::Exact { covariance }, _) => {
                let loss = self.objective.exact_loss(block, steps, covariance);
                backward(loss, block)
            }
            (Noise::Drawn { .. }, rows) => {
                let rows = rows.as_mut().expect("drawn objectives have rows");
                drawn_gradient(self.objective, rows, block, steps)
            }
        }
    }
}

/// The same over draws, `1/n sum || eps - W y - c ||^2 + gamma ||W||^2`, in parts of the rows that keep memory
/// bounded.
fn drawn_gradient(
    objective: &Objective,
    rows: &mut NoisedRows<'_>,
    block: &PerStep,
    steps: Range<usize>,
) -> (f64, GradientsParams) {
    let per_row = rows.vectors() / rows.rows() * block.dim() * steps.len();
    let part = (BLOCK_ELEMENTS / per_row).max(1);
    let mut gradients = GradientsAccumulator::new();
    let mut value = 0.0;
    for start in (0..rows.rows()).step_by(part) {
        let range = start..(start + part).min(rows.rows());
        let drawn = rows.noised(&objective.schedule, steps.clone(), range);
        let shape = [steps.len(), drawn.vectors, block.dim()];
        let centred = objective.device.tensor(drawn.centred, shape);
        let noise = objective.device.tensor(drawn.noise, shape);
        let error = noise - block.forward(centred);
        let loss = error.powi_scalar(2).sum() / rows.vectors() as f64;
        let loss = match objective.ridge_loss(block, steps.clone()) {
            Some(ridge) if start == 0 => loss + ridge,
            _ => loss,
        };
        let (part_value, part_gradients) = backward(loss, block);
        value += part_value;
        gradients.accumulate(block, part_gradients);
    }
    (value, gradients.grads())
}

fn backward(loss: Tensor<1>, block: &PerStep) -> (f64, GradientsParams) {
    let value = scalar(loss.clone().inner().into_data());
    let gradients = GradientsParams::from_grads(loss.backward(), block);
    (value, gradients)
}

fn scalar(data: TensorData) -> f64 {
    data.iter::<f64>().next().expect("a loss is one number")
}
