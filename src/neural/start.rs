//! The parameters at the start of training.

use burn::module::{Param, ParamId};
use burn::tensor::Tensor;

use crate::random::{Purpose, fill_normal, stream};
use crate::score::TensorDevice;

/// Makes the parameters of networks one after the other. Every member gets the same numbers.
///
/// Parameter n of a network (from 0) has the identity n + 1, by which the record of an optimiser knows it. Its numbers
/// come from its own stream. So they depend on the seed and on n alone, and not on the number of members.
pub(super) struct Start<'a> {
    seed: u64,
    members: usize,
    device: &'a TensorDevice,
    made: u64,
}

impl<'a> Start<'a> {
    pub(super) fn new(seed: u64, members: usize, device: &'a TensorDevice) -> Self {
        Self {
            seed,
            members,
            device,
            made: 0,
        }
    }

    /// A weight `[E, inputs, outputs]` of independent normals with variance `1/inputs`.
    pub(super) fn normal(&mut self, inputs: usize, outputs: usize) -> Param<Tensor<3>> {
        let mut numbers = vec![0.0; inputs * outputs];
        let mut rng = stream(self.seed, Purpose::NetworkWeights, self.made);
        fill_normal(&mut rng, &mut numbers);
        let deviation = 1.0 / (inputs as f64).sqrt();
        numbers.iter_mut().for_each(|x| *x *= deviation);
        self.weight(numbers, inputs, outputs)
    }

    /// A weight `[E, inputs, outputs]` of zeros.
    pub(super) fn zeros(&mut self, inputs: usize, outputs: usize) -> Param<Tensor<3>> {
        self.weight(vec![0.0; inputs * outputs], inputs, outputs)
    }

    /// An offset `[E, outputs]` whose numbers are all `value`.
    pub(super) fn offset(&mut self, outputs: usize, value: f64) -> Param<Tensor<2>> {
        let numbers = vec![value; self.members * outputs];
        self.parameter(numbers, [self.members, outputs])
    }

    fn weight(&mut self, numbers: Vec<f64>, inputs: usize, outputs: usize) -> Param<Tensor<3>> {
        let numbers = numbers.repeat(self.members);
        self.parameter(numbers, [self.members, inputs, outputs])
    }

    fn parameter<const D: usize>(
        &mut self,
        numbers: Vec<f64>,
        shape: [usize; D],
    ) -> Param<Tensor<D>> {
        self.made += 1;
        let tensor = self.device.trainable(numbers, shape);
        Param::initialized(ParamId::from(self.made), tensor)
    }
}
