//! Training in memory.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use super::batches::Batches;
use super::config::{NetworkConfig, NetworkConfigError};
use super::networks::Networks;
use super::parameters::ParameterError;
use super::update::{AdamStep, Moments, Tensors, average};
use crate::data::Rows;
use crate::diffusion::Schedule;
use crate::score::TensorDevice;
use crate::training::LearningRate;
use crate::training::optimizer::Adam;

/// How networks are trained.
#[derive(Debug, Clone, Copy)]
pub struct TrainerConfig {
    /// What the networks are.
    pub network: NetworkConfig,
    /// B, the number of rows of each member in a step.
    pub batch_size: usize,
    /// The optimiser.
    pub optimizer: Adam,
    /// The learning rate of each epoch.
    pub learning_rate: LearningRate,
    /// The decay of the moving average of the parameters, from 0 (no average) to below 1.
    pub ema: f64,
}

/// Why networks cannot be trained, or no further.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum TrainerError {
    #[error(transparent)]
    Network(#[from] NetworkConfigError),
    #[error("no rows to train on: each member needs at least one")]
    NoRows,
    #[error("the rows of member {member} have {found} numbers, those of member 0 have {expected}")]
    Dimension {
        member: usize,
        found: usize,
        expected: usize,
    },
    #[error("batch_size = 0: a step needs at least one row")]
    NoBatch,
    #[error("ema = {ema}: must be from 0 to below 1")]
    Average { ema: f64 },
    #[error(
        "the loss of member {member} is {loss} at step {step}, with the learning rate {rate}: lower it"
    )]
    NotFinite {
        member: usize,
        step: u64,
        loss: f64,
        rate: f64,
    },
}

/// E networks in training, each on its own rows.
///
/// The loss of a member is the mean square of `f(x_t) - target` per component, over B of its rows, each with one noise
/// level, drawn uniformly in log SNR from the steps of the schedule (a step's probability is proportional to the
/// distance in log SNR between its neighbours), and one draw of noise. Members start with the same parameters and see
/// the same noise levels and the same noise. A member's rows are taken in passes, each in a new order, without a pause
/// between passes: so a step has B rows of each member, whatever its number of rows.
///
/// The average of the parameters after step n is `a <- a + (1 - e_n)(w - a)`, with the smaller of `ema` and
/// `(1 + n)/(10 + n)` as e_n: it forgets the start early.
///
/// Everything is determined by the seed, whatever the number of threads, and whether training was stopped and resumed.
///
/// ```
/// use lindiff::config::{BackendConfig, RateSchedule};
/// use lindiff::data::Rows;
/// use lindiff::diffusion::Schedule;
/// use lindiff::neural::{NetworkConfig, NetworkKind, Trainer, TrainerConfig, TrainerError};
/// use lindiff::score::TensorDevice;
/// use lindiff::training::LearningRate;
/// use lindiff::training::optimizer::Adam;
///
/// let config = TrainerConfig {
///     network: NetworkConfig::new(NetworkKind::Mlp { width: 16, layers: 2 }),
///     batch_size: 8,
///     optimizer: Adam::coupled(0.0),
///     learning_rate: LearningRate::new(1e-2, RateSchedule::Constant, 1),
///     ema: 0.9,
/// };
/// let schedule = Schedule::cosine(100)?;
/// let rows = vec![Rows::from_slice(2, &[1.0, 0.5, -1.0, -0.5])];
/// let device = TensorDevice::new(BackendConfig::default())?;
/// let mut trainer = Trainer::new(config, &schedule, rows, 7, &device)?;
/// let mut mean_of = |steps: usize| -> Result<f64, TrainerError> {
///     let losses = (0..steps).map(|_| Ok(trainer.step()?[0]));
///     Ok(losses.sum::<Result<f64, TrainerError>>()? / steps as f64)
/// };
/// let first = mean_of(20)?;
/// mean_of(300)?;
/// assert!(mean_of(100)? < 0.9 * first);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Trainer {
    config: TrainerConfig,
    batches: Batches,
    networks: Held,
    average: Held,
    moments: Moments,
    device: TensorDevice,
    steps: u64,
    steps_per_epoch: u64,
}

/// Networks that are moved out and in again, so that their tensors can be changed in place.
struct Held(Option<Networks>);

impl Held {
    fn get(&self) -> &Networks {
        self.0.as_ref().expect("they are out only within a step")
    }

    fn take(&mut self) -> Networks {
        self.0.take().expect("they are out only within a step")
    }
}

/// What training goes on from.
pub struct TrainerState {
    /// The number of steps taken.
    pub steps: u64,
    /// The networks.
    pub networks: Networks,
    /// The moving average of their parameters.
    pub average: Networks,
    /// Adam's moments m and v of the parameters.
    pub moments: [Networks; 2],
}

