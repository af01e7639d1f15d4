//! Draws of noised test rows, and what denoisers of points say of them.

use faer::{Mat, MatRef, Scale};

use super::{Decomposition, Draws, DrawsError, PointDenoiser, TestRows, clean_vectors};
use crate::diffusion::{NoiseLevel, Schedule};
use crate::parallel;
use crate::random::{Purpose, fill_normal, stream};

/// The number of points that a denoiser is asked about at a time.
const BATCH: usize = 4096;

/// Noised test rows at one step of a schedule, which denoisers are asked about.
#[derive(Debug, Clone)]
pub struct NoisedRows<'a> {
    test: &'a TestRows<'a>,
    level: NoiseLevel,
    /// The step, from 0.
    index: usize,
    /// `x_t/sqrt(ab) = x_0 + sqrt(z) eps`, `[n, d]`
    x: Mat<f64>,
    /// The clean row of each draw.
    row: Vec<usize>,
}

impl<'a> NoisedRows<'a> {
    /// Noises every test row `draws_of_each` times at the step `index` of a schedule. A [`Decomposition`] needs about
    /// 30 d draws.
    ///
    /// The noise depends on the seed and on the number of the draw alone, so it is the same for every step and
    /// denoiser: what differs between them is not chance.
    pub fn draw(
        test: &'a TestRows<'a>,
        schedule: &Schedule,
        index: usize,
        draws_of_each: usize,
        seed: u64,
    ) -> Self {
        let dim = test.dim();
        let level = schedule.step(index).level();
        let sigma = level.noise_to_signal().sqrt();
        let count = draws_of_each * test.count();
        let row: Vec<usize> = (0..count).map(|draw| draw / draws_of_each).collect();
        let mut x = Mat::zeros(count, dim);
        let clean = test.rows();
        for start in (0..count).step_by(BATCH) {
            let batch = BATCH.min(count - start);
            let drawn = parallel::map(start..start + batch, |draw| normals(dim, seed, draw));
            let noised = Mat::from_fn(batch, dim, |i, j| {
                clean[(row[start + i], j)] + sigma * drawn[i][j]
            });
            x.subrows_mut(start, batch).copy_from(noised);
        }
        Self {
            test,
            level,
            index,
            x,
            row,
        }
    }

    /// The clean rows `[n, d]` that a denoiser predicts.
    ///
    /// # Panics
    /// If rows and denoiser have different dimensions.
    pub fn denoised(&self, denoiser: &dyn PointDenoiser) -> Mat<f64> {
        let dim = self.test.dim();
        assert_eq!(
            dim,
            denoiser.dim(),
            "the dimension of the rows and of the denoiser"
        );
        let count = self.x.nrows();
        let mut denoised = Mat::zeros(count, dim);
        for start in (0..count).step_by(BATCH) {
            let batch = BATCH.min(count - start);
            let points = Scale(self.level.signal_scale()) * self.x.subrows(start, batch);
            let predicted = denoiser.predicted_noise(points.as_ref(), self.index);
            let found = clean_vectors(points.as_ref(), predicted.as_ref(), &self.level);
            denoised.subrows_mut(start, batch).copy_from(found);
        }
        denoised
    }

    /// These draws with the clean rows that a denoiser predicts, checked.
    ///
    /// # Errors
    /// Too few draws, or a denoiser that said a number that is not finite.
    pub fn draws<'b>(&'b self, denoised: MatRef<'b, f64>) -> Result<Draws<'b>, DrawsError>
    where
        'a: 'b,
    {
        let (x, row) = (self.x.as_ref(), Some(&self.row[..]));
        Draws::new(self.test, self.level, x, denoised, row)
    }

    /// The decomposition of the test loss of the clean rows that a denoiser predicts.
    ///
    /// # Errors
    /// Those of [`NoisedRows::draws`] and [`Decomposition::of`].
    pub fn decomposition(&self, denoised: MatRef<'_, f64>) -> Result<Decomposition, DrawsError> {
        Decomposition::of(&self.draws(denoised)?)
    }
}

fn normals(dim: usize, seed: u64, draw: usize) -> Vec<f64> {
    let mut normals = vec![0.0; dim];
    fill_normal(
        &mut stream(seed, Purpose::TestNoise, draw as u64),
        &mut normals,
    );
    normals
}

