//! The rows of a forecast: all of them, and without some parts.

use faer::{Col, Mat, Scale as Times};
use rand::seq::SliceRandom;

use super::{ForecastError, LEAST_ROWS, Settings};
use crate::config::Scale;
use crate::data::{Dimensions, Principal, ReadRows, Rows, Varying, gram, mean};
use crate::gaussian::Moments;
use crate::gaussian::symmetric_eigen;
use crate::memory::{self, OutOfMemory, bytes};
use crate::random::{Purpose, stream};
use crate::theory::{Mean, RowsSpectrum};

/// Rows without constant columns, in their order. They are scaled so that their covariance (1/(N - 1)) has the trace
/// d.
pub(super) struct ForecastRows {
    pub rows: Rows,
    pub dimensions: Dimensions,
    /// The place of each row in a random order, by which it belongs to a part.
    places: Vec<usize>,
    /// The inner products of all pairs, if there are fewer rows than columns.
    gram: Option<Mat<f64>>,
}

impl ForecastRows {
    /// The rows of a forecast from rows that were read, in their own columns or in the kept directions.
    ///
    /// # Errors
    /// Fewer than [`LEAST_ROWS`] rows, rows that are all equal, and more memory than there is.
    pub fn new(read: &ReadRows, settings: &Settings) -> Result<Self, ForecastError> {
        if read.count() < LEAST_ROWS {
            let rows = read.count();
            return Err(ForecastError::FewRows { rows });
        }
        let varying = Varying::of(read)?;
        let read = varying.chosen(read);
        check_memory(&read)?;
        let mean = mean(&read);
        let directions = kept_directions(&read, settings.min_variance)?;
        let mut order: Vec<usize> = (0..read.count()).collect();
        order.shuffle(&mut stream(settings.seed, Purpose::Split, 0));
        let mut places = vec![0; order.len()];
        order
            .into_iter()
            .enumerate()
            .for_each(|(place, row)| places[row] = place);
        let mut values = Vec::with_capacity(read.count() * read.dim());
        for i in 0..read.count() {
            let row = read.row(i);
            values.extend(row.iter().enumerate().map(|(j, x)| x - mean[j]));
        }
        let mut rows = Rows::new(values, read.dim());
        if let Some(directions) = directions {
            let turned = rows.as_matrix() * &directions;
            let (count, dim) = turned.shape();
            let values = (0..count * dim).map(|k| turned[(k / dim, k % dim)]);
            rows = Rows::new(values.collect(), dim);
        }
        // Columns with the variance 1 (1/P) get the variance 1 (1/(P - 1)).
        if settings.scale != Scale::None {
            let squares: f64 = rows.values().iter().map(|x| x * x).sum();
            let unbiased = squares / (rows.count() - 1) as f64;
            let scale = (rows.dim() as f64 / unbiased).sqrt();
            rows = Rows::new(
                rows.values().iter().map(|x| x * scale).collect(),
                rows.dim(),
            );
        }
        let gram = (rows.count() <= rows.dim()).then(|| gram(&rows));
        Ok(Self {
            dimensions: Dimensions {
                dim: rows.dim(),
                dropped: read.dim() - rows.dim(),
                constant: varying.constant(),
            },
            rows,
            places,
            gram,
        })
    }

    /// All rows except those of one of `parts` equal parts.
    pub fn without(&self, part: usize, parts: usize) -> Vec<usize> {
        (0..self.rows.count())
            .filter(|&i| self.places[i] * parts / self.rows.count() != part)
            .collect()
    }

    /// What the chosen rows say about the truth's spectrum.
    pub fn spectrum(&self, chosen: &[usize]) -> Result<RowsSpectrum, ForecastError> {
        let eigenvalues = match &self.gram {
            Some(gram) => symmetric_eigen(centred(gram, chosen).as_ref())?.0,
            None => {
                let moments = Moments::of(&self.rows.select(chosen));
                symmetric_eigen(moments.covariance.as_ref())?.0
            }
        };
        Ok(RowsSpectrum::new(
            eigenvalues,
            self.rows.dim(),
            chosen.len(),
            Mean::Fitted,
        )?)
    }

