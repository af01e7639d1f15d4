//! The denoiser that knows nothing but its training rows.

use faer::linalg::matmul::matmul;
use faer::{Accum, ColMut, Mat, MatRef, Par};

use super::PointDenoiser;
use crate::diffusion::{NoiseLevel, Schedule};
use crate::parallel;

/// The most numbers that a thread holds for the weights of a block of points.
const BLOCK_NUMBERS: usize = 1 << 20;
/// The most points in a block.
const BLOCK_POINTS: usize = 128;

/// The best denoiser if the data were the N training rows `x_i` and nothing else: the mean of their law given the noised
/// vector. Training without any limit on the network ends here, and its samples are training rows. With
/// `x = x_t/sqrt(ab)` and `z = (1 - ab)/ab` it is
///
/// ```text
/// D(x) = sum_i w_i x_i,   w_i = exp(-|x - x_i|^2/(2 z)) / sum_j exp(-|x - x_j|^2/(2 z)),   e = (x_t - sqrt(ab) D)/sqrt(1 - ab)
/// ```
///
/// At high noise it tends to the linear optimum on these rows; at low noise to the nearest row. Where it changes from
/// one to the other is told by [`copying_scale`](crate::theory::copying_scale). A point costs of the order of N d. Past
/// the paper ([`equations`](crate::equations) section 10).
///
/// ```
/// use faer::mat;
/// use lindiff::denoiser::Copying;
/// use lindiff::diffusion::{NoiseLevel, Schedule};
///
/// let rows = mat![[1.0, 0.0], [0.0, 1.0]];
/// let copying = Copying::new(rows.as_ref(), &Schedule::cosine(10)?);
/// let level = NoiseLevel::from_alpha_bar(0.9).ok_or("between 0 and 1")?;
/// // In the middle of both rows, and much nearer to the first.
/// let points = mat![[0.3, 0.3], [2.0, 0.0]];
/// let copied = copying.copy(points.as_ref(), &level);
/// assert_eq!(copied.largest_weight[0], 0.5);
/// assert!(copied.largest_weight[1] > 0.999 && copied.clean[(1, 0)] > 0.999);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Copying {
    /// The training rows as columns, `[d, N]`.
    rows: Mat<f64>,
    /// `|x_i|^2/2`
    half_squares: Vec<f64>,
    levels: Vec<NoiseLevel>,
}

/// What the copying denoiser says of some points.
#[derive(Debug, Clone)]
pub struct Copied {
    /// The clean vectors `[n, d]`.
    pub clean: Mat<f64>,
    /// The largest weight of a training row, for each point. It is 1 if the clean vector is a copy of a row.
    pub largest_weight: Vec<f64>,
}

impl Copying {
    /// The denoiser of the training rows `[N, d]` at the steps of a schedule.
    ///
    /// # Panics
    /// If there are no rows.
    pub fn new(rows: MatRef<'_, f64>, schedule: &Schedule) -> Self {
        assert!(rows.nrows() > 0, "at least one training row");
        let rows = rows.transpose().to_owned();
        Self {
            half_squares: rows.col_iter().map(|x| x.squared_norm_l2() / 2.0).collect(),
            levels: schedule.iter().map(|step| step.level()).collect(),
            rows,
        }
    }

    /// The number N of training rows.
    pub fn rows(&self) -> usize {
        self.rows.ncols()
    }

    /// The clean vectors of the points `x_t` `[n, d]` at any noise level, and their largest weights.
    pub fn copy(&self, points: MatRef<'_, f64>, level: &NoiseLevel) -> Copied {
        let block = (BLOCK_NUMBERS / self.rows()).clamp(1, BLOCK_POINTS);
        let count = points.nrows();
        let blocks = parallel::map(0..count.div_ceil(block), |index| {
            let first = index * block;
            self.block(points.subrows(first, block.min(count - first)), level)
        });
        let mut clean = Mat::zeros(count, points.ncols());
        let mut largest_weight = Vec::with_capacity(count);
        for (columns, largest) in blocks {
            let here = clean.subrows_mut(largest_weight.len(), largest.len());
            { here }.copy_from(columns.transpose());
            largest_weight.extend(largest);
        }
        Copied {
            clean,
            largest_weight,
        }
    }

