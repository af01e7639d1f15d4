//! A function of tensors as a node of burn's autodiff graph.

use std::fmt::Debug;

use burn::backend::autodiff::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::{DType, Shape, Tensor, TensorData};
use burn_flex::{Flex, FlexTensor};

use crate::score::Real;

/// A function of N tensors of rank 3 on the host, in row-major order.
pub(super) trait Function<const N: usize>: Clone + Debug + Send + 'static {
    /// The shape of the value.
    fn shape(&self) -> [usize; 3];

    /// The value, and numbers that its gradient needs.
    fn value<E: Real>(&self, inputs: [&[E]; N]) -> (Vec<E>, Vec<E>);

    /// The gradients with respect to the inputs of a loss whose gradient with respect to the value is `upstream`. One
    /// that is not wanted may be empty.
    fn gradients<E: Real>(
        &self,
        inputs: [&[E]; N],
        saved: &[E],
        upstream: &[E],
        wanted: [bool; N],
    ) -> [Vec<E>; N];
}

/// The function of tensors; `None` on any backend other than `flex`.
pub(super) fn apply<F: Function<N>, const N: usize>(
    function: &F,
    inputs: [&Tensor<3>; N],
) -> Option<Tensor<3>> {
    let plain = inputs.map(|tensor| tensor.clone().try_into_primitive::<Flex>().ok());
    if let Some(plain) = all(plain) {
        let plain = plain.map(|tensor| tensor.to_contiguous());
        let (value, _) = evaluate(function, &plain);
        return Some(Tensor::from_primitive::<Flex>(value));
    }
    let tracked = inputs.map(|tensor| tensor.clone().try_into_primitive::<Autodiff<Flex>>().ok());
    let tracked = all(tracked)?;
    let nodes = tracked.each_ref().map(|tensor| tensor.node());
    let inputs = tracked
        .each_ref()
        .map(|tensor| tensor.primitive().to_contiguous());
    let (value, saved) = evaluate(function, &inputs);
    let node = Node(function.clone());
    let kind = node
        .prepare::<NoCheckpointing>(nodes)
        .compute_bound()
        .stateful();
    let value = match kind {
        OpsKind::Tracked(prepared) => prepared.finish((inputs, saved), value),
        OpsKind::UnTracked(prepared) => prepared.finish(value),
    };
    Some(Tensor::from_primitive::<Autodiff<Flex>>(value))
}

fn all<T, const N: usize>(options: [Option<T>; N]) -> Option<[T; N]> {
    let there: Option<Vec<T>> = options.into_iter().collect();
    there?.try_into().ok()
}

fn evaluate<F: Function<N>, const N: usize>(
    function: &F,
    inputs: &[FlexTensor; N],
) -> (FlexTensor, FlexTensor) {
    fn of<E: Real, F: Function<N>, const N: usize>(
        function: &F,
        inputs: &[FlexTensor; N],
    ) -> (FlexTensor, FlexTensor) {
        let (value, saved) = function.value::<E>(inputs.each_ref().map(numbers));
        let saved_count = saved.len();
        let saved = tensor(saved, Shape::from([saved_count]));
        (tensor(value, Shape::from(function.shape())), saved)
    }
    match inputs[0].dtype() {
        DType::F64 => of::<f64, F, N>(function, inputs),
        _ => of::<f32, F, N>(function, inputs),
    }
}

fn numbers<E: Real>(tensor: &FlexTensor) -> &[E] {
    tensor.as_slice().expect("a contiguous tensor")
}

fn tensor<E: Real>(numbers: Vec<E>, shape: Shape) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(numbers, shape))
}

#[derive(Debug)]
struct Node<F>(F);

/// The gradients of the inputs, in their shapes.
fn gradients<E: Real, F: Function<N>, const N: usize>(
    function: &F,
    (inputs, saved): &([FlexTensor; N], FlexTensor),
    upstream: &FlexTensor,
    wanted: [bool; N],
) -> [FlexTensor; N] {
    let slices = inputs.each_ref().map(numbers::<E>);
    let all = function.gradients(slices, numbers(saved), numbers(upstream), wanted);
    let mut shapes = inputs.iter().map(|input| input.layout().shape().clone());
    all.map(|gradient| {
        let shape = shapes.next().expect("one for each input");
        let shape = if gradient.is_empty() {
            Shape::from([0])
        } else {
            shape
        };
        tensor(gradient, shape)
    })
}

impl<F: Function<N>, const N: usize> Backward<Flex, N> for Node<F> {
    type State = ([FlexTensor; N], FlexTensor);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let upstream = grads.consume::<Flex>(&ops.node).to_contiguous();
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let all = match upstream.dtype() {
            DType::F64 => gradients::<f64, F, N>(&self.0, &ops.state, &upstream, wanted),
            _ => gradients::<f32, F, N>(&self.0, &ops.state, &upstream, wanted),
        };
        for (parent, gradient) in ops.parents.into_iter().zip(all) {
            if let Some(parent) = parent {
                grads.register::<Flex>(parent.id, gradient);
            }
        }
    }
}
