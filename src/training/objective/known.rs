//! A loss as a node of burn's autodiff graph whose gradient is computed together with its value.
//!
//! Only for the backend `flex`, whose tensors give their values as slices. Other backends use [`super::reference`],
//! which is also what a test compares with.

use burn::backend::autodiff::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{DType, Shape, Tensor, TensorData};
use burn_flex::{Flex, FlexTensor, Layout};

use crate::score::{Affine, Real};

/// A tensor of a network on `flex`, with autodiff.
type Parameter = FloatTensor<Autodiff<Flex>>;

/// Weight and offset of some steps as their backend holds them: parameters, or computed from parameters.
pub(super) struct Parameters {
    weight: Parameter,
    offset: Option<Parameter>,
}

impl Parameters {
    /// `None` on any backend other than `flex`.
    pub(super) fn of(affine: &Affine) -> Option<Self> {
        let weight = primitive(affine.weight.clone())?;
        let offset = match &affine.offset {
            Some(offset) => Some(primitive(offset.clone())?),
            None => None,
        };
        Some(Self { weight, offset })
    }

    pub(super) fn weight<E: Real>(&self) -> &[E] {
        numbers(self.weight.primitive())
    }

    pub(super) fn offset<E: Real>(&self) -> Option<&[E]> {
        self.offset.as_ref().map(|c| numbers(c.primitive()))
    }

    pub(super) fn dtype(&self) -> DType {
        self.weight.primitive().dtype()
    }

    /// The loss `value` as a function of these parameters. Its gradient is in `room`.
    pub(super) fn loss<E: Real>(self, value: f64, room: &Room) -> Tensor<1> {
        let output = FlexTensor::from_data(TensorData::from([E::rounded(value)]));
        let weight_gradient = room.tensor(0, self.weight.primitive());
        let node = match self.offset {
            None => register([self.weight.node()], [weight_gradient], output),
            Some(offset) => {
                let offset_gradient = room.tensor(1, offset.primitive());
                let nodes = [self.weight.node(), offset.node()];
                register(nodes, [weight_gradient, offset_gradient], output)
            }
        };
        Tensor::from_primitive::<Autodiff<Flex>>(node)
    }
}

fn primitive<const D: usize>(tensor: Tensor<D>) -> Option<Parameter> {
    tensor.try_into_primitive::<Autodiff<Flex>>().ok()
}

fn numbers<E: Real>(tensor: &FlexTensor) -> &[E] {
    tensor
        .as_slice()
        .expect("weights lie as they are read, in their precision")
}

/// Memory for the gradients of weight and offset, reused block after block.
///
/// The gradients that are given to burn share it. It is free again when the optimiser has dropped them.
#[derive(Debug, Default)]
pub(super) struct Room {
    buffers: [Option<FlexTensor>; 2],
}

impl Room {
    /// Space for the gradients of weight and offset, with arbitrary content.
    pub(super) fn gradients<E: Real>(&mut self, weight: usize, offset: usize) -> [&mut [E]; 2] {
        let [first, second] = &mut self.buffers;
        [free(first, weight), free(second, offset)]
    }

    fn tensor(&self, index: usize, like: &FlexTensor) -> FlexTensor {
        let buffer = self.buffers[index]
            .as_ref()
            .expect("gradients were computed");
        let layout = Layout::contiguous(like.layout().shape().clone());
        FlexTensor::from_arc(buffer.data_arc(), layout, like.dtype())
    }
}

/// `count` values of a buffer that nobody else holds.
fn free<E: Real>(buffer: &mut Option<FlexTensor>, count: usize) -> &mut [E] {
    let fits = |b: &FlexTensor| {
        b.is_unique() && b.dtype() == E::dtype() && b.layout().num_elements() >= count
    };
    if !buffer.as_ref().is_some_and(fits) {
        *buffer = Some(FlexTensor::zeros(Shape::from([count]), E::dtype()));
    }
    let buffer = buffer.as_mut().expect("was just made");
    &mut buffer.try_storage_mut().expect("nobody else holds it")[..count]
}

/// The node of a loss whose gradients with respect to its parents are known.
#[derive(Debug)]
struct Known;

fn register<const N: usize>(
    parents: [NodeGuard; N],
    gradients: [FlexTensor; N],
    output: FlexTensor,
) -> Parameter {
    match Known
        .prepare::<NoCheckpointing>(parents)
        .compute_bound()
        .stateful()
    {
        OpsKind::Tracked(prepared) => prepared.finish(gradients, output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

impl<const N: usize> Backward<Flex, N> for Known {
    type State = [FlexTensor; N];

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let upstream = grads.consume::<Flex>(&ops.node).into_data();
        let factor = upstream.iter::<f64>().next().expect("a loss is one number");
        for (parent, gradient) in ops.parents.into_iter().zip(ops.state) {
            let Some(parent) = parent else { continue };
            let gradient = match factor {
                1.0 => gradient,
                _ => Flex::float_mul_scalar(gradient, factor.into()),
            };
            grads.register::<Flex>(parent.id, gradient);
        }
    }
}
