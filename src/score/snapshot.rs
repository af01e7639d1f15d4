//! The parameters of a network on the host: what is evaluated, sampled, saved and loaded.

use std::ops::Range;

use faer::{Col, Mat, MatRef};

use super::{PerStep, ScoreNetwork};
use crate::config::Precision;
use crate::diffusion::Schedule;
use crate::gaussian::{AffineDenoiser, Denoiser};

/// What is wrong with numbers that should be a network's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    #[error("the {name} has {got} numbers, not {expected}")]
    Length {
        name: &'static str,
        got: usize,
        expected: usize,
    },
    #[error("the weights are for {got} steps, the schedule has {expected}")]
    Steps { got: usize, expected: usize },
}

/// An affine map a step, `eps(x, t) = W_t x + b_t`, in the precision in which it was trained, with
/// `b_t = c_t - sqrt(ab_t) W_t m` and, where there is one, the trained offset `c_t` itself.
///
/// Numbers are kept as their little-endian bytes: just what a checkpoint holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    precision: Precision,
    steps: usize,
    dim: usize,
    /// `[T, d, d]`
    weight: Vec<u8>,
    /// `[T, d]`
    bias: Vec<u8>,
    /// `[T, d]`
    offset: Option<Vec<u8>>,
    /// `[T, d]`: the weights in the eigenbasis in which they were trained and are diagonal, if so.
    diagonal: Option<Vec<u8>>,
}

impl Snapshot {
    /// Of a network centred on the mean `m`.
    pub fn of(
        network: &ScoreNetwork,
        precision: Precision,
        schedule: &Schedule,
        mean: &Col<f64>,
    ) -> Self {
        let mut snapshot = Self::of_parameters(network, precision);
        snapshot.bias = snapshot.biases(schedule, mean);
        snapshot
    }

    /// The parameters as they are, without a bias.
    fn of_parameters(network: &ScoreNetwork, precision: Precision) -> Self {
        let (steps, dim) = (network.steps(), network.dim());
        let elements = |block: &PerStep| block.weight.shape().num_elements();
        let count: usize = network.blocks().map(|(_, block)| elements(block)).sum();
        let mut weight = Vec::with_capacity(count * precision.bytes());
        let mut offset: Option<Vec<u8>> = None;
        for (w, c) in network.data() {
            weight.extend_from_slice(w.as_bytes());
            if let Some(c) = c {
                offset
                    .get_or_insert_default()
                    .extend_from_slice(c.as_bytes());
            }
        }
        Self {
            precision,
            steps,
            dim,
            weight,
            bias: Vec::new(),
            offset,
            diagonal: None,
        }
    }

    /// Of a network of diagonal weights D in the basis of the columns of V, `W = V D V'`, and with no offset but 0.
    pub fn of_diagonal(
        network: &ScoreNetwork,
        basis: MatRef<'_, f64>,
        precision: Precision,
        schedule: &Schedule,
        mean: &Col<f64>,
    ) -> Self {
        let mut snapshot = Self::of_parameters(network, precision);
        let (steps, dim) = (snapshot.steps, snapshot.dim);
        let diagonal = std::mem::take(&mut snapshot.weight);
        let numbers = snapshot.numbers(&diagonal, 0..steps * dim);
        let mut weight = Vec::with_capacity(dim * diagonal.len());
        for along in numbers.chunks_exact(dim) {
            let scaled = Mat::from_fn(dim, dim, |i, k| basis[(i, k)] * along[k]);
            let full = scaled * basis.transpose();
            for i in 0..dim {
                for j in 0..dim {
                    // Symmetric to the last digit: of the two roundings the one below the diagonal.
                    push_number(&mut weight, precision, full[(i.max(j), i.min(j))]);
                }
            }
        }
        snapshot.weight = weight;
        snapshot.diagonal = Some(diagonal);
        snapshot.bias = snapshot.biases(schedule, mean);
        snapshot
    }