    /// The eigenvalues of the covariance of the chosen rows; along each eigenvector the mean square of the other
    /// rows' distance from the mean of the chosen ones; and that square in all directions.
    pub fn held_out(&self, chosen: &[usize]) -> Result<HeldOut, ForecastError> {
        let mut left_out = vec![true; self.rows.count()];
        chosen.iter().for_each(|&i| left_out[i] = false);
        let others: Vec<usize> = (0..self.rows.count()).filter(|&i| left_out[i]).collect();
        let train = self.rows.select(chosen);
        let mean = mean_of(&train);
        let about =
            |rows: &Rows| Mat::from_fn(rows.count(), rows.dim(), |i, j| rows.row(i)[j] - mean[j]);
        let test = about(&self.rows.select(&others));
        let (eigenvalues, along) = match &self.gram {
            Some(gram) => {
                let (values, vectors) = symmetric_eigen(centred(gram, chosen).as_ref())?;
                let rank = values
                    .iter()
                    .take_while(|v| **v > 1e-12 * values[0])
                    .count();
                let vectors = vectors.subcols(0, rank);
                let across = &test * about(&train).transpose() * vectors;
                let length = Col::from_fn(rank, |k| (values[k] * chosen.len() as f64).sqrt());
                let along = Mat::from_fn(test.nrows(), rank, |i, k| across[(i, k)] / length[k]);
                (values[..rank].to_vec(), along)
            }
            None => {
                let (values, vectors) = symmetric_eigen(Moments::of(&train).covariance.as_ref())?;
                (values, &test * &vectors)
            }
        };
        let count = test.nrows() as f64;
        let squares = (0..along.ncols())
            .map(|k| along.col(k).squared_norm_l2() / count)
            .collect();
        Ok(HeldOut {
            eigenvalues,
            squares,
            total: test.squared_norm_l2() / count,
        })
    }
}

/// See [`ForecastRows::held_out`].
pub(super) struct HeldOut {
    pub eigenvalues: Vec<f64>,
    pub squares: Vec<f64>,
    pub total: f64,
}

/// The Gram matrix (1/N) of the chosen rows about their mean.
fn centred(gram: &Mat<f64>, chosen: &[usize]) -> Mat<f64> {
    let count = chosen.len();
    let part = Mat::from_fn(count, count, |i, j| gram[(chosen[i], chosen[j])]);
    let means: Vec<f64> = (0..count)
        .map(|j| part.col(j).sum() / count as f64)
        .collect();
    let mean = means.iter().sum::<f64>() / count as f64;
    Mat::from_fn(count, count, |i, j| {
        // Symmetric to the last digit.
        (part[(i, j)] - (means[i] + means[j]) + mean) / count as f64
    })
}

/// The kept directions, if others also have variance. Directions without variance in these rows still count as
/// dimensions, because other rows may vary there.
fn kept_directions(rows: &ReadRows, min_variance: f64) -> Result<Option<Mat<f64>>, ForecastError> {
    /// The default. Below it there is only rounding.
    const NONE: f64 = 1e-12;
    if min_variance <= NONE {
        return Ok(None);
    }
    let principal = Principal::of(rows)?;
    let kept = principal.kept(min_variance)?;
    Ok((kept < principal.rank()).then(|| principal.leading(kept)))
}

/// The memory for a few copies of the rows, and of their covariance or their inner products, whichever is smaller.
fn check_memory(rows: &ReadRows) -> Result<(), OutOfMemory> {
    let (count, dim) = (rows.count(), rows.dim());
    let side = count.min(dim);
    let needed = bytes([8, 4, count, dim]).saturating_add(bytes([8, 8, side, side]));
    memory::check(
        needed,
        &format!("a forecast from {count} rows in {dim} dimensions"),
        || {
            "choose fewer columns (data.columns), pool images (data.pool = 2), or give fewer rows"
                .to_owned()
        },
    )
}

fn mean_of(rows: &Rows) -> Col<f64> {
    let ones = Col::<f64>::ones(rows.count());
    rows.as_matrix().transpose() * ones * Times(1.0 / rows.count() as f64)
}
