//! What is minimised: the squared error of the predicted target, summed over components and steps, averaged over
//! the training set and its noise, and the ridge `gamma_t ||W_t||^2` ([`equations`](crate::equations) section 2).

mod drawn;
mod exact;
mod known;
mod panels;
mod reference;

use std::ops::Range;
use std::sync::{Mutex, OnceLock};

use burn::optim::GradientsParams;
use burn::tensor::{DType, Tensor};
use faer::{Mat, MatRef};
use rand::seq::SliceRandom;

use self::exact::Product;
use self::known::{Parameters, Room};
use super::noise::NoisedRows;
use crate::config::{NoiseDraws, Objective as Kind, Target, TrainingConfig};
use crate::data::Rows;
use crate::diffusion::{NoiseLevel, Parts, Schedule, Step};
use crate::gaussian::Moments;
use crate::random::{Purpose, stream};
use crate::score::{Part, Real, TensorDevice};

/// The objective of a training set, ready to give gradients.
///
/// Weight decay is the optimiser's; ridge and covariance ridge are in here. On `flex` value and gradient are made in one
/// pass over the weights; on other backends, and where it is asked for ([`Objective::by_stock_operations`]), by burn's
/// own operations. Both are trained by `loss.backward()` and agree to rounding.
pub struct Objective {
    device: TensorDevice,
    target: Target,
    terms: Vec<StepTerms>,
    noise: Noise,
    stock: bool,
    /// Made once: what is the same for all steps, where the backend computes.
    constants: OnceLock<reference::Constants>,
    /// Where gradients are written, block after block.
    room: Mutex<Room>,
}

/// What the objective is made of at one step.
#[derive(Debug, Clone, Copy)]
pub(super) struct StepTerms {
    pub(super) step: Step,
    /// Of the target
    pub(super) parts: Parts,
    /// `gamma_t`
    pub(super) ridge: f64,
}

/// How the noise is averaged over.
enum Noise {
    /// In closed form, through the covariance `[d, d]` of the training set.
    Exact(Covariance),
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
    Full {
        /// `[d, d]`
        covariance: Mat<f64>,
        /// What it is of, `[N, d]`, where these are so few that products with them are cheaper.
        rows: Option<Mat<f64>>,
    },
    /// Its eigenvalues `[d]`: the weights are diagonal too.
    Diagonal(Vec<f64>),
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
        target: Target,
        schedule: &Schedule,
        eigenvalues: Vec<f64>,
        device: &TensorDevice,
    ) -> Self {
        let noise = Noise::Exact(Covariance::Diagonal(eigenvalues));
        Self::of_noise(config, target, schedule, noise, device)
    }

    /// From the moments of a training set and its rows less the mean; `device` is one with autodiff.
    pub fn new(
        config: &TrainingConfig,
        target: Target,
        schedule: &Schedule,
        train: &Moments,
        centred_rows: &Rows,
        seed: u64,
        device: &TensorDevice,
    ) -> Self {
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
            Kind::Exact => Noise::Exact(Covariance::of(train, centred_rows)),
            Kind::Sampled(draws) => drawn(draws, false),
            Kind::Frozen(draws) => drawn(draws, true),
        };
        Self::of_noise(config, target, schedule, noise, device)
    }

    fn of_noise(
        config: &TrainingConfig,
        target: Target,
        schedule: &Schedule,
        noise: Noise,
        device: &TensorDevice,
    ) -> Self {
        let terms = schedule.iter().map(|step| StepTerms {
            ridge: config.objective_ridge(&step),
            parts: target.parts(&NoiseLevel::from(&step)),
            step,
        });
        Self {
            device: device.clone(),
            target,
            terms: terms.collect(),
            noise,
            stock: false,
            constants: OnceLock::new(),
            room: Mutex::default(),
        }
    }

    /// The same by burn's stock operations, on every backend.
    pub fn by_stock_operations(mut self) -> Self {
        self.stock = true;
        self
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
                self.target,
            )),
        };
        batches.map(pass).collect()
    }
}

/// Whether products with the rows, `(W X') X`, are cheaper than with their covariance.
pub fn products_with_rows(samples: usize, dim: usize) -> bool {
    2 * samples < dim
}