    /// `b = c - sqrt(ab) W m`, rounded to the precision of the weights.
    fn biases(&self, schedule: &Schedule, mean: &Col<f64>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.steps * self.dim * self.precision.bytes());
        for (index, step) in schedule.iter().enumerate() {
            let moved = -step.signal_scale() * (self.weight_matrix(index) * mean);
            let offset = self.offset(index..index + 1);
            for i in 0..self.dim {
                let bias = moved[i] + offset.as_ref().map_or(0.0, |c| c[i]);
                push_number(&mut bytes, self.precision, bias);
            }
        }
        bytes
    }

    /// From the bytes of a weight `[T, d, d]`, a bias `[T, d]` and perhaps an offset `[T, d]`.
    pub fn from_bytes(
        precision: Precision,
        [steps, dim]: [usize; 2],
        weight: Vec<u8>,
        bias: Vec<u8>,
        offset: Option<Vec<u8>>,
    ) -> Result<Self, SnapshotError> {
        let check = |name, bytes: &[u8], expected: usize| {
            let got = bytes.len() / precision.bytes();
            if bytes.len() == expected * precision.bytes() {
                Ok(())
            } else {
                Err(SnapshotError::Length {
                    name,
                    got,
                    expected,
                })
            }
        };
        check("weight", &weight, steps * dim * dim)?;
        check("bias", &bias, steps * dim)?;
        if let Some(offset) = &offset {
            check("offset", offset, steps * dim)?;
        }
        Ok(Self {
            precision,
            steps,
            dim,
            weight,
            bias,
            offset,
            diagonal: None,
        })
    }

    /// The same with the diagonal `[T, d]` of its weights in the eigenbasis in which they were trained.
    pub fn with_diagonal(mut self, diagonal: Vec<u8>) -> Result<Self, SnapshotError> {
        let (got, expected) = (
            diagonal.len() / self.precision.bytes(),
            self.steps * self.dim,
        );
        if diagonal.len() != expected * self.precision.bytes() {
            let name = "diagonal";
            return Err(SnapshotError::Length {
                name,
                got,
                expected,
            });
        }
        self.diagonal = Some(diagonal);
        Ok(self)
    }

    /// The diagonal weights in the eigenbasis, `[T, d]`.
    pub fn diagonal(&self) -> Option<Vec<f64>> {
        let numbers = |bytes| self.numbers(bytes, 0..self.steps * self.dim);
        self.diagonal.as_ref().map(|bytes| numbers(bytes))
    }

    /// The same as bytes.
    pub fn diagonal_bytes(&self) -> Option<&[u8]> {
        self.diagonal.as_deref()
    }

    /// The same map as one centred on `mean`: with the offset `c = b + sqrt(ab) W m` if it is trained, and
    /// without one if the mean is known. Keeps a stored offset, which has not been rounded twice.
    pub fn centred_on(
        mut self,
        mean: &Col<f64>,
        schedule: &Schedule,
        offset: bool,
    ) -> Result<Self, SnapshotError> {
        if self.steps != schedule.len() {
            return Err(SnapshotError::Steps {
                got: self.steps,
                expected: schedule.len(),
            });
        }
        if !offset {
            self.offset = None;
        } else if self.offset.is_none() {
            let mut bytes = Vec::with_capacity(self.bias.len());
            for (index, step) in schedule.iter().enumerate() {
                let affine = self.at(index);
                let c = affine.bias + step.signal_scale() * (affine.weight * mean);
                for i in 0..self.dim {
                    push_number(&mut bytes, self.precision, c[i]);
                }
            }
            self.offset = Some(bytes);
        }
        Ok(self)
    }

    pub fn precision(&self) -> Precision {
        self.precision
    }

    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The number of trained parameters: weights, and a bias where the mean is fitted.
    pub fn parameters(&self) -> usize {
        let offset = self.offset.as_ref().map_or(0, Vec::len);
        (self.weight.len() + offset) / self.precision.bytes()
    }

    /// The bytes of weight, bias and offset, little-endian, row-major.
    pub fn bytes(&self) -> (&[u8], &[u8], Option<&[u8]>) {
        (&self.weight, &self.bias, self.offset.as_deref())
    }

    /// The weights of some steps, `[steps, d, d]`.
    pub fn weight(&self, steps: Range<usize>) -> Vec<f64> {
        let step = self.dim * self.dim;
        self.numbers(&self.weight, steps.start * step..steps.end * step)
    }

    /// The offsets of some steps, `[steps, d]`, where the mean is fitted.
    pub fn offset(&self, steps: Range<usize>) -> Option<Vec<f64>> {
        let range = steps.start * self.dim..steps.end * self.dim;
        self.offset.as_ref().map(|c| self.numbers(c, range))
    }

    /// The first tensor that holds a number that is not finite, and at which step (from 0).
    pub fn first_non_finite(&self) -> Option<(&'static str, usize)> {
        let per_step = [
            ("weight", &self.weight, self.dim * self.dim),
            ("bias", &self.bias, self.dim),
        ];
        (0..self.steps).find_map(|step| {
            per_step.iter().find_map(|&(name, bytes, size)| {
                let numbers = self.numbers(bytes, step * size..(step + 1) * size);
                let finite = numbers.iter().all(|x| x.is_finite());
                (!finite).then_some((name, step))
            })
        })
    }

    fn numbers(&self, bytes: &[u8], range: Range<usize>) -> Vec<f64> {
        let size = self.precision.bytes();
        let bytes = bytes[range.start * size..range.end * size].chunks_exact(size);
        match self.precision {
            Precision::F32 => bytes
                .map(|b| f32::from_le_bytes(b.try_into().expect("4 bytes")) as f64)
                .collect(),
            Precision::F64 => bytes
                .map(|b| f64::from_le_bytes(b.try_into().expect("8 bytes")))
                .collect(),
        }
    }

    fn weight_matrix(&self, index: usize) -> Mat<f64> {
        let (dim, size) = (self.dim, self.precision.bytes());
        let bytes = &self.weight[index * dim * dim * size..][..dim * dim * size];
        match self.precision {
            Precision::F32 => {
                by_columns(bytes.as_chunks().0, dim, |b| f32::from_le_bytes(b) as f64)
            }
            Precision::F64 => by_columns(bytes.as_chunks().0, dim, f64::from_le_bytes),
        }
    }
}