    /// The clean vectors of a few points, as columns, and their largest weights.
    fn block(&self, points: MatRef<'_, f64>, level: &NoiseLevel) -> (Mat<f64>, Vec<f64>) {
        let (count, noise) = (points.nrows(), level.noise_to_signal());
        let mut weights = Mat::zeros(self.rows(), count);
        // x' x_i/z, of x = x_t/sqrt(ab)
        let scale = 1.0 / (level.signal_scale() * noise);
        let (rows, turned) = (&self.rows, points.transpose());
        let replace = Accum::Replace;
        matmul(
            &mut weights,
            replace,
            rows.transpose(),
            turned,
            scale,
            Par::Seq,
        );
        let half_squares = &self.half_squares;
        let weighted = weights.col_iter_mut();
        let largest = weighted.map(|logits| softmax(logits, |i| half_squares[i] / noise));
        let largest = largest.collect();
        let mut clean = Mat::zeros(points.ncols(), count);
        matmul(&mut clean, replace, rows, &weights, 1.0, Par::Seq);
        (clean, largest)
    }
}

/// Turns logits, less what is given for each of them, into weights that add up to 1. The result is the largest weight.
fn softmax(logits: ColMut<'_, f64>, less: impl Fn(usize) -> f64) -> f64 {
    let logits = logits.try_as_col_major_mut().expect("a column of a matrix");
    let logits = logits.as_slice_mut();
    let mut largest = f64::NEG_INFINITY;
    for (i, logit) in logits.iter_mut().enumerate() {
        *logit -= less(i);
        largest = largest.max(*logit);
    }
    let mut total = 0.0;
    for logit in &mut *logits {
        *logit = (*logit - largest).exp();
        total += *logit;
    }
    logits.iter_mut().for_each(|weight| *weight /= total);
    1.0 / total
}

impl PointDenoiser for Copying {
    fn dim(&self) -> usize {
        self.rows.nrows()
    }

