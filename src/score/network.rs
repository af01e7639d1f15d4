//! The whole score network, in parts that are trained separately.

use std::ops::Range;

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use faer::{Col, Mat, MatRef};

use super::{
    Numbers, Parameters, Part, PerStep, PerStepConfig, Snapshot, TensorDevice, TimeBasisNet,
    TwoLayer, TwoLayerConfig,
};
use crate::config::{Mean, ModelConfig, ModelKind, Precision, Target};
use crate::diffusion::{Schedule, TimeBasis};

/// The most numbers of a weight that are processed together: 16 MiB in f32, 32 in f64. So the memory of a training
/// step does not grow with the number of steps of the schedule.
pub const BLOCK_ELEMENTS: usize = 1 << 22;

/// A network over all steps of a schedule. Where steps share no parameter, it consists of blocks of consecutive
/// steps, each with its own loss, gradient and update. In a basis of time it is one part for all steps.
#[derive(Module, Debug)]
pub struct ScoreNetwork {
    #[module(skip)]
    target: Target,
    parts: Vec<Part>,
}

impl ScoreNetwork {
    /// The network at the start of training, in `dim` dimensions. With a fitted mean it has offsets to train.
    /// `diagonal` means trained in the eigenbasis (per-step networks only).
    pub fn init(
        config: &ModelConfig,
        schedule: &Schedule,
        dim: usize,
        mean: Mean,
        diagonal: bool,
        device: &TensorDevice,
    ) -> Self {
        let per_step = |(index, range): (usize, Range<usize>)| {
            let config = PerStepConfig {
                steps: range.len(),
                dim,
                init: config.init,
                mean,
                diagonal,
                first_id: first_id(index, 2),
            };
            Part::PerStep(config.init(device))
        };
        let parts = match config.kind {
            ModelKind::PerStep => blocks(schedule, dim, dim).map(per_step).collect(),
            ModelKind::TimeBasis { basis } => {
                let mut weight = vec![0.0; basis * dim * dim];
                // phi_0 is 1.
                (0..dim).for_each(|i| weight[i * dim + i] = config.init);
                let weight = device.tensor(weight, [basis, dim, dim]);
                let offset = mean.is_fitted().then(|| device.zeros([basis, dim]));
                vec![in_time_basis(basis, schedule, weight, offset, device)]
            }
            ModelKind::TwoLayer { width } => {
                let two_layer = |(index, range): (usize, Range<usize>)| {
                    let config = TwoLayerConfig {
                        steps: range.len(),
                        dim,
                        width,
                        init: config.init,
                        sign: config.target.sign(),
                        mean,
                        first_id: first_id(index, 3),
                    };
                    Part::TwoLayer(config.init(device))
                };
                blocks(schedule, dim, width).map(two_layer).collect()
            }
        };
        Self {
            target: config.target,
            parts,
        }
    }

    /// The network with the parameters of a snapshot, rounded to the device's precision. With a fitted mean it has
    /// offsets to train.
    pub fn from_snapshot(
        snapshot: &Snapshot,
        schedule: &Schedule,
        mean: Mean,
        device: &TensorDevice,
    ) -> Self {
        let dim = snapshot.dim();
        let tensor = |numbers: &Numbers, range: Range<usize>| {
            let shape = [range.len(), numbers.shape()[1], numbers.shape()[2]];
            device.tensor::<3>(numbers.at(range), shape)
        };
        let offsets = |offset: &Option<Numbers>, range: Range<usize>| {
            let shape = [range.len(), dim];
            let offset = offset.as_ref().filter(|_| mean.is_fitted());
            offset.map(|c| device.tensor::<2>(c.at(range), shape))
        };
        let parts = match &snapshot.parameters {
            Parameters::PerStep { weight, offset, .. } => blocks(schedule, dim, dim)
                .map(|(index, range)| {
                    let (w, c) = (tensor(weight, range.clone()), offsets(offset, range));
                    Part::PerStep(PerStep::new(w, c, first_id(index, 2)))
                })
                .collect(),
            Parameters::TimeBasis {
                basis,
                weight,
                offset,
                ..
            } => {
                let count = basis.count();
                let offset = mean
                    .is_fitted()
                    .then(|| device.tensor(offset.all(), [count, dim]));
                let weight = tensor(weight, 0..count);
                vec![in_time_basis(count, schedule, weight, offset, device)]
            }
            Parameters::TwoLayer {
                down, up, offset, ..
            } => blocks(schedule, dim, down.shape()[1])
                .map(|(index, range)| {
                    let (a, b) = (tensor(down, range.clone()), tensor(up, range.clone()));
                    let c = offsets(offset, range);
                    Part::TwoLayer(TwoLayer::new(a, b, c, first_id(index, 3)))
                })
                .collect(),
        };
        Self {
            target: snapshot.target,
            parts,
        }
    }