/// A square matrix from its numbers, row by row, laid out by columns as products want it.
fn by_columns<B: Copy>(numbers: &[B], dim: usize, number: impl Fn(B) -> f64) -> Mat<f64> {
    /// Rows that are read together: as many numbers as are written next to each other.
    const ROWS: usize = 8;
    let mut matrix = Mat::zeros(dim, dim);
    for (block, rows) in numbers.chunks(ROWS * dim).enumerate() {
        for (j, column) in matrix.col_iter_mut().enumerate() {
            let column = column
                .try_as_col_major_mut()
                .expect("columns are contiguous");
            let written = column.as_slice_mut()[block * ROWS..].iter_mut();
            let read = rows[j..].iter().step_by(dim);
            written.zip(read).for_each(|(x, b)| *x = number(*b));
        }
    }
    matrix
}

fn push_number(bytes: &mut Vec<u8>, precision: Precision, value: f64) {
    match precision {
        Precision::F32 => bytes.extend_from_slice(&(value as f32).to_le_bytes()),
        Precision::F64 => bytes.extend_from_slice(&value.to_le_bytes()),
    }
}

impl Denoiser for Snapshot {
    fn dim(&self) -> usize {
        self.dim
    }

    fn at(&self, index: usize) -> AffineDenoiser {
        let bias = self.numbers(&self.bias, index * self.dim..(index + 1) * self.dim);
        AffineDenoiser {
            weight: self.weight_matrix(index),
            bias: Col::from_fn(self.dim, |i| bias[i]),
        }
    }
}