impl Covariance {
    fn of(train: &Moments, centred_rows: &Rows) -> Self {
        let (count, dim) = (centred_rows.count(), train.covariance.nrows());
        let few = count > 0 && products_with_rows(count, dim);
        let scale = faer::Scale((1.0 / count as f64).sqrt());
        Self::Full {
            covariance: train.covariance.clone(),
            rows: few.then(|| centred_rows.as_matrix() * scale),
        }
    }

    /// How products with it are made, in the precision of the tensors.
    fn product<E: Real>(&self) -> Product<E> {
        let rounded = |matrix: MatRef<'_, f64>| {
            let (rows, columns) = matrix.shape();
            Mat::from_fn(rows, columns, |i, j| E::rounded(matrix[(i, j)]))
        };
        match self {
            Self::Full { rows: Some(x), .. } => Product::Thin(rounded(x.as_ref())),
            Self::Full { covariance, .. } => Product::Full(rounded(covariance.as_ref())),
            Self::Diagonal(_) => Product::Diagonal(self.numbers()),
        }
    }

    /// Row by row, or the diagonal.
    fn numbers<E: Real>(&self) -> Vec<E> {
        match self {
            Self::Full { covariance, .. } => {
                let dim = covariance.ncols();
                let numbers = (0..dim * dim).map(|k| covariance[(k / dim, k % dim)]);
                numbers.map(E::rounded).collect()
            }
            Self::Diagonal(eigenvalues) => eigenvalues.iter().map(|x| E::rounded(*x)).collect(),
        }
    }

    fn trace(&self) -> f64 {
        match self {
            Self::Full { covariance, .. } => covariance.diagonal().column_vector().sum(),
            Self::Diagonal(eigenvalues) => eigenvalues.iter().sum(),
        }
    }
}

impl Pass<'_> {
    /// The value of the objective on some steps of a part, counted from the `first` that it has, and its gradient.
    pub fn gradient(
        &mut self,
        part: &Part,
        first: usize,
        chosen: Range<usize>,
    ) -> (f64, GradientsParams) {
        let steps = first + chosen.start..first + chosen.end;
        let affine = part.affine(chosen.clone());
        let known = match self.objective.stock {
            true => None,
            false => Parameters::of(&affine),
        };
        match (known, &self.objective.noise, &mut self.rows) {
            (Some(parameters), ..) => {
                let loss = match parameters.dtype() {
                    DType::F64 => self.loss::<f64>(parameters, steps),
                    _ => self.loss::<f32>(parameters, steps),
                };
                // What weights are made of lets go of them only now.
                drop(affine);
                backward(loss, part)
            }
            (None, Noise::Exact(covariance), _) => {
                reference::exact(self.objective, covariance, part, affine, steps)
            }
            (None, Noise::Drawn { .. }, rows) => {
                let rows = rows.as_mut().expect("drawn objectives have rows");
                drop(affine);
                reference::drawn(self.objective, rows, part, chosen, steps)
            }
        }
    }

    /// The value, with its gradient made in the same pass.
    fn loss<E: Real>(&mut self, parameters: Parameters, steps: Range<usize>) -> Tensor<1> {
        let terms = &self.objective.terms[steps];
        let mut room = self.objective.room.lock().expect("no thread has panicked");
        let (weight, offset) = (parameters.weight::<E>(), parameters.offset::<E>());
        let [gradient, offset_gradient] =
            room.gradients(weight.len(), offset.map_or(0, <[E]>::len));
        let offsets = offset.map(|c| (c, offset_gradient));
        let value = match (&self.objective.noise, &mut self.rows) {
            (Noise::Exact(covariance), _) => {
                let of_offsets = offsets.map_or(0.0, |(c, g)| exact::exact_offset(c, g));
                let numbers = match self.objective.target {
                    Target::Eps | Target::Score => Vec::new(),
                    Target::X0 | Target::V => covariance.numbers(),
                };
                let (product, trace) = (covariance.product(), covariance.trace());
                exact::exact(&product, &numbers, trace, terms, weight, gradient) + of_offsets
            }
            (Noise::Drawn { .. }, rows) => {
                let rows = rows.as_mut().expect("drawn objectives have rows");
                drawn::drawn(rows, terms, weight, gradient, offsets)
            }
        };
        parameters.loss::<E>(value, &room)
    }
}

fn backward(loss: Tensor<1>, part: &Part) -> (f64, GradientsParams) {
    let value = loss.clone().inner().into_data();
    let value = value.iter::<f64>().next().expect("a loss is one number");
    let gradients = GradientsParams::from_grads(loss.backward(), part);
    (value, gradients)
}
