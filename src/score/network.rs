//! The whole score network, in blocks of steps.

use std::ops::Range;

use burn::module::Module;
use burn::tensor::TensorData;

use super::{PerStep, PerStepConfig, Snapshot, TensorDevice};
use crate::config::ModelConfig;
use crate::gaussian::Denoiser;

/// Numbers of a weight that are worked on at once: 16 MiB in f32, 32 in f64, so that the memory of a training
/// step does not grow with the number of steps of the schedule.
pub const BLOCK_ELEMENTS: usize = 1 << 22;

/// A [`PerStep`] network over all steps of a schedule, as blocks of consecutive steps.
///
/// As steps share no parameter, each block has a loss, a gradient and an update of its own.
#[derive(Module, Debug)]
pub struct ScoreNetwork {
    blocks: Vec<PerStep>,
}

impl ScoreNetwork {
    /// The network as it starts; `offset` where the mean is fitted, `diagonal` in the eigenbasis.
    pub fn init(
        config: &ModelConfig,
        steps: usize,
        dim: usize,
        offset: bool,
        diagonal: bool,
        device: &TensorDevice,
    ) -> Self {
        let block = |(index, range): (usize, Range<usize>)| {
            let config = PerStepConfig {
                steps: range.len(),
                dim,
                init: config.init,
                offset,
                diagonal,
                first_id: first_id(index),
            };
            config.init(device)
        };
        Self {
            blocks: block_ranges(steps, dim).enumerate().map(block).collect(),
        }
    }

    /// The network whose parameters a snapshot holds, rounded to the device's precision.
    pub fn from_snapshot(snapshot: &Snapshot, device: &TensorDevice) -> Self {
        let (steps, dim) = (snapshot.steps(), snapshot.dim());
        let block = |(index, range): (usize, Range<usize>)| {
            let shape = [range.len(), dim, dim];
            let weight = device.tensor(snapshot.weight(range.clone()), shape);
            let offset = snapshot
                .offset(range.clone())
                .map(|c| device.tensor(c, [range.len(), dim]));
            PerStep::new(weight, offset, first_id(index))
        };
        Self {
            blocks: block_ranges(steps, dim).enumerate().map(block).collect(),
        }
    }

    /// The network with the diagonal weights, in the eigenbasis, that a snapshot holds, if it holds any.
    pub fn from_diagonal(snapshot: &Snapshot, device: &TensorDevice) -> Option<Self> {
        let (steps, dim) = (snapshot.steps(), snapshot.dim());
        let diagonal = snapshot.diagonal()?;
        let block = |(index, range): (usize, Range<usize>)| {
            let weight = diagonal[range.start * dim..range.end * dim].to_vec();
            let weight = device.tensor(weight, [range.len(), 1, dim]);
            // The exact objective leaves an offset where it starts, at 0.
            let offset = snapshot
                .offset(range.clone())
                .map(|c| device.tensor(c, [range.len(), dim]));
            PerStep::new(weight, offset, first_id(index))
        };
        Some(Self {
            blocks: block_ranges(steps, dim).enumerate().map(block).collect(),
        })
    }

    pub fn steps(&self) -> usize {
        self.blocks.iter().map(PerStep::steps).sum()
    }

    pub fn dim(&self) -> usize {
        self.blocks[0].dim()
    }

    /// The blocks with the steps (from 0) that each holds.
    pub fn blocks(&self) -> impl Iterator<Item = (Range<usize>, &PerStep)> {
        let ranges = block_ranges(self.steps(), self.dim());
        ranges.zip(&self.blocks)
    }

    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// The steps that a block holds.
    pub fn block_steps(&self, block: usize) -> Range<usize> {
        let per_block = steps_per_block(self.dim());
        let start = block * per_block;
        start..start + self.blocks[block].steps()
    }

    pub fn block(&self, block: usize) -> &PerStep {
        &self.blocks[block]
    }

    /// Replaces a block by what `update` makes of it. The block is moved out and in, so that an optimiser may
    /// change its tensors in place.
    pub fn update_block(&mut self, block: usize, update: impl FnOnce(PerStep) -> PerStep) {
        let updated = update(self.blocks.swap_remove(block));
        self.blocks.push(updated);
        let last = self.blocks.len() - 1;
        self.blocks.swap(block, last);
    }

    /// Weight and offset of each block, as they are in memory.
    pub fn data(&self) -> impl Iterator<Item = (TensorData, Option<TensorData>)> + '_ {
        self.blocks.iter().map(|block| {
            let offset = block.offset.as_ref().map(|c| c.val().inner().into_data());
            (block.weight.val().inner().into_data(), offset)
        })
    }
}

fn first_id(block: usize) -> u64 {
    1 + 2 * block as u64
}

fn steps_per_block(dim: usize) -> usize {
    (BLOCK_ELEMENTS / (dim * dim)).max(1)
}

fn block_ranges(steps: usize, dim: usize) -> impl Iterator<Item = Range<usize>> {
    let per_block = steps_per_block(dim);
    (0..steps)
        .step_by(per_block)
        .map(move |start| start..(start + per_block).min(steps))
}