    /// The network with a snapshot's diagonal weights in the eigenbasis, if the snapshot has any.
    pub fn from_diagonal(
        snapshot: &Snapshot,
        schedule: &Schedule,
        device: &TensorDevice,
    ) -> Option<Self> {
        let dim = snapshot.dim();
        let (diagonal, offset) = match &snapshot.parameters {
            Parameters::PerStep {
                diagonal, offset, ..
            } => (diagonal.as_ref()?, offset),
            _ => return None,
        };
        let block = |(index, range): (usize, Range<usize>)| {
            let weight = device.tensor(diagonal.at(range.clone()), [range.len(), 1, dim]);
            // The exact objective leaves an offset at its start, 0.
            let shape = [range.len(), dim];
            let offset = offset.as_ref().map(|c| device.tensor(c.at(range), shape));
            Part::PerStep(PerStep::new(weight, offset, first_id(index, 2)))
        };
        Some(Self {
            target: snapshot.target,
            parts: blocks(schedule, dim, dim).map(block).collect(),
        })
    }

    /// What the network predicts.
    pub fn target(&self) -> Target {
        self.target
    }

    /// The kind of network.
    pub fn kind(&self) -> ModelKind {
        match &self.parts[0] {
            Part::PerStep(_) => ModelKind::PerStep,
            Part::TimeBasis(net) => ModelKind::TimeBasis {
                basis: net.weight.shape()[0],
            },
            Part::TwoLayer(net) => ModelKind::TwoLayer { width: net.width() },
        }
    }

    /// The number T of steps.
    pub fn steps(&self) -> usize {
        self.parts.iter().map(Part::steps).sum()
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.parts[0].dim()
    }

    /// Whether the mean is fitted: then there are offsets to train.
    pub fn mean(&self) -> Mean {
        let offset = match &self.parts[0] {
            Part::PerStep(net) => net.offset.is_some(),
            Part::TimeBasis(net) => net.offset.is_some(),
            Part::TwoLayer(net) => net.offset.is_some(),
        };
        if offset { Mean::Fitted } else { Mean::Known }
    }

    /// The number of parts.
    pub fn part_count(&self) -> usize {
        self.parts.len()
    }

    /// One part.
    pub fn part(&self, index: usize) -> &Part {
        &self.parts[index]
    }

    /// The first step of a part, and the ranges of its steps (counted from there) that are processed together.
    pub fn steps_of(&self, part: usize) -> (usize, Vec<Range<usize>>) {
        let first = self.parts[..part].iter().map(Part::steps).sum();
        let (steps, dim) = (self.parts[part].steps(), self.dim());
        let together = match &self.parts[part] {
            Part::TimeBasis(_) => steps_together(dim, dim),
            _ => steps,
        };
        let starts = (0..steps).step_by(together);
        let ranges = starts.map(|start| start..(start + together).min(steps));
        (first, ranges.collect())
    }

    /// Replaces a part by the result of `update`. The part is moved out and in, so that an optimiser can change its
    /// tensors in place.
    pub fn update_part(&mut self, part: usize, update: impl FnOnce(Part) -> Part) {
        let updated = update(self.parts.swap_remove(part));
        self.parts.push(updated);
        let last = self.parts.len() - 1;
        self.parts.swap(part, last);
    }

    /// The current parameters on the host. The network is centred on the mean m.
    pub fn snapshot(&self, precision: Precision, schedule: &Schedule, mean: &Col<f64>) -> Snapshot {
        let (dim, steps) = (self.dim(), self.steps());
        let (weights, offset) = self.gather(precision);
        let mut weights = weights.into_iter();
        let mut next = || weights.next().expect("each kind has its weights");
        let no_bias = || Numbers::rounded(precision, &[steps, 0], []);
        let parameters = match self.kind() {
            ModelKind::PerStep => Parameters::PerStep {
                weight: next(),
                diagonal: None,
                bias: no_bias(),
                offset,
            },
            ModelKind::TimeBasis { basis } => Parameters::TimeBasis {
                basis: TimeBasis::new(basis, schedule.log_snr_range()),
                weight: next(),
                offset: offset.unwrap_or_else(|| {
                    Numbers::rounded(precision, &[basis, dim], vec![0.0; basis * dim])
                }),
                mean: Some(mean.clone()),
            },
            ModelKind::TwoLayer { .. } => Parameters::TwoLayer {
                down: next(),
                up: next(),
                bias: no_bias(),
                offset,
            },
        };
        let target = self.target();
        Snapshot { target, parameters }.with_biases(schedule, mean)
    }

