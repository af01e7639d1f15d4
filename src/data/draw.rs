//! Draws from the truth.

use std::ops::Range;

use rand_distr::{Distribution, StandardNormal};

use super::frame::is_identity;
use super::{DataError, Rows};
use crate::config;
use crate::gaussian::{Gaussian, MomentSums, RowWeights};
use crate::parallel;
use crate::random::{Purpose, stream};

/// A training set that is drawn from a law, as the numbers that make it again:
///
/// ```text
/// x_i = m + sqrt(w_i) V sqrt(lambda) z_i,     z_i ~ N(0, I),  w_i from the law of weights
/// ```
///
/// Each row has a stream for z, and another one for w. So z does not depend on the weights, and without weights
/// (w = 1) the rows are those of the Gaussian to the last bit.
///
/// A row is summed in one order, by whatever thread. So it depends only on the law, the weights, the seed and its
/// number: N = 100 is a prefix of N = 200 to the last bit, with any number of threads.
#[derive(Debug, Clone)]
pub struct Draws {
    law: Gaussian,
    weights: Option<RowWeights>,
    samples: usize,
    seed: u64,
}

/// The most numbers that are drawn for a training set. So many take many hours.
const MOST_NUMBERS: u64 = 1_000_000_000_000;

impl Draws {
    /// A number of draws; `weights` is `None` for Gaussian rows.
    ///
    /// # Errors
    /// More than 10^12 numbers, which would take many hours.
    pub fn new(
        law: Gaussian,
        weights: Option<RowWeights>,
        samples: usize,
        seed: u64,
    ) -> Result<Self, DataError> {
        let dim = law.dim();
        let most = MOST_NUMBERS / dim as u64;
        if samples as u64 > most {
            return Err(DataError::setting(
                "data.samples",
                format!(
                    "{samples} samples in {dim} dimensions would take many hours to draw: give at most {most} \
                     (`lindiff predict` takes any number)"
                ),
            ));
        }
        Ok(Self {
            law,
            weights,
            samples,
            seed,
        })
    }

    /// All rows.
    pub fn rows(&self) -> Rows {
        self.part(0..self.samples)
    }

    /// The sums of all rows. The rows are drawn block by block and never held all at once.
    pub fn sums(&self) -> MomentSums {
        let block = |range| self.part(range).into_values();
        MomentSums::of_doubles(self.samples, self.law.dim(), &block)
    }

    /// The numbers of rows and of dimensions.
    pub fn shape(&self) -> (usize, usize) {
        (self.samples, self.law.dim())
    }

    /// Some of the rows; any number of them can be drawn after the last.
    pub(super) fn part(&self, rows: Range<usize>) -> Rows {
        let (law, dim) = (&self.law, self.law.dim());
        let roots: Vec<f64> = law.variances().iter().map(|v| v.sqrt()).collect();
        let turned = (!is_identity(law.basis())).then(|| columns_of(law));
        let mut values = vec![0.0; rows.len() * dim];
        let fill = |i: usize, row: &mut [f64]| {
            let index = (rows.start + i) as u64;
            let mut along = vec![0.0; dim];
            let mut rng = stream(self.seed, Purpose::Data, index);
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
            if let Some(root) = self.root_of_weight(index) {
                row.iter_mut().for_each(|x| *x *= root);
            }
            row.iter_mut()
                .enumerate()
                .for_each(|(j, x)| *x += law.mean()[j]);
        };
        parallel::for_each_chunk(&mut values, dim, fill);
        Rows::new(values, dim)
    }

    /// `sqrt(w_i)`, where rows have weights.
    fn root_of_weight(&self, row: u64) -> Option<f64> {
        let mut rng = stream(self.seed, Purpose::RowWeights, row);
        Some(self.weights.as_ref()?.draw(&mut rng).sqrt())
    }
}

/// The eigenvectors, one after another.
fn columns_of(law: &Gaussian) -> Vec<f64> {
    let (basis, dim) = (law.basis(), law.dim());
    (0..dim * dim).map(|k| basis[(k % dim, k / dim)]).collect()
}

/// The law of weights that an experiment chooses; `None` for Gaussian rows.
///
/// # Errors
/// A parameter out of its range.
pub fn row_weights(chosen: config::RowWeights) -> Result<Option<RowWeights>, DataError> {
    let law = match chosen {
        config::RowWeights::None => return Ok(None),
        config::RowWeights::TwoPoint { higher } => RowWeights::two_point(higher),
        config::RowWeights::LogNormal { deviation } => RowWeights::log_normal(deviation),
        config::RowWeights::Student { degrees } => RowWeights::student(degrees),
    };
    law.map(Some)
        .map_err(|wrong| DataError::setting("data.row_weights_parameter", wrong.to_string()))
}