impl Decomposition {
    /// The decomposition of the test loss of a denoiser at some steps of a schedule. See [`NoisedRows::draw`].
    ///
    /// ```
    /// use lindiff::denoiser::{Copying, Decomposition, TestRows};
    /// # use lindiff::diffusion::Schedule;
    /// # use lindiff::faer::Mat;
    /// # let test = Mat::from_fn(40, 2, |i, j| ((7 * i + 3 * j) % 11) as f64 / 5.0 - 1.0);
    /// # let train = Mat::from_fn(9, 2, |i, j| ((5 * i + 2 * j) % 11) as f64 / 5.0 - 1.0);
    /// let schedule = Schedule::cosine(100)?;
    /// let copier = Copying::new(train.as_ref(), &schedule);
    /// let test = TestRows::new(test.as_ref())?;
    /// let found = Decomposition::at_steps(&test, &copier, &schedule, &[10, 60], 20, 1)?;
    /// for parts in found {
    ///     let sum = parts.wiener + parts.affine_excess.value + parts.nonlinear.value;
    ///     assert!((sum - parts.test_loss.value).abs() < 1e-10);
    ///     assert!(parts.affine_share.value < 1.0);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Draws::new`] and [`Decomposition::of`].
    pub fn at_steps(
        test: &TestRows<'_>,
        denoiser: &dyn PointDenoiser,
        schedule: &Schedule,
        steps: &[usize],
        draws_of_each: usize,
        seed: u64,
    ) -> Result<Vec<Self>, DrawsError> {
        let at = |&index: &usize| {
            let noised = NoisedRows::draw(test, schedule, index, draws_of_each, seed);
            noised.decomposition(noised.denoised(denoiser).as_ref())
        };
        steps.iter().map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denoiser::{CommutingDenoiser, Denoiser};
    use crate::gaussian::Gaussian;
    use faer::{Col, mat};

    #[test]
    fn the_parts_of_an_affine_denoiser_are_its_exact_loss_at_every_step() {
        let schedule = Schedule::linear(4, 0.1, 0.4).unwrap();
        let law = |spread: f64| {
            let covariance = mat![[2.0, 0.5], [0.5, spread]];
            Gaussian::from_covariance(Col::from_fn(2, |i| i as f64), covariance.as_ref()).unwrap()
        };
        let trained = CommutingDenoiser::optimum(&law(1.0), &schedule, |_| 0.1);
        let rows = Mat::from_fn(25, 2, |i, j| ((7 * i + 3 * j) % 11) as f64 / 5.0 - 1.0);
        let test = TestRows::new(rows.as_ref()).unwrap();
        let found = Decomposition::at_steps(&test, &trained, &schedule, &[0, 3], 2, 1).unwrap();
        let covariance = test.law().covariance();
        let exact = trained.losses(&schedule, &[(test.law().mean(), covariance.as_ref())]);
        for (found, index) in found.iter().zip([0, 3]) {
            let z = schedule.step(index).level().noise_to_signal();
            let error = found.test_loss.value - z * exact[0][index];
            assert!(error.abs() < 1e-12, "{error} at step {index}");
            assert!((found.affine_share.value - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_noise_is_that_of_the_level_and_the_same_for_every_step() {
        let schedule = Schedule::linear(4, 0.1, 0.4).unwrap();
        let rows = Mat::from_fn(500, 2, |i, j| ((7 * i + 3 * j) % 11) as f64 / 5.0 - 1.0);
        let test = TestRows::new(rows.as_ref()).unwrap();
        let oracle = CommutingDenoiser::optimum(test.law(), &schedule, |_| 0.0);
        let ratio = |index: usize| {
            let noised = NoisedRows::draw(&test, &schedule, index, 10, 1);
            let denoised = noised.denoised(&oracle);
            noised.draws(denoised.as_ref()).unwrap().noise_ratio()
        };
        assert!((ratio(0) - ratio(3)).abs() < 1e-12);
        // Four standard deviations of 10,000 squares.
        assert!((ratio(0) - 1.0).abs() < 4.0 * (2e-4f64).sqrt());
    }
}