    fn predicted_noise(&self, points: MatRef<'_, f64>, index: usize) -> Mat<f64> {
        let level = &self.levels[index];
        let Copied { clean, .. } = self.copy(points, level);
        let (signal, noise) = (level.signal_scale(), level.noise_scale());
        Mat::from_fn(clean.nrows(), clean.ncols(), |i, j| {
            (points[(i, j)] - signal * clean[(i, j)]) / noise
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denoiser::{CommutingDenoiser, clean_vectors};
    use crate::gaussian::Gaussian;
    use crate::random::{Purpose, fill_normal, stream};
    use faer::Col;

    /// Standard normals `[n, d]`.
    fn normals(count: usize, dim: usize, seed: u64) -> Mat<f64> {
        let mut values = vec![0.0; count * dim];
        fill_normal(&mut stream(seed, Purpose::Data, 0), &mut values);
        Mat::from_fn(count, dim, |i, j| values[i * dim + j])
    }

    fn level_of(sigma: f64) -> NoiseLevel {
        NoiseLevel::from_alpha_bar(1.0 / (1.0 + sigma * sigma)).unwrap()
    }

    fn copying(rows: &Mat<f64>) -> Copying {
        Copying::new(rows.as_ref(), &Schedule::linear(3, 0.1, 0.3).unwrap())
    }

    /// Point by point and row by row, with logarithms in another order.
    #[test]
    fn clean_vectors_are_the_means_of_rows_weighted_by_their_likelihood() {
        let (rows, points) = (normals(301, 4, 1), normals(270, 4, 2));
        let level = level_of(0.7);
        let copied = copying(&rows).copy(points.as_ref(), &level);
        let z = level.noise_to_signal();
        for n in [0, 127, 128, 269] {
            let likelihoods: Vec<f64> = (0..301)
                .map(|i| {
                    let apart =
                        points.row(n) * faer::Scale(1.0 / level.signal_scale()) - rows.row(i);
                    (-apart.squared_norm_l2() / (2.0 * z)).exp()
                })
                .collect();
            let total: f64 = likelihoods.iter().sum();
            for j in 0..4 {
                let weighted = (0..301).map(|i| likelihoods[i] * rows[(i, j)]);
                let expected = weighted.sum::<f64>() / total;
                assert!((copied.clean[(n, j)] - expected).abs() < 1e-12);
            }
            let largest = likelihoods.iter().copied().fold(0.0, f64::max) / total;
            assert!((copied.largest_weight[n] - largest).abs() < 1e-13);
        }
    }

    #[test]
    fn with_much_noise_copying_is_the_linear_optimum_of_its_rows() {
        let rows = normals(40, 3, 3);
        let sigma = 1e3;
        let schedule = Schedule::from_alpha_bar(&[level_of(sigma).alpha_bar()]).unwrap();
        let copying = Copying::new(rows.as_ref(), &schedule);
        let mean = Col::from_fn(3, |j| rows.col(j).sum() / 40.0);
        let centred = Mat::from_fn(40, 3, |i, j| rows[(i, j)] - mean[j]);
        let covariance = centred.transpose() * &centred * faer::Scale(1.0 / 40.0);
        let law = Gaussian::from_covariance(mean.clone(), covariance.as_ref()).unwrap();
        let linear = CommutingDenoiser::optimum(&law, &schedule, |_| 0.0);
        // x_t has unit variance in the limit.
        let points = normals(50, 3, 4);
        let level = schedule.step(0).level();
        let clean = |denoiser: &dyn PointDenoiser| {
            let noise = denoiser.predicted_noise(points.as_ref(), 0);
            clean_vectors(points.as_ref(), noise.as_ref(), &level)
        };
        let (copied, filtered) = (clean(&copying), clean(&linear));
        for i in 0..50 {
            let moved = filtered.row(i) - mean.transpose();
            let apart = copied.row(i) - filtered.row(i);
            // The next order is 1/sigma smaller.
            assert!(apart.norm_l2() < 10.0 / sigma * (moved.norm_l2() + 1.0 / sigma));
            assert!(moved.norm_l2() > 1e-5, "more than the mean alone");
        }
    }

    #[test]
    fn with_little_noise_copying_gives_the_nearest_row() {
        let (rows, clean) = (normals(30, 5, 5), normals(200, 5, 6));
        let level = level_of(1e-4);
        let copying = copying(&rows);
        let points = Mat::from_fn(200, 5, |i, j| level.signal_scale() * clean[(i, j)]);
        let copied = copying.copy(points.as_ref(), &level);
        let (mut loss, mut expected) = (0.0, 0.0);
        for i in 0..200 {
            let distances = (0..30).map(|n| (clean.row(i) - rows.row(n)).squared_norm_l2());
            expected += distances.fold(f64::INFINITY, f64::min);
            loss += (copied.clean.row(i) - clean.row(i)).squared_norm_l2();
        }
        assert!((loss / expected - 1.0).abs() < 1e-10, "{loss}, {expected}");
        let trained = rows.as_ref() * faer::Scale(level.signal_scale());
        let own = copying.copy(trained.as_ref(), &level).clean;
        assert!((own - &rows).norm_max() < 1e-12, "the training loss is 0");
    }

    #[test]
    fn neither_far_points_nor_little_noise_overflow() {
        let rows = normals(10, 2, 7);
        for (far, sigma) in [(1e8, 1e-4), (1.0, 1e-7), (1e100, 1.0)] {
            let points = normals(5, 2, 8) * faer::Scale(far);
            let copied = copying(&rows).copy(points.as_ref(), &level_of(sigma));
            assert!(copied.clean.is_all_finite(), "{far} {sigma}");
            assert!(copied.largest_weight.iter().all(|w| *w > 0.0 && *w <= 1.0));
        }
    }

    #[test]
    fn copying_says_why_it_has_no_exact_law() {
        let error = copying(&normals(3, 2, 9)).affine().err().unwrap();
        assert!(error.to_string().contains("not an affine map"), "{error}");
    }
}
