//! One pass over the numbers of several tensors.

use burn::tensor::{DType, Device, Tensor, TensorData};
use burn_flex::{Flex, FlexTensor};
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

use crate::score::{Real, in_memory};

/// The number of values that a thread processes at once.
const CHUNK: usize = 16 * 1024;

/// The update of the values of `N` tensors with a gradient.
pub(super) trait Update<const N: usize>: Copy + Send + Sync {
    /// Updates value by value in f64: a plain loop over the slices, which the compiler can vectorise.
    fn update<E: Real>(self, numbers: [&mut [E]; N], gradient: &[E]);

    /// Does the same by a backend's operations, for tensors outside of this process's memory.
    fn by_operations<const D: usize>(
        self,
        tensors: [Tensor<D>; N],
        gradient: Tensor<D>,
    ) -> [Tensor<D>; N];
}

/// A factor or term for tensors, in their precision. burn rounds bare numbers to f32.
pub(super) fn scalar<const D: usize>(value: f64, like: &Tensor<D>) -> Tensor<D> {
    let data = TensorData::new(vec![value], [1; D]).convert_dtype(like.dtype());
    restore(data, &like.device(), like.dtype())
}

/// Updates `N` tensors of equal shape, in place if they lie in memory.
///
/// On CPU backends a tensor that nobody else holds gives its memory to its data and takes it back, without a copy.
pub(super) fn in_place<const N: usize, const D: usize>(
    tensors: [Tensor<D>; N],
    gradient: Tensor<D>,
    update: impl Update<N>,
) -> [Tensor<D>; N] {
    let device = tensors[0].device();
    if !in_memory(&device) {
        return update.by_operations(tensors, gradient);
    }
    let dtype = tensors[0].dtype();
    let mut data = tensors.map(Tensor::into_data);
    match dtype {
        DType::F32 => with_numbers::<f32, D>(gradient, |g| run(&mut data, g, update)),
        DType::F64 => with_numbers::<f64, D>(gradient, |g| run(&mut data, g, update)),
        other => unreachable!("parameters are f32 or f64, not {other:?}"),
    }
    data.map(|data| restore(data, &device, dtype))
}

/// The data of a record as a tensor of the same precision.
pub(super) fn restore<const D: usize>(
    data: TensorData,
    device: &Device,
    dtype: DType,
) -> Tensor<D> {
    Tensor::from_data(data, (device, dtype))
}

/// Shows the values of a tensor: on `flex` without a copy, even if others hold the tensor too.
fn with_numbers<E: Real, const D: usize>(tensor: Tensor<D>, show: impl FnOnce(&[E])) {
    let primitive = tensor.clone().try_into_primitive::<Flex>();
    if let Some(numbers) = primitive.as_ref().ok().and_then(FlexTensor::as_slice) {
        return show(numbers);
    }
    show(tensor.into_data().as_slice().expect("equal precision"));
}

fn run<E: Real, const N: usize>(
    data: &mut [TensorData; N],
    gradient: &[E],
    update: impl Update<N>,
) {
    let mut slices = data
        .each_mut()
        .map(|d| d.as_mut_slice::<E>().expect("equal precision"));
    let mut chunks: Vec<([&mut [E]; N], &[E])> = Vec::new();
    for gradient in gradient.chunks(CHUNK) {
        let heads = slices.each_mut().map(|slice| {
            let (head, tail) = std::mem::take(slice).split_at_mut(gradient.len());
            *slice = tail;
            head
        });
        chunks.push((heads, gradient));
    }
    let arch = Arch::new();
    chunks.into_par_iter().for_each(|(numbers, gradient)| {
        arch.dispatch(Chunk {
            numbers,
            gradient,
            update,
        });
    });
}

/// The update of some values. It is compiled for each set of vector instructions; the processor decides which version
/// runs.
struct Chunk<'a, E, U, const N: usize> {
    numbers: [&'a mut [E]; N],
    gradient: &'a [E],
    update: U,
}

impl<E: Real, U: Update<N>, const N: usize> NullaryFnOnce for Chunk<'_, E, U, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.update.update(self.numbers, self.gradient);
    }
}
