//! What does training minimise? The squared error of the predicted target, summed over components and steps and
//! averaged over the training set and its noise, plus the ridge `gamma_t ||W_t||^2` ([`equations`](crate::equations)
//! section 2).

mod backward;
mod covariance;
mod drawn;
mod exact;
mod known;
mod panels;
mod reference;
mod terms;

use std::ops::Range;
use std::sync::{Mutex, OnceLock};

use burn::optim::GradientsParams;
use burn::tensor::{DType, Tensor};
use rand::seq::SliceRandom;

use self::backward::backward;
use self::covariance::Covariance;
pub use self::covariance::products_with_rows;
use self::known::{Parameters, Room};
use self::reference::Stock;
use self::terms::StepTerms;
use super::noise::{NoisedRows, RowNoise};
use crate::config::{NoiseDraws, Objective as Kind, Target, TrainingConfig};
use crate::data::Rows;
use crate::diffusion::Schedule;
use crate::gaussian::Moments;
use crate::random::{Purpose, stream};
use crate::score::{Part, Real, TensorDevice};

/// The parameters of an objective, apart from its training set.
#[derive(Clone, Copy)]
pub struct ObjectiveParams<'a> {
    /// How the noise is averaged, and the ridges.
    pub training: &'a TrainingConfig,
    /// What is predicted.
    pub target: Target,
    /// The steps of the sum.
    pub schedule: &'a Schedule,
    /// The seed of the noise and of the order of rows.
    pub seed: u64,
    /// The device of the tensors, with autodiff.
    pub device: &'a TensorDevice,
}

/// The objective of a training set. It gives values and gradients.
///
/// Weight decay belongs to the optimiser; ridge and covariance ridge belong to the objective. On `flex`, value and
/// gradient are computed in one pass over the weights. On other backends, and on request
/// ([`Objective::by_stock_operations`]), burn's own operations are used. Both ways are trained by `loss.backward()`
/// and agree to rounding.
pub struct Objective {
    device: TensorDevice,
    target: Target,
    terms: Vec<StepTerms>,
    noise: Noise,
    stock: bool,
    /// Computed once: the constants of all steps, on the device.
    constants: OnceLock<reference::Constants>,
    /// Memory for the gradients, block after block.
    room: Mutex<Room>,
}

/// How the noise is averaged.
enum Noise {
    /// In closed form, by the covariance `[d, d]` of the training set.
    Exact(Covariance),
    /// By draws.
    Drawn {
        /// The centred rows, `[N, d]`
        centred_rows: Rows,
        seed: u64,
        frozen: bool,
        draws: usize,
        batch_size: usize,
    },
}

/// One pass over the steps for some of the rows. Each block of steps must be given its gradient once, in order.
pub struct Pass<'a> {
    objective: &'a Objective,
    rows: Option<NoisedRows<'a>>,
}

impl ObjectiveParams<'_> {
    /// The objective on a training set, given by its moments and its rows minus the mean.
    ///
    /// The exact objective does not need rows; with rows it may need smaller products. Drawn objectives average over
    /// the rows.
    pub fn on(&self, train: &Moments, centred_rows: &Rows) -> Objective {
        let drawn = |draws: NoiseDraws, frozen| Noise::Drawn {
            centred_rows: centred_rows.clone(),
            seed: self.seed,
            frozen,
            draws: draws.noise_draws,
            batch_size: draws.batch_size.unwrap_or(centred_rows.count()),
        };
        let noise = match self.training.objective {
            Kind::Exact => Noise::Exact(Covariance::of(train, centred_rows)),
            Kind::Sampled(draws) => drawn(draws, false),
            Kind::Frozen(draws) => drawn(draws, true),
        };
        Objective::of_noise(self, noise)
    }

    /// The exact objective in the eigenbasis of the training covariance, for diagonal weights.
    pub fn in_eigenbasis(&self, eigenvalues: Vec<f64>) -> Objective {
        Objective::of_noise(self, Noise::Exact(Covariance::Diagonal(eigenvalues)))
    }
}

impl Objective {
    fn of_noise(params: &ObjectiveParams<'_>, noise: Noise) -> Self {
        Self {
            device: params.device.clone(),
            target: params.target,
            terms: StepTerms::by_step(params.training, params.target, params.schedule),
            noise,
            stock: false,
            constants: OnceLock::new(),
            room: Mutex::default(),
        }
    }

    /// This objective by burn's stock operations, on any backend.
    pub fn by_stock_operations(mut self) -> Self {
        self.stock = true;
        self
    }

    /// The passes of epoch number `epoch` (from 0): one pass, or one for each minibatch of rows, in an order drawn
    /// for the epoch.
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
                self.target,
                RowNoise {
                    seed: *seed,
                    purpose,
                    draws: *draws,
                },
            )),
        };
        batches.map(pass).collect()
    }
}

impl Pass<'_> {
    /// The value of the objective on some steps of a part, whose first step is `first`, and its gradient.
    pub fn gradient(
        &mut self,
        part: &Part,
        first: usize,
        chosen: Range<usize>,
    ) -> (f64, GradientsParams) {
        let steps = first + chosen.start..first + chosen.end;
        let affine = part.affine(chosen.clone());
        let known = if self.objective.stock {
            None
        } else {
            Parameters::of(&affine)
        };
        let Some(parameters) = known else {
            return self.by_stock_operations(part, chosen, steps);
        };
        let loss = match parameters.dtype() {
            DType::F64 => self.loss::<f64>(parameters, steps),
            _ => self.loss::<f32>(parameters, steps),
        };
        // The tensors that weights are made of are let go only now.
        drop(affine);
        backward(loss, part)
    }

    fn by_stock_operations(
        &mut self,
        part: &Part,
        chosen: Range<usize>,
        steps: Range<usize>,
    ) -> (f64, GradientsParams) {
        let stock = Stock {
            device: &self.objective.device,
            terms: &self.objective.terms[steps],
            part,
            chosen,
        };
        match (&self.objective.noise, &mut self.rows) {
            (Noise::Exact(covariance), _) => stock.exact(covariance, &self.objective.constants),
            (Noise::Drawn { .. }, rows) => {
                stock.drawn(rows.as_mut().expect("drawn objectives have rows"))
            }
        }
    }

    /// The value, with its gradient computed in the same pass.
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
