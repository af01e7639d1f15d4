//! One pass over the numbers of several tensors.

use burn::tensor::{DType, Device, Element, Tensor, TensorData};
use rayon::prelude::*;

/// Numbers a thread works on at once.
const CHUNK: usize = 16 * 1024;

/// A number of a tensor, computed with in f64.
trait Real: Element + Copy + Send + Sync {
    fn get(self) -> f64;
    fn rounded(value: f64) -> Self;
}

impl Real for f32 {
    fn get(self) -> f64 {
        self as f64
    }
    fn rounded(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    fn get(self) -> f64 {
        self
    }
    fn rounded(value: f64) -> Self {
        value
    }
}

/// Changes `N` tensors of equal shape in place, number by number, with the numbers of `fixed` at hand.
///
/// A tensor that nobody else holds gives its memory to its data and takes it back, on the CPU backends: no copy.
pub(super) fn in_place<const N: usize, const D: usize>(
    tensors: [Tensor<D>; N],
    fixed: Tensor<D>,
    update: impl Fn([f64; N], f64) -> [f64; N] + Sync,
) -> [Tensor<D>; N] {
    let device = tensors[0].device();
    let dtype = tensors[0].dtype();
    let mut data = tensors.map(Tensor::into_data);
    let fixed = fixed.into_data();
    match dtype {
        DType::F32 => run::<f32, N>(&mut data, &fixed, update),
        DType::F64 => run::<f64, N>(&mut data, &fixed, update),
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

fn run<E: Real, const N: usize>(
    data: &mut [TensorData; N],
    fixed: &TensorData,
    update: impl Fn([f64; N], f64) -> [f64; N] + Sync,
) {
    let fixed = fixed.as_slice::<E>().expect("equal precision");
    let mut slices = data
        .each_mut()
        .map(|d| d.as_mut_slice::<E>().expect("equal precision"));
    let mut chunks: Vec<([&mut [E]; N], &[E])> = Vec::new();
    for fixed in fixed.chunks(CHUNK) {
        let heads = slices.each_mut().map(|slice| {
            let (head, tail) = std::mem::take(slice).split_at_mut(fixed.len());
            *slice = tail;
            head
        });
        chunks.push((heads, fixed));
    }
    chunks.into_par_iter().for_each(|(mut chunk, fixed)| {
        for (i, x) in fixed.iter().enumerate() {
            let old = chunk.each_ref().map(|slice| slice[i].get());
            let new = update(old, x.get());
            for (slice, value) in chunk.iter_mut().zip(new) {
                slice[i] = E::rounded(value);
            }
        }
    });
}
