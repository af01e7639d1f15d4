//! A part of a network that is trained separately.

use std::ops::Range;

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};

use super::{Affine, PerStep, TimeBasisNet, TwoLayer};

/// Parameters that no other part shares, with their own loss, gradient and update: a block of consecutive steps, or,
/// in a basis of time, all steps.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // there are only a few of them, beside tensors
pub enum Part {
    /// One affine map for each step.
    PerStep(PerStep),
    /// Functions of time.
    TimeBasis(TimeBasisNet),
    /// Two layers for each step.
    TwoLayer(TwoLayer),
}

impl Part {
    /// The affine maps of some of its steps, counted from its first.
    ///
    /// # Panics
    /// If the range is not all of its steps, although these have their own parameters.
    pub fn affine(&self, steps: Range<usize>) -> Affine {
        match self {
            Part::TimeBasis(net) => net.affine(steps),
            _ if steps != (0..self.steps()) => panic!("{steps:?} of {} steps", self.steps()),
            Part::PerStep(net) => net.affine(),
            Part::TwoLayer(net) => net.affine(),
        }
    }

    /// The number of its steps.
    pub fn steps(&self) -> usize {
        match self {
            Part::PerStep(net) => net.steps(),
            Part::TimeBasis(net) => net.steps(),
            Part::TwoLayer(net) => net.steps(),
        }
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        match self {
            Part::PerStep(net) => net.dim(),
            Part::TimeBasis(net) => net.dim(),
            Part::TwoLayer(net) => net.dim(),
        }
    }

    /// Its weights, then its offset if it has one, as they are in memory.
    pub fn data(&self) -> (Vec<TensorData>, Option<TensorData>) {
        let weight = |tensor: Tensor<3>| tensor.inner().into_data();
        let (weights, offset) = match self {
            Part::PerStep(net) => (vec![weight(net.weight.val())], &net.offset),
            Part::TimeBasis(net) => (vec![weight(net.weight.val())], &net.offset),
            Part::TwoLayer(net) => (
                vec![weight(net.down.val()), weight(net.up.val())],
                &net.offset,
            ),
        };
        let offset = offset.as_ref().map(|c| c.val().inner().into_data());
        (weights, offset)
    }
}
