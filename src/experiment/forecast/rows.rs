//! The rows of a forecast, whole and with parts left out.

use faer::{Col, Mat};
use rand::seq::SliceRandom;

use crate::data::{Moments, ReadRows, Rows};
use crate::experiment::RunError;
use crate::gaussian::symmetric_eigen;
use crate::random::{Purpose, stream};
use crate::theory::{Mean, RowsSpectrum};

/// Rows without constant columns, scaled so that their covariance (1/(N - 1)) has the trace d, in random order.
pub(super) struct ForecastRows {
    pub rows: Rows,
    /// Columns that are the same in all rows.
    pub constant: usize,
    /// Inner products of all pairs, if there are fewer rows than columns.
    gram: Option<Mat<f64>>,
}

impl ForecastRows {
    pub fn new(read: &ReadRows, scale_trace: bool, seed: u64) -> Result<Self, RunError> {
        let moments = Moments::of_read(read);
        let mut varying = vec![false; read.dim()];
        let first = read.row(0);
        for i in 1..read.count() {
            let pairs = read.row(i).into_owned().into_iter().zip(first.iter());
            let differs = pairs.map(|(x, y)| x != *y);
            varying.iter_mut().zip(differs).for_each(|(v, d)| *v |= d);
        }
        let varies: Vec<usize> = (0..read.dim()).filter(|&j| varying[j]).collect();
        let trace: f64 = varies.iter().map(|&j| moments.covariance[(j, j)]).sum();
        if varies.is_empty() || read.count() < 12 {
            let problem = match varies.is_empty() {
                true => "the rows are all alike".to_owned(),
                false => format!("{} rows: a forecast needs at least 12", read.count()),
            };
            return Err(RunError::Invalid(problem));
        }
        let unbiased = trace * read.count() as f64 / (read.count() - 1) as f64;
        let scale = match scale_trace {
            true => (varies.len() as f64 / unbiased).sqrt(),
            false => 1.0,
        };
        let mut order: Vec<usize> = (0..read.count()).collect();
        order.shuffle(&mut stream(seed, Purpose::Split, 0));
        let mut values = Vec::with_capacity(read.count() * varies.len());
        for &i in &order {
            let row = read.row(i);
            values.extend(varies.iter().map(|&j| (row[j] - moments.mean[j]) * scale));
        }
        let rows = Rows::new(values, varies.len());
        let matrix = rows.as_matrix();
        let gram = (rows.count() <= rows.dim()).then(|| matrix * matrix.transpose());
        Ok(Self {
            constant: read.dim() - varies.len(),
            rows,
            gram,
        })
    }

    /// All rows but those of one of `parts` equal parts.
    pub fn without(&self, part: usize, parts: usize) -> Vec<usize> {
        (0..self.rows.count())
            .filter(|i| i * parts / self.rows.count() != part)
            .collect()
    }

    /// What the chosen rows say of the truth's spectrum.
    pub fn spectrum(&self, chosen: &[usize]) -> Result<RowsSpectrum, RunError> {
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

    /// The covariance of the chosen rows in its eigenvectors, and along each the mean square of the other rows' distance
    /// from the chosen ones' mean; last, that square in all directions.
    pub fn held_out(&self, chosen: &[usize]) -> Result<HeldOut, RunError> {
        let train = self.rows.select(chosen);
        let others: Vec<usize> = (0..self.rows.count())
            .filter(|i| !chosen.contains(i))
            .collect();
        let moments = Moments::of(&train);
        let about = |rows: &Rows| {
            Mat::from_fn(rows.count(), rows.dim(), |i, j| {
                rows.row(i)[j] - moments.mean[j]
            })
        };
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
                let (values, vectors) = symmetric_eigen(moments.covariance.as_ref())?;
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