impl Trainer {
    /// A trainer at step 0. Member e is trained on `rows[e]`, which should be centred and of unit mean variance.
    ///
    /// # Errors
    /// No rows, rows of different dimensions, or a size out of its range.
    pub fn new(
        config: TrainerConfig,
        schedule: &Schedule,
        rows: Vec<Rows>,
        seed: u64,
        device: &TensorDevice,
    ) -> Result<Self, TrainerError> {
        let largest = rows.iter().map(Rows::count).max().unwrap_or(0);
        if rows.iter().any(|rows| rows.count() == 0) || largest == 0 {
            return Err(TrainerError::NoRows);
        }
        let dim = rows[0].dim();
        if let Some(member) = rows.iter().position(|rows| rows.dim() != dim) {
            return Err(TrainerError::Dimension {
                member,
                found: rows[member].dim(),
                expected: dim,
            });
        }
        if config.batch_size == 0 {
            return Err(TrainerError::NoBatch);
        }
        if !(0.0..1.0).contains(&config.ema) {
            return Err(TrainerError::Average { ema: config.ema });
        }
        let (members, network) = (rows.len(), config.network);
        let new = |device: &TensorDevice| Networks::new(network, dim, members, seed, device);
        let average = new(&device.inner())?;
        let zeros = average.clone().zeros();
        Ok(Self {
            networks: Held(Some(new(&device.autodiff())?)),
            average: Held(Some(average)),
            moments: Moments {
                first: Tensors::of(&zeros),
                second: Tensors::of(&zeros.clone().zeros()),
            },
            device: device.clone(),
            steps: 0,
            steps_per_epoch: largest.div_ceil(config.batch_size) as u64,
            batches: Batches::new(rows, schedule, network.target, config.batch_size, seed),
            config,
        })
    }

    /// Takes a step. Returns the loss of each member before it, per component.
    ///
    /// # Errors
    /// A loss that is not finite. The networks are then as before the step.
    pub fn step(&mut self) -> Result<Vec<f64>, TrainerError> {
        let batch = self.batches.batch(self.steps);
        let rate = self.config.learning_rate.at(self.epochs());
        let shape = [
            self.networks.get().members(),
            self.batches.size(),
            self.networks.get().dim(),
        ];
        let device = self.device.autodiff();
        let inputs = device.tensor::<3>(batch.inputs, shape);
        let wanted = device.tensor::<3>(batch.wanted, shape);
        let error = self.networks.get().forward(inputs, &batch.log_snr) - wanted;
        let by_member: Tensor<3> = (error.clone() * error).mean_dim(2).mean_dim(1);
        let losses: Vec<f64> = by_member.clone().inner().into_data().iter().collect();
        if let Some(member) = losses.iter().position(|loss| !loss.is_finite()) {
            return Err(TrainerError::NotFinite {
                member,
                step: self.steps,
                loss: losses[member],
                rate,
            });
        }
        let gradients = by_member.sum().backward();
        let gradients = GradientsParams::from_grads(gradients, self.networks.get());
        self.steps += 1;
        let networks = self.networks.take().map(&mut AdamStep {
            adam: self.config.optimizer,
            rate,
            count: self.steps,
            gradients: Tensors::new(gradients),
            moments: &mut self.moments,
        });
        let steps = self.steps as f64;
        let decay = self.config.ema.min((1.0 + steps) / (10.0 + steps));
        let average = average(self.average.take(), &networks, 1.0 - decay);
        (self.networks.0, self.average.0) = (Some(networks), Some(average));
        Ok(losses)
    }

    /// Takes the steps up to the end of the epoch. Returns the mean of the losses of each member over them.
    ///
    /// # Errors
    /// A loss that is not finite.
    pub fn epoch(&mut self) -> Result<Vec<f64>, TrainerError> {
        let mut sums = vec![0.0; self.networks.get().members()];
        let mut taken = 0.0;
        loop {
            let losses = self.step()?;
            sums.iter_mut()
                .zip(losses)
                .for_each(|(sum, loss)| *sum += loss);
            taken += 1.0;
            if self.steps.is_multiple_of(self.steps_per_epoch) {
                return Ok(sums.into_iter().map(|sum| sum / taken).collect());
            }
        }
    }

    /// The number of steps of an epoch: as many as go once through the rows of the member with the most, rounded up.
    pub fn steps_per_epoch(&self) -> u64 {
        self.steps_per_epoch
    }

    /// The number of whole epochs done.
    pub fn epochs(&self) -> usize {
        (self.steps / self.steps_per_epoch) as usize
    }

    /// The number of steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The moving average of the parameters: the networks to sample from and to measure.
    pub fn networks(&self) -> &Networks {
        self.average.get()
    }

    /// What training goes on from.
    pub fn state(&self) -> TrainerState {
        let average = self.average.get();
        let of = |moments: &Tensors| moments.fill(average.clone());
        TrainerState {
            steps: self.steps,
            networks: self.networks.get().valid(),
            average: average.clone(),
            moments: [of(&self.moments.first), of(&self.moments.second)],
        }
    }

    /// Goes back, or on, to a state. Training then continues to the same bytes as without the interruption.
    ///
    /// # Errors
    /// Networks of another configuration than this training's.
    pub fn restore(&mut self, state: TrainerState) -> Result<(), ParameterError> {
        let inner = self.device.inner();
        let networks = self.filled(&state.networks, &self.device.autodiff())?;
        let average = self.filled(&state.average, &inner)?;
        let [first, second] = &state.moments;
        self.moments = Moments {
            first: Tensors::of(&self.filled(first, &inner)?),
            second: Tensors::of(&self.filled(second, &inner)?),
        };
        (self.networks.0, self.average.0) = (Some(networks), Some(average));
        self.steps = state.steps;
        Ok(())
    }

    /// Networks of this training with the parameters of others.
    fn filled(&self, from: &Networks, device: &TensorDevice) -> Result<Networks, ParameterError> {
        let average = self.average.get();
        let (network, dim) = (self.config.network, average.dim());
        let blank = Networks::new(network, dim, average.members(), 0, device);
        let blank = blank.expect("this trainer was made with these sizes");
        blank.with_parameters(&from.parameters(), device)
    }
}
