//! Draws from the truth.

use std::ops::Range;

use rand_distr::{Distribution, StandardNormal};

use super::Rows;
use super::frame::is_identity;
use crate::gaussian::Gaussian;
use crate::parallel;
use crate::random::{Purpose, stream};

/// Some of the draws from a law: `x = m + V sqrt(lambda) xi`, `xi ~ N(0, I)`. Row i comes from its own stream.
///
/// A row is summed in one order, by whatever thread. So it depends only on the law, the seed and its number: N = 100
/// is a prefix of N = 200 to the last bit, with any number of threads.
pub(super) fn gaussian_rows(law: &Gaussian, rows: Range<usize>, seed: u64) -> Rows {
    let dim = law.dim();
    let roots: Vec<f64> = law.variances().iter().map(|v| v.sqrt()).collect();
    let turned = (!is_identity(law.basis())).then(|| columns_of(law));
    let mut values = vec![0.0; rows.len() * dim];
    let fill = |i: usize, row: &mut [f64]| {
        let mut along = vec![0.0; dim];
        let mut rng = stream(seed, Purpose::Data, (rows.start + i) as u64);
        for (x, root) in along.iter_mut().zip(&roots) {
            let normal: f64 = StandardNormal.sample(&mut rng);
            *x = normal * root;
        }
        match &turned {
            None => row.copy_from_slice(&along),
            Some(columns) => {
                for (column, x) in columns.chunks_exact(dim).zip(&along) {
                    row.iter_mut()
                        .zip(column)
                        .for_each(|(sum, v)| *sum += v * x);
                }
            }
        }
        row.iter_mut()
            .enumerate()
            .for_each(|(j, x)| *x += law.mean()[j]);
    };
    parallel::for_each_chunk(&mut values, dim, fill);
    Rows::new(values, dim)
}

/// The eigenvectors, one after another.
fn columns_of(law: &Gaussian) -> Vec<f64> {
    let (basis, dim) = (law.basis(), law.dim());
    (0..dim * dim).map(|k| basis[(k % dim, k / dim)]).collect()
}