    /// The parameters of a network with diagonal weights D in the basis of the columns of V: `W = V D V'`.
    pub fn snapshot_from_diagonal(
        &self,
        basis: MatRef<'_, f64>,
        precision: Precision,
        schedule: &Schedule,
        mean: &Col<f64>,
    ) -> Snapshot {
        let (dim, steps) = (self.dim(), self.steps());
        let (mut weights, offset) = self.gather(precision);
        let diagonal = weights.remove(0).all();
        let weight = diagonal
            .chunks_exact(dim)
            .flat_map(|along| symmetric(basis, along));
        let parameters = Parameters::PerStep {
            weight: Numbers::rounded(precision, &[steps, dim, dim], weight),
            diagonal: Some(Numbers::rounded(precision, &[steps, dim], diagonal)),
            bias: Numbers::rounded(precision, &[steps, 0], []),
            offset,
        };
        let target = self.target();
        Snapshot { target, parameters }.with_biases(schedule, mean)
    }

    /// The numbers of the weights and of the offset, all parts together.
    pub fn gather(&self, precision: Precision) -> (Vec<Numbers>, Option<Numbers>) {
        let mut weights: Vec<Joined> = Vec::new();
        let mut offset = Joined::default();
        // Part by part: only one part's copy is in memory at a time.
        for part in &self.parts {
            let (data, c) = part.data();
            weights.resize_with(data.len(), Joined::default);
            let share = (part.steps(), self.steps());
            for (joined, data) in weights.iter_mut().zip(data) {
                joined.add(&data, share);
            }
            c.iter().for_each(|data| offset.add(data, share));
        }
        let weights = weights.into_iter().filter_map(|w| w.numbers(precision));
        (weights.collect(), offset.numbers(precision))
    }
}

/// Tensors that are joined along their first dimension.
#[derive(Default)]
struct Joined {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Joined {
    /// Adds a tensor with `steps` of all `all` steps.
    fn add(&mut self, data: &TensorData, (steps, all): (usize, usize)) {
        let bytes = data.as_bytes();
        if self.shape.is_empty() {
            self.shape = data.shape().to_vec();
            self.bytes.reserve_exact(bytes.len() / steps * all);
        } else {
            self.shape[0] += data.shape()[0];
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The joined numbers; `None` if no tensor was added.
    fn numbers(self, precision: Precision) -> Option<Numbers> {
        let numbers = Numbers::from_bytes(precision, &self.shape, self.bytes);
        numbers.filter(|_| !self.shape.is_empty())
    }
}

/// A network in a basis of time over the steps of a schedule.
fn in_time_basis(
    count: usize,
    schedule: &Schedule,
    weight: Tensor<3>,
    offset: Option<Tensor<2>>,
    device: &TensorDevice,
) -> Part {
    let basis = TimeBasis::new(count, schedule.log_snr_range());
    Part::TimeBasis(TimeBasisNet::new(
        weight,
        offset,
        &basis.at(schedule),
        device,
    ))
}

/// `V diag(along) V'` row by row, symmetric to the last digit: both halves have the rounding of the lower one.
fn symmetric(basis: MatRef<'_, f64>, along: &[f64]) -> Vec<f64> {
    let dim = along.len();
    let scaled = Mat::from_fn(dim, dim, |i, k| basis[(i, k)] * along[k]);
    let full = scaled * basis.transpose();
    let number = |k: usize| full[((k / dim).max(k % dim), (k / dim).min(k % dim))];
    (0..dim * dim).map(number).collect()
}

fn first_id(block: usize, parameters: u64) -> u64 {
    1 + parameters * block as u64
}

fn steps_together(dim: usize, width: usize) -> usize {
    (BLOCK_ELEMENTS / (dim * dim.max(width))).max(1)
}

/// The blocks of steps, with their index.
fn blocks(
    schedule: &Schedule,
    dim: usize,
    width: usize,
) -> impl Iterator<Item = (usize, Range<usize>)> {
    let (steps, together) = (schedule.len(), steps_together(dim, width));
    let starts = (0..steps).step_by(together);
    starts
        .map(move |start| start..(start + together).min(steps))
        .enumerate()
}
